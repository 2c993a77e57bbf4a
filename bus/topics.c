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

enum { CALL_MS = 15000, LED_TRIES = 500, LED_MS = 20, NAMES_MOST = 255 };

/* A full round of the state log is written at least once a day; several of them must be there. */
#define STATE_DAYS_LEAST 3
#define STATE_DAYS 7

/* ---- what is there ---- */

static int32_t partitions_in(const struct rd_kafka_metadata *all, const char *topic)
{
    for (int i = 0; i < all->topic_cnt; i++)
        if (!all->topics[i].err && strcmp(all->topics[i].topic, topic) == 0)
            return all->topics[i].partition_cnt;
    return 0;
}

static int no_answer(rd_kafka_resp_err_t err, struct cw_errbuf *eb)
{
    return err ? cw_fail(eb, CW_E_RETRY, "Kafka: %s", rd_kafka_err2str(err)) : 0;
}

int cw_topics_partitions(rd_kafka_t *rk, const char *topic, int ms, int32_t *ret_n,
                         struct cw_errbuf *eb)
{
    return no_answer(cw_kafka_partitions(rk, topic, ms, ret_n), eb);
}

static int count_all(rd_kafka_t *rk, const struct cw_settings *s, int32_t counts[CW_TOPICS],
                     struct cw_errbuf *eb)
{
    const struct rd_kafka_metadata *all;
    int err = no_answer(rd_kafka_metadata(rk, 1, NULL, &all, CALL_MS), eb);
    if (err)
        return err;
    for (size_t i = 0; i < CW_TOPICS; i++)
        counts[i] = partitions_in(all, cw_topic_name(s, &cw_topics[i]));
    rd_kafka_metadata_destroy(all);
    return 0;
}

/* ---- making ---- */

struct range { /* of rows of the table */
    size_t from, to;
};

static struct cw_new_topic new_topic(const struct cw_settings *s, const struct cw_topic *t,
                                     int32_t partitions, char retention[24])
{
    struct cw_new_topic fresh = {.name = cw_topic_name(s, t), .partitions = partitions};
    int64_t ms = -1;
    fresh.configs[fresh.n_configs++] = (struct cw_topic_config){
        "cleanup.policy", t->keeps == CW_KEEPS_LATEST ? "compact" : "delete"};
    if (t->stamped)
        fresh.configs[fresh.n_configs++] =
            (struct cw_topic_config){"message.timestamp.type", "LogAppendTime"};
    if (t->larger)
        fresh.configs[fresh.n_configs++] =
            (struct cw_topic_config){"max.message.bytes", CW_RECORD_MOST};
    if (t->keeps == CW_KEEPS_STATE)
        ms = STATE_DAYS * CW_DAY / 1000;
    else if (t->keeps == CW_KEEPS_TASKS)
        ms = s->retention / 1000;
    if (t->keeps == CW_KEEPS_DEFAULT || t->keeps == CW_KEEPS_LATEST)
        return fresh;
    (void)snprintf(retention, 24, "%lld", (long long)ms);
    fresh.configs[fresh.n_configs++] = (struct cw_topic_config){"retention.ms", retention};
    return fresh;
}

/* Each partition's leader tells where it ends. */
static bool are_led(rd_kafka_t *rk, const struct cw_settings *s, struct range rows,
                    const int32_t counts[CW_TOPICS])
{
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(CW_TOPICS);
    for (size_t i = rows.from; i < rows.to; i++)
        for (int32_t p = 0; p < counts[i]; p++)
            rd_kafka_topic_partition_list_add(parts, cw_topic_name(s, &cw_topics[i]), p)->offset =
                RD_KAFKA_OFFSET_END;
    bool led = rd_kafka_offsets_for_times(rk, parts, CALL_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < parts->cnt && led; i++)
        led = !parts->elems[i].err;
    rd_kafka_topic_partition_list_destroy(parts);
    return led;
}

/* A topic just made is not known at every broker at once, and is known before it is led. */
static int wait_until_led(rd_kafka_t *rk, const struct cw_settings *s, struct range rows,
                          int32_t counts[CW_TOPICS], struct cw_errbuf *eb)
{
    for (int i = 0; i < LED_TRIES; i++) {
        size_t row = rows.from;
        int err = count_all(rk, s, counts, eb);
        while (!err && row < rows.to && counts[row])
            row++;
        if (err || (row == rows.to && are_led(rk, s, rows, counts)))
            return err;
        (void)rd_kafka_poll(rk, LED_MS);
    }
    return cw_fail(eb, CW_E_RETRY, "topics were created and nobody leads them yet");
}

/* In one request, which takes the brokers no longer than one topic does. */
static int make_missing(rd_kafka_t *rk, const struct cw_settings *s, struct range rows,
                        int32_t counts[CW_TOPICS], struct cw_errbuf *eb)
{
    struct cw_new_topic fresh[CW_TOPICS];
    char retention[CW_TOPICS][24];
    bool missing[CW_TOPICS];
    size_t n = 0;
    for (size_t i = rows.from; i < rows.to; i++) {
        int32_t partitions = !cw_topics[i].by_client ? 1 : i == 0 ? -1 : counts[0];
        missing[i] = counts[i] == 0;
        if (missing[i])
            fresh[n++] = new_topic(s, &cw_topics[i], partitions, retention[i]);
    }
    int err = n ? cw_topics_create(rk, fresh, n, eb) : 0;
    if (!err && n)
        err = wait_until_led(rk, s, rows, counts, eb);
    for (size_t i = rows.from; i < rows.to && !err; i++)
        if (missing[i])
            cw_log(CW_LOG_INFO, "topic_created", "topic=%s partitions=%d",
                   cw_topic_name(s, &cw_topics[i]), counts[i]);
    return err;
}

