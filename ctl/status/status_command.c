/* churnwatchctl status: how the installation stands, and status 1 where something is wrong, so that
 * scripts can ask. */
#include <stdlib.h>
#include <string.h>

#include "ctl/status/status.h"

static void print_json(struct cw_status *st)
{
    json_t *root = json_object();
    (void)json_object_set(root, "instances", st->instances);
    (void)json_object_set_new(root, "redis", st->redis ? json_incref(st->redis) : json_null());
    if (st->shards)
        (void)json_object_set(root, "shards", st->shards);
    (void)json_object_set(root, "problems", st->problems);
    char *text = json_dumps(root, JSON_COMPACT);
    if (text)
        (void)puts(text);
    free(text);
    json_decref(root);
}

/* Each on a line of standard error, where a script that only looks at the status finds them. */
static enum cw_exit complain(const struct cw_status *st)
{
    size_t i;
    json_t *problem;
    json_array_foreach(st->problems, i, problem)
    {
        (void)cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_status_text(problem, "text"));
    }
    if (json_array_size(st->problems) == 0)
        return CW_EXIT_DONE;
    bool away = cw_ctl_exit_of(st->redis_err) == CW_EXIT_UNREACHABLE ||
                cw_ctl_exit_of(st->bus_err) == CW_EXIT_UNREACHABLE;
    return away ? CW_EXIT_UNREACHABLE : CW_EXIT_WRONG;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct cw_status st;
    if (cw_status_new(ctl, &st) != 0)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_strerror(-CW_E_NOMEM));
    cw_status_ask_redis(&st);
    if (cw_args_flag(ctl->args, "bus") || !st.redis)
        cw_status_ask_bus(&st);
    cw_status_judge(&st);
    if (ctl->json)
        print_json(&st);
    else
        cw_status_print(&st);
    enum cw_exit code = complain(&st);
    cw_status_free(&st);
    return code;
}

static const struct cw_option options[] = {
    {.name = "bus",
     .kind = CW_OPTION_FLAG,
     .help = "ask the topics too: the exact lag, what is not delivered, shards that nobody holds "
             "(done by itself when Redis is away)"},
    {0},
};

const struct cw_command cw_command_status = {
    .name = "status",
    .operands = "",
    .help = "instances, shards, clocks, lag, feeds and Redis; exit 1 when something is wrong",
    .options = options,
    .needs_settings = true,
    .run = run,
};
