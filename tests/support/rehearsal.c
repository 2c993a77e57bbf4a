/* See rehearsal.h. */
#include "tests/support/rehearsal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "core/decode.h"

struct rehearsal {
    struct cw_settings *settings;
    struct cw_roster *roster;
    struct cw_decoder *decoder;
    struct cw_shard *shard;
    json_t **versions;
    char **texts;
    size_t n, cap;
    long long next_id;
    int64_t offset;
    uint32_t commit;
    bool restores; /* after each message */
    struct cw_buf log;
};

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)fputs("rehearsal: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
    abort();
}

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static void on_task(void *arg, const struct cw_task_version *v)
{
    struct rehearsal *r = arg;
    json_error_t error;
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 64;
        r->versions = realloc(r->versions, r->cap * sizeof *r->versions);
        r->texts = realloc(r->texts, r->cap * sizeof *r->texts);
        if (!r->versions || !r->texts)
            die("out of memory");
    }
    r->texts[r->n] = strndup(v->json.p, v->json.n);
    r->versions[r->n] = json_loadb(v->json.p, v->json.n, JSON_REJECT_DUPLICATES, &error);
    if (!r->versions[r->n])
        die("a task version is not JSON: %s: %.*s", error.text, (int)v->json.n, v->json.p);
    r->n++;
}

/* What tests of rules weigh by. The shipped weights are fitted, and change with every fit. */
static const char *const weights[] = {
    "risk.base_group=-6.05",
    "risk.base_individual=-6.05",
    "risk.base_incident=-4",
    "detectors.arrears.first_leave=1.2",
    "detectors.arrears.second_leave=2.3",
    "detectors.arrears.third_leave=1.9",
    "detectors.arrears.balance_leave=2",
    "detectors.call_forwarding.competitor_always_leave=3.35",
    "detectors.call_forwarding.competitor_sometimes_leave=2.4",
    "detectors.call_forwarding.own_net_leave=1",
    "detectors.complaint.leave=2",
    "detectors.complaint.severe_leave=2.7",
    "detectors.complaint.repeat_leave=0.7",
    "detectors.contract_end.warn_leave=0.3",
    "detectors.contract_end.ended_leave=2.2",
    "detectors.group_erosion.tenth_leave=2.65",
    "detectors.plan_change.leave=1.2",
    "detectors.plan_change.loss_leave=0.8",
    "detectors.port_out.inquiry_leave=4.7",
    "detectors.port_out.code_leave=3.4",
    "detectors.port_out.request_leave=0",
    "detectors.port_out.completed_leave=2",
    "detectors.suspension.arrears_leave=0",
    "detectors.watched_number.first_leave=2.6",
    "detectors.watched_number.further_leave=0.85",
};
enum { WEIGHTS = sizeof weights / sizeof *weights, OVERRIDES_MOST = 64 };

struct rehearsal *r_new(const char *const *settings)
{
    return r_new_from(NULL, settings);
}

struct rehearsal *r_new_from(const char *file, const char *const *settings)
{
    char *items[OVERRIDES_MOST] = {strdup("language=en")};
    struct cw_list overrides = {items, 1};
    struct cw_buf complaints = {0};
    struct rehearsal *r = calloc(1, sizeof *r);
    for (size_t i = 0; i < WEIGHTS; i++)
        items[overrides.n++] = strdup(weights[i]);
    for (; settings && *settings && overrides.n < OVERRIDES_MOST; settings++)
        items[overrides.n++] = strdup(*settings);
    if (!r || cw_settings_load(file, &overrides, &r->settings, &complaints) != 0)
        die("settings: %.*s", (int)complaints.n, complaints.p ? complaints.p : "");
    for (size_t i = 0; i < overrides.n; i++)
        free(items[i]);
    cw_buf_free(&complaints);
    struct cw_decode_limits limits = {(size_t)r->settings->max_event_bytes,
                                      (size_t)r->settings->max_profile_bytes,
                                      r->settings->max_clock_skew};
    r->decoder = cw_decoder_new(&limits);
    r->roster = cw_roster_new();
    r->shard = cw_shard_new(r->settings, r->roster);
    if (!r->decoder || !r->roster || !r->shard)
        die("out of memory");
    return r;
}

void r_free(struct rehearsal *r)
{
    for (size_t i = 0; i < r->n; i++) {
        json_decref(r->versions[i]);
        free(r->texts[i]);
    }
    free(r->versions);
    free(r->texts);
    cw_buf_free(&r->log);
    cw_shard_free(r->shard);
    cw_roster_free(r->roster);
    cw_decoder_free(r->decoder);
    cw_settings_free(r->settings);
    free(r);
}

/* ' to ". */
static void quote(struct cw_buf *b, const char *json)
{
    for (; *json; json++)
        cw_buf_put(b, *json == '\'' ? "\"" : json, 1);
}

static void moved(struct rehearsal *r)
{
    if (r->restores)
        r_restore(r);
}

