/* The Kafka bus: committed offsets, ends of logs, reading a log, trimming. On its engine's thread.
 */
#include <string.h>

#include "bus/bus_kafka_state.h"
#include "bus/kafka_read.h"
#include "bus/topic_table.h"
#include "bus/topics.h"
#include "churnwatch/faults.h"

/* Short, for another leader may know better; all tries together outlast an election. How many
 * partitions there are is asked while judging stands still, and no broker needs long for it: who
 * does not say it now is asked another time. */
enum { END_MS = 3000, COUNT_MS = 1000 };

/* Waits inside for transactions under way, since the member reads committed records only. */
int cw_bus_kafka_committed(struct cw_bus *b, int32_t shard, struct cw_positions *ret_at,
                           struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(CW_INPUTS);
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        (void)rd_kafka_topic_partition_list_add(parts, cw_topics_input(k->settings, in), shard);
    rd_kafka_resp_err_t err = rd_kafka_committed(k->consumer, parts, 2 * CW_KAFKA_CALL_MS);
    ret_at->shard = shard;
    for (int i = 0; i < CW_INPUTS && !err; i++) {
        err = parts->elems[i].err;
        ret_at->next[i] = parts->elems[i].offset < 0 ? CW_OFFSET_NONE : parts->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(parts);
    return err ? cw_fail(eb, CW_E_RETRY, "committed offsets: %s", rd_kafka_err2str(err)) : 0;
}

/* What is refused is not asked again: the process ends, and a start says so. */
static int bounds(rd_kafka_t *asked, const char *topic, int32_t partition, int64_t *ret_first,
                  int64_t *ret_end, struct cw_errbuf *eb)
{
    int err = cw_kafka_bounds(asked, topic, partition, END_MS, ret_first, ret_end, eb);
    return err == -CW_E_IO ? -CW_E_FATAL : err;
}

/* Asked as one who reads uncommitted records: the last transaction may be committed and its marker
 * not yet written here. What is followed is read as far as it may be. */
int cw_bus_kafka_end(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
                     int64_t *ret_end, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    const char *topic = cw_topics_log(k->settings, log);
    bool stable = cw_log_is_followed(log) || CW_BUG(restore_to_stable);
    rd_kafka_t *asked = stable ? k->reader : k->tail;
    return bounds(asked, topic, partition, ret_first, ret_end, eb);
}

/* Asked likewise, so that what is committed never seems to lie beyond the end. */
int cw_bus_kafka_input_range(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t *ret_first,
                             int64_t *ret_end, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    const char *topic = cw_topics_input(k->settings, in);
    return bounds(k->tail, topic, shard, ret_first, ret_end, eb);
}

int cw_bus_kafka_read(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t from,
                      int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                      struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    const struct cw_kafka_range range = {cw_topics_log(k->settings, log), partition, from, to};
    return cw_kafka_read(k->reader, &k->headers, &range, each, arg, eb);
}

static int look(void *arg, const struct cw_message *m)
{
    (void)arg, (void)m;
    return 0;
}

/* By another client than the member, which may have gone on at an offset that is none. That `at` is
 * gone by now, the restore says in its own words. */
int cw_bus_kafka_probe(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t at,
                       struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    const struct cw_kafka_range range = {cw_topics_input(k->settings, in), shard, at, at + 1};
    int err = cw_kafka_read(k->reader, &k->headers, &range, look, NULL, eb);
    return err == -CW_E_FATAL ? 0 : err;
}

/* The client keeps what the last fetch said; markers of transactions count. */
int64_t cw_bus_kafka_known_end(struct cw_bus *b, enum cw_input in, int32_t shard)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    int64_t first, end;
    rd_kafka_resp_err_t err = rd_kafka_get_watermark_offsets(
        k->consumer, cw_topics_input(k->settings, in), shard, &first, &end);
    return err || end < 0 ? -1 : end;
}

int cw_bus_kafka_partitions(struct cw_bus *b, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    const char *topic = cw_topics_log(k->settings, log);
    int err = cw_topics_partitions(k->tail, topic, COUNT_MS, ret_n, eb);
    if (err)
        return err;
    return *ret_n > 0 ? 0 : cw_fail(eb, CW_E_RETRY, "%s: no such topic", topic);
}

/* Advice, where the broker allows it: the answer is thrown away, and retention does it otherwise.
 */
void cw_bus_kafka_trim(struct cw_bus *b, int32_t shard, int64_t before)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    rd_kafka_event_t *answer;
    while ((answer = rd_kafka_queue_poll(k->admin, 0)))
        rd_kafka_event_destroy(answer);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, cw_topics_log(k->settings, CW_LOG_STATE), shard)
        ->offset = before;
    rd_kafka_DeleteRecords_t *order = rd_kafka_DeleteRecords_new(parts);
    rd_kafka_DeleteRecords(k->tail, &order, 1, NULL, k->admin);
    rd_kafka_DeleteRecords_destroy(order);
    rd_kafka_topic_partition_list_destroy(parts);
}

/* ---- opening ---- */

int cw_bus_kafka_open_readers(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    k->reader = cw_kafka_reader(k->settings, k->id, true, eb);
    k->tail = k->reader ? cw_kafka_reader(k->settings, k->id, false, eb) : NULL;
    if (!k->tail)
        return -CW_E_FATAL;
    k->admin = rd_kafka_queue_new(k->tail);
    return k->admin ? 0 : cw_fail(eb, CW_E_FATAL, "no queue for answers");
}
