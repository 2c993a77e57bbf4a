/* Feeds the load into Kafka at a steady rate, at the wall clock's time:
 *
 *   bench_paced BROKER BILLING_TOPIC SERVICE_TOPIC CLIENTS EVENTS_PER_S SECONDS [WARM_SECONDS]
 *
 * One event of 150 is a probe: a task whose client's name is the time it was handed over. Prints
 * how many events waited at most in the producer itself, from WARM_SECONDS on: what waits there
 * waits for the broker, not for who reads. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/load_text.h"

enum { PROBE_EVERY = 150, FLUSH_MS = 30000 };

static int64_t wall_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void wait_until(int64_t at_us)
{
    int64_t left = at_us - wall_us();
    if (left <= 0)
        return;
    struct timespec t = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    (void)nanosleep(&t, NULL);
}

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench_paced: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *producer(const char *broker)
{
    const char *const settings[][2] = {
        {"bootstrap.servers", broker}, {"partitioner", "murmur2_random"}, {"linger.ms", "1"}};
    char said[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], said, sizeof said))
            fail(settings[i][0], said);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, said, sizeof said);
    if (!rk)
        fail("producer", said);
    return rk;
}

static void send_line(rd_kafka_t *rk, const char *topic, struct load_line *line)
{
    rd_kafka_resp_err_t err =
        rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_KEY(line->client, strlen(line->client)),
                          RD_KAFKA_V_VALUE(line->text, (size_t)line->n), RD_KAFKA_V_END);
    if (err)
        fail(topic, rd_kafka_err2str(err));
    (void)rd_kafka_poll(rk, 0);
}

int main(int argc, char **argv)
{
    struct load_line line;
    int waiting = 0;
    if (argc != 7 && argc != 8) {
        (void)fputs("usage: bench_paced BROKER BILLING SERVICE CLIENTS RATE SECONDS [WARM]\n",
                    stderr);
        return 2;
    }
    struct load l = {.seed = 2, .clients = strtoull(argv[4], NULL, 10)};
    int64_t rate = strtoll(argv[5], NULL, 10), total = rate * strtoll(argv[6], NULL, 10),
            warm = argc == 8 ? rate * strtoll(argv[7], NULL, 10) : 0;
    rd_kafka_t *rk = producer(argv[1]);
    int64_t start = wall_us();
    for (int64_t i = 0; i < total; i++) {
        wait_until(start + i * 1000000 / rate);
        if (i % PROBE_EVERY == PROBE_EVERY - 1)
            load_probe(wall_us(), &line);
        else
            load_event_at(&l, (uint64_t)i, wall_us(), &line);
        send_line(rk, line.is_service ? argv[3] : argv[2], &line);
        if (i >= warm && rd_kafka_outq_len(rk) > waiting)
            waiting = rd_kafka_outq_len(rk);
    }
    (void)printf("waiting=%d\n", waiting);
    if (rd_kafka_flush(rk, FLUSH_MS))
        fail("flush", "not all was delivered");
    rd_kafka_destroy(rk);
    return 0;
}
