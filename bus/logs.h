/* The topics as an onlooker uses them: whoever is no member of the group. churnwatchctl, and what
 * the daemon's main thread asks for at leisure.
 *
 * Two adapters behind one table: logs_kafka.c and logs_sqlite.c, chosen by the setting `bus`. A
 * handle belongs to one thread and its calls may block. Topics go by their configured names.
 * Every call returns 0, -CW_E_IO when the server or the file cannot be reached, -CW_E_RETRY when
 * the server is not ready and the same call later is right (a partition without a leader),
 * -CW_E_INVALID for a topic or a setting that is wrong, or -CW_E_NOMEM; eb says what was said.
 */
#ifndef CW_BUS_LOGS_H
#define CW_BUS_LOGS_H

#include "bus/bus.h"
#include "churnwatch/event.h"
#include "churnwatch/settings.h"

/* One record to append. Borrowed during the call. */
struct cw_logs_record {
    const char *topic;
    int32_t partition;   /* -1: by key, as Kafka's Java producer does; none without a key */
    struct cw_str key;   /* p NULL: none */
    struct cw_str value; /* p NULL: a tombstone */
    const struct cw_header *headers;
    size_t n_headers;
};

struct cw_logs;
struct cw_logs_ops {
    /* 0 partitions: no such topic. */
    int (*partitions)(struct cw_logs *l, const char *topic, int32_t *ret_n, struct cw_errbuf *eb);
    /* The first offset still there, and one past the last record that readers may see. */
    int (*range)(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_first,
                 int64_t *ret_end, struct cw_errbuf *eb);
    /* As range, with records of transactions under way counted in ret_end; ret_open: where the
     * first of those lies that hold readers up, CW_OFFSET_NONE where there are none; ret_since:
     * when it was written, CW_NO_TIME unknown. */
    int (*pending)(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_first,
                   int64_t *ret_end, int64_t *ret_open, cw_wall_time *ret_since,
                   struct cw_errbuf *eb);
    /* Committed records of [from, to) in order; ends early when `each` returns non-zero, and
     * returns that. The message is borrowed during the call. */
    int (*read)(struct cw_logs *l, const char *topic, int32_t partition, int64_t from, int64_t to,
                int (*each)(void *arg, const struct cw_message *m), void *arg,
                struct cw_errbuf *eb);
    /* The first offset whose record was written at or after this wall-clock instant (µs); the end
     * when none was. */
    int (*offset_at)(struct cw_logs *l, const char *topic, int32_t partition, cw_wall_time at,
                     int64_t *ret_offset, struct cw_errbuf *eb);
    /* Takes the record in, waiting while a bound is reached; in order for each partition. */
    int (*append)(struct cw_logs *l, const struct cw_logs_record *r, struct cw_errbuf *eb);
    /* Returns when all that was appended is durable, or says of what was not. */
    int (*flush)(struct cw_logs *l, struct cw_errbuf *eb);
    /* The group's committed offset of an input's partition; -1 when there is none. */
    int (*committed)(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_next,
                     struct cw_errbuf *eb);
    void (*close)(struct cw_logs *l); /* frees l */
};
struct cw_logs {
    const struct cw_logs_ops *ops;
};

/* Asks the server (or opens the file) at once, so that one that is away is told of here. The
 * settings are borrowed until close. */
int cw_logs_open(const struct cw_settings *s, struct cw_logs **ret_logs, struct cw_errbuf *eb);
void cw_logs_close(struct cw_logs *l); /* accepts NULL */

/* All partitions of a topic, one after the other, from their beginning to their present end. */
int cw_logs_read_whole(struct cw_logs *l, const char *topic,
                       int (*each)(void *arg, const struct cw_message *m), void *arg,
                       struct cw_errbuf *eb);

#endif
