/* Lines to shards. See replay.h. */
#include "ctl/replay/replay.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/lines/mapped.h"
#include "ctl/lines/members.h"

enum topic { TOPIC_MANAGERS, TOPIC_PROFILES, TOPIC_BILLING, TOPIC_SERVICE, TOPIC_OUTCOMES, TOPICS };

/* The outcome whose turn comes next. It points into the outcomes' own decoder. */
struct waiting {
    bool there;
    struct cw_outcome oc;
    cw_event_time at; /* its place: the latest `at` so far of its partition */
    int32_t partition;
    int64_t offset;
};

struct cw_replay_hand {
    struct cw_replay *replay;
    struct cw_replay_sinks sinks;
    struct cw_decoder *decoder;
    struct cw_replay_totals totals;
};

struct cw_replay {
    const struct cw_settings *settings;
    struct cw_replay_hand own; /* of who takes lines one by one */
    struct cw_decoder *outcome_decoder;
    struct cw_replay_source outcomes;
    struct waiting waiting;
    struct cw_decoder *mapper; /* tells key and type of lines that are mapped */
    struct cw_roster *roster;
    int32_t partitions;
    struct cw_shard **shards;      /* partitions of them */
    int64_t *next[TOPICS];         /* offsets, by partition */
    cw_event_time *latest[TOPICS]; /* the latest time so far, by partition */
    uint64_t *told;                /* days closed when risks were last told, by partition */
    const char *topics[TOPICS];    /* names, borrowed from settings */
    int64_t now_ms;
    int32_t only;     /* partition; -1: all */
    cw_event_time to; /* CW_NO_TIME: all */
    bool past;        /* an event later than `to` has come */
    struct cw_buf key_text, type_text, outcome_key;
};

static struct cw_decoder *decoder_of(const struct cw_settings *s)
{
    return cw_decoder_new(&(struct cw_decode_limits){
        (size_t)s->max_event_bytes, (size_t)s->max_profile_bytes, s->max_clock_skew});
}

static bool make(struct cw_replay *r)
{
    const struct cw_settings *s = r->settings;
    r->own.decoder = decoder_of(s);
    r->outcome_decoder = decoder_of(s);
    r->mapper = cw_mapped_decoder();
    r->roster = cw_roster_new();
    r->shards = calloc((size_t)r->partitions, sizeof *r->shards);
    r->told = calloc((size_t)r->partitions, sizeof *r->told);
    for (int t = 0; t < TOPICS; t++) {
        r->next[t] = calloc((size_t)r->partitions, sizeof *r->next[t]);
        r->latest[t] = calloc((size_t)r->partitions, sizeof *r->latest[t]);
        if (!r->next[t] || !r->latest[t])
            return false;
        for (int32_t i = 0; i < r->partitions; i++)
            r->latest[t][i] = CW_NO_TIME;
    }
    if (!r->own.decoder || !r->outcome_decoder || !r->mapper || !r->roster || !r->shards ||
        !r->told)
        return false;
    for (int32_t i = 0; i < r->partitions; i++)
        if (!(r->shards[i] = cw_shard_new(s, r->roster)))
            return false;
    return true;
}

struct cw_replay *cw_replay_new(const struct cw_settings *s, int32_t partitions, cw_wall_time now,
                                const struct cw_replay_sinks *sinks)
{
    struct cw_replay *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->settings = s;
    r->own.replay = r;
    r->own.sinks = *sinks;
    r->partitions = partitions;
    r->now_ms = now / 1000;
    r->only = -1;
    r->to = CW_NO_TIME;
    r->topics[TOPIC_MANAGERS] = s->topic_managers;
    r->topics[TOPIC_PROFILES] = s->topic_profiles;
    r->topics[TOPIC_BILLING] = s->topic_billing;
    r->topics[TOPIC_SERVICE] = s->topic_service;
    r->topics[TOPIC_OUTCOMES] = s->topic_outcomes;
    if (make(r))
        return r;
    cw_replay_free(r);
    return NULL;
}

