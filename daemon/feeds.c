/* Watching the inputs. See feeds.h. */
#include "daemon/feeds.h"

void cw_feeds_begin(struct cw_feeds *f, int64_t silent_after, cw_wall_time now)
{
    *f = (struct cw_feeds){.since = now, .day = now, .step = now, .longest = silent_after};
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        f->of[in] = (struct cw_feed){.seen = CW_NO_TIME,
                                     .last = CW_NO_TIME,
                                     .usual = -1,
                                     .limit = silent_after,
                                     .judged = in == CW_IN_BILLING || in == CW_IN_SERVICE};
}

/* A day of watching holds a night, so what was seen within one is what is usual. */
static void turn_days(struct cw_feeds *f, cw_wall_time now)
{
    for (; now - f->day >= CW_DAY; f->day += CW_DAY) {
        f->turn = (f->turn + 1) % CW_FEEDS_DAYS;
        f->days++;
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            f->of[in].pauses[f->turn] = 0;
    }
}

static void turn_steps(struct cw_feeds *f, cw_wall_time now)
{
    const int64_t length = CW_HOUR / CW_FEEDS_STEPS;
    for (; now - f->step >= length; f->step += length) {
        f->mark = (f->mark + 1) % CW_FEEDS_STEPS;
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            f->of[in].refusals[f->mark] = 0;
    }
}

static void count_refusals(const struct cw_feeds *f, struct cw_feed *fd,
                           const struct cw_board *board, enum cw_input in)
{
    uint64_t refused = 0;
    for (enum cw_reject_code code = 0; code < CW_REJECT_COUNT; code++)
        refused += cw_board_rejects(board, in, code);
    fd->refusals[f->mark] += refused - fd->refused;
    fd->refused = refused;
    fd->refused_hour = 0;
    for (unsigned i = 0; i < CW_FEEDS_STEPS; i++)
        fd->refused_hour += fd->refusals[i];
}

static int64_t longest_pause(const struct cw_feed *fd)
{
    int64_t longest = 0;
    for (unsigned i = 0; i < CW_FEEDS_DAYS; i++)
        longest = fd->pauses[i] > longest ? fd->pauses[i] : longest;
    return longest;
}

static void set_limit(const struct cw_feeds *f, struct cw_feed *fd)
{
    fd->limit = f->longest;
    if (f->days == 0)
        return;
    fd->usual = longest_pause(fd);
    int64_t limit = fd->usual * CW_FEEDS_USUAL_TIMES;
    limit = limit > CW_FEEDS_LEAST ? limit : CW_FEEDS_LEAST;
    fd->limit = limit < f->longest ? limit : f->longest;
}

/* The pause that ends now counts as usual, unless it was the incident itself. */
static void speak(const struct cw_feeds *f, struct cw_feed *fd, cw_wall_time now)
{
    int64_t pause = now - (fd->seen == CW_NO_TIME ? f->since : fd->seen);
    if (!fd->silent && pause > fd->pauses[f->turn])
        fd->pauses[f->turn] = pause;
    fd->seen = now;
    fd->silent = false;
}

void cw_feeds_look(struct cw_feeds *f, const struct cw_board *board, const bool spoken[CW_INPUTS],
                   cw_wall_time now)
{
    turn_days(f, now);
    turn_steps(f, now);
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        struct cw_feed *fd = &f->of[in];
        uint64_t taken = cw_board_inputs(board, in);
        if (taken != fd->taken)
            speak(f, fd, now);
        fd->taken = taken;
        fd->last = cw_board_input_last(board, in);
        count_refusals(f, fd, board, in);
        set_limit(f, fd);
        cw_wall_time from = fd->seen == CW_NO_TIME ? f->since : fd->seen;
        fd->silent = fd->judged && spoken[in] && now - from > fd->limit;
    }
}