static cw_event_time instant(const char *time)
{
    char text[40];
    cw_event_time t;
    if (strlen(time) != 16)
        die("not a time: %s", time);
    (void)snprintf(text, sizeof text, "%.10sT%s:00+08:00", time, time + 11);
    if (cw_parse_rfc3339(str(text), &t) != 0)
        die("not a time: %s", time);
    return t;
}

static struct cw_message message(struct rehearsal *r, const char *key, const struct cw_buf *b)
{
    return (struct cw_message){
        .key = str(key), .value = {b->p, b->n}, .timestamp_ms = -1, .offset = r->offset++};
}

void r_event_id(struct rehearsal *r, const char *id, const char *type, const char *time,
                const char *client, const char *data)
{
    struct cw_buf b = {0};
    struct cw_event ev;
    struct cw_reject reject;
    struct cw_output out = {on_task, r};
    cw_buf_printf(&b,
                  "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/test\",\"type\":\"%s\","
                  "\"time\":\"%.10sT%s:00+08:00\",\"subject\":\"%s\",\"data\":",
                  id, type, time, time + 11, client);
    quote(&b, data);
    cw_buf_puts(&b, "}");
    struct cw_message m = message(r, client, &b);
    int err = cw_decode_event(r->decoder, &m, &ev, &reject);
    if (err)
        die("%s: %s: %.*s", cw_strerror(err), err == -CW_E_REJECT ? reject.detail : "", (int)b.n,
            b.p);
    struct cw_origin origin = {strncmp(type, "billing.", 8) == 0 ? r->settings->topic_billing
                                                                 : r->settings->topic_service,
                               0, m.offset};
    err = cw_shard_event(r->shard, &ev, &origin, &out);
    if (err)
        die("cw_shard_event: %s", cw_strerror(err));
    cw_buf_free(&b);
    moved(r);
}

void r_event(struct rehearsal *r, const char *type, const char *time, const char *client,
             const char *data)
{
    char id[32];
    (void)snprintf(id, sizeof id, "r%lld", r->next_id++);
    r_event_id(r, id, type, time, client, data);
}

/* The text of a member of JSON that was just quoted; for the message's key. */
static void member(const struct cw_buf *b, const char *name, char *ret, size_t size)
{
    json_error_t error;
    json_t *root = json_loadb(b->p, b->n, 0, &error);
    const char *text = root ? json_string_value(json_object_get(root, name)) : NULL;
    if (!text)
        die("no %s in %.*s", name, (int)b->n, b->p);
    (void)snprintf(ret, size, "%s", text);
    json_decref(root);
}

void r_profile(struct rehearsal *r, const char *json)
{
    struct cw_buf b = {0};
    struct cw_profile p;
    struct cw_reject reject;
    struct cw_output out = {on_task, r};
    char key[65];
    quote(&b, json);
    member(&b, "client_id", key, sizeof key);
    struct cw_message m = message(r, key, &b);
    if (cw_decode_profile(r->decoder, &m, &p, &reject) != 0)
        die("profile: %s", reject.detail);
    struct cw_origin origin = {r->settings->topic_profiles, 0, m.offset};
    if (cw_shard_profile(r->shard, &p, &origin, &out) != 0)
        die("cw_shard_profile failed");
    cw_buf_free(&b);
    moved(r);
}

void r_manager(struct rehearsal *r, const char *json)
{
    struct cw_buf b = {0};
    struct cw_manager manager;
    struct cw_reject reject;
    char key[65];
    quote(&b, json);
    member(&b, "manager_id", key, sizeof key);
    struct cw_message m = message(r, key, &b);
    if (cw_decode_manager(r->decoder, &m, &manager, &reject) != 0)
        die("manager: %s", reject.detail);
    if (cw_roster_put(r->roster, &manager) != 0)
        die("out of memory");
    cw_buf_free(&b);
}

static void outcome(struct rehearsal *r, const char *id, const char *task_id, const char *desk,
                    const char *time, const char *client, const char *action, const char *members)
{
    struct cw_buf b = {0};
    struct cw_outcome oc;
    struct cw_reject reject;
    struct cw_output out = {on_task, r};
    cw_buf_printf(&b,
                  "{\"id\":\"%s\",\"task_id\":\"%s\",\"client_id\":\"%s\",\"manager\":\"%s\","
                  "\"action\":\"%s\",\"at\":\"%.10sT%s:00+08:00\"%s",
                  id, task_id, client, desk, action, time, time + 11, *members ? "," : "");
    quote(&b, members);
    cw_buf_puts(&b, "}");
    struct cw_message m = message(r, client, &b);
    if (cw_decode_outcome(r->decoder, &m, &oc, &reject) != 0)
        die("outcome: %s: %.*s", reject.detail, (int)b.n, b.p);
    struct cw_origin origin = {r->settings->topic_outcomes, 0, m.offset};
    int err = cw_shard_outcome(r->shard, &oc, &origin, &out);
    if (err && err != -CW_E_REFUSED)
        die("cw_shard_outcome failed");
    cw_buf_free(&b);
    moved(r);
}

