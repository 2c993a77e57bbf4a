/* A day's events: told in any order, written in that of time. See sim_day.h. */
#include "ctl/sim/sim_day.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/sim/sim_calendar.h"

struct cw_sim_told {
    int32_t second;
    bool service; /* after billing of the same second */
    uint64_t serial;
    size_t at, n; /* where in the text */
};

double cw_sim_yuan(int64_t fen)
{
    return (double)fen / 100;
}

void cw_sim_day_begin(struct cw_sim_day *d, cw_day day, uint64_t seed)
{
    struct cw_sim_random shared;
    cw_sim_seed(&shared, seed ^ UINT64_C(0x646179), (uint64_t)day);
    d->day = day;
    d->midnight = cw_zone_midnight(d->zone, day);
    for (int group = 0; group < 2; group++)
        d->rhythm[group] = cw_sim_rhythm(day, group) * cw_sim_factor(&shared, 0.05);
    d->n_told = 0;
    cw_buf_clear(&d->text);
}

static struct cw_sim_told *next_told(struct cw_sim_day *d)
{
    if (d->n_told == d->cap_told) {
        size_t cap = d->cap_told ? 2 * d->cap_told : 4096;
        struct cw_sim_told *grown = realloc(d->told, cap * sizeof *grown);
        if (!grown) {
            d->failed = true;
            return NULL;
        }
        d->told = grown;
        d->cap_told = cap;
    }
    return &d->told[d->n_told++];
}

static void put_envelope(struct cw_sim_day *d, const struct cw_sim_client *c, const char *type,
                         int32_t second, bool service)
{
    struct cw_buf *b = &d->text;
    cw_buf_printf(b, "{\"specversion\":\"1.0\",\"id\":\"s-%" PRIu64 "\",\"source\":\"%s\"",
                  d->serial, service ? "/service/580" : "/billing/580");
    cw_buf_printf(b, ",\"type\":\"%s\",\"time\":\"", type);
    cw_buf_time(b, d->zone, d->midnight + second * CW_SECOND);
    cw_buf_printf(b, "\",\"subject\":\"%s\",\"data\":{", c->id);
}

static void put_members(struct cw_buf *b, const char *members, va_list ap)
    __attribute__((format(printf, 2, 0)));
static void put_members(struct cw_buf *b, const char *members, va_list ap)
{
    char text[512];
    int n = vsnprintf(text, sizeof text, members, ap);
    if (n < 0 || (size_t)n >= sizeof text)
        b->failed = true;
    else
        cw_buf_put(b, text, (size_t)n);
}

void cw_sim_tell(struct cw_sim_day *d, const struct cw_sim_client *c, const char *type,
                 int32_t second, const char *members, ...)
{
    struct cw_sim_told *t = next_told(d);
    if (!t)
        return;
    bool service = strncmp(type, "billing.", 8) != 0;
    size_t at = d->text.n;
    d->serial++;
    put_envelope(d, c, type, second, service);
    va_list ap;
    va_start(ap, members);
    put_members(&d->text, members, ap);
    va_end(ap);
    cw_buf_puts(&d->text, "}}\n");
    *t = (struct cw_sim_told){second, service, d->serial, at, d->text.n - at};
}

static int by_time(const void *left, const void *right)
{
    const struct cw_sim_told *a = left, *b = right;
    if (a->second != b->second)
        return a->second < b->second ? -1 : 1;
    if (a->service != b->service)
        return a->service ? 1 : -1;
    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

int cw_sim_day_write(struct cw_sim_day *d, FILE *out)
{
    if (d->failed || d->text.failed)
        return -CW_E_NOMEM;
    if (d->n_told)
        qsort(d->told, d->n_told, sizeof *d->told, by_time);
    for (size_t i = 0; i < d->n_told; i++)
        if (fwrite(d->text.p + d->told[i].at, 1, d->told[i].n, out) != d->told[i].n)
            return -CW_E_IO;
    return 0;
}

void cw_sim_day_free(struct cw_sim_day *d)
{
    free(d->told);
    cw_buf_free(&d->text);
}
