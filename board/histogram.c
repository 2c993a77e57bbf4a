/* Buckets and their bounds. See histogram.h. */
#include "board/histogram.h"

#define MS (CW_SECOND / 1000)

static const int64_t seconds[] = {
    1 * MS,         5 * MS,         10 * MS,         25 * MS,         50 * MS,       100 * MS,
    250 * MS,       500 * MS,       1 * CW_SECOND,   2 * CW_SECOND,   5 * CW_SECOND, 10 * CW_SECOND,
    30 * CW_SECOND, 60 * CW_SECOND, 300 * CW_SECOND, 3600 * CW_SECOND};
static const int64_t messages[] = {1,    2,    5,    10,    50,     100,    500,
                                   1000, 2000, 5000, 10000, 100000, 300000, 1000000};

static const struct {
    const int64_t *bounds;
    size_t n;
    double unit;
} rows[] = {
    [CW_BOUNDS_SECONDS] = {seconds, sizeof seconds / sizeof *seconds, 1e6},
    [CW_BOUNDS_MESSAGES] = {messages, sizeof messages / sizeof *messages, 1},
};
_Static_assert(sizeof seconds / sizeof *seconds <= CW_BUCKETS_MOST, "a bucket for each bound");
_Static_assert(sizeof messages / sizeof *messages <= CW_BUCKETS_MOST, "a bucket for each bound");

void cw_histogram_add(struct cw_histogram *h, enum cw_bounds bounds, int64_t value)
{
    size_t i = 0;
    if (value < 0)
        value = 0;
    while (i < rows[bounds].n && value > rows[bounds].bounds[i])
        i++;
    atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}

void cw_histogram_read(const struct cw_histogram *h, struct cw_histogram_values *ret)
{
    for (size_t i = 0; i <= CW_BUCKETS_MOST; i++)
        ret->buckets[i] = atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
    ret->sum = atomic_load_explicit(&h->sum, memory_order_relaxed);
}

size_t cw_histogram_bounds(enum cw_bounds bounds, const int64_t **ret_bounds)
{
    *ret_bounds = rows[bounds].bounds;
    return rows[bounds].n;
}

double cw_histogram_unit(enum cw_bounds bounds)
{
    return rows[bounds].unit;
}