static const char *member_of_last(const struct rehearsal *r, const char *client, const char *member)
{
    return json_string_value(json_object_get(r_task(r, client), member));
}

void r_outcome_of(struct rehearsal *r, const char *id, const char *task_id, const char *time,
                  const char *client, const char *action, const char *members)
{
    char desk[65];
    const char *manager = member_of_last(r, client, "manager");
    (void)snprintf(desk, sizeof desk, "%s", manager ? manager : "am042");
    outcome(r, id, task_id, desk, time, client, action, members);
}

void r_outcome_at(struct rehearsal *r, const char *desk, const char *time, const char *client,
                  const char *action, const char *members)
{
    char id[32], task_id[32];
    (void)snprintf(id, sizeof id, "o%lld", r->next_id++);
    (void)snprintf(task_id, sizeof task_id, "%s", member_of_last(r, client, "task_id"));
    outcome(r, id, task_id, desk, time, client, action, members);
}

void r_outcome(struct rehearsal *r, const char *time, const char *client, const char *action,
               const char *members)
{
    char desk[65];
    (void)snprintf(desk, sizeof desk, "%s", member_of_last(r, client, "manager"));
    r_outcome_at(r, desk, time, client, action, members);
}

void r_tick(struct rehearsal *r, const char *time)
{
    struct cw_output out = {on_task, r};
    if (cw_shard_tick(r->shard, instant(time), &out) != 0)
        die("cw_shard_tick failed");
    moved(r);
}

static char *ring(void)
{
    static char texts[8][32];
    static unsigned at;
    return texts[at++ % 8];
}

const char *r_day(const char *day, int later)
{
    cw_day d;
    if (cw_parse_date((struct cw_str){day, 10}, &d) != 0)
        die("not a day: %s", day);
    struct cw_date date = cw_date_of(d + later);
    char *text = ring();
    (void)snprintf(text, 32, "%04d-%02d-%02d", date.year, date.month, date.mday);
    return text;
}

const char *r_at(const char *day, int later, const char *hhmm)
{
    char date[32]; /* of its own: r_day's and ours may be the same buffer of the ring */
    (void)snprintf(date, sizeof date, "%s", r_day(day, later));
    char *text = ring();
    (void)snprintf(text, 32, "%.10s %.5s", date, hhmm);
    return text;
}

json_t *r_task(const struct rehearsal *r, const char *client)
{
    for (size_t i = r->n; i > 0; i--)
        if (strcmp(json_string_value(json_object_get(r->versions[i - 1], "client_id")), client) ==
            0)
            return r->versions[i - 1];
    return NULL;
}

static bool is_line(json_t *signal, const char *line)
{
    const char *of = json_string_value(json_object_get(signal, "line"));
    return !line || (*line ? of && strcmp(of, line) == 0 : !of);
}

json_t *r_signal(const struct rehearsal *r, const char *client, const char *detector,
                 const char *line)
{
    json_t *task = r_task(r, client), *signal;
    size_t i;
    if (!task || strcmp(json_string_value(json_object_get(task, "state")), "open") != 0)
        return NULL;
    json_array_foreach(
        json_object_get(task, "signals"), i,
        signal) if (strcmp(json_string_value(json_object_get(signal, "detector")), detector) == 0 &&
                    json_is_null(json_object_get(signal, "cleared_at")) &&
                    is_line(signal, line)) return signal;
    return NULL;
}

double r_evidence(json_t *signal, const char *name)
{
    json_t *value = json_object_get(json_object_get(signal, "evidence"), name);
    if (!json_is_number(value))
        die("no number %s in the evidence", name);
    return json_number_value(value);
}

size_t r_versions(const struct rehearsal *r, const char *client)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += !client ||
             strcmp(json_string_value(json_object_get(r->versions[i], "client_id")), client) == 0;
    return n;
}

const char *r_version_text(const struct rehearsal *r, size_t n)
{
    return n < r->n ? r->texts[n] : NULL;
}

struct cw_shard *r_shard(struct rehearsal *r)
{
    return r->shard;
}

const struct cw_settings *r_settings(const struct rehearsal *r)
{
    return r->settings;
}

void r_restore_always(struct rehearsal *r)
{
    r->restores = true;
}

void r_restore_from(struct rehearsal *r, struct cw_str images)
{
    struct cw_errbuf eb = {""};
    cw_shard_free(r->shard);
    r->shard = cw_shard_new(r->settings, r->roster);
    if (!r->shard || cw_shard_restore(r->shard, r->commit, images, &eb) != 0)
        die("cw_shard_restore: %s", eb.text);
}

void r_restore(struct rehearsal *r)
{
    uint32_t round;
    if (cw_shard_encode(r->shard, ++r->commit, 0.5, 4, &r->log, &round) != 0)
        die("cw_shard_encode failed");
    r_restore_from(r, (struct cw_str){r->log.p, r->log.n});
}
