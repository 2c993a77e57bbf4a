/* churnwatchctl sim: a county from a seed, as files in a directory, as messages, or both. One
 * thread.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/progress.h"
#include "ctl/sim/sim_day.h"
#include "ctl/sim/sim_files.h"
#include "ctl/sim/sim_sink.h"
#include "ctl/words.h"

struct run {
    const struct cw_ctl *ctl;
    struct cw_sim_sink sink;
    struct cw_sim_world world;
    struct cw_progress progress;
    uint64_t events;
    struct cw_errbuf eb;
};

static cw_day yesterday(const struct cw_zone *zone)
{
    struct timespec wall;
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    return cw_zone_day(zone, (int64_t)wall.tv_sec * CW_SECOND) - 1;
}

static int take_options(struct run *r)
{
    const struct cw_args *a = r->ctl->args;
    struct cw_sim_world *w = &r->world;
    const char *start = cw_args_text(a, "start");
    r->sink = (struct cw_sim_sink){.settings = r->ctl->settings,
                                   .directory = cw_args_text(a, "out"),
                                   .rate = (double)cw_args_count(a, "rate", 0)};
    if (!r->sink.directory && !cw_args_flag(a, "send"))
        return cw_fail(&r->eb, CW_E_INVALID, "sim wants --out DIR, --send, or both");
    if (r->sink.rate > 0 && !cw_args_flag(a, "send"))
        return cw_fail(&r->eb, CW_E_INVALID, "--rate goes with --send");
    w->seed = (uint64_t)cw_args_count(a, "seed", 1);
    w->n_clients = (uint32_t)cw_args_count(a, "clients", 300);
    w->days = (int32_t)cw_args_count(a, "days", 60);
    w->first = yesterday(r->ctl->settings->zone) - w->days + 1;
    if (start && cw_parse_date((struct cw_str){start, strlen(start)}, &w->first) != 0)
        return cw_fail(&r->eb, CW_E_INVALID, "\"%s\" is no date (YYYY-MM-DD)", start);
    return 0;
}

/* Every day is written before the next one begins, so that a county of any length fits. */
static int write_events(struct run *r, FILE *out)
{
    struct cw_sim_world *w = &r->world;
    struct cw_sim_day d = {.zone = r->ctl->settings->zone};
    int err = 0;
    cw_progress_begin(&r->progress, "days");
    for (int32_t i = 0; !err && i < w->days; i++) {
        cw_sim_day_begin(&d, w->first + i, w->seed);
        for (uint32_t c = 0; c < w->n_clients; c++)
            cw_sim_live(&d, &w->clients[c]);
        err = cw_sim_day_write(&d, out);
        if (cw_progress_due(&r->progress))
            cw_progress_show(&r->progress, (double)(i + 1) / w->days);
    }
    cw_progress_end(&r->progress);
    r->events = d.serial;
    cw_sim_day_free(&d);
    return err;
}

/* The events last: the days change the world that the others tell of. */
static const struct part {
    const char *name;
    cw_sim_write *write; /* NULL for the events, which are the days' own */
    bool sent;
} parts[] = {
    {"managers.ndjson", cw_sim_write_managers, true},
    {"profiles.ndjson", cw_sim_write_profiles, true},
    {"truth.json", cw_sim_write_truth, false},
    {"sim.conf", cw_sim_write_conf, false},
    {"events.ndjson", NULL, true},
};

static int make_part(struct run *r, const struct part *p)
{
    FILE *f = cw_sim_sink_open(&r->sink, p->name, p->sent, &r->eb);
    if (!f)
        return -CW_E_IO;
    struct cw_sim_source from = {&r->world, r->ctl->settings};
    int err = p->write ? p->write(&from, f) : write_events(r, f);
    int closed = cw_sim_sink_close(&r->sink, f, &r->eb);
    return err ? err : closed;
}

static int make_parts(struct run *r)
{
    int err = 0;
    if (r->sink.directory && mkdir(r->sink.directory, 0777) != 0 && errno != EEXIST)
        return cw_fail(&r->eb, CW_E_IO, "%s: %s", r->sink.directory, strerror(errno));
    for (size_t i = 0; !err && i < sizeof parts / sizeof *parts; i++)
        err = make_part(r, &parts[i]);
    return err;
}

static enum cw_exit make(struct run *r)
{
    int err = cw_sim_world_make(&r->world);
    if (!err)
        err = make_parts(r);
    cw_sim_world_free(&r->world);
    if (!err)
        return CW_EXIT_DONE;
    return cw_ctl_fail(CW_EXIT_WRONG, "%s", r->eb.text[0] ? r->eb.text : cw_strerror(err));
}

static void print_summary(const struct run *r, FILE *out)
{
    double seconds = cw_progress_seconds(&r->progress);
    cw_word_print(out, r->ctl->settings, CW_WORD_simulated, "%" PRIu64 "\t%u\t%u\t%.1f\t%.0f",
                  r->events, r->world.n_clients, r->world.n_managers, seconds,
                  seconds > 0 ? (double)r->events / seconds : 0);
    (void)fputc('\n', out);
}

static void print_summary_json(const struct run *r, FILE *out)
{
    (void)fprintf(out, "{\"events\":%" PRIu64 ",\"clients\":%u,\"managers\":%u,\"seconds\":%.3f}\n",
                  r->events, r->world.n_clients, r->world.n_managers,
                  cw_progress_seconds(&r->progress));
}

static enum cw_exit run_command(const struct cw_ctl *ctl)
{
    struct run r = {.ctl = ctl};
    struct cw_logs *logs = NULL;
    if (take_options(&r))
        return cw_ctl_misused(ctl, "%s", r.eb.text);
    int err = cw_args_flag(ctl->args, "send") ? cw_logs_open(ctl->settings, &logs, &r.eb) : 0;
    if (err)
        return cw_ctl_failed(err, &r.eb);
    r.sink.logs = logs;
    enum cw_exit code = make(&r);
    cw_sim_sink_free(&r.sink);
    cw_logs_close(logs);
    if (!code)
        (ctl->json ? print_summary_json : print_summary)(&r, stderr);
    return code;
}

static const struct cw_option options[] = {
    {.name = "out",
     .value = "DIR",
     .kind = CW_OPTION_TEXT,
     .help = "where events.ndjson, profiles.ndjson, managers.ndjson, truth.json and sim.conf go"},
    {.name = "send",
     .kind = CW_OPTION_FLAG,
     .help = "send managers, profiles and events into the bus, one after the other"},
    {.name = "rate",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = 10000000,
     .help = "with --send: at most N messages a second (default: as fast as they are taken)"},
    {.name = "seed",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 0,
     .most = INT64_MAX,
     .help = "another seed, another county; the same, to the byte the same (default 1)"},
    {.name = "clients",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 60,
     .most = 1000000,
     .help = "groups and individuals, one group of 520 phones among them (default 300)"},
    {.name = "days",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = 3660,
     .help = "days of events; signs of leaving begin after 32 (default 60)"},
    {.name = "start",
     .value = "DATE",
     .kind = CW_OPTION_TEXT,
     .help = "the first day (default: such that the last one is yesterday)"},
    {0},
};

const struct cw_command cw_command_sim = {
    .name = "sim",
    .operands = "",
    .help = "make a county of clients, with known leavers, as files or into the bus",
    .options = options,
    .needs_settings = true,
    .run = run_command,
};
