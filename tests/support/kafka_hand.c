/* A hand that meddles with a Kafka cluster, for tests in other languages: what an accident, a
 * careless operator or a killed program leaves behind. One act a run; status 1 says it was refused.
 *
 *     kafka_hand BROKER commit GROUP TOPIC PARTITION OFFSET   the group must be empty
 *     kafka_hand BROKER delete TOPIC PARTITION BEFORE         records before that offset
 *     kafka_hand BROKER partitions TOPIC COUNT                so many from now on
 *     kafka_hand BROKER open TOPIC PARTITION                  a transaction begun and never ended
 *     kafka_hand BROKER transact TOPIC PARTITION VALUE        one of a single message
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALL_MS = 15000 };

static int refused(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

static rd_kafka_t *handle(rd_kafka_type_t type, const char *broker, const char *name,
                          const char *value)
{
    char said[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", broker, said, sizeof said) ||
        (name && rd_kafka_conf_set(conf, name, value, said, sizeof said)))
        exit(refused("setting", said));
    rd_kafka_t *rk = rd_kafka_new(type, conf, said, sizeof said);
    if (!rk)
        exit(refused("client", said));
    return rk;
}

static rd_kafka_topic_partition_list_t *one(const char *topic, const char *partition,
                                            const char *offset)
{
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, topic, atoi(partition))->offset = atoll(offset);
    return parts;
}

static int commit(const char *broker, char **w)
{
    rd_kafka_t *rk = handle(RD_KAFKA_CONSUMER, broker, "group.id", w[0]);
    rd_kafka_topic_partition_list_t *parts = one(w[1], w[2], w[3]);
    rd_kafka_resp_err_t err = rd_kafka_commit(rk, parts, 0);
    if (!err)
        err = parts->elems[0].err;
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_destroy(rk);
    return err ? refused("commit", rd_kafka_err2str(err)) : 0;
}

static int answer(rd_kafka_t *rk, rd_kafka_queue_t *queue, const char *what)
{
    rd_kafka_event_t *ev = rd_kafka_queue_poll(queue, CALL_MS);
    int status = !ev || rd_kafka_event_error(ev)
                     ? refused(what, ev ? rd_kafka_event_error_string(ev) : "no answer")
                     : 0;
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return status;
}

static int delete_records(const char *broker, char **w)
{
    rd_kafka_t *rk = handle(RD_KAFKA_PRODUCER, broker, NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *parts = one(w[0], w[1], w[2]);
    rd_kafka_DeleteRecords_t *act = rd_kafka_DeleteRecords_new(parts);
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_DeleteRecords(rk, &act, 1, NULL, queue);
    rd_kafka_DeleteRecords_destroy(act);
    return answer(rk, queue, "delete");
}

static int partitions(const char *broker, char **w)
{
    char said[256] = "";
    rd_kafka_t *rk = handle(RD_KAFKA_PRODUCER, broker, NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewPartitions_t *act =
        rd_kafka_NewPartitions_new(w[0], (size_t)atoi(w[1]), said, sizeof said);
    if (!act)
        return refused("partitions", said);
    rd_kafka_CreatePartitions(rk, &act, 1, NULL, queue);
    rd_kafka_NewPartitions_destroy(act);
    return answer(rk, queue, "partitions");
}

/* A transaction with one message in it. NULL: refused. */
static rd_kafka_t *begun(const char *broker, char **w, char *value)
{
    char id[64];
    (void)snprintf(id, sizeof id, "hand-%ld", (long)getpid());
    rd_kafka_t *rk = handle(RD_KAFKA_PRODUCER, broker, "transactional.id", id);
    rd_kafka_error_t *error = rd_kafka_init_transactions(rk, CALL_MS);
    if (!error)
        error = rd_kafka_begin_transaction(rk);
    if (error) {
        (void)refused("begin", rd_kafka_error_string(error));
        return NULL;
    }
    rd_kafka_resp_err_t err =
        rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(w[0]), RD_KAFKA_V_PARTITION(atoi(w[1])),
                          RD_KAFKA_V_VALUE(value, strlen(value)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (!err)
        err = rd_kafka_flush(rk, CALL_MS);
    if (err)
        (void)refused("message", rd_kafka_err2str(err));
    return err ? NULL : rk;
}

/* Ends as by a kill: nothing is aborted, so that it stands open until the broker's time-out. */
static int open_transaction(const char *broker, char **w)
{
    static char x[] = "x";
    _exit(begun(broker, w, x) ? 0 : 1);
}

static int transact(const char *broker, char **w)
{
    rd_kafka_t *rk = begun(broker, w, w[2]);
    rd_kafka_error_t *error = rk ? rd_kafka_commit_transaction(rk, CALL_MS) : NULL;
    if (error)
        return refused("commit", rd_kafka_error_string(error));
    if (rk)
        rd_kafka_destroy(rk);
    return rk ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int words;
        int (*act)(const char *broker, char **words);
    } acts[] = {
        {"commit", 4, commit},         {"delete", 3, delete_records}, {"partitions", 2, partitions},
        {"open", 2, open_transaction}, {"transact", 3, transact},
    };
    for (size_t i = 0; argc > 2 && i < sizeof acts / sizeof *acts; i++)
        if (strcmp(argv[2], acts[i].name) == 0 && argc == 3 + acts[i].words)
            return acts[i].act(argv[1], argv + 3);
    return refused("usage", "BROKER commit|delete|partitions|open|transact …");
}
