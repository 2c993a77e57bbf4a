/* churnwatchctl doctor: whether state, positions and outbox are of one piece, and what mends them.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor/doctor.h"

static enum cw_exit look_and_judge(struct cw_doctor *d)
{
    int err = cw_logs_open(d->settings, &d->logs, &d->eb);
    if (!err)
        err = cw_doctor_look(d);
    if (err)
        return cw_ctl_failed(err, &d->eb);
    cw_doctor_judge(d);
    return CW_EXIT_DONE;
}

static enum cw_exit verdict(const struct cw_doctor *d)
{
    return d->wrong ? cw_ctl_exit_of(d->status.redis_err) : CW_EXIT_DONE;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    bool repair = cw_args_flag(ctl->args, "repair");
    if (repair && ctl->json)
        return cw_ctl_misused(ctl, "--json does not go with --repair");
    if (!repair && (cw_args_flag(ctl->args, "anew") || cw_args_text(ctl->args, "from")))
        return cw_ctl_misused(ctl, "--anew and --from go with --repair");
    struct cw_doctor d = {.ctl = ctl, .settings = ctl->settings, .findings = json_array()};
    d.only = (int32_t)cw_args_count(ctl->args, "shard", CW_DOCTOR_ALL);
    if (cw_status_new(ctl, &d.status) != 0 || !d.findings)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_strerror(-CW_E_NOMEM));
    enum cw_exit code = look_and_judge(&d);
    if (!code && ctl->json)
        cw_doctor_print_json(&d);
    else if (!code)
        cw_doctor_print(&d);
    if (!code)
        code = repair ? cw_doctor_repair(&d) : verdict(&d);
    cw_logs_close(d.logs);
    cw_status_free(&d.status);
    json_decref(d.findings);
    free(d.shards);
    return code;
}

static const struct cw_option options[] = {
    {.name = "shard",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 0,
     .most = CW_BOARD_SHARDS_MOST - 1,
     .help = "this shard only"},
    {.name = "repair",
     .kind = CW_OPTION_FLAG,
     .help = "show what would mend the shards that stand still, and order it once it is confirmed"},
    {.name = "yes", .kind = CW_OPTION_FLAG, .help = "it is confirmed"},
    {.name = "anew",
     .kind = CW_OPTION_FLAG,
     .help = "begin without any state, also where it could be kept"},
    {.name = "from",
     .value = "WHERE",
     .kind = CW_OPTION_TEXT,
     .help = "where a shard without state begins: committed (the default), beginning, or a time of "
             "writing"},
    {0},
};

const struct cw_command cw_command_doctor = {
    .name = "doctor",
    .operands = "",
    .help = "state, positions and outbox of each shard, and what mends them; exit 1 when something "
            "is wrong",
    .options = options,
    .needs_settings = true,
    .run = run,
};
