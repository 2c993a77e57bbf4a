/* The bus and the logs on Apache Kafka. The broker's address is in CW_TEST_KAFKA; without it all of
 * this is skipped, loudly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus/bus_kafka.h"
#include "bus/kafka_handle.h"
#include "bus/topic_table.h"
#include "bus/topics.h"
#include "tests/bus/adapter.h"
#include "tests/bus/member.h"
#include "tests/support/kafka_settings.h"

static struct cw_settings *prepare(const char *test)
{
    struct cw_settings *s = cw_test_kafka_settings(test);
    s->kafka_create_topics = true;
    assert_ok(cw_topics_check(s, &said));
    return s;
}

/* Takes away a partition's first messages, as retention does. */
static void lose_oldest(const struct cw_settings *s, enum cw_input in, int32_t partition,
                        int64_t before)
{
    const struct cw_kafka_client producer = {.type = RD_KAFKA_PRODUCER};
    rd_kafka_t *rk = cw_kafka_handle(s, &producer, &said);
    assert_non_null(rk);
    rd_kafka_queue_t *answers = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, cw_topics_input(s, in), partition)->offset = before;
    rd_kafka_DeleteRecords_t *order = rd_kafka_DeleteRecords_new(parts);
    rd_kafka_DeleteRecords(rk, &order, 1, NULL, answers);
    rd_kafka_event_t *answer = rd_kafka_queue_poll(answers, PATIENCE_S * 1000);
    assert_non_null(answer);
    assert_int_equal(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(answer);
    rd_kafka_DeleteRecords_destroy(order);
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_queue_destroy(answers);
    rd_kafka_destroy(rk);
}

static const struct adapter kafka = {.name = "kafka",
                                     .prepare = prepare,
                                     .dispose = cw_settings_free,
                                     .open = cw_bus_kafka_open,
                                     .lose_oldest = lose_oldest,
                                     .groups = true,
                                     .aborts_are_seen = true};

int main(void)
{
    if (!cw_test_kafka())
        return CW_TEST_SKIPPED;
    adapter = &kafka;
    return run_adapter_tests() + run_logs_tests();
}