void cw_replay_free(struct cw_replay *r)
{
    if (!r)
        return;
    for (int32_t i = 0; r->shards && i < r->partitions; i++)
        cw_shard_free(r->shards[i]);
    free(r->shards);
    free(r->told);
    for (int t = 0; t < TOPICS; t++) {
        free(r->next[t]);
        free(r->latest[t]);
    }
    cw_roster_free(r->roster);
    cw_decoder_free(r->own.decoder);
    cw_decoder_free(r->outcome_decoder);
    cw_decoder_free(r->mapper);
    cw_buf_free(&r->key_text);
    cw_buf_free(&r->type_text);
    cw_buf_free(&r->outcome_key);
    free(r);
}

/* ---- one message ---- */

static void refuse(struct cw_replay_hand *h, const struct cw_message *m, enum topic topic,
                   const struct cw_reject *why)
{
    h->totals.refused++;
    h->totals.refused_by_code[why->code]++;
    h->sinks.refused(h->sinks.arg, &(struct cw_refused){.reject = why,
                                                        .topic = h->replay->topics[topic],
                                                        .partition = m->partition,
                                                        .offset = m->offset,
                                                        .value = m->value});
}

/* A message's time in the order of merging. */
static cw_event_time place_of(struct cw_replay *r, enum topic topic, int32_t partition,
                              cw_event_time t)
{
    cw_event_time *latest = &r->latest[topic][partition];
    *latest = t > *latest ? t : *latest;
    return *latest;
}

/* ---- outcomes, each in its place ---- */

static int decode_waiting(struct cw_replay *r, struct cw_str line)
{
    struct cw_reject why;
    struct waiting *w = &r->waiting;
    struct cw_str key = cw_member_text(line, "client_id", &r->outcome_key);
    w->partition = key.p ? cw_partition_of(key, r->partitions) : 0;
    w->offset = r->next[TOPIC_OUTCOMES][w->partition]++;
    struct cw_message m = {.key = key,
                           .value = line,
                           .timestamp_ms = r->now_ms,
                           .partition = w->partition,
                           .offset = w->offset};
    r->own.totals.lines[CW_REPLAY_OUTCOMES]++;
    int err = cw_decode_outcome(r->outcome_decoder, &m, &w->oc, &why);
    if (err == -CW_E_REJECT) {
        refuse(&r->own, &m, TOPIC_OUTCOMES, &why);
        return 0;
    }
    w->there = err == 0;
    w->at = err ? 0 : place_of(r, TOPIC_OUTCOMES, w->partition, w->oc.at);
    return err;
}

static int fetch(struct cw_replay *r)
{
    struct cw_str line;
    int got = 1, err = 0;
    r->waiting.there = false;
    while (!err && !r->waiting.there && (got = r->outcomes.next(r->outcomes.arg, &line)) > 0)
        err = decode_waiting(r, line);
    return err ? err : got < 0 ? got : 0;
}

static int take_outcomes(struct cw_replay *r, cw_event_time before)
{
    struct cw_output out = {r->own.sinks.task, r->own.sinks.arg};
    int err = 0;
    while (!err && r->waiting.there && r->waiting.at < before) {
        const struct waiting *w = &r->waiting;
        struct cw_origin origin = {r->topics[TOPIC_OUTCOMES], w->partition, w->offset};
        err = cw_shard_outcome(r->shards[w->partition], &w->oc, &origin, &out);
        if (!err || err == -CW_E_REFUSED)
            err = fetch(r);
    }
    return err;
}

int cw_replay_outcomes(struct cw_replay *r, const struct cw_replay_source *from)
{
    r->outcomes = *from;
    return fetch(r);
}

int cw_replay_rest(struct cw_replay *r)
{
    return take_outcomes(r, r->to == CW_NO_TIME ? INT64_MAX : r->to + 1);
}

/* ---- the other kinds ---- */

static int tell_risks(const struct cw_replay_hand *h, int32_t partition)
{
    struct cw_replay *r = h->replay;
    uint64_t closed = cw_shard_counters(r->shards[partition])->day_closes;
    if (!h->sinks.risk || closed == r->told[partition])
        return 0;
    r->told[partition] = closed;
    return cw_shard_risks(r->shards[partition], h->sinks.risk, h->sinks.arg);
}

