/* Moves folded into desks. See recall.h. */
#include "ctl/repair/recall.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/civil.h"
#include "core/heard.h"

#define NAME_MOST 64
#define TIME_MOST 40
#define NOTE_MOST 32768 /* as in delivery/functions: what is older gives way no more */

/* What the desk has come to. */
struct cw_recall {
    const char *desk; /* "" when no move told; else of desks[] */
    char by[NAME_MOST + 1];
    char until[TIME_MOST + 1];
    int64_t until_s;
    int32_t version; /* that the person saw */
    struct cw_buf note;
    struct cw_heard heard; /* the pump may have sent one twice */
};

/* Where an action leaves the task. */
static const struct {
    const char *action, *desk;
} desks[] = {
    {"claim", "claimed"},
    {"release", "queued"},
    {"done", "closed"},
    {"snooze", "snoozed"},
};

/* ---- taking ---- */

static const char *text_of(const json_t *outcome, const char *name)
{
    const char *text = json_string_value(json_object_get(outcome, name));
    return text ? text : "";
}

/* Who made the move; on a desk that others may act on this is not always its manager. */
static const char *actor(const json_t *outcome)
{
    const char *who = text_of(outcome, "who");
    return *who ? who : text_of(outcome, "manager");
}

/* "AT WHO ACTION: TEXT", a line each, as the moves write it. */
static void add_note(struct cw_buf *note, const json_t *outcome)
{
    const char *text = text_of(outcome, "note"), *action = text_of(outcome, "action");
    bool plain = strcmp(action, "note") == 0;
    struct cw_buf line = {0};
    if (!*text)
        return;
    cw_buf_printf(&line, "%s%s %s%s%s: ", note->n ? "\n" : "", text_of(outcome, "at"),
                  actor(outcome), plain ? "" : " ", plain ? "" : action);
    cw_buf_puts(&line, text);
    if (note->n + line.n <= NOTE_MOST)
        cw_buf_put(note, line.p, line.n);
    cw_buf_free(&line);
}

/* Claims and snoozes went with the desk when the task came to another manager, as in
 * core/outcomes.c: also where the hand-over is older than what was read of the outbox. Done stands,
 * whoever did it. */
static bool has_lost_it(const struct cw_latest *e, const json_t *outcome)
{
    const char *manager = text_of(outcome, "manager");
    return strcmp(text_of(outcome, "action"), "done") != 0 &&
           cw_outbox_manager((struct cw_str){manager, strlen(manager)}) != e->manager;
}

static void set_desk(const struct cw_latest *e, const json_t *outcome)
{
    struct cw_recall *r = e->recall;
    const char *action = text_of(outcome, "action"), *until = text_of(outcome, "until");
    cw_event_time at;
    if (has_lost_it(e, outcome))
        return;
    for (size_t i = 0; i < sizeof desks / sizeof *desks; i++) {
        if (strcmp(action, desks[i].action) != 0)
            continue;
        r->desk = desks[i].desk;
        r->version = (int32_t)json_integer_value(json_object_get(outcome, "version"));
        (void)snprintf(r->by, sizeof r->by, "%s", i == 1 ? "" : actor(outcome));
        (void)snprintf(r->until, sizeof r->until, "%s", until);
        bool timed = cw_parse_rfc3339((struct cw_str){until, strlen(until)}, &at) == 0;
        r->until_s = timed ? at / CW_SECOND : 0;
    }
}

static bool is_repeat(struct cw_recall *r, struct cw_str id)
{
    bool known = cw_heard_has(&r->heard, id);
    if (!known)
        cw_heard_add(&r->heard, id);
    return known;
}

static int take(struct cw_outbox_index *x, const json_t *outcome)
{
    const char *id = text_of(outcome, "task_id");
    struct cw_latest *e = cw_outbox_index_find(x, (struct cw_str){id, strlen(id)});
    if (!e)
        return 0;
    if (!e->recall)
        e->recall = calloc(1, sizeof *e->recall);
    if (!e->recall)
        return -CW_E_NOMEM;
    if (!e->recall->desk)
        e->recall->desk = "";
    const char *move = text_of(outcome, "id");
    if (is_repeat(e->recall, (struct cw_str){move, strlen(move)}))
        return 0;
    add_note(&e->recall->note, outcome);
    set_desk(e, outcome);
    return e->recall->note.failed ? -CW_E_NOMEM : 0;
}

int cw_recall_take(struct cw_outbox_index *x, const struct cw_message *m)
{
    json_t *outcome = m->value.p ? json_loadb(m->value.p, m->value.n, 0, NULL) : NULL;
    int err = outcome ? take(x, outcome) : 0;
    json_decref(outcome);
    return err;
}

/* ---- telling ---- */

static bool holds_still(const struct cw_latest *e, int64_t now)
{
    const struct cw_recall *r = e->recall;
    if (!*r->desk || r->version < e->moved)
        return false; /* It has come to another manager since. */
    if (strcmp(r->desk, "snoozed") == 0 && e->woke > r->version)
        return false;
    return strcmp(r->desk, "closed") == 0 || strcmp(r->desk, "queued") == 0 || r->until_s > now;
}

/* An ended task keeps who had it last; an open one goes where the moves have put it. */
static enum cw_exit tell(const struct cw_latest *e, const struct cw_recall_to *to, uint64_t *n)
{
    const struct cw_recall *r = e->recall;
    struct cw_redis *redis = to->redis;
    bool held = holds_still(e, to->now);
    char id[20], until[24];
    struct cw_key key = cw_redis_key(redis, "delivery");
    struct cw_buf note = {0};
    (void)snprintf(id, sizeof id, "t-%016" PRIx64, e->id);
    (void)snprintf(until, sizeof until, "%" PRId64, held ? r->until_s : 0);
    cw_buf_printf(&note, "%.*s", (int)r->note.n, r->note.n ? r->note.p : "");
    redisReply *said =
        cw_redis_ask(redis, "FCALL", "cw_recall", "1", key.text, to->holder, id,
                     held ? r->desk : "queued", held || !e->open ? r->by : "", until,
                     held ? r->until : "", note.failed || !note.p ? "" : note.p, NULL);
    cw_buf_free(&note);
    if (!said)
        return cw_redis_fail(redis);
    *n += (uint64_t)said->integer;
    freeReplyObject(said);
    return CW_EXIT_DONE;
}

enum cw_exit cw_recall_tell(const struct cw_outbox_index *x, const struct cw_recall_to *to,
                            uint64_t *ret_n)
{
    enum cw_exit code = CW_EXIT_DONE;
    for (size_t i = 0; i < x->cap && !code; i++) {
        const struct cw_latest *e = &x->slots[i];
        if (e->recall && (!to->manager || to->manager == e->manager))
            code = tell(e, to, ret_n);
    }
    return code;
}

void cw_recall_free(struct cw_outbox_index *x)
{
    for (size_t i = 0; i < x->cap; i++) {
        if (x->slots[i].recall)
            cw_buf_free(&x->slots[i].recall->note);
        free(x->slots[i].recall);
        x->slots[i].recall = NULL;
    }
}
