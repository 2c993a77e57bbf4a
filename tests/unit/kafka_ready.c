/* Brokers that are not ready when the daemon starts, on librdkafka's mock cluster: what passes is
 * told apart from what does not, and a start gets through once it has passed. And one that hangs
 * later.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "board/log.h"
#include "bus/bus_kafka.h"
#include "bus/kafka_error.h"
#include "bus/logs.h"
#include "daemon/start_wait.h"
#include "delivery/control.h"
#include "tests/support/kafka_settings.h"

enum { LIST_OFFSETS = 2, ANSWERS = 20 }; /* ApiKey of the protocol; more than the library asks */
enum { HANGS_MS = 8000 };

static rd_kafka_t *host; /* of the cluster */
static rd_kafka_mock_cluster_t *cluster;
static struct cw_settings *settings;
static struct cw_errbuf eb;

static int set_up(void **state)
{
    (void)state;
    char said[256];
    host = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, said, sizeof said);
    cluster = host ? rd_kafka_mock_cluster_new(host, 2) : NULL;
    if (!cluster || setenv("CW_TEST_KAFKA", rd_kafka_mock_cluster_bootstraps(cluster), 1) != 0)
        return -1;
    settings = cw_test_kafka_settings("ready");
    return rd_kafka_mock_topic_create(cluster, settings->topic_billing, 3, 1) ||
           rd_kafka_mock_topic_create(cluster, settings->topic_control, 1, 1);
}

static int tear_down(void **state)
{
    (void)state;
    cw_settings_free(settings);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return 0;
}

/* The next answers about ends of partitions. */
static void answer(rd_kafka_resp_err_t err)
{
    rd_kafka_mock_clear_request_errors(cluster, LIST_OFFSETS);
    for (int i = 0; i < ANSWERS && err; i++)
        rd_kafka_mock_push_request_errors(cluster, LIST_OFFSETS, 1, err);
}

/* ---- what passes ---- */

static int ask(void)
{
    struct cw_logs *logs;
    int64_t first, end;
    assert_int_equal(cw_logs_open(settings, &logs, &eb), 0);
    int err = logs->ops->range(logs, settings->topic_control, 0, &first, &end, &eb);
    cw_logs_close(logs);
    return err;
}

static void an_answer_that_passes_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t said;
        int err;
    } of[] = {
        {RD_KAFKA_RESP_ERR_NO_ERROR, 0},
        {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, -CW_E_RETRY},
        {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, -CW_E_RETRY},
        {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, -CW_E_RETRY},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, -CW_E_IO},
        {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, -CW_E_IO},
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        answer(of[i].said);
        int err = ask();
        if (err != of[i].err)
            fail_msg("%s: %d, \"%s\"", rd_kafka_err2name(of[i].said), err, eb.text);
    }
    answer(RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* ---- a start ---- */

/* Reads the control topic as the daemon's start does; its rests are short, and after the second of
 * them the cluster is ready. */
struct start {
    int looks, rests, told;
    void (*mend)(void);
};

static cw_mono_time mono(void *arg)
{
    return ((struct start *)arg)->rests * CW_START_REST_MS * (CW_SECOND / 1000);
}

static void rest(void *arg, int ms)
{
    struct start *st = arg;
    (void)ms;
    if (++st->rests == 2 && st->mend)
        st->mend();
}

static void told(void *arg, const char *reason)
{
    assert_non_null(strstr(reason, settings->topic_control));
    ((struct start *)arg)->told++;
}

static int look(void *arg, struct cw_errbuf *ret_eb)
{
    char epoch[CW_EPOCH_MOST + 1];
    ((struct start *)arg)->looks++;
    return cw_control_epoch(settings, epoch, ret_eb);
}

static int run(struct start *st, void (*mend)(void))
{
    *st = (struct start){.mend = mend};
    const struct cw_start_wait w = {mono, rest, told, st, 0};
    return cw_start_try(&w, look, &eb);
}

static void answer_well(void)
{
    answer(RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void elect(void)
{
    assert_int_equal(rd_kafka_mock_partition_set_leader(cluster, settings->topic_control, 0, 1), 0);
}

static void a_start_goes_on_once_it_has_passed(void **state)
{
    struct start st;
    (void)state;
    answer(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    if (run(&st, answer_well) != 0)
        fail_msg("%s", eb.text);
    assert_int_equal(st.looks, 3);
    assert_int_equal(st.told, 1);
}

static void and_once_a_leader_is_elected(void **state)
{
    struct start st;
    (void)state;
    assert_int_equal(rd_kafka_mock_partition_set_leader(cluster, settings->topic_control, 0, -1),
                     0);
    if (run(&st, elect) != 0)
        fail_msg("%s", eb.text);
    assert_int_equal(st.looks, 3);
    assert_int_equal(st.told, 1);
}

static void a_start_that_is_refused_ends(void **state)
{
    struct start st;
    (void)state;
    answer(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(run(&st, NULL), -CW_E_IO);
    assert_int_equal(st.looks, 1);
    assert_int_equal(st.told, 0);
    answer_well();
}

/* ---- while it runs ---- */

static time_t seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void hang(int ms)
{
    assert_int_equal(rd_kafka_mock_broker_set_rtt(cluster, -1, ms), 0);
}

/* An engine asks each minute, and judges nothing meanwhile. */
static void a_broker_that_hangs_is_not_waited_for(void **state)
{
    struct cw_bus *bus;
    int32_t n = 0;
    (void)state;
    if (cw_bus_kafka_open(settings, 0, &bus, &eb) != 0)
        fail_msg("%s", eb.text);
    assert_int_equal(bus->ops->partitions(bus, CW_LOG_CONTROL, &n, &eb), 0);
    assert_int_equal(n, 1);
    hang(HANGS_MS);
    time_t before = seconds();
    assert_int_equal(bus->ops->partitions(bus, CW_LOG_CONTROL, &n, &eb), -CW_E_RETRY);
    assert_in_range(seconds() - before, 0, HANGS_MS / 2000);
    hang(0);
    bus->ops->close(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_passes_is_told_apart),
        cmocka_unit_test(a_start_goes_on_once_it_has_passed),
        cmocka_unit_test(and_once_a_leader_is_elected),
        cmocka_unit_test(a_start_that_is_refused_ends),
        cmocka_unit_test(a_broker_that_hangs_is_not_waited_for),
    };
    cw_log_level_set(CW_LOG_NONE);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
