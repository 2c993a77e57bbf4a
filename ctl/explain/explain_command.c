/* churnwatchctl explain CLIENT: what each detector knows of a client, why it fired or did not, and
 * how far from firing it is. */
#include <stdlib.h>
#include <string.h>

#include "board/board.h"
#include "ctl/explain/explain.h"
#include "ctl/picture/write.h"
#include "ctl/tune/thresholds.h"

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
    enum cw_exit code = r->scene.from == CW_FROM_FILES ? CW_EXIT_WRONG : cw_ctl_exit_of(err);
    return cw_ctl_fail(code, "%s", r->eb.text[0] ? r->eb.text : cw_strerror(err));
}

/* ---- what comes out ---- */

static void know_profile(struct cw_explain_view *v)
{
    const struct cw_client *cl = v->x->client;
    const char *manager = v->scene->settings->default_manager;
    v->profile = (struct cw_profile){.phones = -1};
    if (cl->packed)
        (void)cw_profile_unpack(cw_client_profile(cl), &v->profile, &v->room);
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

static enum cw_exit draw(const struct cw_explain_view *v, const char *path)
{
    struct cw_buf b = {0};
    const struct cw_history *h = v->scene->history;
    if (!h || h->n_days == 0)
        return cw_ctl_fail(CW_EXIT_WRONG,
                           "%s: nothing to draw: no day of the client has closed, or the input "
                           "topics no longer reach back",
                           path);
    cw_explain_svg(&b, v);
    b.failed |= h->failed;
    enum cw_exit code = cw_picture_write(&b, path);
    cw_buf_free(&b);
    return code;
}

/* A picture on standard output stands there alone. */
static enum cw_exit print(const struct run *r, const struct cw_explain_view *v)
{
    const char *svg = cw_args_text(r->ctl->args, "svg");
    enum cw_exit code = svg ? draw(v, svg) : CW_EXIT_DONE;
    if (code || (svg && strcmp(svg, "-") == 0))
        return code;
    if (r->ctl->json)
        return print_json(v);
    cw_explain_print(v, stdout);
    return CW_EXIT_DONE;
}

static enum cw_exit show(struct run *r)
{
    struct cw_explain_view *v = calloc(1, sizeof *v);
    if (!v)
        return failed(r, -CW_E_NOMEM);
    v->scene = &r->scene;
    v->x = r->x;
    know_profile(v);
    enum cw_exit code = print(r, v);
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

static const char *svg_of(const struct run *r)
{
    return cw_args_text(r->ctl->args, "svg");
}

static enum cw_exit look_into_files(struct run *r)
{
    r->settings = cw_settings_hold(r->ctl->settings);
    r->scene.settings = r->settings;
    int err = cw_scene_files(&r->scene, r->ctl->args, r->client, r->at, svg_of(r) != NULL, &r->eb);
    return err ? failed(r, err) : CW_EXIT_DONE;
}

/* The state keeps what is usual and not how it came about: the days are those of a look back to
 * where the state stands. */
static int add_history(struct run *r, struct cw_logs *logs)
{
    struct cw_scene back = {.settings = r->settings};
    cw_event_time clock = cw_shard_clock(r->scene.shard);
    if (clock == CW_NO_TIME)
        return 0;
    int err = cw_scene_topics(&back, logs, r->client, clock, true, &r->eb);
    r->scene.history = back.history;
    r->scene.cut = back.cut;
    back.history = NULL;
    cw_scene_free(&back);
    return err;
}

static int look_at(struct run *r, struct cw_logs *logs)
{
    if (r->at != CW_NO_TIME)
        return cw_scene_topics(&r->scene, logs, r->client, r->at, svg_of(r) != NULL, &r->eb);
    int err = cw_scene_log(&r->scene, logs, r->client, &r->eb);
    return !err && svg_of(r) ? add_history(r, logs) : err;
}

/* By the settings in force on the instances: the files' and the live ones. */
static enum cw_exit look_at_bus(struct run *r)
{
    struct cw_thresholds live;
    struct cw_settings *laid = NULL;
    enum cw_exit code = cw_thresholds_open(r->ctl, &live);
    int err = code ? 0 : cw_live_lay_over(live.live, r->ctl->settings, &laid);
    r->settings = r->scene.settings = laid;
    if (!code && !err)
        err = look_at(r, live.logs);
    cw_thresholds_close(&live);
    return err ? failed(r, err) : code;
}

static enum cw_exit explain(struct run *r)
{
    bool of_files = cw_args_text(r->ctl->args, "events") != NULL;
    enum cw_exit code = of_files ? look_into_files(r) : look_at_bus(r);
    if (code)
        return code;
    r->x = calloc(1, sizeof *r->x);
    int err = r->x ? cw_shard_explain(r->scene.shard, r->client, r->x) : -CW_E_NOMEM;
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
    {.name = "svg",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "also draw spend and usage a day and bills with what is usual, signals and tasks; - "
             "for stdout"},
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
     .most = CW_BOARD_SHARDS_MOST,
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