static int judge_event(struct cw_replay_hand *h, const struct cw_message *m, enum topic topic,
                       struct cw_reject *ret_reject)
{
    struct cw_replay *r = h->replay;
    struct cw_event ev;
    int err = cw_decode_event(h->decoder, m, &ev, ret_reject);
    if (err == -CW_E_UNKNOWN_TYPE) {
        h->totals.unknown_types++;
        (void)place_of(r, topic, m->partition, ev.time);
        return 0;
    }
    if (err == 0 && r->to != CW_NO_TIME && ev.time > r->to)
        r->past = true;
    if (r->past)
        return err;
    struct cw_origin origin = {r->topics[topic], m->partition, m->offset};
    struct cw_output out = {h->sinks.task, h->sinks.arg};
    if (!err)
        err = take_outcomes(r, place_of(r, topic, m->partition, ev.time));
    if (!err)
        err = cw_shard_event(r->shards[m->partition], &ev, &origin, &out);
    return err ? err : tell_risks(h, m->partition);
}

static int take_profile(struct cw_replay_hand *h, const struct cw_message *m, enum topic topic,
                        struct cw_reject *ret_reject)
{
    struct cw_replay *r = h->replay;
    struct cw_profile p;
    int err = cw_decode_profile(h->decoder, m, &p, ret_reject);
    struct cw_origin origin = {r->topics[topic], m->partition, m->offset};
    struct cw_output out = {h->sinks.task, h->sinks.arg};
    return err ? err : cw_shard_profile(r->shards[m->partition], &p, &origin, &out);
}

static int take_manager(struct cw_replay_hand *h, const struct cw_message *m, enum topic topic,
                        struct cw_reject *ret_reject)
{
    (void)topic;
    struct cw_manager manager;
    int err = cw_decode_manager(h->decoder, m, &manager, ret_reject);
    return err ? err : cw_roster_put(h->replay->roster, &manager);
}

static const struct {
    const char *key; /* the member a producer keys the message with */
    int (*take)(struct cw_replay_hand *h, const struct cw_message *m, enum topic topic,
                struct cw_reject *ret_reject);
} kinds[CW_REPLAY_KINDS] = {
    [CW_REPLAY_MANAGERS] = {"manager_id", take_manager},
    [CW_REPLAY_PROFILES] = {"client_id", take_profile},
    [CW_REPLAY_EVENTS] = {"subject", judge_event},
};

static enum topic topic_of(enum cw_replay_kind kind, struct cw_str type)
{
    if (kind != CW_REPLAY_EVENTS)
        return kind == CW_REPLAY_PROFILES ? TOPIC_PROFILES : TOPIC_MANAGERS;
    return cw_type_is_billing(type) ? TOPIC_BILLING : TOPIC_SERVICE;
}

/* The line as the daemon would have it of its topic. */
static struct cw_mapped_line contract_line(struct cw_replay *r, enum cw_replay_kind kind,
                                           struct cw_str line)
{
    if (kind == CW_REPLAY_EVENTS)
        return cw_mapped_event(r->mapper, r->settings, line);
    enum cw_mapping_input input = kind == CW_REPLAY_PROFILES ? CW_MAP_PROFILES : CW_MAP_MANAGERS;
    return cw_mapped_record(r->mapper, r->settings, input, line);
}

/* A line without a key goes where its refusal is counted: partition 0. */
struct cw_replay_place cw_replay_place(struct cw_replay *r, enum cw_replay_kind kind,
                                       struct cw_str line)
{
    struct cw_mapped_line as = contract_line(r, kind, line);
    struct cw_str type = {0};
    if (kind == CW_REPLAY_EVENTS)
        type = cw_member_text(as.text, "type", &r->type_text);
    struct cw_replay_place p = {
        .kind = kind, .topic = (uint8_t)topic_of(kind, type), .mapping = as.mapping};
    p.key = cw_member_text_beside(as.text, type, kinds[kind].key, &r->key_text);
    p.partition = p.key.p ? cw_partition_of(p.key, r->partitions) : 0;
    return p;
}

void cw_replay_expect(const struct cw_replay_hand *h, int32_t partition, uint32_t hash,
                      unsigned step)
{
    cw_shard_expect(h->replay->shards[partition], hash, step);
}

