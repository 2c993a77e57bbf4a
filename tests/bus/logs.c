/* What every onlooker's way to the topics must do (bus/logs.h), beside a bus that commits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/logs.h"
#include "churnwatch/shard.h"
#include "tests/bus/adapter.h"
#include "tests/bus/member.h"

static struct cw_logs *onlooker(const struct cw_settings *s)
{
    struct cw_logs *l;
    assert_ok(cw_logs_open(s, &l, &said));
    return l;
}

static void put(struct cw_logs *l, const char *topic, int32_t partition, struct cw_str key,
                struct cw_str value)
{
    const struct cw_logs_record r = {
        .topic = topic, .partition = partition, .key = key, .value = value};
    assert_ok(l->ops->append(l, &r, &said));
}

static int64_t range_of(struct cw_logs *l, const char *topic, int32_t partition)
{
    int64_t first, end;
    assert_ok(l->ops->range(l, topic, partition, &first, &end, &said));
    assert_int_equal(first, 0);
    return end;
}

static void assert_topic(struct cw_logs *l, const char *topic, int32_t partition,
                         const char *expected)
{
    struct heard h = {.last = -1};
    assert_ok(l->ops->read(l, topic, partition, 0, range_of(l, topic, partition), hear, &h, &said));
    assert_string_equal(h.text, expected);
}

/* Kafka answers a commit before its markers are everywhere: then it is seen a moment later. */
static void assert_topic_soon(struct cw_logs *l, const char *topic, const char *expected)
{
    struct heard h = {.last = -1};
    for (time_t end = time(NULL) + 30; time(NULL) < end && strcmp(h.text, expected) != 0;) {
        h = (struct heard){.last = -1};
        assert_ok(l->ops->read(l, topic, 1, 0, range_of(l, topic, 1), hear, &h, &said));
    }
    assert_string_equal(h.text, expected);
}

static void topics_have_partitions_and_a_range(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("look");
    struct cw_logs *l = onlooker(s);
    int32_t n = -1;
    assert_ok(l->ops->partitions(l, s->topic_service, &n, &said));
    assert_int_equal(n, SHARDS);
    assert_ok(l->ops->partitions(l, s->topic_managers, &n, &said));
    assert_int_equal(n, 1);
    assert_ok(l->ops->partitions(l, "nowhere", &n, &said));
    assert_int_equal(n, 0);
    for (int32_t p = 0; p < SHARDS; p++)
        assert_int_equal(range_of(l, s->topic_service, p), 0);
    cw_logs_close(l);
    adapter->dispose(s);
}

static void what_is_appended_goes_where_its_key_says(void **state)
{
    (void)state;
    static const char *const keys[] = {"g-1", "g-2", "c-7", "c-8", "c-9", "客户"};
    struct cw_settings *s = adapter->prepare("keys");
    struct cw_logs *l = onlooker(s);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put(l, s->topic_billing, -1, (struct cw_str){keys[i], strlen(keys[i])}, CW_STR("event"));
    assert_ok(l->ops->flush(l, &said));
    for (int32_t p = 0; p < SHARDS; p++) {
        int64_t expected = 0;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            expected += cw_partition_of((struct cw_str){keys[i], strlen(keys[i])}, SHARDS) == p;
        assert_int_equal(range_of(l, s->topic_billing, p), expected);
    }
    /* Without a key one partition is as good as another, but it must be taken. */
    for (int i = 0; i < SHARDS; i++)
        put(l, s->topic_service, -1, (struct cw_str){0}, CW_STR("event"));
    assert_ok(l->ops->flush(l, &said));
    int64_t sum = 0;
    for (int32_t p = 0; p < SHARDS; p++)
        sum += range_of(l, s->topic_service, p);
    assert_int_equal(sum, SHARDS);
    cw_logs_close(l);
    adapter->dispose(s);
}

static int look_at_parts(void *arg, const struct cw_message *m)
{
    int *n = arg;
    if (m->offset == 0) {
        assert_int_equal(m->n_headers, 2);
        assert_memory_equal(m->headers[1].name.p, "empty", 5);
        assert_int_equal(m->headers[1].value.n, 0);
        assert_memory_equal(m->headers[0].value.p, "\x00\xff", 2);
        assert_int_equal(m->value.n, 0);
        assert_non_null(m->value.p);
    } else {
        assert_int_equal(m->n_headers, 0);
        assert_null(m->value.p);
        assert_memory_equal(m->key.p, "k", 1);
    }
    assert_int_equal(m->partition, 1);
    ++*n;
    return 0;
}

static void a_record_comes_back_as_it_went_in(void **state)
{
    (void)state;
    const struct cw_header headers[] = {{CW_STR("bytes"), {"\x00\xff", 2}},
                                        {CW_STR("empty"), CW_STR("")}};
    struct cw_settings *s = adapter->prepare("whole");
    struct cw_logs *l = onlooker(s);
    const struct cw_logs_record r = {.topic = s->topic_profiles,
                                     .partition = 1,
                                     .key = CW_STR("k"),
                                     .value = CW_STR(""),
                                     .headers = headers,
                                     .n_headers = 2};
    int n = 0;
    assert_ok(l->ops->append(l, &r, &said));
    put(l, s->topic_profiles, 1, CW_STR("k"), (struct cw_str){0});
    assert_ok(l->ops->flush(l, &said));
    assert_ok(l->ops->read(l, s->topic_profiles, 1, 0, 2, look_at_parts, &n, &said));
    assert_int_equal(n, 2);
    cw_logs_close(l);
    adapter->dispose(s);
}

