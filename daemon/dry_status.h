/* cw:dry:<instance>: what detectors in dry mode found, as JSON that expires when the instance no
 * longer says it. */
#ifndef CW_DAEMON_DRY_STATUS_H
#define CW_DAEMON_DRY_STATUS_H

#include "board/board.h"
#include "delivery/delivery.h"

#define CW_DRY_AGAIN (60 * CW_SECOND) /* said again, changed or not */

/* Main thread; zero it to begin. */
struct cw_dry_told {
    uint64_t turn; /* of the list when it was told last */
    cw_wall_time at;
};

/* Appends the JSON of a list, which is sorted for it. */
void cw_dry_status_write(struct cw_buf *b, struct cw_dry_list *l, const struct cw_settings *s);
/* Sends the board's list when there is something new in it, or it is time to say it again. */
void cw_dry_status_send(struct cw_dry_told *told, const struct cw_redis_port *redis,
                        struct cw_board *board, const struct cw_settings *s, cw_wall_time now);

#endif
