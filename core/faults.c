/* See churnwatch/faults.h. Compiled to something in builds for tests alone. */
#include "churnwatch/faults.h"

#ifdef CW_FAULTS
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum cw_bug cw_bug_seeded;
bool cw_without_transactions;

#define CW_SEEDED(name, real, what) [CW_BUG_##name] = #name,
#define CW_PASSED(name, what)
static const char *const bugs[CW_BUGS] = {
#include "core/faults.def"
};
#undef CW_SEEDED
#undef CW_PASSED
#define CW_SEEDED(name, real, what)
#define CW_PASSED(name, what) [CW_POINT_##name] = #name,
static const char *const points[CW_POINTS] = {
#include "core/faults.def"
};
#undef CW_SEEDED
#undef CW_PASSED

/* Where the process ends or stops itself, and at the how-manieth time. */
static struct {
    int point; /* -1: nowhere */
    int signal;
    long nth;
} halts[2] = {{-1, SIGSTOP, 1}, {-1, SIGKILL, 1}};
static atomic_long passed[CW_POINTS];

static void unknown(const char *variable, const char *name)
{
    (void)fprintf(stderr, "%s: there is no %s\n", variable, name);
    exit(2);
}

const char *cw_bug_name(enum cw_bug bug)
{
    return bug > CW_BUG_none && bug < CW_BUGS ? bugs[bug] : "none";
}

enum cw_bug cw_bug_named(const char *name)
{
    for (int b = CW_BUG_none + 1; b < CW_BUGS; b++)
        if (strcmp(bugs[b], name) == 0)
            return (enum cw_bug)b;
    return CW_BUG_none;
}

static void read_halt(size_t which, const char *variable)
{
    const char *text = getenv(variable);
    if (!text)
        return;
    size_t n = strcspn(text, ":");
    for (int p = 0; p < CW_POINTS; p++)
        if (strlen(points[p]) == n && strncmp(points[p], text, n) == 0)
            halts[which].point = p;
    if (halts[which].point < 0)
        unknown(variable, text);
    if (text[n] == ':')
        halts[which].nth = strtol(text + n + 1, NULL, 10);
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *bug = getenv("CW_SEEDED_BUG");
    if (bug && (cw_bug_seeded = cw_bug_named(bug)) == CW_BUG_none)
        unknown("CW_SEEDED_BUG", bug);
    cw_without_transactions = getenv("CW_NO_TRANSACTIONS") != NULL;
    read_halt(0, "CW_STOP_AT");
    read_halt(1, "CW_KILL_AT");
}

void cw_point_passed(enum cw_point point)
{
    long n = atomic_fetch_add(&passed[point], 1) + 1;
    for (size_t i = 0; i < sizeof halts / sizeof halts[0]; i++)
        if (halts[i].point == (int)point && halts[i].nth == n)
            (void)kill(getpid(), halts[i].signal);
}

cw_wall_time cw_seeded_wall(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (cw_wall_time)t.tv_sec * CW_SECOND + t.tv_nsec / 1000;
}
#endif
