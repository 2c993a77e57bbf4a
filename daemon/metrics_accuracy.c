/* Were the detectors right: what managers said of the tasks they had a part in. */
#include "config/segments.h"
#include "daemon/metrics_row.h"

/* A page that monitoring reads and keeps has neither clients nor managers in it. */
static bool names_somebody(const char *segment)
{
    return cw_segment_text_has(segment, CW_BY_CLIENT) ||
           cw_segment_text_has(segment, CW_BY_MANAGER);
}

static void write_results(const struct cw_metric *m, const struct cw_metrics_view *v,
                          struct cw_buf *b)
{
    for (size_t i = 0; v->accuracy && i < v->accuracy->n; i++) {
        const struct cw_accuracy_row *row = &v->accuracy->rows[i];
        for (int k = 0; k < CW_RESULTS && !names_somebody(row->segment); k++) {
            cw_sample_begin(b, m, "");
            cw_sample_label(b, "detector", cw_detectors[row->detector]->name);
            cw_sample_label(b, "segment", row->segment);
            cw_sample_label(b, "result", cw_result_name((enum cw_result)k));
            cw_sample_count(b, row->tasks[k]);
        }
    }
}

const struct cw_metric cw_metrics_of_accuracy[] = {
    {"churnwatch_task_results", CW_METRIC_GAUGE, "detector, segment, result",
     "Tasks done with that result in which the detector had a part, of this instance's shards; the "
     "segment is empty for all clients, and segments by client or manager are left out",
     write_results, NULL, 0},
    {0},
};
