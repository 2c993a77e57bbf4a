/* churnwatchctl thresholds rollback VERSION: a new version with the values of an older one. */
#include "config/units.h"
#include "ctl/tune/thresholds.h"

/* The value that `l` has for those clients; NULL for none. */
static const struct cw_overlay *value_in(const struct cw_live *l, const struct cw_segment *part,
                                         struct cw_threshold_id id)
{
    return cw_live_value(cw_live_part(l, part->want), id);
}

static int add(struct cw_live_record *r, const struct cw_segment *part, struct cw_threshold_id id,
               const struct cw_overlay *to)
{
    struct cw_live_change *c = cw_live_record_add(r);
    if (!c)
        return -CW_E_NOMEM;
    c->id = id;
    c->set = to != NULL;
    c->value = to ? to->value : 0;
    return cw_segment_copy_want(part->want, c->want);
}

/* What is now and was not then is taken back; what was then and is not now, or differs, is set. */
static int difference(const struct cw_live *now, const struct cw_live *then,
                      struct cw_live_record *r)
{
    const struct cw_live *const both[] = {now, then};
    int err = 0;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < both[k]->n_parts; i++) {
            const struct cw_segment *part = &both[k]->parts[i];
            for (size_t o = 0; o < part->n_overlays && !err; o++) {
                struct cw_threshold_id id = part->overlays[o].id;
                const struct cw_overlay *is = value_in(now, part, id),
                                        *was = value_in(then, part, id);
                if (k == 0 ? !was : !is || is->value != was->value)
                    err = add(r, part, id, was);
            }
        }
    return err;
}

static enum cw_exit roll_back(struct cw_thresholds *t, int32_t version)
{
    struct cw_live_record r = {.version = 0};
    if (version > t->live->version)
        return cw_ctl_fail(CW_EXIT_WRONG, "there is no version %d; the last one is %d",
                           (int)version, (int)t->live->version);
    struct cw_live *then = cw_thresholds_at(t, version);
    int err = then ? difference(t->live, then, &r) : -CW_E_NOMEM;
    enum cw_exit code = CW_EXIT_DONE;
    if (err)
        code = cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_strerror(err));
    else if (r.n == 0)
        code =
            cw_ctl_fail(CW_EXIT_WRONG, "nothing to be done: the values of version %d are in force",
                        (int)version);
    if (code)
        cw_live_record_free(&r);
    else
        code = cw_thresholds_write(t, &r);
    cw_live_free(then);
    return code;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct cw_thresholds t;
    const char *text = cw_args_operand(ctl->args, 0);
    int64_t version;
    if (cw_int_parse(text, &version) != 0 || version < 0 || version > INT32_MAX)
        return cw_ctl_misused(ctl, "\"%s\" is no version; 0 is the files' values alone", text);
    enum cw_exit code = cw_thresholds_open(ctl, &t);
    if (!code)
        code = roll_back(&t, (int32_t)version);
    cw_thresholds_close(&t);
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
    {0},
};

const struct cw_command cw_command_thresholds_rollback = {
    .name = "thresholds rollback",
    .operands = "VERSION",
    .help = "a new version with the live values of that one; 0 for none at all",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
