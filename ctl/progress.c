/* The bar and the lines. See progress.h. */
#include "ctl/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR 30
#define BAR_EVERY (100 * 1000)
#define LINE_EVERY (10 * CW_SECOND)

static cw_mono_time now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * CW_SECOND + t.tv_nsec / 1000;
}

void cw_progress_begin(struct cw_progress *p, const char *what)
{
    *p = (struct cw_progress){.what = what, .terminal = isatty(STDERR_FILENO), .began = now()};
    p->told = p->began;
}

double cw_progress_seconds(const struct cw_progress *p)
{
    return (double)(now() - p->began) / (double)CW_SECOND;
}

static void bar(const struct cw_progress *p, double share, double rate)
{
    static const char full[] = "##############################";
    int n = share < 0 ? 0 : (int)(share * BAR);
    n = n > BAR ? BAR : n;
    if (share < 0)
        (void)fprintf(stderr, "\r%llu %s, %.0f/s ", (unsigned long long)p->count, p->what, rate);
    else
        (void)fprintf(stderr, "\r[%-*.*s] %3.0f%%  %llu %s, %.0f/s ", BAR, n, full, share * 100,
                      (unsigned long long)p->count, p->what, rate);
}

static void line(const struct cw_progress *p, double share, double rate)
{
    (void)fprintf(stderr, "churnwatchctl: %llu %s, %.0f/s", (unsigned long long)p->count, p->what,
                  rate);
    if (share >= 0)
        (void)fprintf(stderr, ", %.0f%%", share * 100);
    (void)fputc('\n', stderr);
}

void cw_progress_show(struct cw_progress *p, double share)
{
    cw_mono_time t = now();
    p->unlooked = 0;
    if (t - p->told < (p->terminal ? BAR_EVERY : LINE_EVERY))
        return;
    p->told = t;
    p->shown = true;
    double seconds = (double)(t - p->began) / (double)CW_SECOND;
    (p->terminal ? bar : line)(p, share, (double)p->count / seconds);
}

void cw_progress_end(struct cw_progress *p)
{
    if (p->terminal && p->shown)
        (void)fputs("\r\033[K", stderr);
}
