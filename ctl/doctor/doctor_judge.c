/* What is wrong, as findings. See doctor.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/topic_table.h"
#include "config/units.h"
#include "ctl/doctor/doctor.h"
#include "ctl/words.h"

/* A daemon's transactions are over in less; one this old has been left behind by somebody. */
#define OPEN_LONG (60 * CW_SECOND)
/* Younger ones are a daemon at work. */
#define OPEN_USUAL (2 * CW_SECOND)

enum finding {
#define FINDING(name, severity, mend, en, zh) FINDING_##name,
#include "ctl/doctor/doctor_findings.def"
#undef FINDING
    FINDINGS
};
enum severity { NOTE, WAITS, UNDELIVERED, STANDS, REFUSED, SEVERITIES };
enum mend { NONE, REPAIR, REDELIVER, ABORT, NEWER, MIGRATE };

static const struct {
    const char *code;
    enum severity severity;
    enum mend mend;
    const char *texts[CW_LANGUAGES];
} rows[FINDINGS] = {
#define FINDING(name, severity, mend, en, zh) {#name, severity, mend, {(zh), (en)}},
#include "ctl/doctor/doctor_findings.def"
#undef FINDING
};

/* How bad it is. */
static const struct {
    const char *code, *texts[CW_LANGUAGES];
} severities[SEVERITIES] = {
    [NOTE] = {"note", {"提示", "note"}},
    [WAITS] = {"waits", {"等待", "waits"}},
    [UNDELIVERED] = {"undelivered", {"不投递", "not delivered"}},
    [STANDS] = {"stands_still", {"停摆", "stands still"}},
    [REFUSED] = {"refused", {"拒绝启动", "refuses to start"}},
};

/* Where a finding is. */
struct place {
    int32_t shard; /* CW_DOCTOR_ALL: of the whole */
    const char *topic;
    int64_t offset; /* of an open transaction */
};

/* The exact command that mends it; "" for none. Programs have it in English, whatever the
 * operator's language. */
static void put_mend(const struct cw_doctor *d, struct cw_buf *b, enum mend mend,
                     const struct place *at)
{
    static const struct cw_settings english = {.language = CW_ENGLISH};
    switch (mend) {
    case NONE:
        break;
    case REPAIR:
        cw_buf_printf(b, "churnwatchctl doctor --shard %d --repair", (int)at->shard);
        break;
    case REDELIVER:
        cw_buf_puts(b, "churnwatchctl redeliver");
        break;
    case ABORT:
        cw_buf_printf(b,
                      "kafka-transactions.sh --bootstrap-server %s abort --topic %s --partition %d "
                      "--start-offset %" PRId64,
                      d->settings->kafka_bootstrap, at->topic, (int)at->shard, at->offset);
        break;
    case NEWER:
        cw_word_say(b, d->ctl->json ? &english : d->settings, CW_WORD_mend_newer, "%d",
                    (int)at->shard);
        break;
    case MIGRATE:
        cw_buf_puts(b, "docs/operate.md, \"More partitions\"");
        break;
    }
}

static void put_text(struct cw_buf *b, const char *text, const char *what)
{
    const char *place = strstr(text, "%s");
    cw_buf_put(b, text, (size_t)(place - text));
    cw_buf_puts(b, what);
    cw_buf_puts(b, place + 2);
    cw_buf_put(b, "", 1);
}

static void add(struct cw_doctor *d, enum finding f, struct place at, const char *what)
{
    struct cw_buf text = {0}, mend = {0};
    int language = (int)d->settings->language;
    put_text(&text, rows[f].texts[language], what);
    put_mend(d, &mend, rows[f].mend, &at);
    cw_buf_put(&mend, "", 1);
    d->wrong |= rows[f].severity != NOTE;
    if (!text.failed && !mend.failed) {
        json_t *found =
            json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "code", rows[f].code, "severity",
                      severities[rows[f].severity].code, "how_bad",
                      severities[rows[f].severity].texts[language], "shard",
                      at.shard == CW_DOCTOR_ALL ? json_null() : json_integer(at.shard), "topic",
                      at.topic ? at.topic : "", "text", text.p, "command", mend.p);
        (void)json_array_append_new(d->findings, found);
    }
    cw_buf_free(&text);
    cw_buf_free(&mend);
}

/* ---- a shard ---- */

static void hurt(struct cw_doctor *d, struct cw_doctor_shard *sh, enum finding f, const char *topic,
                 const char *what)
{
    sh->hurt = true;
    add(d, f, (struct place){.shard = sh->number, .topic = topic}, what);
}

static void hurt_because(struct cw_doctor *d, struct cw_doctor_shard *sh, enum finding f,
                         const char *topic, const char *said)
{
    struct cw_buf why = {0};
    cw_status_put_reason(&why, d->ctl, said);
    cw_buf_put(&why, "", 1);
    hurt(d, sh, f, topic, why.failed ? "" : why.p);
    cw_buf_free(&why);
}

