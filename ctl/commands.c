/* The table of commands. See command.h. */
#include "ctl/command.h"

#include <string.h>

static const struct cw_option replay_options[] = {
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
    {.name = "tasks",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .required = true,
     .help = "where the task versions go as NDJSON; - for stdout"},
    {.name = "partitions",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = 10000,
     .help = "shards the clients are spread over, as a cluster of N partitions does (default 1)"},
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

static const struct cw_option ingest_options[] = {
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

static const struct cw_option tasks_options[] = {
    {.name = "limit",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = 1000000,
     .help = "the first N tasks (default 20)"},
    {0},
};

static const struct cw_option feed_options[] = {
    {.name = "follow", .kind = CW_OPTION_FLAG, .help = "go on with what happens, until Ctrl-C"},
    {.name = "since",
     .value = "ID",
     .kind = CW_OPTION_TEXT,
     .help = "only entries after this one (--json shows their ids)"},
    {0},
};

const struct cw_command cw_commands[] = {
    {.name = "replay",
     .operands = "",
     .help = "judge files of events with no server: task versions as NDJSON",
     .options = replay_options,
     .needs_settings = true,
     .run = cw_ctl_replay},
    {.name = "ingest",
     .operands = "FILE",
     .help = "send events, profiles or managers, as NDJSON, into Kafka",
     .options = ingest_options,
     .least = 1,
     .most = 1,
     .needs_settings = true,
     .run = cw_ctl_ingest},
    {.name = "tasks",
     .operands = "MANAGER",
     .help = "a manager's queue, first things first",
     .options = tasks_options,
     .least = 1,
     .most = 1,
     .needs_settings = true,
     .run = cw_ctl_tasks},
    {.name = "task",
     .operands = "ID",
     .help = "one task: evidence, where its priority comes from, history",
     .least = 1,
     .most = 1,
     .needs_settings = true,
     .run = cw_ctl_task},
    {.name = "feed",
     .operands = "MANAGER",
     .help = "a manager's alert feed",
     .options = feed_options,
     .least = 1,
     .most = 1,
     .needs_settings = true,
     .run = cw_ctl_feed},
    {.name = "status",
     .operands = "",
     .help = "shards, clocks and lag of every instance; what Redis holds",
     .needs_settings = true,
     .run = cw_ctl_status},
    {.name = "settings",
     .operands = "sample|reference",
     .help = "the sample configuration file, or the reference page of all settings",
     .least = 1,
     .most = 1,
     .run = cw_ctl_settings},
    {.name = "help",
     .operands = "[COMMAND]",
     .help = "the commands, or one of them with its options",
     .most = 1,
     .run = cw_ctl_help},
    {0},
};

const struct cw_command *cw_command_find(const char *name)
{
    for (const struct cw_command *c = cw_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}
