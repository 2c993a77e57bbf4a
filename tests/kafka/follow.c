/* Managers followed on Apache Kafka while their topic changes; see bus_kafka.c for where the broker
 * comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/bus_kafka.h"
#include "bus/kafka_handle.h"
#include "bus/logs.h"
#include "bus/topics.h"
#include "bus/topics_admin.h"
#include "churnwatch/shard.h"
#include "engine/follow.h"
#include "tests/support/kafka_settings.h"

enum { PATIENCE_S = 60, ANSWER_MS = 30000, LOOK_MS = 50, OLD = 5 };

struct desk {
    struct cw_settings *s;
    rd_kafka_t *rk; /* an administrator */
    struct cw_bus *bus;
    cw_mono_time ahead; /* of the machine's clock */
    struct cw_env env;
    struct cw_link link;
    struct cw_board *board;
    struct cw_follow f;
};

static struct cw_errbuf eb;

static void assert_ok(int err)
{
    if (err)
        fail_msg("%s: %s", cw_strerror(err), eb.text);
}

static cw_mono_time desk_mono(void *arg)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * CW_SECOND + t.tv_nsec / 1000 + ((struct desk *)arg)->ahead;
}

static void desk_rest(void *arg, int ms)
{
    (void)arg;
    (void)usleep((useconds_t)ms * 1000);
}

static void open_desk(struct desk *d, const char *test)
{
    const struct cw_decode_limits limits = {65536, 65536, CW_DAY};
    *d = (struct desk){.s = cw_test_kafka_settings(test), .board = cw_board_new()};
    d->s->kafka_create_topics = true;
    assert_ok(cw_topics_check(d->s, &eb));
    const struct cw_kafka_client producer = {.type = RD_KAFKA_PRODUCER};
    d->rk = cw_kafka_handle(d->s, &producer, &eb);
    assert_non_null(d->rk);
    assert_ok(cw_bus_kafka_open(d->s, 0, &d->bus, &eb));
    d->env = (struct cw_env){.mono = desk_mono, .rest = desk_rest, .arg = d};
    d->link = (struct cw_link){.bus = d->bus, .env = &d->env};
    assert_ok(cw_follow_init(&d->f, &limits, d->board));
}

static void close_desk(struct desk *d)
{
    cw_follow_free(&d->f);
    cw_board_free(d->board);
    d->bus->ops->close(d->bus);
    rd_kafka_destroy(d->rk);
    cw_settings_free(d->s);
}

static void put(const struct desk *d, int32_t partition, const char *id)
{
    char json[100];
    struct cw_logs *logs;
    (void)snprintf(json, sizeof json, "{\"manager_id\":\"%s\"}", id);
    const struct cw_logs_record r = {.topic = d->s->topic_managers,
                                     .partition = partition,
                                     .key = {id, strlen(id)},
                                     .value = {json, strlen(json)}};
    assert_ok(cw_logs_open(d->s, &logs, &eb));
    assert_ok(logs->ops->append(logs, &r, &eb));
    assert_ok(logs->ops->flush(logs, &eb));
    cw_logs_close(logs);
}

static void wait_for_partitions(const struct desk *d, int32_t wanted)
{
    int32_t n = -1;
    for (time_t until = time(NULL) + PATIENCE_S; n != wanted;) {
        assert_true(time(NULL) < until);
        assert_ok(cw_topics_partitions(d->rk, d->s->topic_managers, ANSWER_MS, &n, &eb));
        desk_rest(NULL, LOOK_MS);
    }
}

