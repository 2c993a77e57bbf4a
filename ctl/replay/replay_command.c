/* churnwatchctl replay: files in, task versions out, a summary on standard error. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board/board.h"
#include "ctl/command.h"
#include "ctl/lines/files.h"
#include "ctl/progress.h"
#include "ctl/replay/replay_pool.h"
#include "ctl/words.h"

struct run {
    const struct cw_ctl *ctl;
    struct cw_replay *replay;
    struct cw_replay_pool *pool; /* NULL: line by line */
    struct cw_progress progress;
    FILE *tasks, *dead, *risks; /* the latter two: NULL when nobody asked */
    struct cw_files outcomes;
    struct cw_buf line;
    struct cw_errbuf eb;
};

/* ---- what comes out ---- */

/* Failed writes are found when the files are closed. */
static void write_task(void *arg, struct cw_str json)
{
    struct run *r = arg;
    (void)fwrite(json.p, 1, json.n, r->tasks);
    (void)putc('\n', r->tasks);
}

static void write_refused(void *arg, struct cw_str line)
{
    struct run *r = arg;
    if (r->dead)
        (void)fwrite(line.p, 1, line.n, r->dead);
}

static void on_task(void *arg, const struct cw_task_version *v)
{
    write_task(arg, v->json);
}

static void on_refused(void *arg, const struct cw_refused *refused)
{
    struct run *r = arg;
    cw_buf_clear(&r->line);
    cw_refused_json(&r->line, refused);
    write_refused(r, (struct cw_str){r->line.p, r->line.n});
}

static void write_risk(void *arg, struct cw_str json)
{
    struct run *r = arg;
    (void)fwrite(json.p, 1, json.n, r->risks);
    (void)putc('\n', r->risks);
}

static void on_risk(void *arg, const struct cw_client_risk *risk)
{
    struct run *r = arg;
    cw_buf_clear(&r->line);
    cw_client_risk_json(&r->line, r->ctl->settings->zone, risk);
    write_risk(r, (struct cw_str){r->line.p, r->line.n});
}

static FILE *create(struct run *r, const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (!f)
        (void)cw_fail(&r->eb, CW_E_IO, "%s: %s", path, strerror(errno));
    else
        (void)setvbuf(f, NULL, _IOFBF, 1 << 20);
    return f;
}

static int open_outputs(struct run *r)
{
    const struct {
        const char *option;
        FILE **file;
    } outputs[] = {{"tasks", &r->tasks}, {"risks", &r->risks}, {"dead-letters", &r->dead}};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        const char *path = cw_args_text(r->ctl->args, outputs[i].option);
        if (path && !(*outputs[i].file = create(r, path)))
            return -CW_E_IO;
    }
    return 0;
}

static int close_output(struct run *r, FILE *f, const char *option)
{
    if (!f)
        return 0;
    bool bad = ferror(f) != 0;
    bad |= (f == stdout ? fflush(f) : fclose(f)) != 0;
    if (!bad)
        return 0;
    return cw_fail(&r->eb, CW_E_IO, "%s: cannot be written: %s", cw_args_text(r->ctl->args, option),
                   strerror(errno));
}

static int close_outputs(struct run *r)
{
    int err = close_output(r, r->dead, "dead-letters");
    int of_risks = close_output(r, r->risks, "risks");
    int of_tasks = close_output(r, r->tasks, "tasks");
    r->dead = r->risks = r->tasks = NULL;
    return err ? err : of_risks ? of_risks : of_tasks;
}

/* ---- what goes in ---- */

/* Managers are everybody's: they are taken in before there is anything to share out. */
static int take_line(struct run *r, enum cw_replay_kind kind, struct cw_str line)
{
    if (r->pool && kind != CW_REPLAY_MANAGERS)
        return cw_replay_pool_line(r->pool, kind, line);
    return cw_replay_line(r->replay, kind, line);
}

static int read_file(struct run *r, enum cw_replay_kind kind, const char *path)
{
    struct cw_lines *lines;
    struct cw_str line;
    int err = cw_lines_open(path, &lines, &r->eb);
    if (err)
        return err;
    while ((err = cw_lines_next(lines, &line, &r->eb)) > 0) {
        err = take_line(r, kind, line);
        if (err)
            break;
        if (cw_progress_due(&r->progress))
            cw_progress_show(&r->progress, cw_lines_share(lines));
    }
    cw_lines_close(lines);
    return err;
}

