/* Reading the changes of live thresholds. See thresholds.h. */
#include "ctl/tune/thresholds.h"

#include <stdlib.h>
#include <string.h>

static int take(void *arg, const struct cw_message *m)
{
    struct cw_thresholds *t = arg;
    t->next = m->offset + 1;
    if (m->key.n != strlen(CW_LIVE_KEY) || memcmp(m->key.p, CW_LIVE_KEY, m->key.n) != 0)
        return 0;
    struct cw_thresholds_entry *grown = reallocarray(t->entries, t->n + 1, sizeof *grown);
    if (!grown)
        return -CW_E_NOMEM;
    t->entries = grown;
    struct cw_thresholds_entry *e = &grown[t->n++];
    *e = (struct cw_thresholds_entry){.offset = m->offset};
    int err = cw_live_record_read(m->value, &e->record, &e->why);
    if (!err)
        err = cw_live_take(t->live, &e->record, &e->why);
    e->taken = !err;
    return err == -CW_E_NOMEM ? err : 0;
}

int cw_thresholds_read_on(struct cw_thresholds *t, struct cw_errbuf *eb)
{
    const char *topic = t->ctl->settings->topic_control;
    int64_t first, end;
    int err = t->logs->ops->range(t->logs, topic, 0, &first, &end, eb);
    if (err)
        return err;
    int64_t from = t->next > first ? t->next : first;
    err = t->logs->ops->read(t->logs, topic, 0, from, end, take, t, eb);
    if (!err)
        t->next = end > t->next ? end : t->next;
    return err;
}

enum cw_exit cw_thresholds_open(const struct cw_ctl *ctl, struct cw_thresholds *ret)
{
    struct cw_errbuf eb = {""};
    int32_t partitions = 0;
    *ret = (struct cw_thresholds){.ctl = ctl, .live = cw_live_new()};
    int err = ret->live ? cw_logs_open(ctl->settings, &ret->logs, &eb) : -CW_E_NOMEM;
    if (!err)
        err = ret->logs->ops->partitions(ret->logs, ctl->settings->topic_control, &partitions, &eb);
    if (!err && partitions == 0)
        err = cw_fail(&eb, CW_E_INVALID, "there is no topic %s; the daemon makes it",
                      ctl->settings->topic_control);
    if (!err)
        err = cw_thresholds_read_on(ret, &eb);
    if (!err)
        return CW_EXIT_DONE;
    return cw_ctl_failed(err, &eb);
}

void cw_thresholds_close(struct cw_thresholds *t)
{
    for (size_t i = 0; i < t->n; i++)
        cw_live_record_free(&t->entries[i].record);
    free(t->entries);
    cw_live_free(t->live);
    cw_logs_close(t->logs);
    *t = (struct cw_thresholds){.ctl = NULL};
}

const struct cw_live_record *cw_thresholds_version(const struct cw_thresholds *t, int32_t version)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->entries[i].taken && t->entries[i].record.version == version)
            return &t->entries[i].record;
    return NULL;
}

struct cw_live *cw_thresholds_at(const struct cw_thresholds *t, int32_t version)
{
    struct cw_live *l = cw_live_new();
    for (size_t i = 0; l && i < t->n && l->version < version; i++)
        if (t->entries[i].taken && cw_live_take(l, &t->entries[i].record, NULL) != 0) {
            cw_live_free(l);
            return NULL;
        }
    return l;
}

/* ---- segments ---- */

void cw_thresholds_free_want(char *want[CW_SEGMENT_LEVELS])
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++) {
        free(want[level]);
        want[level] = NULL;
    }
}

static int read_conditions(char *text, char *want[CW_SEGMENT_LEVELS], struct cw_errbuf *eb)
{
    int err = 0;
    for (char *one; !err && (one = strsep(&text, ","));) {
        char *equals = strchr(one, '=');
        if (!equals)
            return cw_fail(eb, CW_E_INVALID, "\"%.60s\": conditions such as class=A1 are wanted",
                           one);
        *equals = '\0';
        err = cw_segment_want(want, one, equals + 1, eb);
    }
    return err;
}

int cw_thresholds_segment(const char *text, char *want[CW_SEGMENT_LEVELS], struct cw_errbuf *eb)
{
    char *copy = strdup(text);
    memset(want, 0, CW_SEGMENT_LEVELS * sizeof *want);
    int err = copy ? read_conditions(copy, want, eb) : -CW_E_NOMEM;
    free(copy);
    if (err)
        cw_thresholds_free_want(want);
    return err;
}

/* ---- JSON ---- */

void cw_thresholds_member(struct cw_buf *b, const char *name, const char *text)
{
    cw_buf_printf(b, "%s\"%s\":", b->n && b->p[b->n - 1] != '{' ? "," : "", name);
    cw_buf_json_str(b, (struct cw_str){text, strlen(text)});
}

void cw_thresholds_value(struct cw_buf *b, struct cw_threshold_id id, double value)
{
    bool word = cw_threshold_param(id).type == CW_PARAM_ENUM;
    cw_buf_puts(b, word ? "\"" : "");
    cw_threshold_print(id, value, b);
    cw_buf_puts(b, word ? "\"" : "");
}

void cw_thresholds_segment_member(struct cw_buf *b, char *const want[CW_SEGMENT_LEVELS])
{
    const char *before = "{";
    cw_buf_puts(b, ",\"segment\":");
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++) {
        if (!want[level])
            continue;
        cw_buf_printf(b, "%s\"%s\":", before, cw_segment_conditions[level].path);
        cw_buf_json_str(b, (struct cw_str){want[level], strlen(want[level])});
        before = ",";
    }
    cw_buf_puts(b, *before == '{' ? "null" : "}");
}
