/* The health of the inputs: when each spoke last, what is usual, and whether it has fallen silent.
 *
 * A feed that goes quiet is one incident for operations. What is usual is learned while watching:
 * the longest pause of the last week. Pure; the main thread looks every few seconds.
 */
#ifndef CW_DAEMON_FEEDS_H
#define CW_DAEMON_FEEDS_H

#include "board/board.h"

#define CW_FEEDS_DAYS 7                 /* pauses older than that are forgotten */
#define CW_FEEDS_LEAST (15 * CW_MINUTE) /* no pause shorter than that is a silence */
#define CW_FEEDS_STEPS 12               /* of an hour, in which refusals are counted */
#define CW_FEEDS_USUAL_TIMES 10         /* so many times the usual pause is one */

struct cw_feed {
    uint64_t taken;    /* messages since the start */
    cw_wall_time seen; /* when one came last; CW_NO_TIME: none since the start */
    cw_wall_time last; /* what the last one's Kafka timestamp says; CW_NO_TIME none */
    int64_t usual;     /* the longest usual pause, µs; -1 until a day has been watched */
    int64_t limit;     /* a pause longer than that is a silence, µs */
    uint64_t refused, refused_hour; /* since the start; within the last hour or a little less */
    bool judged, silent;            /* judged: events; profiles and outcomes keep no rhythm */
    int64_t pauses[CW_FEEDS_DAYS];  /* the longest of each day watched, by turns */
    uint64_t refusals[CW_FEEDS_STEPS];
};
struct cw_feeds {
    cw_wall_time since;        /* when watching began */
    int64_t longest;           /* the setting health.silent_after */
    cw_wall_time day, step;    /* when the present day of watching, and step of the hour, began */
    unsigned turn, days, mark; /* pauses[turn] and refusals[mark] are written now; whole days */
    struct cw_feed of[CW_INPUTS];
};

void cw_feeds_begin(struct cw_feeds *f, int64_t silent_after, cw_wall_time now);
/* What the board has counted by now. spoken: whether the input has ever had a message, by the
 * shards' positions; one that never had is not missed. */
void cw_feeds_look(struct cw_feeds *f, const struct cw_board *board, const bool spoken[CW_INPUTS],
                   cw_wall_time now);

#endif
