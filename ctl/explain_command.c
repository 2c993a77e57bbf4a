/* churnwatchctl explain CLIENT: what each detector knows of a client, why it fired or did not, and
 * how far from firing it is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/logs.h"
#include "ctl/explain.h"
#include "ctl/live_settings.h"

struct run {
    const struct cw_ctl *ctl;
    struct cw_str client;
    cw_event_time at;                   /* CW_NO_TIME: as it stands */
    const struct cw_settings *settings; /* in force; held */
    struct cw_scene scene;
    struct cw_explained *x;
    struct cw_errbuf eb;
};

static enum cw_exit failed(const struct run *r, int err)
{
    enum cw_exit code =
        err == -CW_E_IO && r->scene.from != CW_FROM_FILES ? CW_EXIT_UNREACHABLE : CW_EXIT_WRONG;
    return cw_ctl_fail(code, "%s", r->eb.text[0] ? r->eb.text : cw_strerror(err));
}

/* ---- what comes out ---- */

static void know_profile(struct cw_explain_view *v)
{
    const struct cw_client *cl = v->x->client;
    const char *manager = v->scene->settings->default_manager;
    v->profile = (struct cw_profile){.phones = -1};
    if (cl->has_profile)
        (void)cw_profile_unpack(cl->profile, &v->profile, &v->room);
    if (!v->profile.manager.p)
        v->profile.manager = (struct cw_str){manager, strlen(manager)};
}

static enum cw_exit print_json(const struct cw_explain_view *v)
{
    struct cw_buf b = {0};
    cw_explain_json(&b, v);
    cw_buf_puts(&b, "\n");
    if (!b.failed)
        (void)fwrite(b.p, 1, b.n, stdout);
    enum cw_exit code = b.failed ? cw_ctl_fail(CW_EXIT_WRONG, "out of memory") : CW_EXIT_DONE;
    cw_buf_free(&b);
    return code;
}

static enum cw_exit show(struct run *r)
{
    struct cw_explain_view *v = calloc(1, sizeof *v);
    enum cw_exit code = CW_EXIT_DONE;
    if (!v)
        return failed(r, -CW_E_NOMEM);
    v->scene = &r->scene;
    v->x = r->x;
    know_profile(v);
    if (r->ctl->json)
        code = print_json(v);
    else
        cw_explain_print(v, stdout);
    free(v);
    return code;
}

/* ---- the client ---- */

static enum cw_exit unknown(const struct run *r)
{
    struct cw_buf clock = {0};
    cw_event_time t = cw_shard_clock(r->scene.shard);
    if (t != CW_NO_TIME)
        cw_buf_time(&clock, r->ctl->settings->zone, t);
    enum cw_exit code = cw_ctl_fail(
        CW_EXIT_WRONG,
        "no client \"%.*s\": partition %d of %d was read, where its events and profile would be, "
        "%s%.*s; is the id written as in client.profiles?",
        (int)r->client.n, r->client.p, r->scene.partition, r->scene.partitions,
        t == CW_NO_TIME ? "and holds no event" : "up to ", (int)clock.n, clock.p ? clock.p : "");
    cw_buf_free(&clock);
    return code;
}

/* ---- where to look ---- */

static int look_at_bus(struct run *r, struct cw_logs *logs)
{
    int err = cw_live_settings(logs, r->ctl->settings, &r->settings, &r->eb);
    if (err)
        return err;
    r->scene.settings = r->settings;
    if (r->at != CW_NO_TIME)
        return cw_scene_topics(&r->scene, logs, r->client, r->at, false, &r->eb);
    return cw_scene_log(&r->scene, logs, r->client, &r->eb);
}

static int look(struct run *r)
{
    struct cw_logs *logs = NULL;
    if (cw_args_text(r->ctl->args, "events")) {
        r->settings = cw_settings_hold(r->ctl->settings);
        r->scene.settings = r->settings;
        return cw_scene_files(&r->scene, r->ctl->args, r->client, r->at, false, &r->eb);
    }
    r->scene.from = CW_FROM_STATE_LOG;
    int err = cw_logs_open(r->ctl->settings, &logs, &r->eb);
    if (!err)
        err = look_at_bus(r, logs);
    cw_logs_close(logs);
    return err;
}

static enum cw_exit explain(struct run *r)
{
    int err = look(r);
    if (err)
        return failed(r, err);
    r->x = calloc(1, sizeof *r->x);
    err = r->x ? cw_shard_explain(r->scene.shard, r->client, r->x) : -CW_E_NOMEM;
    if (err == -CW_E_NOTFOUND)
        return unknown(r);
    return err ? failed(r, err) : show(r);
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    const char *client = cw_args_operand(ctl->args, 0), *at = cw_args_text(ctl->args, "at");
    struct run r = {.ctl = ctl, .client = {client, strlen(client)}, .at = CW_NO_TIME};
    if (at)
        (void)cw_args_instant(at, ctl->settings->zone, &r.at);
    enum cw_exit code = explain(&r);
    free(r.x);
    cw_scene_free(&r.scene);
    cw_settings_free(r.settings);
    return code;
}

static const struct cw_option options[] = {
    {.name = "at",
     .value = "TIME",
     .kind = CW_OPTION_TIME,
     .help = "as it stood when the shard's clock was at TIME"},
    {.name = "events",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .help = "from files instead of the bus: events as NDJSON, as for replay"},
    {.name = "profiles",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .help = "with --events: client profiles, all taken in before the first event"},
    {.name = "managers",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .help = "with --events: account managers"},
    {.name = "outcomes",
     .value = "FILE…",
     .kind = CW_OPTION_FILES,
     .help = "with --events: what managers did, by `at`"},
    {.name = "partitions",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = 10000,
     .help = "with --events: shards the clients are spread over (default 1)"},
    {0},
};

const struct cw_command cw_command_explain = {
    .name = "explain",
    .operands = "CLIENT",
    .help = "what each detector knows of a client, and how far from firing it is",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
