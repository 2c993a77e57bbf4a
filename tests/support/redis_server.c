/* Starting and stopping a private redis-server. */
#include "tests/support/redis_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "delivery/functions.h"

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void become_server(const struct redis_server *srv)
{
    /* It must not outlive a test that was killed. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(srv->dir) != 0)
        _exit(126);
    int log = open("server.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", srv->socket, "--save", "",
           "--appendonly", "yes", "--appendfsync", "always", (char *)NULL);
    _exit(127);
}

/* Waits for an answer to PING; false when the server ended instead. */
static bool answers(struct redis_server *srv)
{
    for (;;) {
        redisContext *c = redisConnectUnix(srv->socket);
        redisReply *r = c && !c->err ? redisCommand(c, "PING") : NULL;
        bool up = r && r->type == REDIS_REPLY_STATUS;
        freeReplyObject(r);
        if (c)
            redisFree(c);
        if (up)
            return true;
        int status;
        if (waitpid(srv->pid, &status, WNOHANG) == srv->pid) {
            srv->pid = 0;
            return false;
        }
        (void)poll(NULL, 0, 5);
    }
}

static bool run(struct redis_server *srv)
{
    srv->pid = fork();
    if (srv->pid < 0)
        die("fork");
    if (srv->pid == 0)
        become_server(srv);
    return answers(srv);
}

bool redis_server_start(struct redis_server *srv)
{
    (void)strcpy(srv->dir, "/tmp/cw-redis-XXXXXX");
    if (!mkdtemp(srv->dir))
        die("mkdtemp");
    (void)snprintf(srv->socket, sizeof srv->socket, "%s/socket", srv->dir);
    return run(srv);
}

void redis_server_kill(struct redis_server *srv)
{
    if (srv->pid <= 0)
        return;
    (void)kill(srv->pid, SIGKILL);
    (void)waitpid(srv->pid, NULL, 0);
    srv->pid = 0;
}

void redis_server_again(struct redis_server *srv)
{
    if (!run(srv))
        die("redis-server did not start again");
}

void redis_server_stop(struct redis_server *srv)
{
    char command[96];
    redis_server_kill(srv);
    (void)snprintf(command, sizeof command, "rm -rf %s", srv->dir);
    if (system(command) != 0)
        die(command);
}

redisContext *redis_server_connect(const struct redis_server *srv)
{
    redisContext *c = redisConnectUnix(srv->socket);
    if (!c || c->err)
        die("connecting to redis-server");
    return c;
}

void redis_server_load(redisContext *c)
{
    redisReply *r =
        redisCommand(c, "FUNCTION LOAD REPLACE %b", cw_functions_text, cw_functions_length);
    if (!r || r->type == REDIS_REPLY_ERROR) {
        (void)fprintf(stderr, "FUNCTION LOAD: %s\n", r ? r->str : c->errstr);
        exit(1);
    }
    freeReplyObject(r);
}