int cw_replay_take(struct cw_replay_hand *h, const struct cw_replay_place *p, struct cw_str line)
{
    struct cw_replay *r = h->replay;
    struct cw_reject why;
    struct cw_message m = {.key = p->key,
                           .value = line,
                           .timestamp_ms = r->now_ms,
                           .partition = p->partition,
                           .offset = r->next[p->topic][p->partition]++};
    h->totals.lines[p->kind]++;
    if (r->past || (r->only >= 0 && p->kind != CW_REPLAY_MANAGERS && p->partition != r->only))
        return 0;
    cw_decoder_map(h->decoder, p->mapping);
    int err = kinds[p->kind].take(h, &m, (enum topic)p->topic, &why);
    if (err != -CW_E_REJECT)
        return err;
    refuse(h, &m, (enum topic)p->topic, &why);
    return 0;
}

int cw_replay_line(struct cw_replay *r, enum cw_replay_kind kind, struct cw_str line)
{
    struct cw_replay_place p = cw_replay_place(r, kind, line);
    return cw_replay_take(&r->own, &p, line);
}

struct cw_replay_hand *cw_replay_hand_new(struct cw_replay *r, const struct cw_replay_sinks *sinks)
{
    struct cw_replay_hand *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    *h = (struct cw_replay_hand){.replay = r, .sinks = *sinks, .decoder = decoder_of(r->settings)};
    if (h->decoder)
        return h;
    free(h);
    return NULL;
}

void cw_replay_hand_free(struct cw_replay_hand *h)
{
    if (!h)
        return;
    struct cw_replay_totals *sum = &h->replay->own.totals;
    for (int k = 0; k < CW_REPLAY_KINDS; k++)
        sum->lines[k] += h->totals.lines[k];
    sum->unknown_types += h->totals.unknown_types;
    sum->refused += h->totals.refused;
    for (int c = 0; c < CW_REJECT_COUNT; c++)
        sum->refused_by_code[c] += h->totals.refused_by_code[c];
    cw_decoder_free(h->decoder);
    free(h);
}

void cw_replay_only(struct cw_replay *r, int32_t partition, cw_event_time to)
{
    r->only = partition;
    r->to = to;
}

struct cw_shard *cw_replay_shard(struct cw_replay *r, int32_t partition)
{
    return r->shards[partition];
}

int cw_replay_until(struct cw_replay *r, cw_event_time to)
{
    struct cw_output out = {r->own.sinks.task, r->own.sinks.arg};
    int err = 0;
    for (int32_t i = 0; !err && i < r->partitions; i++) {
        err = cw_shard_tick(r->shards[i], to, &out);
        err = err ? err : tell_risks(&r->own, i);
    }
    return err;
}

const struct cw_settings *cw_replay_settings(const struct cw_replay *r)
{
    return r->settings;
}

/* ---- sums ---- */

const struct cw_replay_totals *cw_replay_totals(const struct cw_replay *r)
{
    return &r->own.totals;
}

static void add(struct cw_shard_counters *sum, const struct cw_shard_counters *c)
{
#define X(name, text) sum->name += c->name;
    CW_SHARD_COUNTERS(X)
#undef X
    for (int d = 0; d < CW_DETECTORS; d++)
        sum->by_detector[d] += c->by_detector[d];
}

struct cw_shard_counters cw_replay_counters(const struct cw_replay *r)
{
    struct cw_shard_counters sum = {0};
    for (int32_t i = 0; i < r->partitions; i++)
        add(&sum, cw_shard_counters(r->shards[i]));
    return sum;
}

static size_t sum_of(const struct cw_replay *r, size_t (*count)(const struct cw_shard *sh))
{
    size_t n = 0;
    for (int32_t i = 0; i < r->partitions; i++)
        n += count(r->shards[i]);
    return n;
}

size_t cw_replay_clients(const struct cw_replay *r)
{
    return sum_of(r, cw_shard_clients);
}

size_t cw_replay_open_tasks(const struct cw_replay *r)
{
    return sum_of(r, cw_shard_open_tasks);
}

size_t cw_replay_bytes(const struct cw_replay *r)
{
    return sum_of(r, cw_shard_bytes);
}
