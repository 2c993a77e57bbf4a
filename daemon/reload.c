/* Reading settings anew. See reload.h. */
#include "daemon/reload.h"

#include <stdio.h>

#include "board/log.h"
#include "config/reload.h"

static void tell_refused(struct cw_buf *complaints)
{
    char quoted[1200];
    cw_buf_put(complaints, "", 1);
    cw_log(
        CW_LOG_ERROR, "reload_refused",
        "reason=%s note=\"the former settings stay in force, all of them\"",
        cw_log_quote(complaints->failed ? "out of memory" : complaints->p, quoted, sizeof quoted));
}

static void tell_done(const struct cw_reload *r)
{
    char quoted[600];
    if (r->waiting[0])
        cw_log(CW_LOG_WARNING, "reloaded", "needs_restart=%s",
               cw_log_quote(r->waiting, quoted, sizeof quoted));
    else
        cw_log(CW_LOG_INFO, "reloaded", "needs_restart=none");
}

/* What cannot change is put back; the list of it is for the log. */
static int keep(struct cw_settings *fresh, const struct cw_settings *running, struct cw_reload *r,
                struct cw_buf *complaints)
{
    struct cw_buf kept = {0};
    struct cw_errbuf eb = {""};
    int err = cw_settings_keep(fresh, running, &kept, &eb);
    if (err)
        cw_buf_printf(complaints, "%s\n", eb.text[0] ? eb.text : cw_strerror(err));
    (void)snprintf(r->waiting, sizeof r->waiting, "%.*s", (int)kept.n, kept.p ? kept.p : "");
    cw_buf_free(&kept);
    return err;
}

struct cw_settings *cw_reload(struct cw_reload *r, const struct cw_settings *running,
                              const struct cw_settings_source *source, cw_wall_time now)
{
    struct cw_buf complaints = {0};
    struct cw_settings *fresh = source->load(source->arg, &complaints);
    r->at = now;
    if (fresh && keep(fresh, running, r, &complaints) != 0) {
        cw_settings_free(fresh);
        fresh = NULL;
    }
    r->refused = !fresh;
    if (fresh)
        tell_done(r);
    else
        tell_refused(&complaints);
    cw_buf_free(&complaints);
    return fresh;
}