static void assert_answered(rd_kafka_queue_t *answers)
{
    rd_kafka_event_t *answer = rd_kafka_queue_poll(answers, ANSWER_MS);
    assert_non_null(answer);
    assert_int_equal(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(answers);
}

static void make_anew(const struct desk *d)
{
    const struct cw_new_topic fresh = {.name = d->s->topic_managers, .partitions = 1};
    rd_kafka_queue_t *answers = rd_kafka_queue_new(d->rk);
    rd_kafka_DeleteTopic_t *order = rd_kafka_DeleteTopic_new(d->s->topic_managers);
    rd_kafka_DeleteTopics(d->rk, &order, 1, NULL, answers);
    assert_answered(answers);
    rd_kafka_DeleteTopic_destroy(order);
    wait_for_partitions(d, 0);
    assert_ok(cw_topics_create(d->rk, &fresh, 1, &eb));
    wait_for_partitions(d, 1);
}

static void add_a_partition(const struct desk *d)
{
    char said[200];
    rd_kafka_queue_t *answers = rd_kafka_queue_new(d->rk);
    rd_kafka_NewPartitions_t *order =
        rd_kafka_NewPartitions_new(d->s->topic_managers, 2, said, sizeof said);
    rd_kafka_CreatePartitions(d->rk, &order, 1, NULL, answers);
    assert_answered(answers);
    rd_kafka_NewPartitions_destroy(order);
    wait_for_partitions(d, 2);
}

static void catch_up_until_known(struct desk *d, const char *id)
{
    for (time_t until = time(NULL) + PATIENCE_S;
         !cw_roster_has(d->f.roster, (struct cw_str){id, strlen(id)});) {
        if (time(NULL) >= until)
            fail_msg("%s is not known", id);
        assert_ok(cw_follow_catch_up(&d->f, &d->link, &eb));
        desk_rest(NULL, LOOK_MS);
    }
}

/* Somebody's transaction with one manager, which is written and left open. */
static rd_kafka_t *begin_elsewhere(const struct desk *d, const char *id)
{
    char json[100];
    (void)snprintf(json, sizeof json, "{\"manager_id\":\"%s\"}", id);
    const struct cw_kafka_client producer = {.type = RD_KAFKA_PRODUCER,
                                             .extra = {{"transactional.id", d->s->topic_managers}}};
    rd_kafka_t *rk = cw_kafka_handle(d->s, &producer, &eb);
    assert_non_null(rk);
    assert_null(rd_kafka_init_transactions(rk, ANSWER_MS));
    assert_null(rd_kafka_begin_transaction(rk));
    assert_int_equal(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(d->s->topic_managers),
                                       RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY(id, strlen(id)),
                                       RD_KAFKA_V_VALUE(json, strlen(json)),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(rk, ANSWER_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    return rk;
}

/* ---- the tests ---- */

static void an_open_transaction_is_not_waited_for(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, "open");
    put(&d, 0, "before");
    rd_kafka_t *rk = begin_elsewhere(&d, "open");
    put(&d, 0, "behind");
    catch_up_until_known(&d, "before");
    assert_ok(cw_follow_catch_up(&d.f, &d.link, &eb));
    assert_false(cw_roster_has(d.f.roster, CW_STR("behind")));
    assert_null(rd_kafka_commit_transaction(rk, -1));
    catch_up_until_known(&d, "behind");
    assert_true(cw_roster_has(d.f.roster, CW_STR("open")));
    rd_kafka_destroy(rk);
    close_desk(&d);
}

static void a_topic_made_anew_is_read(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, "anew");
    for (int i = 0; i < OLD; i++)
        put(&d, 0, i == OLD - 1 ? "last" : "other");
    catch_up_until_known(&d, "last");
    make_anew(&d);
    put(&d, 0, "first");
    catch_up_until_known(&d, "first");
    put(&d, 0, "second");
    catch_up_until_known(&d, "second");
    assert_int_equal(cw_follow_offset(&d.f.managers), 2);
    close_desk(&d);
}

static void a_partition_added_is_read(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, "added");
    put(&d, 0, "known");
    catch_up_until_known(&d, "known");
    add_a_partition(&d);
    put(&d, 1, "new");
    d.ahead = CW_MINUTE;
    catch_up_until_known(&d, "new");
    close_desk(&d);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_transaction_is_not_waited_for),
        cmocka_unit_test(a_topic_made_anew_is_read),
        cmocka_unit_test(a_partition_added_is_read),
    };
    return cw_test_kafka() ? cmocka_run_group_tests(tests, NULL, NULL) : CW_TEST_SKIPPED;
}
