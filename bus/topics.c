/* The topics on Kafka: how each is made, and what is looked at. At start, on the main thread. */
#include "bus/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/board.h"
#include "board/log.h"
#include "bus/kafka_handle.h"
#include "bus/topic_table.h"
#include "bus/topics_admin.h"

enum { CALL_MS = 15000, SEEN_TRIES = 100, SEEN_MS = 100 };

/* A full round of the state log is written at least once a day; several of them must be there. */
#define STATE_DAYS_LEAST 3
#define STATE_DAYS 7

/* ---- what is there ---- */

int cw_topics_partitions(rd_kafka_t *rk, const char *topic, int32_t *ret_n, struct cw_errbuf *eb)
{
    const struct rd_kafka_metadata *all;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, NULL, &all, CALL_MS);
    if (err)
        return cw_fail(eb, CW_E_RETRY, "Kafka: %s", rd_kafka_err2str(err));
    *ret_n = 0;
    for (int i = 0; i < all->topic_cnt; i++)
        if (!all->topics[i].err && strcmp(all->topics[i].topic, topic) == 0)
            *ret_n = all->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(all);
    return 0;
}

static int count_all(rd_kafka_t *rk, const struct cw_settings *s, int32_t counts[CW_TOPICS],
                     struct cw_errbuf *eb)
{
    int err = 0;
    for (size_t i = 0; i < CW_TOPICS && !err; i++)
        err = cw_topics_partitions(rk, cw_topic_name(s, &cw_topics[i]), &counts[i], eb);
    return err ? -CW_E_IO : 0;
}

/* ---- making ---- */

static size_t configs_of(const struct cw_settings *s, const struct cw_topic *t, char retention[24],
                         struct cw_topic_config ret[3])
{
    size_t n = 0;
    int64_t ms = -1;
    ret[n++] = (struct cw_topic_config){"cleanup.policy",
                                        t->keeps == CW_KEEPS_LATEST ? "compact" : "delete"};
    if (t->stamped)
        ret[n++] = (struct cw_topic_config){"message.timestamp.type", "LogAppendTime"};
    if (t->keeps == CW_KEEPS_STATE)
        ms = STATE_DAYS * CW_DAY / 1000;
    else if (t->keeps == CW_KEEPS_TASKS)
        ms = s->retention / 1000;
    if (t->keeps == CW_KEEPS_DEFAULT || t->keeps == CW_KEEPS_LATEST)
        return n;
    (void)snprintf(retention, 24, "%lld", (long long)ms);
    ret[n++] = (struct cw_topic_config){"retention.ms", retention};
    return n;
}

/* A topic just made is not known at every broker at once. */
static int wait_until_seen(rd_kafka_t *rk, const char *topic, int32_t *ret_n, struct cw_errbuf *eb)
{
    for (int i = 0; i < SEEN_TRIES; i++) {
        int err = cw_topics_partitions(rk, topic, ret_n, eb);
        if (err || *ret_n)
            return err;
        (void)rd_kafka_poll(rk, SEEN_MS);
    }
    return cw_fail(eb, CW_E_IO, "topic %s was created and is not seen", topic);
}

/* Billing is the first row: all that is keyed by client follows its count. */
static int make_missing(rd_kafka_t *rk, const struct cw_settings *s, int32_t counts[CW_TOPICS],
                        struct cw_errbuf *eb)
{
    for (size_t i = 0; i < CW_TOPICS; i++) {
        char retention[24];
        struct cw_topic_config configs[3];
        if (counts[i])
            continue;
        int32_t partitions = !cw_topics[i].by_client ? 1 : i == 0 ? -1 : counts[0];
        size_t n = configs_of(s, &cw_topics[i], retention, configs);
        const char *topic = cw_topic_name(s, &cw_topics[i]);
        int err = cw_topics_create(rk, topic, partitions, configs, n, eb);
        if (!err)
            err = wait_until_seen(rk, topic, &counts[i], eb);
        if (err)
            return err;
        cw_log(CW_LOG_INFO, "topic_created", "topic=%s partitions=%d", topic, counts[i]);
    }
    return 0;
}

