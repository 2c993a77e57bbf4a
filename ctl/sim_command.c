/* churnwatchctl sim: a county from a seed, as files in a directory. One thread. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/progress.h"
#include "ctl/sim_day.h"
#include "ctl/sim_files.h"

struct run {
    const struct cw_ctl *ctl;
    const char *directory;
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
    r->directory = cw_args_text(a, "out");
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

static int close_file(struct run *r, FILE *f, const char *path)
{
    bool bad = ferror(f) != 0;
    bad |= fclose(f) != 0;
    return bad ? cw_fail(&r->eb, CW_E_IO, "%s: cannot be written: %s", path, strerror(errno)) : 0;
}

/* write is NULL for the events, which are the days' own. */
static int make_file(struct run *r, const char *name, cw_sim_write *write)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", r->directory, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return cw_fail(&r->eb, CW_E_INVALID, "%s: too long a name", r->directory);
    FILE *f = fopen(path, "we");
    if (!f)
        return cw_fail(&r->eb, CW_E_IO, "%s: %s", path, strerror(errno));
    (void)setvbuf(f, NULL, _IOFBF, 1 << 20);
    struct cw_sim_source from = {&r->world, r->ctl->settings};
    int err = write ? write(&from, f) : write_events(r, f);
    int closed = close_file(r, f, path);
    return err ? err : closed;
}

/* The events last: the days change the world that the others tell of. */
static int make_files(struct run *r)
{
    static const struct {
        const char *name;
        cw_sim_write *write;
    } files[] = {
        {"managers.ndjson", cw_sim_write_managers},
        {"profiles.ndjson", cw_sim_write_profiles},
        {"truth.json", cw_sim_write_truth},
        {"sim.conf", cw_sim_write_conf},
        {"events.ndjson", NULL},
    };
    int err = 0;
    if (mkdir(r->directory, 0777) != 0 && errno != EEXIST)
        return cw_fail(&r->eb, CW_E_IO, "%s: %s", r->directory, strerror(errno));
    for (size_t i = 0; !err && i < sizeof files / sizeof *files; i++)
        err = make_file(r, files[i].name, files[i].write);
    return err;
}

static void print_summary(const struct run *r, FILE *out)
{
    double seconds = cw_progress_seconds(&r->progress);
    (void)fprintf(out, "%" PRIu64 " events of %u clients and %u managers in %.1f s (%.0f/s)\n",
                  r->events, r->world.n_clients, r->world.n_managers, seconds,
                  seconds > 0 ? (double)r->events / seconds : 0);
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
    if (take_options(&r))
        return cw_ctl_misused(ctl, "%s", r.eb.text);
    int err = cw_sim_world_make(&r.world);
    if (!err)
        err = make_files(&r);
    cw_sim_world_free(&r.world);
    if (err)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", r.eb.text[0] ? r.eb.text : cw_strerror(err));
    (ctl->json ? print_summary_json : print_summary)(&r, stderr);
    return CW_EXIT_DONE;
}

static const struct cw_option options[] = {
    {.name = "out",
     .value = "DIR",
     .kind = CW_OPTION_TEXT,
     .required = true,
     .help = "where events.ndjson, profiles.ndjson, managers.ndjson, truth.json and sim.conf go"},
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
    .help = "make a county of clients, with known leavers, as files for replay and ingest",
    .options = options,
    .needs_settings = true,
    .run = run_command,
};
