/* churnwatchctl ingest: lines of NDJSON into the bus, each under its key into the topic of its
 * kind.
 *
 * One thread.
 */
#include <string.h>

#include "bus/logs.h"
#include "ctl/command.h"
#include "ctl/lines/address.h"
#include "ctl/lines/lines.h"
#include "ctl/progress.h"
#include "ctl/words.h"

#define COMPLAINTS_MOST 10

struct ingest {
    const struct cw_ctl *ctl;
    const char *topic, *key; /* of --topic and --key; NULL when not given */
    struct cw_lines *lines;
    struct cw_logs *logs;
    struct cw_progress progress;
    struct cw_address_room room;
    struct cw_errbuf eb;
    uint64_t sent, unsent;
};

/* The options' topic and key stand above and behind what the line says. */
static struct cw_address address(struct ingest *in, struct cw_str line)
{
    struct cw_address a = cw_address_of(in->ctl->settings, line, &in->room);
    if (in->topic)
        a.topic = in->topic;
    if (!a.key.p && in->key)
        a.key = (struct cw_str){in->key, strlen(in->key)};
    return a;
}

/* ---- sending ---- */

/* The line stays behind; the others go on. */
static void leave_out(struct ingest *in, const char *why)
{
    if (++in->unsent <= COMPLAINTS_MOST)
        (void)cw_ctl_fail(CW_EXIT_WRONG, "%s:%llu: not sent: %s", cw_lines_name(in->lines),
                          (unsigned long long)cw_lines_number(in->lines), why);
}

static int send_line(struct ingest *in, struct cw_str line)
{
    struct cw_address a = address(in, line);
    if (!a.topic) {
        leave_out(
            in,
            "neither an event, an outcome, a profile nor a manager; --topic sends it all the same");
        return 0;
    }
    if (!a.key.p) {
        leave_out(in, "it has no subject, client_id or manager_id; --key gives it a key");
        return 0;
    }
    in->sent++;
    const struct cw_logs_record record = {
        .topic = a.topic, .partition = -1, .key = a.key, .value = line};
    return in->logs->ops->append(in->logs, &record, &in->eb);
}

static int send_all(struct ingest *in)
{
    struct cw_str line;
    int err;
    cw_progress_begin(&in->progress, "lines");
    while ((err = cw_lines_next(in->lines, &line, &in->eb)) > 0) {
        err = send_line(in, line);
        if (err)
            break;
        if (cw_progress_due(&in->progress))
            cw_progress_show(&in->progress, cw_lines_share(in->lines));
    }
    return err;
}

static void print_summary(const struct ingest *in)
{
    double seconds = cw_progress_seconds(&in->progress);
    if (in->ctl->json)
        (void)fprintf(stderr, "{\"sent\":%llu,\"unsent\":%llu,\"seconds\":%.3f}\n",
                      (unsigned long long)in->sent, (unsigned long long)in->unsent, seconds);
    else {
        cw_word_print(stderr, in->ctl->settings, CW_WORD_ingested, "%llu\t%.1f\t%.0f\t%llu",
                      (unsigned long long)in->sent, seconds,
                      seconds > 0 ? (double)in->sent / seconds : 0, (unsigned long long)in->unsent);
        (void)fputc('\n', stderr);
    }
}

static enum cw_exit run(struct ingest *in)
{
    int read = send_all(in);
    /* What was appended before a file broke is sent nevertheless. */
    struct cw_errbuf eb = in->eb;
    int flushed = in->logs->ops->flush(in->logs, &eb);
    cw_progress_end(&in->progress);
    if (flushed)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", eb.text);
    print_summary(in);
    if (read)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", in->eb.text[0] ? in->eb.text : cw_strerror(read));
    return in->unsent ? CW_EXIT_WRONG : CW_EXIT_DONE;
}

static enum cw_exit run_command(const struct cw_ctl *ctl)
{
    struct ingest in = {.ctl = ctl,
                        .topic = cw_args_text(ctl->args, "topic"),
                        .key = cw_args_text(ctl->args, "key")};
    if (cw_lines_open(cw_args_operand(ctl->args, 0), &in.lines, &in.eb) != 0)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", in.eb.text);
    enum cw_exit code = CW_EXIT_DONE;
    int err = cw_logs_open(ctl->settings, &in.logs, &in.eb);
    if (err)
        code = cw_ctl_failed(err, &in.eb);
    else
        code = run(&in);
    cw_logs_close(in.logs);
    cw_lines_close(in.lines);
    cw_address_room_free(&in.room);
    return code;
}

static const struct cw_option options[] = {
    {.name = "topic",
     .value = "TOPIC",
     .kind = CW_OPTION_TEXT,
     .help = "send every line there (default: by kind, as the contract says)"},
    {.name = "key",
     .value = "KEY",
     .kind = CW_OPTION_TEXT,
     .help = "key of lines that have none; without it they are left out"},
    {0},
};

const struct cw_command cw_command_ingest = {
    .name = "ingest",
    .operands = "FILE",
    .help = "send events, profiles, managers or outcomes, as NDJSON, into the bus",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run_command,
};