static int name_missing(const struct cw_settings *s, const int32_t counts[CW_TOPICS],
                        struct cw_errbuf *eb)
{
    struct cw_buf text = {0};
    const char *first = NULL;
    for (size_t i = 0; i < CW_TOPICS; i++) {
        if (counts[i])
            continue;
        cw_buf_printf(&text, "%s%s", first ? ", " : "", cw_topic_name(s, &cw_topics[i]));
        first = first ? first : cw_topic_name(s, &cw_topics[i]);
    }
    if (!first)
        return 0;
    int err = cw_fail(eb, CW_E_IO,
                      "missing topics: %.*s. Set kafka.create_topics = true, or make each with: "
                      "kafka-topics.sh --bootstrap-server %.100s --create --topic %s",
                      (int)(text.n < 250 ? text.n : 250), text.p ? text.p : "", s->kafka_bootstrap,
                      first);
    cw_buf_free(&text);
    return err;
}

/* ---- checking ---- */

static int check_counts(const struct cw_settings *s, const int32_t counts[CW_TOPICS],
                        struct cw_errbuf *eb)
{
    for (size_t i = 0; i < CW_TOPICS; i++) {
        const char *topic = cw_topic_name(s, &cw_topics[i]);
        if (cw_topics[i].by_client && counts[i] != counts[0])
            return cw_fail(
                eb, CW_E_INVALID,
                "topic %s has %d partitions and %s has %d: what is keyed by client must "
                "have equal counts, for good; docs/operate.md, \"More partitions\", says how to "
                "go on with more",
                topic, counts[i], s->topic_billing, counts[0]);
    }
    if (counts[0] > CW_BOARD_SHARDS_MOST)
        return cw_fail(eb, CW_E_INVALID, "topic %s has %d partitions, at most %d are supported",
                       s->topic_billing, counts[0], CW_BOARD_SHARDS_MOST);
    return 0;
}

static void warn(const char *topic, const char *setting, const char *value, const char *why)
{
    char quoted[300];
    cw_log(CW_LOG_WARNING, "topic_setting", "topic=%s setting=%s value=%s advice=%s", topic,
           setting, value, cw_log_quote(why, quoted, sizeof quoted));
}

/* retention.ms at least so many days; -1 keeps for ever. */
static bool keeps_days(const char *value, int64_t us)
{
    long long ms = strtoll(value, NULL, 10);
    return ms < 0 || ms >= us / 1000;
}

static int check_row(rd_kafka_t *rk, const struct cw_settings *s, const struct cw_topic *t,
                     struct cw_errbuf *eb)
{
    const char *topic = cw_topic_name(s, t);
    char value[64] = "";
    int err = 0;
    if (t->stamped) {
        err = cw_topics_config(rk, topic, "message.timestamp.type", value, sizeof value, eb);
        if (!err && strcmp(value, "LogAppendTime") != 0)
            warn(topic, "message.timestamp.type", value,
                 "with LogAppendTime a producer's wrong clock is found out");
    } else if (t->keeps == CW_KEEPS_LATEST) {
        err = cw_topics_config(rk, topic, "cleanup.policy", value, sizeof value, eb);
        if (!err && !strstr(value, "compact"))
            warn(topic, "cleanup.policy", value, "without compact old profiles are lost in time");
    } else if (t->keeps == CW_KEEPS_STATE || t->keeps == CW_KEEPS_TASKS) {
        int64_t least = t->keeps == CW_KEEPS_STATE ? STATE_DAYS_LEAST * CW_DAY : s->retention;
        err = cw_topics_config(rk, topic, "retention.ms", value, sizeof value, eb);
        if (!err && !keeps_days(value, least))
            warn(topic, "retention.ms", value,
                 t->keeps == CW_KEEPS_STATE ? "state is rewritten once a day; keep several days"
                                            : "shorter than tasks.retention");
    }
    return err;
}

static int check(rd_kafka_t *rk, const struct cw_settings *s, struct cw_errbuf *eb)
{
    int32_t counts[CW_TOPICS] = {0};
    int err = count_all(rk, s, counts, eb);
    if (!err && s->kafka_create_topics)
        err = make_missing(rk, s, counts, eb);
    if (!err)
        err = name_missing(s, counts, eb);
    if (!err)
        err = check_counts(s, counts, eb);
    for (size_t i = 0; i < CW_TOPICS && !err; i++)
        err = check_row(rk, s, &cw_topics[i], eb);
    return err;
}

int cw_topics_check(const struct cw_settings *s, struct cw_errbuf *eb)
{
    const struct cw_property extra[] = {{"client.id", s->instance}};
    rd_kafka_t *rk = cw_kafka_handle(s, RD_KAFKA_PRODUCER, extra, 1, NULL, NULL, eb);
    if (!rk)
        return -CW_E_INVALID;
    int err = check(rk, s, eb);
    rd_kafka_destroy(rk);
    return err;
}
