/* Delivery's main loop in a process: its connection to Redis, its reading of the outbox. See
 * desk.h. */
#include "tests/sim/desk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/plan.h"
#include "tests/sim/processes.h"
#include "tests/sim/redis.h"

#define GIVEN_AT_ONCE 24

/* cw_delivery's clock takes no argument. */
static const struct sim *clock_of;

static cw_wall_time wall_now(void)
{
    return INT64_C(1772388000) * CW_SECOND + clock_of->now;
}

/* ---- commands on their way ---- */

static int64_t number_of(struct cw_str s)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.*s", (int)s.n, s.p);
    return strtoll(text, NULL, 10);
}

static void copy_text(char *to, size_t size, struct cw_str s)
{
    (void)snprintf(to, size, "%.*s", (int)s.n, s.p);
}

static bool is(struct cw_str s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

/* One task of a batch; returns where the next one begins. */
static size_t note_task(struct sim *s, struct command *c, const struct cw_str *argv, size_t at)
{
    size_t n = (size_t)number_of(argv[at + 1]);
    struct cw_str id = {0};
    int version = 0;
    int64_t index;
    for (size_t i = at + 2; i < at + 2 + 2 * n; i += 2) {
        if (is(argv[i], "task_id"))
            id = argv[i + 1];
        else if (is(argv[i], "version"))
            version = (int)number_of(argv[i + 1]);
    }
    if (story_find(s->recipe->story, c->shard, id, version, &index))
        c->versions[c->n_versions++] = index;
    else
        sim_violation(s, "Redis is given version %d of %.*s, which never was", version, (int)id.n,
                      id.p);
    return at + 2 + 2 * n;
}

static void note_batch(struct sim *s, struct command *c, const struct cw_str *argv, size_t argc)
{
    c->verb = VERB_BATCH;
    copy_text(c->function, sizeof c->function, argv[1]);
    copy_text(c->epoch, sizeof c->epoch, argv[4]);
    c->shard = (int32_t)number_of(argv[5]);
    c->prev = number_of(argv[6]);
    c->next = number_of(argv[7]);
    c->versions = calloc(argc, sizeof *c->versions);
    if (!c->versions)
        abort();
    for (size_t at = 11; at < argc && !sim_failed(s);)
        at = note_task(s, c, argv, at);
}

static void note(struct sim *s, struct command *c, const struct cw_str *argv, size_t argc)
{
    if (is(argv[0], "FCALL")) {
        note_batch(s, c, argv, argc);
    } else if (is(argv[0], "HSETNX")) {
        c->verb = VERB_SET_EPOCH;
        copy_text(c->epoch, sizeof c->epoch, argv[3]);
    } else if (is(argv[0], "HSET")) {
        c->verb = VERB_SET_OFFSET;
        c->shard = (int32_t)number_of(argv[2]);
        c->next = number_of(argv[3]);
    } else if (is(argv[2], "epoch")) {
        c->verb = VERB_GET_EPOCH;
    } else {
        c->verb = VERB_GET_OFFSET;
        c->shard = (int32_t)number_of(argv[2]);
    }
}

static void befall(struct process *p, int what)
{
    struct sim *s = p->sim;
    struct desk *d = &s->desk;
    int64_t away = chance_between(&s->chance, CW_SECOND / 20, 8 * CW_SECOND);
    switch (what) {
    case MISHAP_redis_crash:
        process_crash(p);
        break;
    case MISHAP_redis_stop:
        p->stopped_until = s->now + away;
        break;
    case MISHAP_redis_cut:
        p->desk.breaking = true;
        p->desk.arrives_anyway = chance_one_in(&s->chance, 2);
        break;
    case MISHAP_redis_killed:
        redis_restart(d, s->now + away, 0);
        break;
    case MISHAP_redis_rolled_back:
    case MISHAP_redis_failed_over:
        atomic_fetch_add(&s->coverage->rollbacks, 1);
        redis_restart(d, what == MISHAP_redis_failed_over ? s->now : s->now + away,
                      chance_between(&s->chance, 1, 12));
        break;
    case MISHAP_redis_emptied:
        if (s->cluster.epoch[0])
            redis_empty(d, s->now + away, chance_below(&s->chance, 12));
        break;
    case MISHAP_redis_error:
        d->errors = 1;
        break;
    case MISHAP_redis_slow:
        d->slow_until = s->now + away;
        break;
    default:
        break;
    }
}

/* ---- the ports ---- */

static int stage_of(const struct process *p)
{
    switch (cw_delivery_standing(p->desk.delivery)) {
    case CW_DELIVERY_DOWN:
        return STAGE_down;
    case CW_DELIVERY_SETTLING:
        return STAGE_settling;
    case CW_DELIVERY_REFUSED:
        return STAGE_refusing;
    case CW_DELIVERY_OPEN:
        break;
    }
    for (int i = 0; i < p->desk.n_sent; i++)
        if (p->desk.sent[i].verb == VERB_BATCH)
            return STAGE_in_flight;
    return STAGE_waiting;
}

static int port_send(void *self, const struct cw_str *argv, size_t argc, cw_reply_fn *fn, void *arg)
{
    struct process *p = self;
    struct desk_client *k = &p->desk;
    struct sim *s = p->sim;
    if (!k->connected || k->breaking || k->n_sent == COMMANDS_MOST || p->dead)
        return -CW_E_RETRY;
    struct command *c = &k->sent[k->n_sent++];
    *c = (struct command){.fn = fn, .arg = arg};
    note(s, c, argv, argc);
    c->arrives = s->now + chance_between(&s->chance, 50, 3000);
    c->answered = c->arrives + chance_between(&s->chance, 50, 3000);
    if (s->desk.slow_until > c->arrives)
        c->answered = c->arrives = s->desk.slow_until;
    befall(p, plan_befalls_desk(p, c->verb == VERB_BATCH ? STAGE_in_flight : stage_of(p)));
    return 0;
}

static void port_drop(void *self, const char *why)
{
    struct process *p = self;
    sim_trace(p->sim, "process %d: drops its connection to Redis: %s", p->number, why);
    p->desk.breaking = true;
}

static void port_read(void *self, int32_t shard, int64_t from)
{
    struct process *p = self;
    p->desk.reading[shard] = from == CW_OFFSET_NONE ? 0 : from;
}

static void port_leave(void *self, int32_t shard)
{
    ((struct process *)self)->desk.reading[shard] = -1;
}

static void port_wake(void *self)
{
    ((struct process *)self)->desk.step_at = ((struct process *)self)->sim->now;
}

static void port_look(void *self)
{
    struct process *p = self;
    p->desk.look_at = p->sim->now + chance_between(&p->sim->chance, 1000, CW_SECOND);
}

static void port_record(void *self, const char *epoch)
{
    struct process *p = self;
    (void)snprintf(p->desk.recording, sizeof p->desk.recording, "%s", epoch);
    p->desk.record_at = p->sim->now + chance_between(&p->sim->chance, 1000, CW_SECOND);
}

/* ---- the connection ---- */

static void tell(struct command *c, enum cw_reply_kind kind)
{
    const struct cw_reply items[2] = {{.kind = CW_REPLY_NUMBER, .number = c->reply.numbers[0]},
                                      {.kind = CW_REPLY_NUMBER, .number = c->reply.numbers[1]}};
    struct cw_reply r = {.kind = kind, .text = {c->reply.text, strlen(c->reply.text)}};
    if (kind == CW_REPLY_LIST) {
        r.items = items;
        r.n_items = 2;
    }
    cw_reply_fn *fn = c->fn;
    void *arg = c->arg;
    free(c->versions);
    fn(arg, &r);
}

/* The oldest command leaves the list before its answer is told, which may send others. */
static struct command take_first(struct desk_client *k)
{
    struct command c = k->sent[0];
    k->n_sent--;
    memmove(k->sent, k->sent + 1, (size_t)k->n_sent * sizeof *k->sent);
    return c;
}

static void break_connection(struct process *p)
{
    struct desk_client *k = &p->desk;
    bool up = k->connected;
    k->connected = false;
    for (int i = 0; i < k->n_sent; i++)
        if (k->arrives_anyway && !k->sent[i].executed && k->incarnation == p->sim->desk.incarnation)
            redis_execute(p->sim, &k->sent[i]);
    while (k->n_sent) {
        struct command c = take_first(k);
        tell(&c, CW_REPLY_UNKNOWN);
    }
    k->breaking = k->arrives_anyway = false;
    k->connect_at = p->sim->now + chance_between(&p->sim->chance, CW_SECOND / 20, 2 * CW_SECOND);
    if (up)
        cw_delivery_redis_down(k->delivery);
}

int64_t desk_arrive(struct process *p)
{
    struct desk_client *k = &p->desk;
    for (int i = 0; i < k->n_sent && k->incarnation == p->sim->desk.incarnation; i++) {
        struct command *c = &k->sent[i];
        if (c->executed)
            continue;
        if (c->arrives > p->sim->now)
            return c->arrives;
        redis_execute(p->sim, c);
        c->executed = true;
    }
    return INT64_MAX;
}

static void hear_answers(struct process *p)
{
    struct desk_client *k = &p->desk;
    while (k->n_sent && k->sent[0].executed && k->sent[0].answered <= p->sim->now && !k->breaking &&
           !p->dead) {
        struct command c = take_first(k);
        tell(&c, c.reply.kind);
    }
}

static void keep_connection(struct process *p)
{
    struct desk_client *k = &p->desk;
    struct sim *s = p->sim;
    if (k->connected && k->incarnation != s->desk.incarnation)
        k->breaking = true;
    if (k->breaking)
        break_connection(p);
    if (!k->connected && s->now >= k->connect_at && redis_is_up(&s->desk, s->now)) {
        k->connected = true;
        k->incarnation = s->desk.incarnation;
        cw_delivery_redis_up(k->delivery);
    }
}

/* ---- the outbox ---- */

static void own(struct process *p)
{
    struct cw_shard_status all[SHARDS_MOST];
    int32_t shards[SHARDS_MOST];
    size_t n = cw_board_shards(p->board, all, SHARDS_MOST), owned = 0;
    for (size_t i = 0; i < n; i++)
        if (all[i].standing == CW_SHARD_RUNNING)
            shards[owned++] = all[i].shard;
    cw_delivery_owned(p->desk.delivery, shards, owned);
}

static void read_outbox(struct process *p, int32_t shard)
{
    struct desk_client *k = &p->desk;
    struct cluster *c = &p->sim->cluster;
    for (int i = 0; i < GIVEN_AT_ONCE && k->reading[shard] >= 0; i++) {
        const struct cw_message *m;
        if (!cw_delivery_has_room(k->delivery))
            return;
        if (!(m = cluster_read(c, CW_LOG_TASKS, shard, &k->reading[shard]))) {
            cw_delivery_end(k->delivery, shard, k->reading[shard]);
            return;
        }
        cw_delivery_task(k->delivery, shard, m->offset, CW_NO_TIME, m->value);
    }
}

static void look_for_epoch(struct process *p)
{
    struct desk_client *k = &p->desk;
    if (!k->look_at || k->look_at > p->sim->now)
        return;
    k->look_at = 0;
    cw_delivery_epoch_known(k->delivery,
                            p->sim->brokers_back > p->sim->now ? NULL : p->sim->cluster.epoch);
}

static void record_epoch(struct process *p)
{
    struct desk_client *k = &p->desk;
    struct cluster *c = &p->sim->cluster;
    if (!k->recording[0] || k->record_at > p->sim->now)
        return;
    if (c->epoch[0] && strcmp(c->epoch, k->recording) != 0)
        sim_violation(p->sim, "another epoch of Redis was recorded");
    (void)snprintf(c->epoch, sizeof c->epoch, "%s", k->recording);
    k->recording[0] = '\0';
    cw_delivery_epoch_recorded(k->delivery, true);
}

/* ---- the main loop ---- */

void desk_step(struct process *p)
{
    struct desk_client *k = &p->desk;
    struct sim *s = p->sim;
    k->step_at = s->now + chance_between(&s->chance, 5000, 100000);
    if (!s->recipe->story->known)
        return;
    if (stage_of(p) != STAGE_in_flight)
        befall(p, plan_befalls_desk(p, stage_of(p)));
    if (p->dead || process_stopped(p))
        return;
    keep_connection(p);
    hear_answers(p);
    look_for_epoch(p);
    record_epoch(p);
    own(p);
    for (int32_t shard = 0; shard < STORY_SHARDS && s->brokers_back <= s->now; shard++)
        read_outbox(p, shard);
    cw_delivery_flush(k->delivery);
    if (s->now >= k->tick_at) {
        k->tick_at = s->now + CW_DELIVERY_TICK * CW_SECOND;
        cw_delivery_tick(k->delivery);
    }
}

int64_t desk_due(const struct process *p)
{
    int64_t due = p->desk.step_at;
    if (p->desk.n_sent && p->desk.sent[0].answered < due)
        due = p->desk.sent[0].answered;
    return due;
}

bool desk_open(struct process *p)
{
    struct sim *s = p->sim;
    struct desk_client *k = &p->desk;
    clock_of = s;
    *k = (struct desk_client){.step_at = s->now};
    (void)snprintf(k->fresh, sizeof k->fresh, "e%08llx",
                   (unsigned long long)(chance_next(&s->chance) & 0xffffffff));
    for (int32_t i = 0; i < SHARDS_MOST; i++)
        k->reading[i] = -1;
    const struct cw_delivery_setup setup = {.settings = s->recipe->story->settings,
                                            .board = p->board,
                                            .redis = {p, port_send, port_drop},
                                            .outbox = {p, port_read, port_leave, port_wake},
                                            .control = {p, port_look, port_record},
                                            .epoch = s->cluster.epoch,
                                            .fresh_epoch = k->fresh,
                                            .now = wall_now};
    k->delivery = cw_delivery_new(&setup);
    return k->delivery != NULL;
}

/* Of a process that ends: what it sent may arrive, its answers find nobody. */
void desk_close(struct process *p)
{
    p->desk.arrives_anyway = chance_one_in(&p->sim->chance, 2);
    if (p->desk.delivery) {
        break_connection(p);
        cw_delivery_free(p->desk.delivery);
    }
    p->desk.delivery = NULL;
}
