/* Gathering a client's history. See history.h. */
#include "ctl/explain/history.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define BAND_DEVIATIONS 2

/* ---- days ---- */

static struct cw_history_band band_of(const struct cw_channel_day *d)
{
    double by = exp(BAND_DEVIATIONS * d->scale);
    return (struct cw_history_band){.amount = d->amount,
                                    .expected = d->expected,
                                    .low = d->expected / by,
                                    .high = d->expected * by,
                                    .known = d->warm && d->expected > 0};
}

/* Room for one more at the end of a list, the oldest giving way. */
static void *next(void *list, size_t *n, size_t most, size_t size)
{
    char *p = list;
    if (*n == most) {
        memmove(p, p + size, (most - 1) * size);
        --*n;
    }
    return p + (*n)++ * size;
}

void cw_history_day(void *arg, const struct cw_client *cl, const struct cw_day_view *v)
{
    struct cw_history *h = arg;
    struct cw_history_day *d = next(h->days, &h->n_days, CW_HISTORY_DAYS_MOST, sizeof *d);
    (void)cl;
    *d = (struct cw_history_day){
        .day = v->day, .spend = band_of(&v->spend), .usage = band_of(&v->usage)};
}

/* ---- task versions ---- */

static struct cw_str text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *p = json_string_value(value);
    return (struct cw_str){p ? p : "", p ? json_string_length(value) : 0};
}

static cw_event_time time_of(const json_t *object, const char *name)
{
    cw_event_time t;
    return cw_parse_rfc3339(text_of(object, name), &t) == 0 ? t : CW_NO_TIME;
}

/* A sign that is seen again is fresh again, and its time moves on: the mark stays where it was. */
static bool is_noted(const struct cw_history *h, const struct cw_history_mark *m)
{
    for (size_t i = 0; i < h->n_marks; i++) {
        const struct cw_history_mark *k = &h->marks[i];
        if (k->s.detector == m->s.detector && k->s.line == m->s.line && k->s.step == m->s.step &&
            strcmp(k->task, m->task) == 0)
            return true;
    }
    return false;
}

static void note_signal(struct cw_history *h, const json_t *signal, struct cw_str task)
{
    struct cw_history_mark m = {.at = time_of(signal, "at")};
    int detector = cw_detector_find(text_of(signal, "detector"));
    if (detector < 0 || m.at == CW_NO_TIME)
        return;
    m.s.detector = (uint8_t)detector;
    m.s.step = (uint8_t)json_integer_value(json_object_get(signal, "step"));
    (void)cw_number_parse(text_of(signal, "line"), &m.s.line);
    (void)snprintf(m.task, sizeof m.task, "%s", task.p);
    if (!is_noted(h, &m))
        *(struct cw_history_mark *)next(h->marks, &h->n_marks, CW_HISTORY_MARKS_MOST, sizeof m) = m;
}

static struct cw_history_task *task_of(struct cw_history *h, const char *id)
{
    for (size_t i = 0; i < h->n_tasks; i++)
        if (strcmp(h->tasks[i].id, id) == 0)
            return &h->tasks[i];
    struct cw_history_task *t = next(h->tasks, &h->n_tasks, CW_HISTORY_TASKS_MOST, sizeof *t);
    *t = (struct cw_history_task){.to = CW_NO_TIME};
    (void)snprintf(t->id, sizeof t->id, "%s", id);
    return t;
}

static void note_task(struct cw_history *h, const json_t *record, bool ended)
{
    struct cw_history_task *t = task_of(h, text_of(record, "task_id").p);
    t->from = time_of(record, "created_at");
    t->to = ended ? time_of(record, "updated_at") : CW_NO_TIME;
}

void cw_history_version(void *arg, const struct cw_task_version *v)
{
    struct cw_history *h = arg;
    if (v->client_id.n != h->client.n || memcmp(v->client_id.p, h->client.p, h->client.n) != 0)
        return;
    json_t *record = json_loadb(v->json.p, v->json.n, 0, NULL), *signal;
    size_t i;
    h->failed |= record == NULL;
    note_task(h, record, v->ended);
    json_array_foreach(json_object_get(record, "signals"), i, signal)
    {
        note_signal(h, signal, text_of(record, "task_id"));
    }
    json_decref(record);
}
