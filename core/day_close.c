/* The close of a day, for the whole shard at once: every client's residual first, then what the
 * shard's clients share (a holiday, an outage, a late billing run), then each client's verdict, in
 * byte order of ids; the baselines learn last. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/baseline.h"
#include "core/shard_state.h"

/* Clients that share their days: by kind. A bucket with too few clients shares nothing. */
enum { BUCKETS = 2 };
struct bucket {
    double *residuals; /* of clients with any, warm ones only */
    size_t n;
    double expected_any, any; /* sums over warm clients */
    struct cw_shock shock;
};
struct close {
    struct cw_shard *sh;
    cw_day day;
    cw_event_time now;
    bool working, judged[CW_CHANNELS];
    struct bucket buckets[CW_CHANNELS][BUCKETS];
};

static double amount_of(const struct cw_client *cl, enum cw_channel ch, cw_day day)
{
    const struct cw_day_sums *d = &cl->open[day & 1];
    if (d->day != day)
        return 0;
    return ch == CW_CH_SPEND ? (double)d->spend / CW_YUAN : d->usage;
}

static struct cw_baseline *baseline_of(struct cw_client *cl, enum cw_channel ch)
{
    return ch == CW_CH_SPEND ? &cl->spend : &cl->usage;
}

bool cw_day_takes_part(const struct cw_client *cl, cw_day day)
{
    return cl->first_day != CW_NO_DAY && cl->first_day <= day &&
           !(cl->n_lines && cw_client_lines_left(cl) == 0);
}

static void collect(struct close *c, enum cw_channel ch)
{
    const struct cw_settings *s = c->sh->settings;
    for (size_t i = 0; i < c->sh->n_clients; i++) {
        struct cw_client *cl = c->sh->all[i];
        const struct cw_baseline *b = baseline_of(cl, ch);
        if (!cw_day_takes_part(cl, c->day) || b->days < s->warmup_days || b->days_any < 5 ||
            cw_client_all_stopped(cl))
            continue;
        struct bucket *k = &c->buckets[ch][cl->kind];
        double amount = amount_of(cl, ch, c->day);
        k->expected_any += cw_baseline_p(b, c->working);
        if (amount > 0) {
            k->any++;
            k->residuals[k->n++] = cw_baseline_residual(b, cw_weekday(c->day), amount);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void share(struct bucket *k, int64_t least)
{
    k->shock = (struct cw_shock){0, 1};
    if (k->n >= (size_t)least) {
        qsort(k->residuals, k->n, sizeof *k->residuals, by_value);
        k->shock.shift = k->n & 1 ? k->residuals[k->n / 2]
                                  : (k->residuals[k->n / 2 - 1] + k->residuals[k->n / 2]) / 2;
    }
    if (k->expected_any >= (double)least) {
        double a = k->any / k->expected_any;
        k->shock.activity = a < 0.05 ? 0.05 : a > 2 ? 2 : a;
    }
}

static void view_channel(const struct close *c, struct cw_client *cl, enum cw_channel ch,
                         struct cw_channel_day *ret)
{
    cw_baseline_view(baseline_of(cl, ch), cw_weekday(c->day), c->working, amount_of(cl, ch, c->day),
                     c->buckets[ch][cl->kind].shock, c->sh->settings->warmup_days, ret);
    ret->judged = c->judged[ch];
}

static void view_day(const struct close *c, struct cw_client *cl, struct cw_day_view *ret)
{
    const struct cw_day_sums *d = &cl->open[c->day & 1];
    bool known = d->day == c->day;
    *ret = (struct cw_day_view){
        .day = c->day,
        .working = c->working,
        .roaming = known ? d->roaming : 0,
        .roaming_night = known ? d->roaming_night : 0,
        .quiet_days = cl->active_day == CW_NO_DAY ? 0
                      : cl->active_day >= c->day  ? 0
                                                  : c->day - cl->active_day,
    };
    view_channel(c, cl, CW_CH_SPEND, &ret->spend);
    view_channel(c, cl, CW_CH_USAGE, &ret->usage);
}

static void learn(const struct close *c, struct cw_client *cl)
{
    if (cw_client_all_stopped(cl))
        return; /* Nothing can be used: the day says nothing of the client. */
    for (int ch = 0; ch < CW_CHANNELS; ch++)
        if (c->judged[ch])
            cw_baseline_learn(baseline_of(cl, (enum cw_channel)ch), cw_weekday(c->day), c->working,
                              amount_of(cl, (enum cw_channel)ch, c->day),
                              c->buckets[ch][cl->kind].shock);
}

static void tell_watcher(const struct cw_shard *sh, const struct cw_client *cl,
                         const struct cw_day_view *view)
{
    const struct cw_watch *w = &sh->watch;
    if (w->day && cl->id.n == w->client.n && memcmp(cl->id.p, w->client.p, cl->id.n) == 0)
        w->day(w->arg, cl, view);
}

static void close_client(const struct close *c, struct cw_client *cl, const struct cw_output *out)
{
    struct cw_shard *sh = c->sh;
    sh->findings.n = sh->findings.dropped = 0;
    if (cw_day_takes_part(cl, c->day)) {
        struct cw_day_view view;
        view_day(c, cl, &view);
        tell_watcher(sh, cl, &view);
        cw_judge_day(sh, cl, &view, c->now);
        learn(c, cl);
        cw_clients_touch(sh, cl);
    }
    if (cl->task || cl->past || sh->findings.n) {
        struct cw_fold f = {.at = c->now, .now = c->now, .day = c->day};
        cw_tasks_fold(sh, cl, &f, out);
    }
}

static void find_shared(struct close *c, double *room)
{
    for (int ch = 0; ch < CW_CHANNELS; ch++) {
        c->judged[ch] =
            cw_feed_close(&c->sh->feed, (enum cw_channel)ch, c->day, c->working, c->sh->settings);
        c->sh->counters.channels_unjudged += !c->judged[ch];
        for (int k = 0; k < BUCKETS; k++)
            c->buckets[ch][k].residuals = room + (size_t)k * c->sh->n_clients;
        collect(c, (enum cw_channel)ch);
        for (int k = 0; k < BUCKETS; k++)
            share(&c->buckets[ch][k], c->sh->settings->shock_least);
    }
}

void cw_day_close(struct cw_shard *sh, const struct cw_output *out)
{
    struct close c = {.sh = sh,
                      .day = sh->open_day,
                      .now = sh->closes_at,
                      .working = cw_calendar_working(sh->settings->workdays, sh->open_day)};
    double *room = calloc(sh->n_clients * BUCKETS + 1, sizeof *room);
    if (!room) {
        sh->failed = true;
        return;
    }
    cw_clients_sort(sh); /* Sums of floats depend on their order. */
    find_shared(&c, room);
    free(room);
    size_t n = sh->n_clients;
    for (size_t i = 0; i < n && !sh->failed; i++)
        close_client(&c, sh->all[i], out);
    sh->counters.day_closes++;
    sh->open_day++;
    sh->closes_at =
        cw_zone_midnight(sh->settings->zone, sh->open_day + 1) + sh->settings->allowed_lateness;
    sh->facts_touched = true;
}
