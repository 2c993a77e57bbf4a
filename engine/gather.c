/* From the bus to the shards. On the engine's thread; owns nothing that outlives the call. */
#include "engine/gather.h"

#include "board/log.h"

/* Messages gathered between two looks at the clock, which costs a tenth of a message; decoding the
 * last of them is timed for all. */
#define CLOCK_EVERY 32
#define MS (CW_SECOND / 1000)

struct gathering {
    struct cw_shards *shards;
    const struct cw_link *link;
    struct cw_errbuf *eb;
};

static cw_mono_time now_of(const struct gathering *g)
{
    return g->link->env->mono(g->link->env->arg);
}

/* ---- assignments ---- */

static int on_assigned(const struct gathering *g, const struct cw_bus_event *ev)
{
    cw_mono_time now = now_of(g);
    cw_shards_release(g->shards, now);
    cw_board_count(g->shards->common->board, CW_COUNT_rebalances, 1);
    cw_log(CW_LOG_INFO, "assigned", "shards=%zu", ev->n_shards);
    return cw_shards_assign(g->shards, ev->token, ev->shards, ev->n_shards, now);
}

static void on_revoked(const struct gathering *g, bool lost)
{
    cw_log(CW_LOG_INFO, lost ? "lost" : "revoked", "shards=%zu", g->shards->n);
    cw_shards_release(g->shards, now_of(g));
}

/* ---- messages ---- */

static int hold_back(const struct gathering *g, struct cw_run *r, enum cw_input in)
{
    if (r->paused[in] || !cw_run_full(r, in))
        return 0;
    r->paused[in] = true;
    return cw_link_pause(g->link, in, r->shard, true, g->eb);
}

int cw_gather_resume(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    int err = 0;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++) {
        if (!r->paused[in] || !cw_run_drained(r, in))
            continue;
        r->paused[in] = false;
        err = cw_link_pause(link, in, r->shard, false, eb);
    }
    return err;
}

static int on_message(const struct gathering *g, const struct cw_bus_event *ev)
{
    struct cw_run *r = cw_shards_running(g->shards, ev->partition);
    if (!r)
        return 0; /* It comes too late to matter. */
    int err = cw_run_take(r, ev->input, &ev->message, now_of(g));
    return err ? err : hold_back(g, r, ev->input);
}

static void on_end(const struct gathering *g, const struct cw_bus_event *ev)
{
    struct cw_run *r = cw_shards_running(g->shards, ev->partition);
    if (r)
        cw_run_end(r, ev->input, ev->end, now_of(g));
}

/* What comes of the shard until it stands aside lies behind the damage, and goes with the rest. */
static void on_damaged(const struct gathering *g, const struct cw_bus_event *ev)
{
    struct cw_run *r = cw_shards_running(g->shards, ev->partition);
    if (!r)
        return; /* It has met it already. */
    cw_run_damaged(r, ev->input, ev->end, now_of(g), g->eb->text);
    g->shards->damaged = true;
}

/* ---- one after the other ---- */

static int on_happening(const struct gathering *g, const struct cw_bus_event *ev)
{
    switch (ev->what) {
    case CW_BUS_MESSAGE:
        return on_message(g, ev);
    case CW_BUS_END:
        on_end(g, ev);
        return 0;
    case CW_BUS_ASSIGNED:
        return on_assigned(g, ev);
    case CW_BUS_REVOKED:
    case CW_BUS_LOST:
        on_revoked(g, ev->what == CW_BUS_LOST);
        return 0;
    case CW_BUS_DAMAGED:
        on_damaged(g, ev);
        return 0;
    case CW_BUS_FAILED:
        return ev->err;
    case CW_BUS_NOTHING:
        break;
    }
    return 0;
}

static int gather_one(const struct gathering *g, int wait_ms, bool timed, struct cw_bus_event *ev)
{
    int err = g->link->bus->ops->poll(g->link->bus, wait_ms, ev, g->eb);
    if (err || !timed || ev->what != CW_BUS_MESSAGE)
        return err ? err : on_happening(g, ev);
    cw_mono_time began = now_of(g);
    err = on_happening(g, ev);
    cw_board_observe(g->shards->common->board, CW_HISTOGRAM_decode_seconds, now_of(g) - began);
    return err;
}

/* ret_began: when the first came. */
static int gather_all(const struct gathering *g, int wait_ms, size_t most, bool *more,
                      cw_mono_time *ret_began)
{
    const struct cw_shards *s = g->shards;
    cw_mono_time began = now_of(g);
    bool left = true;
    *ret_began = began;
    for (size_t n = 0; left && (n == 0 || (n < most && !s->unrestored && !s->damaged)); n++) {
        struct cw_bus_event ev = {.what = CW_BUS_NOTHING};
        bool last = n % CLOCK_EVERY == CLOCK_EVERY - 1;
        int err = gather_one(g, n ? 0 : wait_ms, last, &ev);
        if (err == -CW_E_RETRY)
            return 0;
        if (err)
            return err;
        if (n == 0 && wait_ms)
            *ret_began = now_of(g);
        left = ev.what != CW_BUS_NOTHING;
        if (last && now_of(g) - began >= s->common->settings->commit_interval * MS)
            break;
    }
    *more = left;
    return 0;
}

int cw_gather(struct cw_shards *s, const struct cw_link *link, int wait_ms, size_t most, bool *more,
              struct cw_errbuf *eb)
{
    const struct gathering g = {s, link, eb};
    cw_mono_time began;
    int err = gather_all(&g, wait_ms, most, more, &began);
    cw_board_observe(s->common->board, CW_HISTOGRAM_gather_seconds, now_of(&g) - began);
    return err;
}
