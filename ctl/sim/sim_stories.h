/* What happens to clients of the simulated county: the truth that churnwatch is to find.
 *
 * A story is a row: how far the client's use falls, what is told on which of its days, and which
 * detectors may be expected to see it. Some end with the client gone; look-alikes do not.
 */
#ifndef CW_CTL_SIM_SIM_STORIES_H
#define CW_CTL_SIM_SIM_STORIES_H

#include "ctl/sim/sim_day.h"

enum cw_sim_who { CW_SIM_LARGEST, CW_SIM_GROUP, CW_SIM_POSTPAID, CW_SIM_PREPAID, CW_SIM_ANYBODY };

struct cw_sim_step; /* something told on a day of a story */

struct cw_sim_story {
    const char *name;
    enum cw_sim_who who;
    bool leaves;
    bool withholds; /* bills are not paid while it lasts */
    int32_t days;   /* how long it lasts; whoever leaves, leaves on the last one */
    int32_t shows;  /* days until it can be seen; such a story begins early enough for that */
    double floor;   /* what use falls to; 1: it does not */
    int32_t ramp;   /* days on which it falls; 0: at once */
    int32_t contract_days; /* days from its beginning to the end of a contract; 0: none ends */
    const char *signs[3];  /* detectors, one of which must see it; none: nobody need */
    const struct cw_sim_step *steps; /* NULL: none; else ended by a row without an act */
};

/* Ended by a row without a name. */
extern const struct cw_sim_story cw_sim_stories[];

/* Hands out the stories: each to a client at least, then to some of the rest. */
void cw_sim_cast(struct cw_sim_world *w, struct cw_sim_random *r);

/* What the story makes of a client's use that day: 1 is as usual. */
double cw_sim_level(const struct cw_sim_client *c, cw_day day);
/* Whether the story keeps bills from being paid that day. */
bool cw_sim_withholds(const struct cw_sim_client *c, cw_day day);
/* What the story tells on the day. */
void cw_sim_tell_story(struct cw_sim_day *d, struct cw_sim_client *c);

#endif