static int read_files(struct run *r, enum cw_replay_kind kind, const char *option)
{
    struct cw_list files;
    int err = cw_args_list(r->ctl->args, option, &files);
    if (err)
        return err;
    cw_progress_begin(&r->progress, option);
    for (size_t i = 0; !err && i < files.n; i++)
        err = read_file(r, kind, files.items[i]);
    cw_progress_end(&r->progress);
    free(files.items);
    return err;
}

/* Outcomes are read beside the events, whose order they follow. */
static int open_outcomes(struct run *r)
{
    struct cw_replay_source from = {cw_files_next, &r->outcomes};
    int err = cw_files_of(&r->outcomes, r->ctl->args, "outcomes", &r->eb);
    return err ? err : cw_replay_outcomes(r->replay, &from);
}

static int read_all(struct run *r)
{
    cw_event_time until;
    const char *text = cw_args_text(r->ctl->args, "until");
    int err = read_files(r, CW_REPLAY_MANAGERS, "managers");
    if (!err)
        err = read_files(r, CW_REPLAY_PROFILES, "profiles");
    if (!err)
        err = open_outcomes(r);
    if (!err)
        err = read_files(r, CW_REPLAY_EVENTS, "events");
    if (!err)
        err = r->pool ? cw_replay_pool_flush(r->pool) : cw_replay_rest(r->replay);
    if (!err && text && cw_args_instant(text, r->ctl->settings->zone, &until) == 0)
        err = cw_replay_until(r->replay, until);
    return err;
}

/* ---- the summary ---- */

static void print_refused(const struct run *r, const struct cw_replay_totals *t, FILE *out)
{
    const char *before = cw_word(r->ctl->settings, CW_WORD_colon);
    for (int c = 0; c < CW_REJECT_COUNT; c++) {
        if (!t->refused_by_code[c])
            continue;
        (void)fprintf(out, "%s%" PRIu64 " %s", before, t->refused_by_code[c],
                      cw_reject_code_name((enum cw_reject_code)c));
        before = cw_word(r->ctl->settings, CW_WORD_comma);
    }
}

static void print_summary(const struct run *r, FILE *out)
{
    const struct cw_replay_totals *t = cw_replay_totals(r->replay);
    struct cw_shard_counters c = cw_replay_counters(r->replay);
    double seconds = cw_progress_seconds(&r->progress);
    size_t clients = cw_replay_clients(r->replay);
    uint64_t events = t->lines[CW_REPLAY_EVENTS];
    const struct cw_settings *s = r->ctl->settings;
    cw_word_print(out, s, CW_WORD_replay_speed, "%" PRIu64 "\t%.1f\t%.0f\t%zu\t%zu", events,
                  seconds, seconds > 0 ? (double)events / seconds : 0, clients,
                  clients ? cw_replay_bytes(r->replay) / clients : 0);
    (void)fputc('\n', out);
    cw_word_print(out, s, CW_WORD_replay_tasks,
                  "%" PRIu64 "\t%" PRIu64 "\t%zu\t%" PRIu64 "\t%" PRIu64, c.tasks_opened,
                  c.tasks_ended, cw_replay_open_tasks(r->replay), c.versions, c.signals);
    (void)fputc('\n', out);
    if (t->lines[CW_REPLAY_OUTCOMES]) {
        cw_word_print(out, s, CW_WORD_replay_outcomes, "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64,
                      c.outcomes, c.outcomes_stale, c.signals_settled);
        (void)fputc('\n', out);
    }
    cw_word_print(out, s, CW_WORD_replay_left, "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64,
                  c.repeats, c.late, t->unknown_types, t->refused);
    print_refused(r, t, out);
    (void)fputc('\n', out);
}

static void print_summary_json(const struct run *r, FILE *out)
{
    const struct cw_replay_totals *t = cw_replay_totals(r->replay);
    struct cw_shard_counters c = cw_replay_counters(r->replay);
    (void)fprintf(out,
                  "{\"events\":%" PRIu64 ",\"seconds\":%.3f,\"clients\":%zu,\"bytes\":%zu,"
                  "\"open_tasks\":%zu,\"unknown_types\":%" PRIu64 ",\"dead_letters\":%" PRIu64,
                  t->lines[CW_REPLAY_EVENTS], cw_progress_seconds(&r->progress),
                  cw_replay_clients(r->replay), cw_replay_bytes(r->replay),
                  cw_replay_open_tasks(r->replay), t->unknown_types, t->refused);
#define X(name, text) (void)fprintf(out, ",\"" #name "\":%" PRIu64, c.name);
    CW_SHARD_COUNTERS(X)
#undef X
    (void)fputs(",\"signals_by_detector\":{", out);
    for (int d = 0; d < CW_DETECTORS; d++)
        (void)fprintf(out, "%s\"%s\":%" PRIu64, d ? "," : "", cw_detectors[d]->name,
                      c.by_detector[d]);
    (void)fputs("}}\n", out);
}

