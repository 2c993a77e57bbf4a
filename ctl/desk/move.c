/* From a command line to a function's words, and from its answer to a line. See move.h. */
#include "ctl/desk/move.h"

#include <string.h>
#include <time.h>

#include "config/units.h"
#include "ctl/actor.h"
#include "ctl/desk/managers.h"
#include "ctl/hash_json.h"
#include "ctl/redis.h"
#include "ctl/text.h"
#include "ctl/words.h"

#define LEASE_DEFAULT "2h"
#define PARTS_MOST 4
#define WORDS_MOST (6 + PARTS_MOST) /* FCALL FUNCTION 1 KEY TASK WHO … */

/* Where a word after WHO comes from. */
enum part_kind {
    PART_NONE,
    PART_OPERAND, /* the second operand */
    PART_OPTION,  /* the option's text, empty where it is not given */
    PART_LEASE,   /* --for, in seconds */
    PART_UNTIL,   /* --until or --for, in seconds since 1970 */
    PART_VERSION  /* --seen, else the one that is stored */
};
struct part {
    enum part_kind kind;
    const char *option;
};

static const struct row {
    const char *function;
    struct part parts[PARTS_MOST];
    bool asks;  /* the engine carries it out later; the desk stays as it is */
    bool gives; /* to the manager of the second operand */
} rows[] = {
    [CW_MOVE_claim] = {"cw_claim", {{PART_LEASE, "for"}}, false, false},
    [CW_MOVE_release] = {"cw_release", {{PART_NONE, NULL}}, false, false},
    [CW_MOVE_done] = {"cw_done",
                      {{PART_VERSION, "seen"},
                       {PART_OPTION, "result"},
                       {PART_OPTION, "method"},
                       {PART_OPTION, "note"}},
                      false,
                      false},
    [CW_MOVE_snooze] = {"cw_snooze",
                        {{PART_UNTIL, "until"}, {PART_OPTION, "reason"}},
                        false,
                        false},
    [CW_MOVE_note] = {"cw_note", {{PART_OPERAND, NULL}}, false, false},
    [CW_MOVE_reassign] = {"cw_reassign", {{PART_OPERAND, NULL}}, true, true},
    [CW_MOVE_escalate] = {"cw_escalate", {{PART_OPTION, "reason"}}, true, false},
};

struct call {
    const struct cw_ctl *ctl;
    const struct row *row;
    const char *task, *who;
    struct cw_redis redis;
    char manager[65];
    struct cw_key key;
    const char *words[WORDS_MOST];
    size_t n_words;
    char version[24], seconds[24]; /* words that are made here */
};

static const char *word(const struct call *c, enum cw_word w)
{
    return cw_word(c->ctl->settings, w);
}

/* ---- times ---- */

static enum cw_exit read_lease(struct call *c, const char *option)
{
    const char *given = cw_args_text(c->ctl->args, option);
    int64_t lease;
    if (cw_duration_parse(given ? given : LEASE_DEFAULT, &lease) != 0 || lease < CW_SECOND)
        return cw_ctl_misused(c->ctl, "--for: \"%s\" is no time such as 2h or 45m", given);
    (void)snprintf(c->seconds, sizeof c->seconds, "%lld", (long long)(lease / CW_SECOND));
    return CW_EXIT_DONE;
}

static enum cw_exit read_until(struct call *c, const char *option)
{
    const char *until = cw_args_text(c->ctl->args, option);
    const char *span = cw_args_text(c->ctl->args, "for");
    int64_t at = 0, after = 0;
    if (!until == !span)
        return cw_ctl_misused(c->ctl, "either --until TIME or --for DURATION says how long");
    if (span && cw_duration_parse(span, &after) != 0)
        return cw_ctl_misused(c->ctl, "--for: \"%s\" is no time such as 3d or 4h", span);
    if (span)
        at = (int64_t)time(NULL) * CW_SECOND + after;
    else
        (void)cw_args_instant(until, c->ctl->settings->zone, &at); /* checked as it was read */
    (void)snprintf(c->seconds, sizeof c->seconds, "%lld", (long long)(at / CW_SECOND));
    return CW_EXIT_DONE;
}

/* Before Redis is asked for anything: what was mistyped is said whether it is there or not. */
static enum cw_exit read_times(struct call *c)
{
    enum cw_exit code = CW_EXIT_DONE;
    for (size_t i = 0; i < PARTS_MOST && !code; i++) {
        const struct part *p = &c->row->parts[i];
        if (p->kind == PART_LEASE)
            code = read_lease(c, p->option);
        else if (p->kind == PART_UNTIL)
            code = read_until(c, p->option);
    }
    return code;
}

