/* churnwatchctl thresholds set KEY=VALUE…: a live change, for everybody or for a segment. */
#include <string.h>

#include "config/values.h"
#include "ctl/tune/thresholds.h"

#define UNSET "unset"

/* By the table that a file's value is read by. */
static int read_value(struct cw_live_change *c, const char *text, struct cw_errbuf *eb)
{
    struct cw_param p = cw_threshold_param(c->id);
    const struct cw_given g = {.kind = CW_GIVEN_WORD, .text = text};
    int mode = 0;
    c->set = strcmp(text, UNSET) != 0;
    if (!c->set)
        return 0;
    if (p.type != CW_PARAM_ENUM)
        return cw_value_read(&p, &g, &c->value, eb);
    int err = cw_value_read(&p, &g, &mode, eb);
    c->value = mode;
    return err;
}

static int read_change(struct cw_live_record *r, const char *word, char *const want[],
                       struct cw_errbuf *eb)
{
    char key[CW_PATH_MOST];
    const char *equals = strchr(word, '=');
    if (!equals || (size_t)(equals - word) >= sizeof key)
        return cw_fail(eb, CW_E_INVALID, "%.100s: KEY=VALUE is wanted", word);
    (void)snprintf(key, sizeof key, "%.*s", (int)(equals - word), word);
    struct cw_live_change *c = cw_live_record_add(r);
    int err = c ? cw_live_key_read(key, &c->id, eb) : -CW_E_NOMEM;
    if (!err)
        err = cw_segment_copy_want(want, c->want);
    struct cw_errbuf why = {""};
    if (!err)
        err = read_value(c, equals + 1, &why);
    if (why.text[0])
        (void)cw_fail(eb, CW_E_INVALID, "%.120s: %.380s", word, why.text);
    return err;
}

static enum cw_exit set(const struct cw_ctl *ctl, char *const want[CW_SEGMENT_LEVELS])
{
    struct cw_live_record r = {.version = 0};
    struct cw_thresholds t = {.ctl = ctl};
    struct cw_errbuf eb = {""};
    int err = 0;
    for (size_t i = 0; i < ctl->args->n_operands && !err; i++)
        err = read_change(&r, cw_args_operand(ctl->args, i), want, &eb);
    enum cw_exit code = CW_EXIT_DONE;
    if (err)
        code = cw_ctl_fail(CW_EXIT_WRONG, "%s", eb.text[0] ? eb.text : cw_strerror(err));
    if (!code)
        code = cw_thresholds_open(ctl, &t);
    if (!code)
        code = cw_thresholds_write(&t, &r);
    else
        cw_live_record_free(&r);
    cw_thresholds_close(&t);
    return code;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    char *want[CW_SEGMENT_LEVELS] = {NULL};
    struct cw_errbuf eb = {""};
    const char *segment = cw_args_text(ctl->args, "segment");
    if (segment && cw_thresholds_segment(segment, want, &eb) != 0)
        return cw_ctl_misused(ctl, "--segment: %s", eb.text);
    enum cw_exit code = set(ctl, want);
    cw_thresholds_free_want(want);
    return code;
}

static const struct cw_option options[] = {
    {.name = "reason",
     .value = "TEXT",
     .kind = CW_OPTION_TEXT,
     .required = true,
     .help = "why, for whoever looks at it later"},
    {.name = "author",
     .value = "WHO",
     .kind = CW_OPTION_TEXT,
     .help = "who (default: $USER, else the account's name)"},
    {.name = "segment",
     .value = "S",
     .kind = CW_OPTION_TEXT,
     .help = "for such clients only: class=A1 or kind=group,county=…"},
    {0},
};

const struct cw_command cw_command_thresholds_set = {
    .name = "thresholds set",
    .operands = "KEY=VALUE…",
    .help = "change thresholds on every instance; KEY=unset takes a live value back",
    .options = options,
    .least = 1,
    .most = CW_LIVE_CHANGES_MOST,
    .needs_settings = true,
    .run = run,
};
