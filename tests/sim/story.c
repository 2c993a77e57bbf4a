/* See story.h. */
#include "tests/sim/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/civil.h"
#include "churnwatch/shard.h"
#include "config/load.h"
#include "delivery/record.h"
#include "tests/sim/random.h"
#include "tests/sim/sim.h"

enum { CLIENTS = 14, KINDS_OF_ACTION = 6 };
#define BASE (INT64_C(1772380800) * CW_SECOND) /* 2026-03-02T00:00:00+08:00 */

static void *grown(void *p, int64_t n, int64_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    *cap = *cap ? *cap * 2 : 64;
    p = realloc(p, (size_t)*cap * size);
    if (!p)
        abort();
    return p;
}

static struct cw_str copy(struct cw_str s)
{
    char *p = malloc(s.n + 1);
    if (!p)
        abort();
    memcpy(p, s.p, s.n);
    return (struct cw_str){p, s.n};
}

static struct cw_str str(const char *s)
{
    return (struct cw_str){s, strlen(s)};
}

/* ---- inputs ---- */

static void put(struct story *s, enum cw_input in, const char *client, const char *json)
{
    int32_t p = cw_partition_of(str(client), STORY_SHARDS);
    struct story_log *l = &s->inputs[in][p];
    l->m = grown(l->m, l->n, &l->cap, sizeof *l->m);
    l->m[l->n] = (struct cw_message){.key = copy(str(client)),
                                     .value = copy(str(json)),
                                     .partition = p,
                                     .offset = l->n,
                                     .timestamp_ms = -1};
    l->n++;
}

static const struct kind {
    enum cw_input in;
    const char *type, *data;
} kinds[] = {
    {CW_IN_BILLING, "billing.charge",
     "{\"msisdn\":\"8613500000001\",\"amount\":12.5,\"category\":\"voice\"}"},
    {CW_IN_BILLING, "billing.charge",
     "{\"msisdn\":\"8613500000002\",\"amount\":480,\"category\":\"data\"}"},
    {CW_IN_SERVICE, "service.suspended",
     "{\"msisdn\":\"8613500000001\",\"direction\":\"outgoing\",\"reason\":\"other\"}"},
    {CW_IN_BILLING, "billing.arrears", "{\"amount\":900,\"days_overdue\":40}"},
    {CW_IN_SERVICE, "service.port_out", "{\"msisdn\":\"8613500000001\",\"stage\":\"inquiry\"}"},
    {CW_IN_SERVICE, "service.port_out", "{\"msisdn\":\"8613500000001\",\"stage\":\"requested\"}"},
    {CW_IN_SERVICE, "care.complaint", "{\"severity\":4,\"topic\":\"bill\",\"ticket\":\"T\"}"},
    {CW_IN_SERVICE, "care.complaint", "{\"severity\":9,\"topic\":\"bill\",\"ticket\":\"T\"}"},
    {CW_IN_BILLING, "billing.of_tomorrow", "{}"},
    {CW_IN_BILLING, "billing.payment", "{\"amount\":900}"},
    {CW_IN_SERVICE, "service.resumed", "{\"msisdn\":\"8613500000001\"}"},
};
#define KINDS ((int64_t)(sizeof kinds / sizeof kinds[0]))

