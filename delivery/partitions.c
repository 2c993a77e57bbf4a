/* Recording and comparing the number of partitions. See partitions.h. At start, on the main thread.
 */
#include "delivery/partitions.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define KEY "partitions"

static int take(void *arg, const struct cw_message *m)
{
    int32_t *n = arg;
    if (*n || m->partition != 0 || m->key.n != strlen(KEY) ||
        memcmp(m->key.p, KEY, m->key.n) != 0 || !m->value.p)
        return 0;
    json_t *root = json_loadb(m->value.p, m->value.n, JSON_REJECT_DUPLICATES, NULL);
    json_int_t found = json_integer_value(json_object_get(root, KEY));
    if (found > 0 && found <= INT32_MAX)
        *n = (int32_t)found;
    json_decref(root);
    return 0;
}

int cw_partitions_recorded(struct cw_logs *logs, const struct cw_settings *s, int32_t *ret_n,
                           struct cw_errbuf *eb)
{
    *ret_n = 0;
    return cw_logs_read_whole(logs, s->topic_control, take, ret_n, eb);
}

static int record(struct cw_logs *logs, const struct cw_settings *s, int32_t n,
                  struct cw_errbuf *eb)
{
    char json[40];
    int length = snprintf(json, sizeof json, "{\"" KEY "\":%d}", (int)n);
    const struct cw_logs_record r = {
        .topic = s->topic_control, .key = CW_STR(KEY), .value = {json, (size_t)length}};
    int err = logs->ops->append(logs, &r, eb);
    return err ? err : logs->ops->flush(logs, eb);
}

int cw_partitions_settle(struct cw_logs *logs, const struct cw_settings *s, struct cw_errbuf *eb)
{
    int32_t began = 0, now = 0;
    int err = logs->ops->partitions(logs, s->topic_billing, &now, eb);
    if (!err)
        err = cw_partitions_recorded(logs, s, &began, eb);
    if (err || now == began)
        return err;
    if (began == 0)
        return record(logs, s, now, eb);
    return cw_fail(eb, CW_E_INVALID,
                   "the topics have %d partitions and began with %d: clients would move away from "
                   "their state; docs/operate.md, \"More partitions\", says how to go on with more",
                   (int)now, (int)began);
}
