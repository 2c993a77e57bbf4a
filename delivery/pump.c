/* The pump's states; see pump.h. Main thread. */
#include "delivery/pump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "delivery/pump_batch.h"

#define HELD_TICKS 5      /* between two attempts at the bus */
#define SILENT_MS "60000" /* another daemon's moves are taken over after so long */

enum standing { RESTING, TAKING, SENDING, HELD, SETTLING };

struct cw_pump {
    struct cw_pump_setup setup;
    enum standing standing;
    int held;     /* ticks left */
    char key[80]; /* <prefix>delivery */
    struct cw_pump_batch batch;
    struct cw_send_job job;
    struct cw_logs_record records[CW_PUMP_BATCH_MOST];
    struct cw_str words[4 + 3 * CW_PUMP_BATCH_MOST];
};

static void count(const struct cw_pump *p, enum cw_counter c, uint64_t n)
{
    if (p->setup.board)
        cw_board_count(p->setup.board, c, n);
}

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

/* An answer nobody foresaw: what was taken comes again with the next tick's. */
static void wrong_answer(struct cw_pump *p, const char *event, const struct cw_reply *r)
{
    char said[256], quoted[300];
    struct cw_str t = r->kind == CW_REPLY_ERROR ? r->text : CW_STR("an answer of another kind");
    p->standing = RESTING;
    if (r->kind == CW_REPLY_UNKNOWN)
        return; /* The connection has told of its end itself. */
    (void)snprintf(said, sizeof said, "%.*s", (int)(t.n < 255 ? t.n : 255), t.p);
    cw_log(CW_LOG_ERROR, event, "reply=%s", cw_log_quote(said, quoted, sizeof quoted));
}

/* ---- settling ---- */

static void take(struct cw_pump *p);

static void on_settled(void *arg, const struct cw_reply *r)
{
    struct cw_pump *p = arg;
    if (r->kind != CW_REPLY_NUMBER) {
        wrong_answer(p, "moves_not_settled", r);
        return;
    }
    count(p, CW_COUNT_moves_refused, p->batch.n_refused);
    p->standing = RESTING;
    take(p); /* There may be more. */
}

static void settle(struct cw_pump *p)
{
    const struct cw_redis_port *redis = &p->setup.redis;
    p->words[0] = CW_STR("FCALL");
    p->words[1] = CW_STR("cw_taken");
    p->words[2] = CW_STR("1");
    p->words[3] = str(p->key);
    size_t n = 4 + cw_pump_batch_words(&p->batch, p->words + 4);
    bool asked = redis->send(redis->self, p->words, n, on_settled, p) == 0;
    p->standing = asked ? SETTLING : RESTING;
}

/* ---- sending ---- */

static void on_sent(void *arg, int err, const struct cw_errbuf *why)
{
    struct cw_pump *p = arg;
    char quoted[300];
    if (!err) {
        count(p, CW_COUNT_moves_written, p->job.n_records);
        settle(p);
        return;
    }
    cw_log(CW_LOG_WARNING, "moves_held", "moves=%zu reason=%s", p->job.n_records,
           cw_log_quote(why->text, quoted, sizeof quoted));
    p->standing = HELD;
    p->held = HELD_TICKS;
}

static void send(struct cw_pump *p)
{
    const struct cw_send_port *sender = &p->setup.sender;
    p->standing = SENDING;
    sender->give(sender->self, &p->job);
}

static void log_refused(const struct cw_pump *p)
{
    if (p->batch.n_refused)
        cw_log(CW_LOG_ERROR, "moves_refused",
               "moves=%zu kept=\"in %soutcomes-refused, each with its reason\"", p->batch.n_refused,
               p->setup.settings->redis_prefix);
}

/* ---- taking ---- */

static void begin(struct cw_pump *p)
{
    p->job = (struct cw_send_job){.records = p->records, .done = on_sent, .arg = p};
    p->job.n_records =
        cw_pump_batch_records(&p->batch, p->setup.settings->topic_outcomes, p->records);
    count(p, CW_COUNT_moves_taken, p->batch.n);
    log_refused(p);
    if (p->job.n_records)
        send(p);
    else
        settle(p);
}

static void on_taken(void *arg, const struct cw_reply *r)
{
    struct cw_pump *p = arg;
    if (r->kind != CW_REPLY_LIST || cw_pump_batch_read(&p->batch, r) != 0) {
        wrong_answer(p, "moves_not_taken", r);
        return;
    }
    p->standing = RESTING;
    if (p->batch.n)
        begin(p);
}

static void take(struct cw_pump *p)
{
    const struct cw_redis_port *redis = &p->setup.redis;
    char most[16];
    int n = snprintf(most, sizeof most, "%d", CW_PUMP_BATCH_MOST);
    const struct cw_str words[] = {CW_STR("FCALL"),
                                   CW_STR("cw_take"),
                                   CW_STR("1"),
                                   str(p->key),
                                   str(p->setup.settings->instance),
                                   {most, (size_t)n},
                                   CW_STR(SILENT_MS)};
    if (redis->send(redis->self, words, sizeof words / sizeof *words, on_taken, p) == 0)
        p->standing = TAKING;
}

/* ---- from outside ---- */

void cw_pump_tick(struct cw_pump *p)
{
    if (p->standing == RESTING)
        take(p);
    else if (p->standing == HELD && --p->held <= 0)
        send(p);
}

bool cw_pump_rests(const struct cw_pump *p)
{
    return p->standing == RESTING || p->standing == HELD;
}

struct cw_pump *cw_pump_new(const struct cw_pump_setup *setup)
{
    struct cw_pump *p = calloc(1, sizeof *p);
    if (!p || cw_pump_batch_init(&p->batch) != 0) {
        free(p);
        return NULL;
    }
    p->setup = *setup;
    (void)snprintf(p->key, sizeof p->key, "%sdelivery", setup->settings->redis_prefix);
    return p;
}

void cw_pump_free(struct cw_pump *p)
{
    if (!p)
        return;
    cw_pump_batch_free(&p->batch);
    free(p);
}
