/* churnwatchctl ingest: lines of NDJSON into the bus, keyed as the contract says, each into the
 * topic of its kind.
 *
 * Nothing is checked but what is needed to send a line: a line that breaks the contract goes on its
 * way, for the daemon to refuse. One thread.
 */
#include <string.h>

#include "bus/logs.h"
#include "ctl/command.h"
#include "ctl/lines.h"
#include "ctl/members.h"
#include "ctl/progress.h"

#define COMPLAINTS_MOST 10

struct ingest {
    const struct cw_ctl *ctl;
    const char *topic, *key; /* of --topic and --key; NULL when not given */
    struct cw_lines *lines;
    struct cw_logs *logs;
    struct cw_progress progress;
    struct cw_buf key_text, type_text;
    struct cw_errbuf eb;
    uint64_t sent, unsent;
};

struct addressed {
    const char *topic; /* NULL: not known */
    struct cw_str key; /* absent: none */
};

/* ---- where a line goes ---- */

static const char *event_topic(struct ingest *in, struct cw_str line)
{
    const struct cw_settings *s = in->ctl->settings;
    bool billing = cw_type_is_billing(cw_member_text(line, "type", &in->type_text));
    return billing ? s->topic_billing : s->topic_service;
}

static const char *profile_topic(struct ingest *in, struct cw_str line)
{
    (void)line;
    return in->ctl->settings->topic_profiles;
}

static const char *manager_topic(struct ingest *in, struct cw_str line)
{
    (void)line;
    return in->ctl->settings->topic_managers;
}

/* The first row whose member the line has; broken events are told by their subject. */
static const struct {
    const char *member, *key;
    const char *(*topic)(struct ingest *in, struct cw_str line);
} kinds[] = {
    {"specversion", "subject", event_topic},
    {"subject", "subject", event_topic},
    {"manager_id", "manager_id", manager_topic},
    {"client_id", "client_id", profile_topic},
};

static struct addressed address(struct ingest *in, struct cw_str line)
{
    struct addressed a = {.topic = in->topic};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!cw_member_has(line, kinds[i].member))
            continue;
        a.key = cw_member_text(line, kinds[i].key, &in->key_text);
        if (!a.topic)
            a.topic = kinds[i].topic(in, line);
        break;
    }
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
    struct addressed a = address(in, line);
    if (!a.topic) {
        leave_out(in, "neither an event, a profile nor a manager; --topic sends it all the same");
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
    else
        (void)fprintf(stderr, "%llu messages sent in %.1f s (%.0f/s), %llu lines left out\n",
                      (unsigned long long)in->sent, seconds,
                      seconds > 0 ? (double)in->sent / seconds : 0, (unsigned long long)in->unsent);
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
        code = cw_ctl_fail(err == -CW_E_IO ? CW_EXIT_UNREACHABLE : CW_EXIT_WRONG, "%s", in.eb.text);
    else
        code = run(&in);
    cw_logs_close(in.logs);
    cw_lines_close(in.lines);
    cw_buf_free(&in.key_text);
    cw_buf_free(&in.type_text);
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
    .help = "send events, profiles or managers, as NDJSON, into Kafka",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run_command,
};
