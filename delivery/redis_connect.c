/* What must hold before a connection is used: a table of steps, each a command and a verdict on its
 * answer. On a connection to a sentinel there is one step, which finds the master. */
#include <stdio.h>
#include <string.h>

#include "delivery/functions.h"
#include "delivery/redis_link.h"

struct step {
    bool (*needed)(const struct cw_redis *r);
    void (*ask)(struct cw_redis *r);
    /* True to go on; else why says what is wrong. */
    bool (*holds)(struct cw_redis *r, const redisReply *reply);
};
static void next_step(struct cw_redis *r);

static bool failed(struct cw_redis *r, const char *what, const redisReply *reply)
{
    (void)snprintf(r->why, sizeof r->why, "%s: %s", what,
                   reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of another kind");
    return false;
}

static bool took(struct cw_redis *r, const char *what, const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR ? failed(r, what, reply) : true;
}

static void on_answer(struct cw_redis *r, const redisReply *reply);

static void ask(struct cw_redis *r, size_t argc, const char **argv)
{
    size_t lengths[8];
    const struct command c = {.check = on_answer};
    for (size_t i = 0; i < argc; i++)
        lengths[i] = strlen(argv[i]);
    if (cw_redis_command(r, argc, argv, lengths, &c) != 0)
        cw_redis_drop(r, "a command could not be sent");
}

/* ---- the steps ---- */

static bool at_sentinel(const struct cw_redis *r)
{
    return r->at_sentinel;
}

static void ask_master(struct cw_redis *r)
{
    ask(r, 3, (const char *[]){"SENTINEL", "get-master-addr-by-name", r->setup.url.master});
}

static bool has_master(struct cw_redis *r, const redisReply *reply)
{
    unsigned port;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !reply->element[0]->str ||
        !reply->element[1]->str || sscanf(reply->element[1]->str, "%5u", &port) != 1 || port == 0 ||
        port > 65535)
        return failed(r, "the sentinel does not know the master", reply);
    (void)snprintf(r->found.name, sizeof r->found.name, "%s", reply->element[0]->str);
    r->found.port = (uint16_t)port;
    (void)snprintf(r->why, sizeof r->why, "the sentinel named %.200s", r->found.name);
    return false; /* This connection has done its work. */
}

static bool has_password(const struct cw_redis *r)
{
    return !r->at_sentinel && r->setup.url.password[0];
}

static void ask_auth(struct cw_redis *r)
{
    const struct cw_redis_url *u = &r->setup.url;
    if (u->user[0])
        ask(r, 3, (const char *[]){"AUTH", u->user, u->password});
    else
        ask(r, 2, (const char *[]){"AUTH", u->password});
}

static bool let_in(struct cw_redis *r, const redisReply *reply)
{
    return took(r, "AUTH", reply);
}

static bool has_db(const struct cw_redis *r)
{
    return !r->at_sentinel && r->setup.url.db != 0;
}

static void ask_select(struct cw_redis *r)
{
    char db[16];
    (void)snprintf(db, sizeof db, "%d", r->setup.url.db);
    ask(r, 2, (const char *[]){"SELECT", db});
}

static bool selected(struct cw_redis *r, const redisReply *reply)
{
    return took(r, "SELECT", reply);
}

static bool by_sentinel(const struct cw_redis *r)
{
    return !r->at_sentinel && r->setup.url.way == CW_REDIS_SENTINEL;
}

static void ask_role(struct cw_redis *r)
{
    ask(r, 1, (const char *[]){"ROLE"});
}

static bool is_master(struct cw_redis *r, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 || !reply->element[0]->str)
        return failed(r, "ROLE", reply);
    if (strcmp(reply->element[0]->str, "master") == 0)
        return true;
    (void)snprintf(r->why, sizeof r->why, "the server a sentinel named is a %s, not the master",
                   reply->element[0]->str);
    return false;
}

static bool is_server(const struct cw_redis *r)
{
    return !r->at_sentinel;
}

static void ask_version(struct cw_redis *r)
{
    ask(r, 3, (const char *[]){"FCALL", "cw_version", "0"});
}

static bool knows_version(struct cw_redis *r, const redisReply *reply)
{
    r->load = reply->type != REDIS_REPLY_INTEGER || reply->integer < cw_functions_version;
    if (reply->type != REDIS_REPLY_ERROR || strstr(reply->str, "unction not found"))
        return true;
    if (strstr(reply->str, "unknown command"))
        return failed(r, "Redis 7.0 or later is needed", reply);
    return failed(r, "FCALL cw_version", reply);
}

static bool must_load(const struct cw_redis *r)
{
    return !r->at_sentinel && r->load;
}

static void ask_load(struct cw_redis *r)
{
    ask(r, 4, (const char *[]){"FUNCTION", "LOAD", "REPLACE", cw_functions_text});
}

static bool loaded(struct cw_redis *r, const redisReply *reply)
{
    return took(r, "FUNCTION LOAD", reply);
}

#define N_STEPS 6
static const struct step steps[N_STEPS] = {
    {at_sentinel, ask_master, has_master},   {has_password, ask_auth, let_in},
    {has_db, ask_select, selected},          {by_sentinel, ask_role, is_master},
    {is_server, ask_version, knows_version}, {must_load, ask_load, loaded},
};

static void on_answer(struct cw_redis *r, const redisReply *reply)
{
    if (!reply || r->dropping)
        return;
    if (!steps[r->step].holds(r, reply)) {
        cw_redis_drop(r, r->why);
        return;
    }
    r->step++;
    next_step(r);
}

static void next_step(struct cw_redis *r)
{
    while (r->step < N_STEPS && !steps[r->step].needed(r))
        r->step++;
    if (r->step < N_STEPS)
        steps[r->step].ask(r);
    else
        cw_redis_checked(r);
}

void cw_redis_check(struct cw_redis *r)
{
    r->step = 0;
    r->load = false;
    next_step(r);
}
