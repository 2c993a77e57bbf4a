/* Were the detectors right: what managers said of the tasks they had a part in. */
#include "daemon/metrics_row.h"

static void write_results(const struct cw_metric *m, const struct cw_metrics_view *v,
                          struct cw_buf *b)
{
    for (size_t i = 0; v->accuracy && i < v->accuracy->n; i++) {
        const struct cw_accuracy_row *row = &v->accuracy->rows[i];
        for (int k = 0; k < CW_RESULTS; k++) {
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
     "segment is empty for all clients",
     write_results, NULL, 0},
    {0},
};
