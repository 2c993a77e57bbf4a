/* Time zones: the offset from UTC at an instant, and the civil day it belongs to.
 *
 * A zone is the list of its changes of offset between 1970 and 2100, made once from the tz database
 * by way of localtime_r; before and after, the nearest offset holds. Pure after loading.
 */
#include "churnwatch/civil.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_S INT64_C(86400)
#define SAMPLED_UNTIL INT64_C(4102444800) /* 2100-01-01 */
#define OFFSET_MOST (16 * 3600)           /* no zone is further from UTC */

struct change {
    int64_t from; /* seconds since 1970, UTC */
    int32_t offset;
};

struct cw_zone {
    size_t n;
    size_t cap;
    struct change *changes; /* owned, at least one, by rising time; the first from INT64_MIN on */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* ---- loading ---- */

static int32_t libc_offset(int64_t t)
{
    time_t when = (time_t)t;
    struct tm tm;
    return localtime_r(&when, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

static int add_change(struct cw_zone *z, int64_t from, int32_t offset)
{
    if (z->n == z->cap) {
        size_t cap = z->cap ? z->cap * 2 : 64;
        struct change *grown = realloc(z->changes, cap * sizeof *grown);
        if (!grown)
            return -CW_E_NOMEM;
        z->changes = grown;
        z->cap = cap;
    }
    z->changes[z->n++] = (struct change){from, offset};
    return 0;
}

/* The first second after `lo` with the offset of `hi`, given that there is one change between. */
static int64_t bisect(int64_t lo, int64_t hi, int32_t offset)
{
    while (hi - lo > 1) {
        int64_t mid = lo + (hi - lo) / 2;
        if (libc_offset(mid) == offset)
            hi = mid;
        else
            lo = mid;
    }
    return hi;
}

/* No zone has changed twice within a day since 1970. */
static int sample(struct cw_zone *z)
{
    int32_t offset = libc_offset(0);
    int err = add_change(z, INT64_MIN, offset);
    for (int64_t t = 0; t < SAMPLED_UNTIL && err == 0; t += DAY_S) {
        int32_t next = libc_offset(t + DAY_S);
        if (next == offset)
            continue;
        err = add_change(z, bisect(t, t + DAY_S, next), next);
        offset = next;
    }
    return err;
}

/* Only a file of the tz database will do: libc takes anything else for UTC without a word. */
static bool is_zone_file(const char *name)
{
    const char *dir = getenv("TZDIR");
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
    struct stat st;
    if (n < 0 || (size_t)n >= sizeof path || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    FILE *f = fopen(path, "rbe");
    if (!f)
        return false;
    char magic[4] = {0};
    bool found = fread(magic, sizeof magic, 1, f) == 1 && memcmp(magic, "TZif", 4) == 0;
    (void)fclose(f);
    return found;
}

static bool is_name(const char *name)
{
    return *name && *name != '/' && *name != ':' && !strstr(name, "..");
}

static int set_tz(const char *name)
{
    if ((name ? setenv("TZ", name, 1) : unsetenv("TZ")) != 0)
        return -CW_E_NOMEM;
    tzset();
    return 0;
}

/* Samples under TZ=name and gives the process its own TZ back. */
static int sample_named(struct cw_zone *z, const char *name)
{
    const char *was = getenv("TZ");
    char *kept = was ? strdup(was) : NULL;
    if (was && !kept)
        return -CW_E_NOMEM;
    int err = set_tz(name);
    if (err == 0)
        err = sample(z);
    int back = set_tz(kept);
    free(kept);
    return err ? err : back;
}

int cw_zone_load(const char *name, struct cw_zone **ret_zone, struct cw_errbuf *eb)
{
    bool utc = strcmp(name, "UTC") == 0;
    if (!utc && (!is_name(name) || !is_zone_file(name)))
        return cw_fail(eb, CW_E_INVALID, "\"%s\" is no zone of the tz database", name);
    struct cw_zone *z = calloc(1, sizeof *z);
    int err = !z ? -CW_E_NOMEM : utc ? add_change(z, INT64_MIN, 0) : sample_named(z, name);
    if (err) {
        cw_zone_free(z);
        return cw_fail(eb, CW_E_NOMEM, "no memory for the zone \"%s\"", name);
    }
    *ret_zone = z;
    return 0;
}

void cw_zone_free(struct cw_zone *z)
{
    if (!z)
        return;
    free(z->changes);
    free(z);
}

/* ---- asking ---- */

/* The change in force at that second. Nearly every question is about the present, where most zones
 * have had their last change long ago. */
static const struct change *change_at(const struct cw_zone *z, int64_t s)
{
    size_t lo = 0, hi = z->n;
    if (s >= z->changes[z->n - 1].from)
        return &z->changes[z->n - 1];
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (z->changes[mid].from <= s)
            lo = mid;
        else
            hi = mid;
    }
    return &z->changes[lo];
}

int32_t cw_zone_offset(const struct cw_zone *z, cw_event_time t)
{
    return change_at(z, floor_div(t, CW_SECOND))->offset;
}

static int64_t local_second(const struct cw_zone *z, cw_event_time t)
{
    int64_t s = floor_div(t, CW_SECOND);
    return s + change_at(z, s)->offset;
}

cw_day cw_zone_day(const struct cw_zone *z, cw_event_time t)
{
    return (cw_day)floor_div(local_second(z, t), DAY_S);
}

int32_t cw_zone_second(const struct cw_zone *z, cw_event_time t)
{
    int64_t s = local_second(z, t);
    return (int32_t)(s - floor_div(s, DAY_S) * DAY_S);
}

/* The first instant at which the local clock shows that day's 00:00 or later: the clock may jump
 * over midnight, or show it twice. */
cw_event_time cw_zone_midnight(const struct cw_zone *z, cw_day day)
{
    int64_t local = day * DAY_S;
    const struct change *last = &z->changes[z->n - 1];
    for (const struct change *c = change_at(z, local - OFFSET_MOST);; c++) {
        int64_t s = local - c->offset;
        if (s < c->from)
            s = c->from;
        if (c == last || s < c[1].from)
            return s * CW_SECOND;
    }
}
