/* A task's hash in Redis, turned back into the record it was made of. */
#ifndef CW_CTL_HASH_JSON_H
#define CW_CTL_HASH_JSON_H

#include "churnwatch/buf.h"
#include "ctl/redis.h"

/* Appends the hash as one JSON object, members in the order in which they are stored: numbers,
 * booleans, objects and arrays as the engine wrote them, the empty string as null. With `open` the
 * closing brace is left to the caller, who adds members. */
void cw_hash_json(struct cw_buf *b, const redisReply *hash, bool open);
/* ,"name": or "name": after a brace; value follows. */
void cw_hash_member(struct cw_buf *b, const char *name);
/* One named text of a hash or stream entry as a member. */
void cw_hash_value(struct cw_buf *b, struct cw_str name, struct cw_str value);
/* A text that is JSON itself, as a member; as a string where it is none. */
void cw_hash_raw(struct cw_buf *b, const char *name, struct cw_str value);

#endif