/* ---- the command ---- */

static cw_wall_time now_of(const struct cw_ctl *ctl)
{
    cw_event_time t;
    const char *text = cw_args_text(ctl->args, "now");
    if (text && cw_args_instant(text, ctl->settings->zone, &t) == 0)
        return t;
    struct timespec wall;
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    return (int64_t)wall.tv_sec * CW_SECOND + wall.tv_nsec / 1000;
}

/* No more than there are partitions to share out. */
static int64_t threads_of(const struct run *r, int64_t partitions)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t threads = cw_args_count(r->ctl->args, "threads", cores > 0 ? cores : 1);
    return threads < partitions ? threads : partitions;
}

/* Outcomes stand among the events of all, each in its place. */
static int share_out(struct run *r, int64_t partitions)
{
    struct cw_replay_out out = {write_task, write_refused, r->risks ? write_risk : NULL, r};
    if (cw_args_text(r->ctl->args, "outcomes"))
        return 0;
    r->pool = cw_replay_pool_new(r->replay, (unsigned)threads_of(r, partitions), &out);
    return r->pool ? 0 : -CW_E_NOMEM;
}

static int replay(struct run *r)
{
    int64_t partitions = cw_args_count(r->ctl->args, "partitions", 1);
    int err = open_outputs(r);
    if (err)
        return err;
    struct cw_replay_sinks sinks = {on_task, on_refused, r->risks ? on_risk : NULL, r};
    r->replay = cw_replay_new(r->ctl->settings, (int32_t)partitions, now_of(r->ctl), &sinks);
    err = r->replay ? share_out(r, partitions) : -CW_E_NOMEM;
    err = err ? err : read_all(r);
    cw_replay_pool_free(r->pool);
    return err;
}

static enum cw_exit run_command(const struct cw_ctl *ctl)
{
    struct run r = {.ctl = ctl};
    int err = replay(&r);
    cw_files_close(&r.outcomes);
    int closed = close_outputs(&r);
    enum cw_exit code = CW_EXIT_DONE;
    if (err || closed)
        code = cw_ctl_fail(CW_EXIT_WRONG, "%s",
                           r.eb.text[0] ? r.eb.text : cw_strerror(err ? err : closed));
    else
        (ctl->json ? print_summary_json : print_summary)(&r, stderr);
    if (!code && cw_replay_totals(r.replay)->refused && !cw_args_text(ctl->args, "dead-letters"))
        code = cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_word(ctl->settings, CW_WORD_replay_refused));
    cw_replay_free(r.replay);
    cw_buf_free(&r.line);
    return code;
}

static const struct cw_option options[] = {
    {.name = "events",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .required = true,
     .help = "events as NDJSON, in the order to be judged; plain, .gz or .zst, - for stdin"},
    {.name = "profiles",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .help = "client profiles, all taken in before the first event"},
    {.name = "managers",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .help = "account managers, all taken in before the first profile"},
    {.name = "outcomes",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .help = "what managers did, by `at`: each is taken in after the events of its time and before "
             "later ones"},
    {.name = "tasks",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .required = true,
     .help = "where the task versions go as NDJSON; - for stdout"},
    {.name = "risks",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "where each client's risk goes as NDJSON, task or none, whenever a day of its "
             "partition has closed"},
    {.name = "partitions",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = CW_BOARD_SHARDS_MOST,
     .help = "shards the clients are spread over, as a cluster of N partitions does (default 1)"},
    {.name = "threads",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = 256,
     .help = "threads the partitions are shared out to; what comes out is the same (default: one a "
             "processor; with --outcomes one)"},
    {.name = "until",
     .value = "TIME",
     .kind = CW_OPTION_TIME,
     .help = "move every shard's clock to TIME at the end; else the last day stays open"},
    {.name = "now",
     .value = "TIME",
     .kind = CW_OPTION_TIME,
     .help = "events later than TIME plus time.max_clock_skew are refused (default: the wall "
             "clock)"},
    {.name = "dead-letters",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "where refused lines go, with the reason; without it they make the exit status 1"},
    {0},
};

const struct cw_command cw_command_replay = {
    .name = "replay",
    .operands = "",
    .help = "judge files of events with no server: task versions as NDJSON",
    .options = options,
    .needs_settings = true,
    .run = run_command,
};
