/* A plain at-least-once consumer, for comparison: what most would write first, and what peer.py
 * kills as often as the fault tests kill the daemon.
 *
 *     peer BROKERS GROUP TOPIC REDIS_PORT
 *
 * It reads events, counts each client's in Redis, writes a task version to Redis at each tenth, and
 * commits its offsets afterwards. One thread; owns a consumer and a Redis connection. Ends by a
 * signal, or with 1 when a server fails it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>
#include <librdkafka/rdkafka.h>

enum { EVENTS_A_VERSION = 10, COMMIT_EVERY = 500, POLL_MS = 100, ERROR_BYTES = 256 };

static volatile sig_atomic_t told_to_stop;

static void stop(int number)
{
    (void)number;
    told_to_stop = 1;
}

static int die(const char *what, const char *why)
{
    (void)fprintf(stderr, "peer: %s: %s\n", what, why);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char said[ERROR_BYTES];
    if (rd_kafka_conf_set(conf, name, value, said, sizeof said) != RD_KAFKA_CONF_OK)
        (void)die(name, said);
}

static rd_kafka_t *consumer(const char *brokers, const char *group, const char *topic)
{
    char said[ERROR_BYTES];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", group);
    set(conf, "enable.auto.commit", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "session.timeout.ms", "6000");
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, said, sizeof said);
    if (!rk)
        (void)die("consumer", said);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (err)
        (void)die("subscribe", rd_kafka_err2str(err));
    return rk;
}

static redisContext *redis(const char *port)
{
    redisContext *rc = redisConnect("127.0.0.1", atoi(port));
    if (!rc || rc->err)
        (void)die("Redis", rc ? rc->errstr : "out of memory");
    return rc;
}

static long long answered(redisContext *rc, redisReply *reply)
{
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        (void)die("Redis", reply ? reply->str : rc->errstr);
    long long n = reply->integer;
    freeReplyObject(reply);
    return n;
}

static void judge(redisContext *rc, const rd_kafka_message_t *m)
{
    long long n = answered(rc, redisCommand(rc, "HINCRBY peer:events %b 1", m->key, m->key_len));
    if (n % EVENTS_A_VERSION)
        return;
    (void)answered(rc, redisCommand(rc, "RPUSH peer:feed %lld/%d/%lld/%b", n / EVENTS_A_VERSION,
                                    (int)m->partition, (long long)m->offset, m->key, m->key_len));
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return die("usage", "peer BROKERS GROUP TOPIC REDIS_PORT");
    (void)signal(SIGTERM, stop);
    rd_kafka_t *rk = consumer(argv[1], argv[2], argv[3]);
    redisContext *rc = redis(argv[4]);
    for (unsigned waiting = 0; !told_to_stop;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, POLL_MS);
        if (m && !m->err && ++waiting)
            judge(rc, m);
        if (waiting >= COMMIT_EVERY || (!m && waiting)) {
            (void)rd_kafka_commit(rk, NULL, 0); /* what fails is committed with the next */
            waiting = 0;
        }
        if (m)
            rd_kafka_message_destroy(m);
    }
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    redisFree(rc);
    return 0;
}
