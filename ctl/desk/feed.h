/* A manager's alert feed, entry by entry. */
#ifndef CW_CTL_DESK_FEED_H
#define CW_CTL_DESK_FEED_H

#include "churnwatch/buf.h"
#include "ctl/redis.h"

/* One stream entry as a JSON object: its id, then its fields. */
void cw_feed_json(struct cw_buf *b, const redisReply *entry);
/* The fields of an entry, for cw_redis_field; NULL for one that was deleted. */
const redisReply *cw_feed_fields(const redisReply *entry);

/* Calls each for all entries after `since` (exclusive; "-" for all), a page at a time, until it
 * returns false. Returns the exit code; a failure has been printed. */
enum cw_exit cw_feed_walk(struct cw_redis *r, const char *manager, const char *since,
                          bool (*each)(void *arg, const redisReply *entry), void *arg);

#endif
