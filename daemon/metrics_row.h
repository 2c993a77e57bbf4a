/* One metric as it is declared, and what the groups' files share in writing samples. For the files
 * daemon/metrics*.c, and for the status.
 */
#ifndef CW_DAEMON_METRICS_ROW_H
#define CW_DAEMON_METRICS_ROW_H

#include "daemon/metrics.h"

enum cw_metric_kind { CW_METRIC_GAUGE, CW_METRIC_COUNTER, CW_METRIC_HISTOGRAM };

struct cw_metric {
    const char *name; /* whole, so that it can be searched for */
    enum cw_metric_kind kind;
    const char *labels; /* "topic, code"; "" none */
    const char *text;   /* one sentence */
    void (*write)(const struct cw_metric *m, const struct cw_metrics_view *v, struct cw_buf *b);
    /* What write takes the value from, by the group's custom. */
    double (*value)(const void *of);
    size_t at;
};

struct cw_metric_group {
    const char *title;
    const struct cw_metric *rows; /* ended by one without a name */
};
extern const struct cw_metric cw_metrics_of_process[], cw_metrics_of_counters[],
    cw_metrics_of_histograms[], cw_metrics_of_feeds[], cw_metrics_of_shards[],
    cw_metrics_of_accuracy[], cw_metrics_of_delivery[];

/* A sample: begin, labels, value. */
void cw_sample_begin(struct cw_buf *b, const struct cw_metric *m, const char *suffix);
void cw_sample_label(struct cw_buf *b, const char *name, const char *value);
void cw_sample_shard(struct cw_buf *b, int32_t shard);
void cw_sample_real(struct cw_buf *b, double value);
void cw_sample_count(struct cw_buf *b, uint64_t value);

const char *cw_metrics_topic(const struct cw_settings *s, enum cw_input in);
/* µs as seconds; 0 for none. */
double cw_metrics_seconds(int64_t t);

#endif