static void put_time(char out[40], cw_event_time t)
{
    struct cw_date d = cw_date_of((cw_day)(t / CW_DAY));
    int64_t s = t / CW_SECOND % 86400;
    (void)snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.mday,
                   (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

/* Three quarters of an hour apart, some late, some bad, some told twice. */
static void put_event(struct story *s, struct chance *c, int i)
{
    char client[16], json[512], time[40];
    const struct kind *k = &kinds[chance_below(c, KINDS)];
    (void)snprintf(client, sizeof client, "g-%02d", (int)chance_below(c, CLIENTS));
    put_time(time, BASE + i * 45 * CW_MINUTE - (chance_one_in(c, 6) ? CW_HOUR : 0));
    (void)snprintf(json, sizeof json,
                   "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/t\",\"type\":\"%s\","
                   "\"time\":\"%s\",\"subject\":\"%s\",\"data\":%s}",
                   i, k->type, time, client, k->data);
    put(s, k->in, client, json);
    if (chance_one_in(c, 12))
        put(s, k->in, client, json);
}

/* First one source has its say, then the other, while both are read: the second has to wait. */
static void put_heap(struct story *s, int n)
{
    static const struct kind early = {CW_IN_SERVICE, "service.of_tomorrow", "{}"},
                             late = {CW_IN_BILLING, "billing.of_tomorrow", "{}"};
    for (int i = 0; i < 2 * n; i++) {
        char json[512], time[40];
        const struct kind *k = i < n ? &early : &late;
        put_time(time, BASE - CW_DAY + i * CW_SECOND);
        (void)snprintf(json, sizeof json,
                       "{\"specversion\":\"1.0\",\"id\":\"h%d\",\"source\":\"/t\",\"type\":\"%s\","
                       "\"time\":\"%s\",\"subject\":\"g-00\",\"data\":%s}",
                       i, k->type, time, k->data);
        put(s, k->in, "g-00", json);
    }
}

static void put_profiles(struct story *s)
{
    for (int i = 0; i < CLIENTS; i += 2) {
        char client[16], json[256];
        (void)snprintf(client, sizeof client, "g-%02d", i);
        (void)snprintf(json, sizeof json,
                       "{\"client_id\":\"%s\",\"kind\":\"group\",\"manager\":\"am%d\"}", client,
                       i % 5);
        put(s, CW_IN_PROFILES, client, json);
    }
}

/* ---- what managers do, with the tasks of a first telling ---- */

static void text_of(const struct cw_task_record *r, const char *member, char out[80])
{
    struct cw_str v = cw_record_member(r, member);
    (void)snprintf(out, 80, "%.*s", (int)v.n, v.p);
}

static void put_outcome(struct story *s, struct chance *c, const struct cw_task_record *r, int i)
{
    static const char *const actions[KINDS_OF_ACTION] = {
        "\"claim\"",
        "\"release\"",
        "\"note\",\"note\":\"rang\"",
        "\"done\",\"method\":\"call\",\"result\":\"false_alarm\"",
        "\"done\",\"method\":\"call\",\"result\":\"reached\"",
        "\"reassign\",\"to\":\"am2\""};
    char id[80], version[80], client[80], manager[80], at[80], json[600], time[40];
    cw_event_time t;
    text_of(r, "task_id", id);
    text_of(r, "version", version);
    text_of(r, "client_id", client);
    text_of(r, "manager", manager);
    text_of(r, "updated_at", at);
    if (cw_parse_rfc3339(str(at), &t) != 0)
        return;
    put_time(time, t + chance_between(c, 1, 600) * CW_MINUTE);
    (void)snprintf(json, sizeof json,
                   "{\"id\":\"o%d\",\"task_id\":\"%s\",\"version\":%d,\"client_id\":\"%s\","
                   "\"manager\":\"%s\",\"at\":\"%s\",\"action\":%s}",
                   i, id, atoi(version), client, manager, time,
                   actions[chance_below(c, KINDS_OF_ACTION)]);
    put(s, CW_IN_OUTCOMES, client, json);
}

/* ---- expectation ---- */

static int task_of(struct story *s, const char *id)
{
    for (int i = 0; i < s->n_tasks; i++)
        if (strcmp(s->task_ids[i], id) == 0)
            return i;
    s->task_ids = realloc(s->task_ids, (size_t)(s->n_tasks + 1) * sizeof *s->task_ids);
    if (!s->task_ids)
        abort();
    (void)snprintf(s->task_ids[s->n_tasks], sizeof *s->task_ids, "%s", id);
    return s->n_tasks++;
}

void story_expect(struct story *s, enum cw_log log, int32_t shard, struct cw_str value)
{
    struct expected_log *l = log == CW_LOG_TASKS ? &s->tasks[shard] : &s->dead_letters[shard];
    l->e = grown(l->e, l->n, &l->cap, sizeof *l->e);
    struct expected *x = &l->e[l->n++];
    *x = (struct expected){.value = copy(value)};
    if (log != CW_LOG_TASKS)
        return;
    struct cw_task_record r = {0};
    struct cw_errbuf eb;
    char id[80], version[80];
    if (cw_record_split(value, &r, &eb) != 0)
        abort();
    text_of(&r, "task_id", id);
    text_of(&r, "version", version);
    x->task = task_of(s, id);
    x->version = atoi(version);
    cw_record_free(&r);
}

bool story_find(const struct story *s, int32_t shard, struct cw_str id, int version,
                int64_t *ret_index)
{
    const struct expected_log *l = &s->tasks[shard];
    for (int64_t i = 0; i < l->n; i++) {
        const char *text = s->task_ids[l->e[i].task];
        if (l->e[i].version == version && strlen(text) == id.n && memcmp(text, id.p, id.n) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static void forget_expectation(struct story *s)
{
    for (int32_t p = 0; p < STORY_SHARDS; p++) {
        struct expected_log *logs[] = {&s->tasks[p], &s->dead_letters[p]};
        for (size_t k = 0; k < 2; k++) {
            for (int64_t i = 0; i < logs[k]->n; i++)
                free((void *)(uintptr_t)logs[k]->e[i].value.p);
            free(logs[k]->e);
            *logs[k] = (struct expected_log){0};
        }
    }
    free(s->task_ids);
    s->task_ids = NULL;
    s->n_tasks = 0;
}

/* ---- a story ---- */

static bool record(struct story *s)
{
    static struct coverage unused;
    struct sim sim;
    if (sim_record(&sim, s, &unused))
        return true;
    (void)fprintf(stderr, "the undisturbed run: %s\n", sim.violation);
    return false;
}

/* Outcomes are of tasks that there are; so the story is told once without them. */
static void answer_tasks(struct story *s, struct chance *c)
{
    int n = 0;
    for (int32_t p = 0; p < STORY_SHARDS; p++) {
        for (int64_t i = 0; i < s->tasks[p].n; i++) {
            struct cw_task_record r = {0};
            struct cw_errbuf eb;
            if (chance_one_in(c, 5) && cw_record_split(s->tasks[p].e[i].value, &r, &eb) == 0)
                put_outcome(s, c, &r, n++);
            cw_record_free(&r);
        }
    }
}

static struct cw_settings *settings_of(const char *batch)
{
    char override[64];
    (void)snprintf(override, sizeof override, "engine.batch_messages=%s", batch);
    char *items[] = {(char *)"language=en", override};
    struct cw_list overrides = {items, 2};
    struct cw_settings *s = NULL;
    struct cw_buf complaints = {0};
    if (cw_settings_load(NULL, &overrides, &s, &complaints) != 0)
        (void)fprintf(stderr, "%.*s\n", (int)complaints.n, complaints.p);
    cw_buf_free(&complaints);
    return s;
}

struct story *story_new(uint64_t seed, int events, int heap, const char *batch)
{
    struct chance c = {seed};
    struct story *s = calloc(1, sizeof *s);
    if (!s || !(s->settings = settings_of(batch)))
        abort();
    s->manager = "{\"manager_id\":\"am2\",\"chief_manager\":\"chief\"}";
    put_profiles(s);
    put_heap(s, heap);
    for (int i = 0; i < events; i++)
        put_event(s, &c, i);
    if (record(s)) {
        answer_tasks(s, &c);
        forget_expectation(s);
        s->known = record(s);
    }
    if (s->known)
        return s;
    story_free(s);
    return NULL;
}

void story_free(struct story *s)
{
    forget_expectation(s);
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        for (int32_t p = 0; p < STORY_SHARDS; p++) {
            struct story_log *l = &s->inputs[in][p];
            for (int64_t i = 0; i < l->n; i++) {
                free((void *)(uintptr_t)l->m[i].key.p);
                free((void *)(uintptr_t)l->m[i].value.p);
            }
            free(l->m);
        }
    cw_settings_free(s->settings);
    free(s);
}
