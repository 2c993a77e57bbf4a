/* What the broker and librdkafka allow: reads topics to their ends and does nothing with them.
 *
 *   bench_raw_consume BROKER TOPIC…
 *
 * Prints messages, bytes and the seconds from the first message to the last. */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CALL_MS = 10000, STALL_MS = 30000 };

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench_raw_consume: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *consumer(const char *broker)
{
    const char *const settings[][2] = {{"bootstrap.servers", broker},
                                       {"group.id", "bench-raw"},
                                       {"enable.auto.commit", "false"},
                                       {"enable.partition.eof", "true"},
                                       {"check.crcs", "true"}};
    char said[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], said, sizeof said))
            fail(settings[i][0], said);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, said, sizeof said);
    if (!rk)
        fail("consumer", said);
    (void)rd_kafka_poll_set_consumer(rk);
    return rk;
}

/* Every partition of the topics, from the beginning. */
static int assign(rd_kafka_t *rk, char *const *topics)
{
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(8);
    for (; *topics; topics++) {
        const struct rd_kafka_metadata *about;
        rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, *topics, NULL);
        rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, topic, &about, CALL_MS);
        if (err || about->topic_cnt != 1 || about->topics[0].partition_cnt == 0)
            fail(*topics, err ? rd_kafka_err2str(err) : "no such topic");
        for (int p = 0; p < about->topics[0].partition_cnt; p++)
            rd_kafka_topic_partition_list_add(parts, *topics, p)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
        rd_kafka_metadata_destroy(about);
        rd_kafka_topic_destroy(topic);
    }
    int n = parts->cnt;
    rd_kafka_resp_err_t err = rd_kafka_assign(rk, parts);
    if (err)
        fail("assign", rd_kafka_err2str(err));
    rd_kafka_topic_partition_list_destroy(parts);
    return n;
}

int main(int argc, char **argv)
{
    uint64_t messages = 0, bytes = 0;
    double first = 0, last = 0;
    if (argc < 3) {
        (void)fputs("usage: bench_raw_consume BROKER TOPIC…\n", stderr);
        return 2;
    }
    rd_kafka_t *rk = consumer(argv[1]);
    for (int unread = assign(rk, argv + 2); unread > 0;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, STALL_MS);
        if (!m)
            fail("poll", "nothing comes");
        if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            fail("poll", rd_kafka_message_errstr(m));
        unread -= m->err != 0;
        bytes += m->err ? 0 : m->len;
        messages += !m->err;
        if (!m->err && messages == 1)
            first = now();
        rd_kafka_message_destroy(m);
    }
    last = now();
    (void)printf("messages=%" PRIu64 " bytes=%" PRIu64 " seconds=%.3f\n", messages, bytes,
                 last - first);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return 0;
}
