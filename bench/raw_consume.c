/* What the broker and librdkafka allow: reads topics to their ends and does nothing with them.
 *
 *   bench_raw_consume [-d PROFILES] BROKER TOPIC…
 *
 * With -d each message is decoded as the engine does, and forgotten; what lies in the topic
 * PROFILES is a profile. Prints messages, bytes, what was refused, and the seconds from the first
 * message to the last. */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/kafka_message.h"
#include "core/decode.h"

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

/* Whoever is slower than the fetches fills librdkafka's queues, and by default the next fetch then
 * waits a second: that would be measured and not the decoding. Before 2.8 only a longer queue
 * helps. */
static void do_not_wait(rd_kafka_conf_t *conf)
{
    if (rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "5", NULL, 0) == RD_KAFKA_CONF_OK)
        return;
    (void)rd_kafka_conf_set(conf, "queued.min.messages", "1000000", NULL, 0);
    (void)rd_kafka_conf_set(conf, "queued.max.messages.kbytes", "524288", NULL, 0);
}

static rd_kafka_t *consumer(const char *broker, bool is_slow)
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
    if (is_slow)
        do_not_wait(conf);
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

/* ---- decoding ---- */

struct reader {
    const char *profiles; /* NULL: nothing is decoded */
    struct cw_decoder *decoder;
    struct cw_kafka_headers headers;
    uint64_t messages, bytes, refused;
};

static void start_decoding(struct reader *r, const char *profiles)
{
    static const struct cw_decode_limits limits = {65536, 921600, CW_DAY};
    r->profiles = profiles;
    r->decoder = cw_decoder_new(&limits);
    if (!r->decoder)
        fail("decoder", "no memory");
}

static bool decodes(struct reader *r, const rd_kafka_message_t *from)
{
    static struct cw_event ev;
    static struct cw_profile profile;
    struct cw_message m;
    struct cw_reject why;
    if (cw_kafka_message(from, &r->headers, &m) != 0)
        fail("headers", "no memory");
    if (strcmp(rd_kafka_topic_name(from->rkt), r->profiles) == 0)
        return cw_decode_profile(r->decoder, &m, &profile, &why) == 0;
    return cw_decode_event(r->decoder, &m, &ev, &why) == 0;
}

static void take(struct reader *r, const rd_kafka_message_t *m)
{
    r->messages++;
    r->bytes += m->len;
    r->refused += r->profiles && !decodes(r, m);
}

/* To the ends of so many partitions: the seconds from the first message to the last. */
static double consume(rd_kafka_t *rk, int partitions, struct reader *r)
{
    double first = 0;
    while (partitions > 0) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, STALL_MS);
        if (!m)
            fail("poll", "nothing comes");
        if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            fail("poll", rd_kafka_message_errstr(m));
        if (first == 0)
            first = now();
        if (m->err)
            partitions--;
        else
            take(r, m);
        rd_kafka_message_destroy(m);
    }
    return now() - first;
}

int main(int argc, char **argv)
{
    struct reader r = {.messages = 0};
    int option;
    while ((option = getopt(argc, argv, "d:")) == 'd')
        start_decoding(&r, optarg);
    if (option != -1 || argc - optind < 2) {
        (void)fputs("usage: bench_raw_consume [-d PROFILES] BROKER TOPIC…\n", stderr);
        return 2;
    }
    rd_kafka_t *rk = consumer(argv[optind], r.profiles != NULL);
    double seconds = consume(rk, assign(rk, argv + optind + 1), &r);
    (void)printf("messages=%" PRIu64 " bytes=%" PRIu64 " refused=%" PRIu64 " seconds=%.3f\n",
                 r.messages, r.bytes, r.refused, seconds);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    cw_decoder_free(r.decoder);
    cw_kafka_headers_free(&r.headers);
    return 0;
}
