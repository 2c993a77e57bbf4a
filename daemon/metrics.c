/* The page put together from its groups, and the text form of a sample. Pure: everything it tells
 * is in the view.
 */
#include <inttypes.h>
#include <string.h>

#include "daemon/metrics_row.h"

static const struct cw_metric_group groups[] = {
    {"Process", cw_metrics_of_process},       {"Counters", cw_metrics_of_counters},
    {"Histograms", cw_metrics_of_histograms}, {"Feeds", cw_metrics_of_feeds},
    {"Shards", cw_metrics_of_shards},         {"Accuracy", cw_metrics_of_accuracy},
    {"Delivery", cw_metrics_of_delivery},
};
enum { GROUPS = sizeof groups / sizeof *groups };

static const char *const kinds[] = {
    [CW_METRIC_GAUGE] = "gauge",
    [CW_METRIC_COUNTER] = "counter",
    [CW_METRIC_HISTOGRAM] = "histogram",
};

/* ---- samples ---- */

void cw_sample_begin(struct cw_buf *b, const struct cw_metric *m, const char *suffix)
{
    cw_buf_printf(b, "%s%s", m->name, suffix);
}

/* With what the format asks to be escaped. A brace at the end says that a label came before. */
void cw_sample_label(struct cw_buf *b, const char *name, const char *value)
{
    bool first = b->n == 0 || b->p[b->n - 1] != '}';
    if (!first)
        b->n--;
    cw_buf_printf(b, "%c%s=\"", first ? '{' : ',', name);
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            cw_buf_printf(b, "\\%c", *value);
        else if (*value == '\n')
            cw_buf_puts(b, "\\n");
        else
            cw_buf_put(b, value, 1);
    }
    cw_buf_puts(b, "\"}");
}

void cw_sample_shard(struct cw_buf *b, int32_t shard)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%" PRId32, shard);
    cw_sample_label(b, "shard", text);
}

void cw_sample_real(struct cw_buf *b, double value)
{
    cw_buf_printf(b, " %.15g\n", value);
}

void cw_sample_count(struct cw_buf *b, uint64_t value)
{
    cw_buf_printf(b, " %" PRIu64 "\n", value);
}

/* ---- what several groups use ---- */

const char *cw_metrics_topic(const struct cw_settings *s, enum cw_input in)
{
    const char *const topics[CW_INPUTS] = {[CW_IN_PROFILES] = s->topic_profiles,
                                           [CW_IN_BILLING] = s->topic_billing,
                                           [CW_IN_SERVICE] = s->topic_service,
                                           [CW_IN_OUTCOMES] = s->topic_outcomes};
    return topics[in];
}

double cw_metrics_seconds(int64_t t)
{
    return t == CW_NO_TIME ? 0 : (double)t / 1e6;
}

/* ---- the page ---- */

void cw_metrics_write(struct cw_buf *b, const struct cw_metrics_view *v)
{
    for (size_t g = 0; g < GROUPS; g++) {
        for (const struct cw_metric *m = groups[g].rows; m->name; m++) {
            cw_buf_printf(b, "# HELP %s %s.\n# TYPE %s %s\n", m->name, m->text, m->name,
                          kinds[m->kind]);
            m->write(m, v, b);
        }
    }
}

/* ---- the reference ---- */

static const char head[] =
    "# Metrics\n"
    "\n"
    "What `/metrics` at `http.listen` tells, in Prometheus's text format. This page is made from "
    "the\n"
    "program's own tables: after a change of one run `cmake --build BUILD --target reference`.\n"
    "\n"
    "Counters begin at 0 with the process. A shard's samples are told by the instance that holds "
    "it,\n"
    "so sums over instances count nothing twice. No label names a client, a number or a manager.\n"
    "Rules for the alerts that an operator needs are in `config/alerts.yml`.\n";

void cw_metrics_page(FILE *out)
{
    (void)fputs(head, out);
    for (size_t g = 0; g < GROUPS; g++) {
        (void)fprintf(out, "\n## %s\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n",
                      groups[g].title);
        for (const struct cw_metric *m = groups[g].rows; m->name; m++)
            (void)fprintf(out, "| `%s` | %s | %s | %s. |\n", m->name, kinds[m->kind], m->labels,
                          m->text);
    }
}
