/* Handing out the stories, and living them. See sim_stories.h; the table is in sim_scripts.c. */
#include "ctl/sim/sim_stories.h"

#include "ctl/sim/sim_acts.h"

/* Before this day of the run nobody is out of the ordinary: detectors learn what is usual. */
enum { QUIET_DAYS = 32 };
/* Of the clients that have no story by then. */
static const double share_with_story = 0.2;
enum { TRIES = 20 };

static uint32_t stories(void)
{
    uint32_t n = 0;
    while (cw_sim_stories[n].name)
        n++;
    return n;
}

static bool fits(const struct cw_sim_world *w, const struct cw_sim_client *c, enum cw_sim_who who)
{
    if (c == w->clients || who == CW_SIM_LARGEST)
        return c == w->clients && who == CW_SIM_LARGEST;
    switch (who) {
    case CW_SIM_GROUP:
        return c->group;
    case CW_SIM_POSTPAID:
        return !c->group && !c->prepaid;
    case CW_SIM_PREPAID:
        return c->prepaid;
    case CW_SIM_LARGEST:
    case CW_SIM_ANYBODY:
        break;
    }
    return true;
}

static void give(const struct cw_sim_world *w, struct cw_sim_client *c,
                 const struct cw_sim_story *story, struct cw_sim_random *r)
{
    int32_t quiet = w->days / 2 < QUIET_DAYS ? w->days / 2 : QUIET_DAYS;
    int32_t room = w->days - quiet - story->shows;
    /* The largest group leaves as the run ends, so that it stands in the queues. */
    int32_t wait = room <= 1                      ? 0
                   : story->who == CW_SIM_LARGEST ? room - 1
                                                  : (int32_t)cw_sim_below(r, (uint32_t)room);
    c->story = story;
    c->from = w->first + quiet + wait;
    if (story->contract_days)
        c->contract_ends = c->from + story->contract_days;
}

/* The first client without a story from a random one on; none when nobody fits. */
static struct cw_sim_client *find(const struct cw_sim_world *w, enum cw_sim_who who,
                                  struct cw_sim_random *r)
{
    uint32_t begin = cw_sim_below(r, w->n_clients);
    for (uint32_t i = 0; i < w->n_clients; i++) {
        struct cw_sim_client *c = &w->clients[(begin + i) % w->n_clients];
        if (!c->story && fits(w, c, who))
            return c;
    }
    return NULL;
}

void cw_sim_cast(struct cw_sim_world *w, struct cw_sim_random *r)
{
    uint32_t n = stories();
    for (uint32_t s = 0; s < n; s++) {
        struct cw_sim_client *c = find(w, cw_sim_stories[s].who, r);
        if (c)
            give(w, c, &cw_sim_stories[s], r);
    }
    for (uint32_t i = 0; i < w->n_clients; i++) {
        struct cw_sim_client *c = &w->clients[i];
        if (c->story || !cw_sim_chance(r, share_with_story))
            continue;
        for (int try = 0; try < TRIES && !c->story; try++) {
            const struct cw_sim_story *story = &cw_sim_stories[cw_sim_below(r, n)];
            if (fits(w, c, story->who))
                give(w, c, story, r);
        }
    }
}

static bool lasts(const struct cw_sim_client *c, cw_day day)
{
    return c->story && day >= c->from && day < c->from + c->story->days;
}

double cw_sim_level(const struct cw_sim_client *c, cw_day day)
{
    if (!lasts(c, day))
        return 1;
    int32_t k = day - c->from + 1;
    double fallen = k < c->story->ramp ? (double)k / c->story->ramp : 1;
    return 1 - (1 - c->story->floor) * fallen;
}

bool cw_sim_withholds(const struct cw_sim_client *c, cw_day day)
{
    return lasts(c, day) && c->story->withholds;
}

static uint32_t lines_of(const struct cw_sim_client *c, uint32_t percent)
{
    uint32_t n = c->n_lines * percent / 100;
    return n > 0 ? n : 1;
}

/* The i-th line a step is about: the first one, all in turn, or the next from the end. */
static struct cw_sim_line *pick(struct cw_sim_client *c, uint32_t percent, uint32_t i)
{
    if (percent == 0 || percent == 100)
        return &c->lines[i];
    return c->next_line < c->n_lines ? &c->lines[c->n_lines - 1 - c->next_line++] : NULL;
}

/* Steps of a day come half an hour apart, in the script's order. */
static void take_step(struct cw_sim_day *d, struct cw_sim_client *c, const struct cw_sim_step *step,
                      int32_t nth)
{
    int32_t second = 9 * 3600 + nth * 1800;
    struct cw_sim_moment m = {.day = d, .client = c, .word = step->word, .n = step->n};
    for (uint32_t i = 0; i < lines_of(c, step->percent); i++) {
        m.line = pick(c, step->percent, i);
        m.second = second + (int32_t)cw_sim_below(&c->random, 1800);
        if (m.line && !m.line->gone)
            step->act(&m);
    }
}

static void leave(struct cw_sim_day *d, struct cw_sim_client *c)
{
    static const struct cw_sim_step last = {
        .act = cw_sim_act_terminate, .word = "customer_request", .percent = 100};
    take_step(d, c, &last, 16);
}

void cw_sim_tell_story(struct cw_sim_day *d, struct cw_sim_client *c)
{
    if (!lasts(c, d->day))
        return;
    int32_t nth = 0;
    for (const struct cw_sim_step *s = c->story->steps; s && s->act; s++)
        if (c->from + s->day == d->day)
            take_step(d, c, s, nth++);
    if (c->story->leaves && d->day == c->from + c->story->days - 1)
        leave(d, c);
}
