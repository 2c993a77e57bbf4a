/* An event that outlives its decoder: its texts are copied into room of its owner's. Private to
 * the core and the engine; pure, owns nothing. */
#ifndef CW_CORE_EVENT_KEEP_H
#define CW_CORE_EVENT_KEEP_H

#include "churnwatch/event.h"

/* Bytes of all its texts. Which members are texts is read from the tables it was decoded by. */
size_t cw_event_keep_bytes(const struct cw_event *ev);
/* Copies the texts into the room, which has as many bytes, and points the event at them. */
void cw_event_keep(struct cw_event *ev, char *room);

#endif
