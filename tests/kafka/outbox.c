/* Reading the outbox on Apache Kafka while shards come and go; see bus_kafka.c for where the broker
 * comes from. Delivery is played by the functions below, which only count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus/topics.h"
#include "delivery/outbox.h"
#include "tests/support/kafka_settings.h"

enum { SHARDS = 3, ROUNDS = 20, PATIENCE_S = 60 };

static int ends[SHARDS];

bool cw_delivery_has_room(const struct cw_delivery *d)
{
    (void)d;
    return true;
}

void cw_delivery_task(struct cw_delivery *d, int32_t shard, int64_t offset, cw_wall_time written,
                      struct cw_str json)
{
    (void)d, (void)written, (void)json;
    fail_msg("shard %d holds a task at %lld", shard, (long long)offset);
}

void cw_delivery_end(struct cw_delivery *d, int32_t shard, int64_t offset)
{
    (void)d, (void)offset;
    assert_in_range(shard, 0, SHARDS - 1);
    ends[shard]++;
}

void cw_delivery_lost(struct cw_delivery *d, int32_t shard)
{
    (void)d;
    fail_msg("shard %d is lost", shard);
}

void cw_delivery_damaged(struct cw_delivery *d, int32_t shard)
{
    (void)d;
    fail_msg("shard %d is damaged", shard);
}

void cw_delivery_flush(struct cw_delivery *d)
{
    (void)d;
}

static bool all_ended(void)
{
    for (int i = 0; i < SHARDS; i++)
        if (ends[i] == 0)
            return false;
    return true;
}

static void run_until_all_ended(struct ev_loop *loop)
{
    ev_tstamp until = ev_time() + PATIENCE_S;
    while (!all_ended() && ev_time() < until)
        ev_run(loop, EVRUN_ONCE);
    assert_true(all_ended());
}

/* As when the engine drops its shards: the loop comes round between one and the next. */
static void shards_leave_one_after_another(void **state)
{
    (void)state;
    struct cw_errbuf eb;
    struct cw_outbox *o = NULL;
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct cw_settings *s = cw_test_kafka_settings("outbox");
    s->kafka_create_topics = true;
    if (cw_topics_check(s, &eb) != 0 || cw_outbox_open(s, loop, &o, &eb) != 0)
        fail_msg("%s", eb.text);
    struct cw_outbox_port port = cw_outbox_port(o);
    for (int round = 0; round < ROUNDS; round++) {
        for (int32_t i = 0; i < SHARDS; i++) {
            ends[i] = 0;
            port.read(port.self, i, CW_OFFSET_NONE);
        }
        run_until_all_ended(loop);
        for (int32_t i = 0; i < SHARDS; i++) {
            port.leave(port.self, i);
            ev_run(loop, EVRUN_NOWAIT);
        }
    }
    cw_outbox_close(o);
    cw_settings_free(s);
    ev_loop_destroy(loop);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_leave_one_after_another),
    };
    if (!cw_test_kafka())
        return CW_TEST_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