/* Billing is the first row: all that is keyed by client follows its count. */
static int make_all(rd_kafka_t *rk, const struct cw_settings *s, int32_t counts[CW_TOPICS],
                    struct cw_errbuf *eb)
{
    int err = make_missing(rk, s, (struct range){0, 1}, counts, eb);
    return err ? err : make_missing(rk, s, (struct range){1, CW_TOPICS}, counts, eb);
}

/* One command makes them all. What finds no room is named when those before it are there. */
static int name_missing(const struct cw_settings *s, const int32_t counts[CW_TOPICS],
                        struct cw_errbuf *eb)
{
    char names[NAMES_MOST + 1] = "";
    size_t n = 0, missing = 0;
    for (size_t i = 0; i < CW_TOPICS; i++) {
        const char *topic = cw_topic_name(s, &cw_topics[i]);
        missing += counts[i] == 0;
        if (counts[i] || n + 1 + strlen(topic) > NAMES_MOST)
            continue;
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n ? " " : "", topic);
    }
    if (!missing)
        return 0;
    return cw_fail(eb, CW_E_IO,
                   "topics missing: %zu. Set kafka.create_topics = true, or make them: for t in "
                   "%s; do kafka-topics.sh --bootstrap-server %.100s --create --topic $t; done",
                   missing, names, s->kafka_bootstrap);
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

/* What is looked at of a topic; NULL: nothing. */
static const char *config_of(const struct cw_topic *t)
{
    if (t->stamped)
        return "message.timestamp.type";
    if (t->larger)
        return "max.message.bytes";
    if (t->keeps == CW_KEEPS_LATEST)
        return "cleanup.policy";
    return t->keeps == CW_KEEPS_STATE || t->keeps == CW_KEEPS_TASKS ? "retention.ms" : NULL;
}

static void check_config(const struct cw_settings *s, const struct cw_topic *t,
                         const struct cw_topic_question *q)
{
    int64_t least = t->keeps == CW_KEEPS_STATE ? STATE_DAYS_LEAST * CW_DAY : s->retention;
    const char *why = NULL;
    if (t->stamped && strcmp(q->answer, "LogAppendTime") != 0)
        why = "with LogAppendTime a producer's wrong clock is found out";
    else if (t->larger && q->answer[0] &&
             strtoll(q->answer, NULL, 10) < strtoll(CW_RECORD_MOST, NULL, 10))
        why = "at least " CW_RECORD_MOST ": where a refused message does not fit with its headers "
              "its shard cannot go past it";
    else if (!t->stamped && t->keeps == CW_KEEPS_LATEST && !strstr(q->answer, "compact"))
        why = "without compact old profiles are lost in time";
    else if (t->keeps == CW_KEEPS_STATE && !keeps_days(q->answer, least))
        why = "state is rewritten once a day; keep several days";
    else if (t->keeps == CW_KEEPS_TASKS && !keeps_days(q->answer, least))
        why = "shorter than tasks.retention";
    if (why)
        warn(q->topic, q->config, q->answer, why);
}

static int check_configs(rd_kafka_t *rk, const struct cw_settings *s, struct cw_errbuf *eb)
{
    const struct cw_topic *asked[CW_TOPICS];
    struct cw_topic_question questions[CW_TOPICS];
    size_t n = 0;
    for (size_t i = 0; i < CW_TOPICS; i++) {
        const char *config = config_of(&cw_topics[i]);
        if (!config)
            continue;
        asked[n] = &cw_topics[i];
        questions[n] = (struct cw_topic_question){cw_topic_name(s, asked[n]), config, ""};
        n++;
    }
    int err = cw_topics_ask(rk, questions, n, eb);
    for (size_t i = 0; i < n && !err; i++)
        check_config(s, asked[i], &questions[i]);
    return err;
}

static int check(rd_kafka_t *rk, const struct cw_settings *s, struct cw_errbuf *eb)
{
    int32_t counts[CW_TOPICS] = {0};
    int err = count_all(rk, s, counts, eb);
    if (!err && s->kafka_create_topics)
        err = make_all(rk, s, counts, eb);
    if (!err)
        err = name_missing(s, counts, eb);
    if (!err)
        err = check_counts(s, counts, eb);
    return err ? err : check_configs(rk, s, eb);
}

int cw_topics_check(const struct cw_settings *s, struct cw_errbuf *eb)
{
    const struct cw_kafka_client admin = {.type = RD_KAFKA_PRODUCER,
                                          .extra = {{"client.id", s->instance}}};
    rd_kafka_t *rk = cw_kafka_handle(s, &admin, eb);
    if (!rk)
        return -CW_E_INVALID;
    int err = check(rk, s, eb);
    rd_kafka_destroy(rk);
    return err;
}
