/* A private redis-server for one test: its own directory under /tmp, a Unix socket, no TCP port.
 * Every write is in its append-only file before it is answered, so that kill and start keep it. */
#ifndef CW_TESTS_REDIS_SERVER_H
#define CW_TESTS_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
    pid_t pid;
    char dir[64];
    char socket[96];
};
/* False when there is no redis-server to run. Anything else that fails ends the test. */
bool redis_server_start(struct redis_server *srv);
/* SIGKILL, as in a crash. */
void redis_server_kill(struct redis_server *srv);
/* Over the same directory. */
void redis_server_again(struct redis_server *srv);
/* Ends it and removes its directory. */
void redis_server_stop(struct redis_server *srv);
redisContext *redis_server_connect(const struct redis_server *srv);
/* The library's text given to the server. */
void redis_server_load(redisContext *c);

#endif
