/* Settings in force. See live_settings.h. */
#include "ctl/live_settings.h"

#include <string.h>

static int take(void *arg, const struct cw_message *m)
{
    struct cw_live *live = arg;
    struct cw_live_record r;
    struct cw_errbuf why;
    if (m->key.n != strlen(CW_LIVE_KEY) || memcmp(m->key.p, CW_LIVE_KEY, m->key.n) != 0)
        return 0;
    int err = cw_live_record_read(m->value, &r, &why);
    if (err)
        return err == -CW_E_NOMEM ? err : 0;
    err = cw_live_take(live, &r, &why);
    cw_live_record_free(&r);
    return err == -CW_E_NOMEM ? err : 0;
}

int cw_live_settings(struct cw_logs *logs, const struct cw_settings *files,
                     const struct cw_settings **ret_settings, struct cw_errbuf *eb)
{
    struct cw_live *live = cw_live_new();
    struct cw_settings *laid = NULL;
    int64_t first = 0, end = 0;
    int32_t partitions = 0;
    if (!live)
        return -CW_E_NOMEM;
    int err = logs->ops->partitions(logs, files->topic_control, &partitions, eb);
    if (!err && partitions > 0)
        err = logs->ops->range(logs, files->topic_control, 0, &first, &end, eb);
    if (!err)
        err = logs->ops->read(logs, files->topic_control, 0, first, end, take, live, eb);
    if (!err && live->version > 0)
        err = cw_live_lay_over(live, files, &laid);
    cw_live_free(live);
    if (!err)
        *ret_settings = laid ? laid : cw_settings_hold(files);
    return err;
}