/* ---- the words ---- */

/* The list of all tasks may still name one whose fields have run out. */
static enum cw_exit gone(const struct call *c)
{
    return cw_ctl_fail(CW_EXIT_WRONG, "task %s is not on the desk of %s", c->task, c->manager);
}

static enum cw_exit put_version(struct call *c, const char *option)
{
    int64_t given = cw_args_count(c->ctl->args, option, 0);
    if (given) {
        (void)snprintf(c->version, sizeof c->version, "%lld", (long long)given);
    } else {
        char name[80];
        (void)snprintf(name, sizeof name, "task:%s", c->task);
        struct cw_key key = cw_redis_desk_key(&c->redis, c->manager, name);
        redisReply *stored = cw_redis_ask(&c->redis, "HGET", key.text, "version", NULL);
        if (!stored)
            return cw_redis_fail(&c->redis);
        bool there = stored->type == REDIS_REPLY_STRING;
        (void)snprintf(c->version, sizeof c->version, "%s", there ? stored->str : "");
        freeReplyObject(stored);
        if (!there)
            return gone(c);
    }
    c->words[c->n_words++] = c->version;
    return CW_EXIT_DONE;
}

static enum cw_exit put_part(struct call *c, const struct part *p)
{
    switch (p->kind) {
    case PART_NONE:
        break;
    case PART_OPERAND:
        c->words[c->n_words++] = cw_args_operand(c->ctl->args, 1);
        break;
    case PART_OPTION: {
        const char *text = cw_args_text(c->ctl->args, p->option);
        c->words[c->n_words++] = text ? text : "";
        break;
    }
    case PART_LEASE:
    case PART_UNTIL:
        c->words[c->n_words++] = c->seconds;
        break;
    case PART_VERSION:
        return put_version(c, p->option);
    }
    return CW_EXIT_DONE;
}

static enum cw_exit put_words(struct call *c)
{
    c->key = cw_redis_desk_key(&c->redis, c->manager, "queue");
    const char *const head[] = {"FCALL", c->row->function, "1", c->key.text, c->task, c->who};
    enum cw_exit code = CW_EXIT_DONE;
    memcpy(c->words, head, sizeof head);
    c->n_words = sizeof head / sizeof *head;
    for (size_t i = 0; i < PARTS_MOST && !code; i++)
        code = put_part(c, &c->row->parts[i]);
    return code;
}

/* ---- the answer ---- */

/* What the functions call an argument, and what whoever typed the command knows it by; in a whole
 * sentence where theirs speaks of seconds. */
static const struct {
    const char *argument, *option, *instead;
} arguments[] = {
    {"LEASE_S", NULL, "--for: a claim lasts from 1s to 7d"},
    {"UNTIL", NULL, "--until, --for: later than now, and at most 366d ahead"},
    {"TO", NULL, "MANAGER is another manager's id than of the one who has the task"},
    {"WHO", "--as", NULL},
    {"VERSION", "--seen", NULL},
    {"RESULT", "--result", NULL},
    {"METHOD", "--method", NULL},
    {"NOTE", "--note", NULL},
    {"REASON", "--reason", NULL},
    {"TEXT", "TEXT", NULL},
};

/* The sentence after CWARG. That notes are full is nothing that another option would mend. */
static enum cw_exit wrong_argument(const struct call *c, const char *said)
{
    size_t n = strcspn(said, " ");
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        if (strlen(arguments[i].argument) != n || strncmp(said, arguments[i].argument, n) != 0)
            continue;
        if (arguments[i].instead)
            return cw_ctl_misused(c->ctl, "%s", arguments[i].instead);
        return cw_ctl_misused(c->ctl, "%s%s", arguments[i].option, said + n);
    }
    return cw_ctl_fail(CW_EXIT_WRONG, "%s", said);
}

/* Redis's own sentence, without the code that only programs need. */
static enum cw_exit refused(const struct call *c)
{
    const char *said = c->redis.eb.text;
    if (strstr(said, "unction not found"))
        return cw_ctl_fail(CW_EXIT_WRONG,
                           "this Redis does not have the moves: churnwatchd loads them when it "
                           "connects; start it with this redis.url");
    if (strncmp(said, "CWARG ", 6) == 0)
        return wrong_argument(c, said + 6);
    if (strncmp(said, "CW", 2) == 0 && strchr(said, ' '))
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", strchr(said, ' ') + 1);
    return cw_redis_fail(&c->redis);
}

