/* The admin socket: who may ask. */
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/http.h"

#define NOBODY 65534

static char folder[] = "/tmp/churnwatch-http-XXXXXX";
static struct sockaddr_un here = {.sun_family = AF_UNIX};
static struct cw_http *http;

static bool ready(void *arg, struct cw_buf *b)
{
    (void)arg;
    (void)b;
    return true;
}

static void metrics(void *arg, struct cw_buf *b)
{
    (void)arg;
    (void)b;
}

/* As the daemon does it: its files are not for strangers. */
static int set_up(void **state)
{
    const struct cw_http_pages pages = {.ready = ready, .metrics = metrics};
    char listen[sizeof here.sun_path + 8];
    struct cw_errbuf eb;
    (void)state;
    if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
        return -1;
    (void)snprintf(here.sun_path, sizeof here.sun_path, "%s/http.sock", folder);
    (void)snprintf(listen, sizeof listen, "unix:%s", here.sun_path);
    (void)umask(027);
    return cw_http_open(listen, EV_DEFAULT, &pages, &http, &eb);
}

static int tear_down(void **state)
{
    (void)state;
    cw_http_close(http);
    return rmdir(folder); /* The socket is gone by then. */
}

static void test_mode(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(stat(here.sun_path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0660);
}

/* 0 when nobody in particular, of this group, is connected. */
static int connect_of_group(gid_t group)
{
    pid_t child = fork();
    if (child == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is = setgroups(0, NULL) == 0 && setgid(group) == 0 && setuid(NOBODY) == 0;
        _exit(is && connect(fd, (const struct sockaddr *)&here, sizeof here) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_group_and_others(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(connect_of_group(getegid()), 0);
    assert_int_not_equal(connect_of_group(NOBODY), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mode),
        cmocka_unit_test(test_group_and_others),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
