/* The process and its settings. The names without our prefix are those that every Prometheus
 * client library uses. */
#include "daemon/metrics_row.h"

static void write_build(const struct cw_metric *m, const struct cw_metrics_view *v,
                        struct cw_buf *b)
{
    (void)v;
    cw_sample_begin(b, m, "");
    cw_sample_label(b, "version", CW_VERSION);
    cw_sample_count(b, 1);
}

/* No sample of what the system does not say. */
static void write_value(const struct cw_metric *m, const struct cw_metrics_view *v,
                        struct cw_buf *b)
{
    double value = m->value(v);
    if (value < 0)
        return;
    cw_sample_begin(b, m, "");
    cw_sample_real(b, value);
}

/* -1 where no calendar is configured. */
static double calendar_seconds(const struct cw_settings *s)
{
    cw_day end = s->workdays ? cw_calendar_end(s->workdays) : CW_NO_DAY;
    return end == CW_NO_DAY ? -1 : cw_metrics_seconds(cw_zone_midnight(s->zone, end));
}

#define VALUE(name, expression)                                                                    \
    static double name(const void *of)                                                             \
    {                                                                                              \
        const struct cw_metrics_view *v = of;                                                      \
        return (double)(expression);                                                               \
    }
VALUE(started, cw_metrics_seconds(v->started))
VALUE(is_ready, v->ready)
VALUE(settings_version, v->live_version)
VALUE(reload_ok, !v->reload->refused)
VALUE(reload_at, v->reload->at ? cw_metrics_seconds(v->reload->at) : -1)
VALUE(reload_waits, v->reload->waiting[0] != '\0')
VALUE(calendar_end, calendar_seconds(v->settings))
VALUE(log_suppressed, v->log_suppressed)
VALUE(cpu, v->process.cpu_seconds)
VALUE(resident, v->process.resident_bytes)
VALUE(virtual_memory, v->process.virtual_bytes)
VALUE(open_fds, v->process.open_fds)
VALUE(max_fds, v->process.max_fds)
#undef VALUE

const struct cw_metric cw_metrics_of_process[] = {
    {"churnwatch_build_info", CW_METRIC_GAUGE, "version", "1, with the version that is running",
     write_build, NULL, 0},
    {"churnwatch_ready", CW_METRIC_GAUGE, "", "1 when /readyz says yes", write_value, is_ready, 0},
    {"churnwatch_settings_version", CW_METRIC_GAUGE, "",
     "Version of the live settings in force on all engines, 0 for the file's", write_value,
     settings_version, 0},
    {"churnwatch_reload_successful", CW_METRIC_GAUGE, "",
     "0 when the last reload was refused and the former settings stayed in force", write_value,
     reload_ok, 0},
    {"churnwatch_reload_timestamp_seconds", CW_METRIC_GAUGE, "", "When the last reload was",
     write_value, reload_at, 0},
    {"churnwatch_reload_needs_restart", CW_METRIC_GAUGE, "",
     "1 when the last reload changed settings that take a restart", write_value, reload_waits, 0},
    {"churnwatch_calendar_end_timestamp_seconds", CW_METRIC_GAUGE, "",
     "The last day that a holiday calendar has told of; no sample without one", write_value,
     calendar_end, 0},
    {"churnwatch_log_suppressed_total", CW_METRIC_COUNTER, "",
     "Log lines held back because their place had said so ten times within ten seconds",
     write_value, log_suppressed, 0},
    {"process_start_time_seconds", CW_METRIC_GAUGE, "", "When the process started, since 1970",
     write_value, started, 0},
    {"process_cpu_seconds_total", CW_METRIC_COUNTER, "", "Processor time used", write_value, cpu,
     0},
    {"process_resident_memory_bytes", CW_METRIC_GAUGE, "", "Memory resident", write_value, resident,
     0},
    {"process_virtual_memory_bytes", CW_METRIC_GAUGE, "", "Address space", write_value,
     virtual_memory, 0},
    {"process_open_fds", CW_METRIC_GAUGE, "", "File descriptors open", write_value, open_fds, 0},
    {"process_max_fds", CW_METRIC_GAUGE, "", "File descriptors allowed", write_value, max_fds, 0},
    {0},
};