static void print_json(const struct call *c, const redisReply *answer, struct cw_str over)
{
    struct cw_buf b = {0};
    cw_buf_puts(&b, "{");
    cw_hash_value(&b, CW_STR("task_id"), (struct cw_str){c->task, strlen(c->task)});
    cw_hash_value(&b, CW_STR("manager"), (struct cw_str){c->manager, strlen(c->manager)});
    cw_hash_value(&b, CW_STR("desk"),
                  (struct cw_str){answer->element[0]->str, (size_t)answer->element[0]->len});
    cw_hash_member(&b, "desk_rev");
    cw_buf_printf(&b, "%lld", answer->element[1]->integer);
    cw_hash_value(&b, CW_STR("desk_until"), over);
    if (c->version[0])
        cw_hash_raw(&b, "version", (struct cw_str){c->version, strlen(c->version)});
    cw_buf_puts(&b, "}\n");
    (void)fwrite(b.p, 1, b.n, stdout);
    cw_buf_free(&b);
}

static const char *desk_word(const struct call *c, const char *desk)
{
    static const struct {
        const char *name;
        enum cw_word word;
    } desks[] = {{"queued", CW_WORD_queued},
                 {"claimed", CW_WORD_claimed},
                 {"snoozed", CW_WORD_snoozed},
                 {"closed", CW_WORD_closed}};
    for (size_t i = 0; i < sizeof desks / sizeof *desks; i++)
        if (strcmp(desks[i].name, desk) == 0)
            return word(c, desks[i].word);
    return desk;
}

/* "t-1  claimed · until 2026-03-02T12:00:00+08:00", "t-1  closed · version 3". */
static void print_text(const struct call *c, const redisReply *answer, struct cw_str over)
{
    (void)printf("%s  %s", c->task, desk_word(c, answer->element[0]->str));
    if (over.n) {
        (void)printf(" · %s ", word(c, CW_WORD_until));
        cw_text_print(over, stdout);
    }
    if (c->version[0])
        (void)printf(" · %s %s", word(c, CW_WORD_version), c->version);
    if (c->row->asks)
        (void)printf(" · %s", word(c, CW_WORD_asked_for));
    (void)putchar('\n');
}

static enum cw_exit print(struct call *c, const redisReply *answer)
{
    char name[80];
    (void)snprintf(name, sizeof name, "task:%s", c->task);
    struct cw_key key = cw_redis_desk_key(&c->redis, c->manager, name);
    if (answer->type != REDIS_REPLY_ARRAY || answer->elements != 2 || !answer->element[0]->str)
        return cw_ctl_fail(CW_EXIT_WRONG, "Redis: an answer of another kind");
    redisReply *over = cw_redis_ask(&c->redis, "HGET", key.text, "desk_until", NULL);
    if (!over)
        return cw_redis_fail(&c->redis);
    struct cw_str text = {over->str ? over->str : "", over->str ? (size_t)over->len : 0};
    (c->ctl->json ? print_json : print_text)(c, answer, text);
    freeReplyObject(over);
    return CW_EXIT_DONE;
}

/* ---- one move ---- */

static enum cw_exit make(struct call *c)
{
    enum cw_exit code = cw_redis_find_task(&c->redis, c->task, c->manager);
    const char *to = c->row->gives ? cw_args_operand(c->ctl->args, 1) : NULL;
    if (!code && to)
        code = cw_managers_can_take(c->ctl, &c->redis, to);
    if (!code)
        code = put_words(c);
    if (code)
        return code;
    size_t lengths[WORDS_MOST];
    for (size_t i = 0; i < c->n_words; i++)
        lengths[i] = strlen(c->words[i]);
    redisReply *answer = cw_redis_ask_words(&c->redis, c->words, lengths, c->n_words);
    if (!answer)
        return refused(c);
    code = print(c, answer);
    freeReplyObject(answer);
    return code;
}

enum cw_exit cw_move_run(const struct cw_ctl *ctl, enum cw_move move)
{
    struct call c = {.ctl = ctl, .row = &rows[move], .task = cw_args_operand(ctl->args, 0)};
    c.who = cw_args_text(ctl->args, "as");
    if (!c.who)
        c.who = cw_actor_default();
    if (!c.who || !*c.who)
        return cw_ctl_misused(ctl, "this account has no name: --as WHO says who acts");
    if (!cw_redis_is_id(c.task))
        return cw_ctl_misused(ctl, "\"%s\" is no task id", c.task);
    if (c.row->gives && !cw_redis_is_id(cw_args_operand(ctl->args, 1)))
        return cw_ctl_misused(ctl, "\"%s\" is no manager id", cw_args_operand(ctl->args, 1));
    enum cw_exit code = read_times(&c);
    if (!code)
        code = cw_redis_open(ctl->settings, &c.redis);
    if (!code)
        code = make(&c);
    cw_redis_close(&c.redis);
    return code;
}