static int stop_at_c(void *arg, const struct cw_message *m)
{
    (void)arg;
    return m->value.p[0] == 'c' ? 42 : 0;
}

static void a_part_is_read_and_a_reader_may_stop(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("part");
    struct cw_logs *l = onlooker(s);
    struct heard h = {.last = -1};
    for (const char *p = "abcde"; *p; p++)
        put(l, s->topic_service, 2, CW_STR("k"), (struct cw_str){p, 1});
    assert_ok(l->ops->flush(l, &said));
    assert_ok(l->ops->read(l, s->topic_service, 2, 1, 4, hear, &h, &said));
    assert_string_equal(h.text, "b;c;d;");
    assert_int_equal(l->ops->read(l, s->topic_service, 2, 0, 5, stop_at_c, NULL, &said), 42);
    h = (struct heard){.last = -1};
    assert_ok(l->ops->read(l, s->topic_service, 2, 5, 5, hear, &h, &said));
    assert_string_equal(h.text, "");
    cw_logs_close(l);
    adapter->dispose(s);
}

static int collect(void *arg, const struct cw_message *m)
{
    char *text = arg;
    text[strlen(text)] = m->value.p[0];
    return 0;
}

static void a_topic_is_read_whole(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("whole-topic");
    struct cw_logs *l = onlooker(s);
    char text[8] = "";
    for (int32_t p = 0; p < SHARDS; p++) {
        put(l, s->topic_billing, p, CW_STR("k"), (struct cw_str){&"ace"[p], 1});
        put(l, s->topic_billing, p, CW_STR("k"), (struct cw_str){&"bdf"[p], 1});
    }
    assert_ok(l->ops->flush(l, &said));
    assert_ok(cw_logs_read_whole(l, s->topic_billing, collect, text, &said));
    assert_string_equal(text, "abcdef");
    assert_fails(cw_logs_read_whole(l, "nowhere", collect, text, &said), CW_E_INVALID);
    cw_logs_close(l);
    adapter->dispose(s);
}

static int note_time(void *arg, const struct cw_message *m)
{
    ((int64_t *)arg)[m->offset] = m->timestamp_ms;
    return 0;
}

/* Records written one by one, until two have different times. */
static void an_instant_has_an_offset(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("instant");
    struct cw_logs *l = onlooker(s);
    int64_t ms[200] = {0}, n = 0, found = -1;
    for (time_t until = deadline(); n < 5 || ms[n - 1] == ms[0]; n++) {
        assert_true(time(NULL) < until && n < 200);
        put(l, s->topic_billing, 0, CW_STR("k"), CW_STR("v"));
        assert_ok(l->ops->flush(l, &said));
        assert_ok(l->ops->read(l, s->topic_billing, 0, n, n + 1, note_time, ms, &said));
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t expected = i;
        while (expected > 0 && ms[expected - 1] == ms[i])
            expected--;
        assert_ok(l->ops->offset_at(l, s->topic_billing, 0, ms[i] * 1000, &found, &said));
        assert_int_equal(found, expected);
    }
    assert_ok(l->ops->offset_at(l, s->topic_billing, 0, (ms[n - 1] + 1) * 1000, &found, &said));
    assert_int_equal(found, n);
    cw_logs_close(l);
    adapter->dispose(s);
}

static void only_what_is_committed_is_seen(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("seen");
    struct member m = {.bus = opened(s, 0)};
    struct cw_logs *l = onlooker(s);
    int64_t next = 0;
    wait_assigned(&m, SHARDS);
    assert_ok(l->ops->committed(l, s->topic_billing, 1, &next, &said));
    assert_int_equal(next, -1);
    begin_work(&m, 1, "open", 3);
    append(m.bus, CW_LOG_TASKS, 1, "task");
    assert_topic(l, s->topic_state, 1, "");
    assert_ok(m.bus->ops->abort(m.bus, &said));
    begin_work(&m, 1, "done", 4);
    append(m.bus, CW_LOG_TASKS, 1, "task");
    assert_ok(m.bus->ops->commit(m.bus, &said));
    assert_topic_soon(l, s->topic_state, "done;");
    assert_topic_soon(l, s->topic_tasks, "task;");
    assert_ok(l->ops->committed(l, s->topic_billing, 1, &next, &said));
    assert_int_equal(next, 4);
    cw_logs_close(l);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static void the_bus_hears_what_is_appended(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("heard");
    struct member m = {.bus = opened(s, 0)};
    struct cw_logs *l = onlooker(s);
    struct cw_bus_event ev;
    const struct cw_positions at = from_the_beginning(2);
    wait_assigned(&m, SHARDS);
    start_reading(&m, &at);
    wait_for(&m, CW_BUS_END, &ev);
    put(l, s->topic_outcomes, 2, CW_STR("client"), CW_STR("done"));
    assert_ok(l->ops->flush(l, &said));
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.input, CW_IN_OUTCOMES);
    assert_int_equal(ev.partition, 2);
    assert_memory_equal(ev.message.value.p, "done", 4);
    cw_logs_close(l);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

int run_logs_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_have_partitions_and_a_range),
        cmocka_unit_test(what_is_appended_goes_where_its_key_says),
        cmocka_unit_test(a_record_comes_back_as_it_went_in),
        cmocka_unit_test(a_part_is_read_and_a_reader_may_stop),
        cmocka_unit_test(a_topic_is_read_whole),
        cmocka_unit_test(an_instant_has_an_offset),
        cmocka_unit_test(only_what_is_committed_is_seen),
        cmocka_unit_test(the_bus_hears_what_is_appended),
    };
    return cmocka_run_group_tests_name("logs", tests, NULL, NULL);
}
