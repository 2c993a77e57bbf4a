/* The close of a day, for the whole shard at once: what the shard's clients share first (a holiday,
 * an outage, a late billing run), then each client's verdict, in byte order of ids; the baselines
 * learn last. */
#include <string.h>

#include "core/baseline.h"
#include "core/shard_state.h"
#include "core/shocks.h"
#include "core/watch.h"

struct close {
    struct cw_shard *sh;
    cw_day day;
    cw_event_time now;
    bool working, judged[CW_CHANNELS];
    struct cw_shocks shocks[CW_CHANNELS];
};

/* Whether the day says something of the client: not when nothing can be used. */
static bool tells(const struct close *c, const struct cw_client *cl, enum cw_channel ch)
{
    return c->judged[ch] && !cw_client_all_stopped(cl);
}

/* The trend takes the day before the detectors look at it. */
static void view_channel(const struct close *c, struct cw_client *cl, enum cw_channel ch,
                         struct cw_shock shock, struct cw_channel_day *ret)
{
    cw_baseline_view(cw_clients_baseline(cl, ch), cw_weekday(c->day), c->working,
                     cw_clients_amount(cl, ch, c->day), shock, c->sh->settings->warmup_days, ret);
    ret->judged = c->judged[ch];
    ret->trend = tells(c, cl, ch) ? cw_clients_trend_day(cl, ch, ret->amount / ret->shared)
                                  : cw_clients_trend(cl, ch);
}

static void view_day(const struct close *c, struct cw_client *cl,
                     const struct cw_shock shocks[CW_CHANNELS], struct cw_day_view *ret)
{
    struct cw_roaming r = cw_client_roaming(cl, c->day);
    *ret = (struct cw_day_view){
        .day = c->day,
        .working = c->working,
        .roaming = r.all,
        .roaming_night = r.night,
        .quiet_days = cw_client_quiet_days(cl, c->day),
    };
    view_channel(c, cl, CW_CH_SPEND, shocks[CW_CH_SPEND], &ret->spend);
    view_channel(c, cl, CW_CH_USAGE, shocks[CW_CH_USAGE], &ret->usage);
}

static void learn(const struct close *c, struct cw_client *cl,
                  const struct cw_shock shocks[CW_CHANNELS])
{
    for (enum cw_channel ch = 0; ch < CW_CHANNELS; ch++)
        if (tells(c, cl, ch))
            cw_baseline_learn(ch == CW_CH_SPEND ? &cl->spend : &cl->usage, cw_weekday(c->day),
                              c->working, cw_clients_amount(cl, ch, c->day), shocks[ch]);
}

/* Before the day is learned, so that the client is counted where it was judged. */
static void note_pace(const struct close *c, const struct cw_client *cl,
                      const struct cw_day_view *v)
{
    double by = (double)cl->open[c->day & 1].by_hour;
    if (v->spend.judged && v->spend.warm && v->spend.amount > 0 && by > 0)
        cw_pace_note(&c->sh->pace, cw_shocks_like(cl, CW_CH_SPEND),
                     cw_pace_asked(cw_index_hash(cw_client_id(cl)), c->day), by, v->spend.amount);
}

static void close_client(const struct close *c, struct cw_client *cl, const struct cw_output *out)
{
    struct cw_shard *sh = c->sh;
    sh->findings.n = sh->findings.dropped = 0;
    if (cw_clients_takes_part(cl, c->day)) {
        struct cw_shock shocks[CW_CHANNELS];
        struct cw_day_view view;
        for (enum cw_channel ch = 0; ch < CW_CHANNELS; ch++)
            shocks[ch] = cw_shocks_of(&c->shocks[ch], cl, ch);
        view_day(c, cl, shocks, &view);
        cw_watch_day(&sh->watch, cl, &view);
        cw_judge_day(sh, cl, &view, c->now);
        note_pace(c, cl, &view);
        learn(c, cl, shocks);
        cw_clients_touch(sh, cl);
    }
    if (cw_client_task(cl) || cw_client_past(cl) || sh->findings.n) {
        struct cw_fold f = {.at = c->now, .now = c->now, .day = c->day};
        cw_tasks_fold(sh, cl, &f, out);
    }
}

static int find_shared(struct close *c)
{
    int err = 0;
    for (enum cw_channel ch = 0; ch < CW_CHANNELS && !err; ch++) {
        c->judged[ch] = cw_feed_close(&c->sh->feed, ch, c->day, c->working, c->sh->settings);
        c->sh->counters.channels_unjudged += !c->judged[ch];
        err = cw_shocks_find(c->sh, ch, c->day, c->working, &c->shocks[ch]);
    }
    return err;
}

void cw_day_close(struct cw_shard *sh, const struct cw_output *out)
{
    struct close c = {.sh = sh,
                      .day = sh->open_day,
                      .now = sh->closes_at,
                      .working = cw_calendar_working(sh->settings->workdays, sh->open_day)};
    /* Sums of floats depend on their order. */
    if (!cw_index_sort(&sh->clients) || find_shared(&c) != 0)
        sh->failed = true;
    size_t n = sh->clients.n;
    for (size_t i = 0; i < n && !sh->failed; i++) {
        cw_clients_expect_after(sh, i);
        close_client(&c, cw_index_at(&sh->clients, i), out);
    }
    for (enum cw_channel ch = 0; ch < CW_CHANNELS; ch++)
        cw_shocks_free(&c.shocks[ch]);
    cw_rates_close(&sh->rates);
    cw_pace_close(&sh->pace, c.working);
    sh->counters.day_closes++;
    sh->open_day++;
    sh->closes_at =
        cw_zone_midnight(sh->settings->zone, sh->open_day + 1) + sh->settings->allowed_lateness;
    sh->facts_touched = true;
}