static void judge_open(struct cw_doctor *d, const struct cw_doctor_shard *sh, const char *topic,
                       const struct cw_doctor_range *r)
{
    char text[160];
    struct cw_buf since = {0};
    if (r->open == CW_OFFSET_NONE || r->since == CW_NO_TIME)
        return;
    cw_wall_time age = d->status.now - r->since;
    if (age < OPEN_USUAL)
        return;
    cw_buf_time(&since, d->settings->zone, r->since);
    (void)snprintf(text, sizeof text, "%" PRId64 " – %" PRId64 ", %.*s", r->open, r->end,
                   (int)since.n, since.p ? since.p : "");
    add(d, age < OPEN_LONG ? FINDING_open_now : FINDING_open_long,
        (struct place){sh->number, topic, r->open}, text);
    cw_buf_free(&since);
}

static void judge_input(struct cw_doctor *d, struct cw_doctor_shard *sh, enum cw_input in)
{
    const struct cw_doctor_range *r = &sh->inputs[in];
    const char *topic = cw_doctor_topic(d, in);
    int64_t committed = sh->committed[in],
            next = sh->found ? sh->position.next[in] : CW_OFFSET_NONE;
    char text[120];
    if (sh->err || sh->moving)
        next =
            CW_OFFSET_NONE; /* Where the reading broke off, or a moment later: it tells nothing. */
    else if (sh->found && committed != CW_OFFSET_NONE && committed != next) {
        (void)snprintf(text, sizeof text, "%" PRId64 " ≠ %" PRId64, committed, next);
        hurt(d, sh, FINDING_torn, topic, text);
    }
    if (!sh->found && sh->err == 0 && !sh->moving && committed != CW_OFFSET_NONE) {
        (void)snprintf(text, sizeof text, "%" PRId64, committed);
        hurt(d, sh, FINDING_state_missing, topic, text);
    }
    if (next != CW_OFFSET_NONE && next < r->first) {
        (void)snprintf(text, sizeof text, "%" PRId64 " (%" PRId64 " – %" PRId64 ")",
                       r->first - next, next, r->first - 1);
        hurt(d, sh, FINDING_messages_lost, topic, text);
    }
    if (next != CW_OFFSET_NONE && next > r->end) {
        (void)snprintf(text, sizeof text, "%" PRId64 " < %" PRId64, r->end, next);
        hurt(d, sh, FINDING_topic_made_anew, topic, text);
    }
    judge_open(d, sh, topic, r);
}

static void judge_outbox(struct cw_doctor *d, const struct cw_doctor_shard *sh)
{
    const struct place at = {.shard = sh->number, .topic = d->settings->topic_tasks};
    char text[80];
    if (sh->stored == CW_OFFSET_NONE)
        return;
    (void)snprintf(text, sizeof text, "%" PRId64 ", [%" PRId64 ", %" PRId64 ")", sh->stored,
                   sh->outbox.first, sh->outbox.end);
    if (sh->stored < sh->outbox.first)
        add(d, FINDING_outbox_short, at, text);
    else if (sh->stored > sh->outbox.end)
        add(d, FINDING_outbox_behind, at, text);
}

static void judge_shard(struct cw_doctor *d, struct cw_doctor_shard *sh)
{
    const char *state = d->settings->topic_state;
    if (sh->err)
        hurt_because(d, sh, sh->err == -CW_E_NEWER ? FINDING_state_newer : FINDING_state_damaged,
                     state, sh->why.text);
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        judge_input(d, sh, in);
    if (!sh->hurt && strcmp(sh->standing, "stopped") == 0)
        hurt_because(d, sh, FINDING_held_still, "", sh->reason);
    judge_open(d, sh, state, &sh->state);
    judge_open(d, sh, d->settings->topic_tasks, &sh->outbox);
    judge_outbox(d, sh);
}

/* ---- the whole ---- */

static void judge_redis(struct cw_doctor *d)
{
    const struct place whole = {.shard = CW_DOCTOR_ALL};
    const char *epoch = cw_status_text(json_object_get(d->status.redis, "delivery"), "epoch");
    if (d->status.redis_error.text[0])
        add(d, FINDING_redis_unreachable, whole, d->status.redis_error.text);
    else if (d->recorded[0] && strcmp(epoch, d->recorded) != 0)
        add(d, FINDING_redis_other, whole, *epoch ? epoch : "-");
}

static void judge_partitions(struct cw_doctor *d)
{
    struct cw_buf text = {0};
    int32_t n, least = INT32_MAX, most = 0;
    for (size_t i = 0; i < CW_TOPICS; i++) {
        const char *topic = cw_topic_name(d->settings, &cw_topics[i]);
        if (!cw_topics[i].by_client || d->logs->ops->partitions(d->logs, topic, &n, &d->eb) != 0)
            continue;
        least = n < least ? n : least;
        most = n > most ? n : most;
        cw_buf_printf(&text, "%s%s %d", text.n ? ", " : "", topic, (int)n);
    }
    if (d->began)
        cw_buf_printf(&text, " (%d)", (int)d->began);
    cw_buf_put(&text, "", 1);
    if ((least < most || (d->began && d->began != most)) && !text.failed)
        add(d, FINDING_partitions_differ, (struct place){.shard = CW_DOCTOR_ALL}, text.p);
    cw_buf_free(&text);
}

void cw_doctor_judge(struct cw_doctor *d)
{
    judge_partitions(d);
    judge_redis(d);
    for (size_t i = 0; i < d->n_looked; i++)
        judge_shard(d, &d->shards[i]);
}
