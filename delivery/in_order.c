/* Records of one key reach their log without a gap; see in_order.h. Any thread; owns nothing. */
#include "delivery/in_order.h"

#include <string.h>

static bool same_key(const struct cw_logs_record *a, const struct cw_logs_record *b)
{
    return a->key.n == b->key.n && (a->key.n == 0 || memcmp(a->key.p, b->key.p, a->key.n) == 0);
}

/* Is its key among those from `from` on? */
static bool is_on_its_way(const struct cw_logs_record *records, size_t from, size_t i)
{
    while (from < i && !same_key(&records[from], &records[i]))
        from++;
    return from < i;
}

int cw_append_in_order(struct cw_logs *logs, const struct cw_logs_record *records, size_t n,
                       struct cw_errbuf *eb)
{
    size_t flushed = 0;
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        if (is_on_its_way(records, flushed, i)) {
            err = logs->ops->flush(logs, eb);
            flushed = i;
        }
        if (!err)
            err = logs->ops->append(logs, &records[i], eb);
    }
    struct cw_errbuf later = {""};
    int last = logs->ops->flush(logs, err ? &later : eb);
    return err ? err : last;
}
