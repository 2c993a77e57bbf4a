/* Histograms with fixed bounds, filled by any thread and read by the main one.
 *
 * A value is counted in the bucket of the least bound that is not below it. Values are µs where the
 * bounds are seconds, else plain counts.
 */
#ifndef CW_BOARD_HISTOGRAM_H
#define CW_BOARD_HISTOGRAM_H

#include <stdatomic.h>

#include "churnwatch/types.h"

/* Each declared once with its sentence in board/histograms.def. */
enum cw_histogram_name {
#define HISTOGRAM(name, bounds, text) CW_HISTOGRAM_##name,
#include "board/histograms.def"
#undef HISTOGRAM
    CW_HISTOGRAMS
};

enum cw_bounds { CW_BOUNDS_SECONDS, CW_BOUNDS_MESSAGES };
#define CW_BUCKETS_MOST 16

/* Zero it to begin. */
struct cw_histogram {
    atomic_uint_fast64_t buckets[CW_BUCKETS_MOST + 1]; /* the last: beyond every bound */
    atomic_int_fast64_t sum;
};
/* What was read at one moment. */
struct cw_histogram_values {
    uint64_t buckets[CW_BUCKETS_MOST + 1];
    int64_t sum;
};

/* A value below 0, which a clock set back can give, counts as 0. */
void cw_histogram_add(struct cw_histogram *h, enum cw_bounds bounds, int64_t value);
void cw_histogram_read(const struct cw_histogram *h, struct cw_histogram_values *ret);
/* The bounds in rising order; returns how many. */
size_t cw_histogram_bounds(enum cw_bounds bounds, const int64_t **ret_bounds);
/* By what bounds and sums are divided to be in their metric's unit. */
double cw_histogram_unit(enum cw_bounds bounds);

#endif
