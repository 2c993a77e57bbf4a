/* Redis as the commands see it: one blocking connection, one question at a time.
 *
 * One thread. Words go as arguments with their lengths, never through a format.
 */
#ifndef CW_CTL_REDIS_H
#define CW_CTL_REDIS_H

#include <hiredis/hiredis.h>

#include "ctl/command.h"

struct cw_redis {
    redisContext *c; /* owned */
    const char *prefix;
    struct cw_errbuf eb; /* of the last failure */
};

/* Connects as redis.url says, through Sentinel where it says so. On failure the complaint has been
 * printed and the exit code is returned; on success CW_EXIT_DONE. */
enum cw_exit cw_redis_open(const struct cw_settings *s, struct cw_redis *ret_redis);
/* The same without a word: 0; -CW_E_INVALID for a wrong redis.url or password file, -CW_E_REFUSED
 * by a server that does not let us in, else -CW_E_IO; what was said is in ret_redis->eb. */
int cw_redis_connect(const struct cw_settings *s, struct cw_redis *ret_redis);
void cw_redis_close(struct cw_redis *r);

/* Asks with words up to a NULL. The caller frees with freeReplyObject; NULL when it failed, then
 * cw_redis_fail. */
redisReply *cw_redis_ask(struct cw_redis *r, ...) __attribute__((sentinel));
/* The same with words of any number and any bytes. */
redisReply *cw_redis_ask_words(struct cw_redis *r, const char **argv, const size_t *lengths,
                               size_t n);
/* Prints what went wrong and returns the exit code for it. */
enum cw_exit cw_redis_fail(const struct cw_redis *r);

/* Gives the server our functions when it has none or older ones. */
enum cw_exit cw_redis_functions(struct cw_redis *r);

struct cw_key {
    char text[256];
};
/* <prefix><name> and <prefix><manager>:<name>. */
struct cw_key cw_redis_key(const struct cw_redis *r, const char *name);
struct cw_key cw_redis_desk_key(const struct cw_redis *r, const char *manager, const char *name);
/* Manager ids and task ids: [A-Za-z0-9._-]{1,64}. */
bool cw_redis_is_id(const char *text);
/* Whose task it is; the complaint has been printed when it is nobody's. */
enum cw_exit cw_redis_find_task(struct cw_redis *r, const char *task, char ret_manager[65]);

/* The value of a name in a reply of names and values; "" where there is none. Borrowed. */
struct cw_str cw_redis_field(const redisReply *pairs, const char *name);

#endif
