/* What every bus must do: assignments, reading, transactions, and what a reader may see of them.
 *
 * Each test has topics, a group and ids of its own, so that none waits for another's session to
 * end. Messages are fed as others feed them, by bus/logs.h; all else goes through struct cw_bus.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/bus/adapter.h"
#include "tests/bus/member.h"

/* ---- assignment and reading ---- */

static void assignment_then_ends(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("ends");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    bool at_end[CW_INPUTS][SHARDS] = {{false}};
    int32_t partitions;
    wait_assigned(&m, SHARDS);
    assert_ok(m.bus->ops->partitions(m.bus, CW_LOG_STATE, &partitions, &said));
    assert_int_equal(partitions, SHARDS);
    for (int32_t p = 0; p < SHARDS; p++) {
        const struct cw_positions at = from_the_beginning(p);
        assert_committed(m.bus, p, CW_OFFSET_NONE);
        assert_log(m.bus, CW_LOG_STATE, p, "");
        start_reading(&m, &at);
    }
    for (int left = CW_INPUTS * SHARDS; left > 0;) {
        wait_for(&m, CW_BUS_END, &ev);
        assert_int_equal(ev.end, 0);
        left -= !at_end[ev.input][ev.partition];
        at_end[ev.input][ev.partition] = true;
    }
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static void messages_come_whole_from_where_sought(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("messages");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    const struct cw_positions at = {.shard = 1,
                                    .next = {[CW_IN_PROFILES] = CW_OFFSET_NONE,
                                             [CW_IN_BILLING] = 1,
                                             [CW_IN_SERVICE] = CW_OFFSET_NONE,
                                             [CW_IN_OUTCOMES] = CW_OFFSET_NONE}};
    feed(s, CW_IN_BILLING, 1, "skipped", "before");
    feed(s, CW_IN_BILLING, 1, "client", "event");
    wait_assigned(&m, SHARDS);
    start_reading(&m, &at);
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.input, CW_IN_BILLING);
    assert_int_equal(ev.partition, 1);
    assert_int_equal(ev.message.partition, 1);
    assert_int_equal(ev.message.offset, 1);
    assert_int_equal(ev.message.key.n, 6);
    assert_memory_equal(ev.message.key.p, "client", 6);
    assert_int_equal(ev.message.value.n, 5);
    assert_memory_equal(ev.message.value.p, "event", 5);
    assert_true(ev.message.timestamp_ms > 0);
    assert_int_equal(ev.message.n_headers, 1);
    assert_memory_equal(ev.message.headers[0].name.p, "ce_id", 5);
    assert_int_equal(ev.message.headers[0].value.n, 1);
    /* What is absent comes as absent, not as empty. */
    feed(s, CW_IN_PROFILES, 1, "client", NULL);
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.input, CW_IN_PROFILES);
    assert_int_equal(ev.message.key.n, 6);
    assert_null(ev.message.value.p);
    feed(s, CW_IN_SERVICE, 1, NULL, "event");
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.input, CW_IN_SERVICE);
    assert_null(ev.message.key.p);
    assert_int_equal(ev.message.value.n, 5);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static void nothing_is_read_before_the_seek_nor_while_paused(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("paused");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    const struct cw_positions one = from_the_beginning(1), two = from_the_beginning(2);
    for (int32_t p = 0; p < SHARDS; p++)
        feed(s, CW_IN_BILLING, p, "client", "event");
    wait_assigned(&m, SHARDS);
    start_reading(&m, &one);
    assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, true, &said));
    start_reading(&m, &two);
    /* Shard 2 being read to its end shows that there was time; shard 0 was never sought. */
    do {
        (void)step(&m, &ev);
        if (ev.what == CW_BUS_MESSAGE)
            assert_int_equal(ev.partition, 2);
    } while (ev.what != CW_BUS_END || ev.input != CW_IN_BILLING || ev.partition != 2);
    assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, false, &said));
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.partition, 1);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

/* Held back with messages fetched and not yet polled: they come later, each once and in order. */
static void nothing_is_lost_by_holding_back(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("held");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    const struct cw_positions at = from_the_beginning(1);
    int64_t next = 0;
    feed_all(s, CW_IN_BILLING, 1, "client", "event", MANY);
    wait_assigned(&m, SHARDS);
    start_reading(&m, &at);
    while (next < MANY) {
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        assert_int_equal(ev.message.offset, next);
        if (++next % (MANY / 4) != 0)
            continue;
        assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, true, &said));
        /* What another input gives meanwhile shows that polling went on. */
        feed(s, CW_IN_SERVICE, 1, "client", "event");
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        assert_int_equal(ev.input, CW_IN_SERVICE);
        assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, false, &said));
    }
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

/* Started again and again, for whether a fetch gets out before the pause is a matter of luck. */
static void an_input_whose_oldest_are_gone_can_be_read(void **state)
{
    (void)state;
    enum { FED = 10, GONE = 6, STARTS = 6 };
    struct cw_settings *s = adapter->prepare("trimmed");
    const struct cw_positions at = from_the_beginning(1);
    feed_all(s, CW_IN_BILLING, 1, "client", "event", FED);
    adapter->lose_oldest(s, CW_IN_BILLING, 1, GONE);
    for (int i = 0; i < STARTS; i++) {
        struct member m = {.bus = opened(s, 0)};
        struct cw_bus_event ev;
        wait_assigned(&m, SHARDS);
        start_reading(&m, &at);
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        assert_int_equal(ev.message.offset, GONE);
        m.bus->ops->close(m.bus);
    }
    adapter->dispose(s);
}

/* ---- transactions ---- */

static void commit_moves_positions_and_shows_records(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("commit");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    begin_work(&m, 2, "state", 5);
    append(m.bus, CW_LOG_TASKS, 2, "task");
    append(m.bus, CW_LOG_DEAD_LETTERS, 2, "letter");
    assert_ok(m.bus->ops->commit(m.bus, &said));
    assert_committed(m.bus, 2, 5);
    assert_committed(m.bus, 1, CW_OFFSET_NONE);
    assert_log(m.bus, CW_LOG_STATE, 2, "state;");
    assert_log(m.bus, CW_LOG_TASKS, 2, "task;");
    assert_log(m.bus, CW_LOG_DEAD_LETTERS, 2, "letter;");
    assert_log(m.bus, CW_LOG_STATE, 1, "");
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static void abort_hides_both_and_is_read_through(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("abort");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    begin_work(&m, 0, "kept", 3);
    assert_ok(m.bus->ops->commit(m.bus, &said));
    begin_work(&m, 0, "ghost", 9);
    assert_ok(m.bus->ops->abort(m.bus, &said));
    assert_committed(m.bus, 0, 3);
    /* The log now ends in what was aborted: a reader must still come to its end. */
    assert_true(end_of(m.bus, CW_LOG_STATE, 0) >= (adapter->aborts_are_seen ? 4 : 1));
    assert_log(m.bus, CW_LOG_STATE, 0, "kept;");
    begin_work(&m, 0, "after", 4);
    assert_ok(m.bus->ops->commit(m.bus, &said));
    assert_committed(m.bus, 0, 4);
    assert_log(m.bus, CW_LOG_STATE, 0, "kept;after;");
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

/* The protocol aborts whenever something failed, also before it had begun. */
static void abort_with_nothing_open_is_harmless(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("idle");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    assert_ok(m.bus->ops->abort(m.bus, &said));
    begin_work(&m, 0, "first", 1);
    assert_ok(m.bus->ops->commit(m.bus, &said));
    assert_ok(m.bus->ops->abort(m.bus, &said));
    begin_work(&m, 0, "second", 2);
    assert_ok(m.bus->ops->commit(m.bus, &said));
    assert_log(m.bus, CW_LOG_STATE, 0, "first;second;");
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static void an_old_token_is_void(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("token");
    struct member m = {.bus = opened(s, 0)};
    const struct cw_positions at = billing_at(0, 8);
    assert_fails(m.bus->ops->begin(m.bus, m.token, &said), CW_E_REVOKED);
    wait_assigned(&m, SHARDS);
    assert_fails(m.bus->ops->begin(m.bus, m.token + 1, &said), CW_E_REVOKED);
    begin_work(&m, 0, "ghost", 1);
    assert_fails(m.bus->ops->send_positions(m.bus, &at, 1, m.token + 1, &said), CW_E_REVOKED);
    assert_ok(m.bus->ops->abort(m.bus, &said));
    assert_committed(m.bus, 0, CW_OFFSET_NONE);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static int stop_at_first(void *arg, const struct cw_message *m)
{
    (void)m;
    ++*(int *)arg;
    return 42;
}

static void a_reader_may_stop_early(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("early");
    struct member m = {.bus = opened(s, 0)};
    int calls = 0;
    wait_assigned(&m, SHARDS);
    begin_work(&m, 0, "one", 1);
    append(m.bus, CW_LOG_STATE, 0, "two");
    assert_ok(m.bus->ops->commit(m.bus, &said));
    assert_int_equal(m.bus->ops->read(m.bus, CW_LOG_STATE, 0, 0, end_of(m.bus, CW_LOG_STATE, 0),
                                      stop_at_first, &calls, &said),
                     42);
    assert_int_equal(calls, 1);
    assert_log(m.bus, CW_LOG_STATE, 0, "one;two;");
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static void the_end_counts_what_is_not_committed(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("uncommitted");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    begin_work(&m, 0, "kept", 1);
    assert_ok(m.bus->ops->commit(m.bus, &said));
    int64_t stable = end_of(m.bus, CW_LOG_STATE, 0);
    begin_work(&m, 0, "open", 2);
    for (time_t until = deadline(); end_of(m.bus, CW_LOG_STATE, 0) <= stable;)
        assert_true(time(NULL) < until);
    /* Up to where all was committed, nothing has to be waited for. */
    struct heard h = {.last = -1};
    assert_ok(m.bus->ops->read(m.bus, CW_LOG_STATE, 0, 0, stable, hear, &h, &said));
    assert_string_equal(h.text, "kept;");
    assert_ok(m.bus->ops->abort(m.bus, &said));
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

/* Nor does it keep what was committed before it from being read. */
static void an_open_transaction_does_not_hold_up_what_is_followed(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("followed");
    struct member m = {.bus = opened(s, 0)};
    const struct cw_positions at = billing_at(0, 2);
    wait_assigned(&m, SHARDS);
    begin_work(&m, 0, "kept", 1);
    append(m.bus, CW_LOG_MANAGERS, 0, "known");
    assert_ok(m.bus->ops->commit(m.bus, &said));
    for (time_t until = deadline(); end_of(m.bus, CW_LOG_MANAGERS, 0) == 0;)
        assert_true(time(NULL) < until);
    assert_ok(m.bus->ops->begin(m.bus, m.token, &said));
    append(m.bus, CW_LOG_MANAGERS, 0, "open");
    assert_ok(m.bus->ops->send_positions(m.bus, &at, 1, m.token, &said));
    assert_log(m.bus, CW_LOG_MANAGERS, 0, "known;");
    assert_ok(m.bus->ops->abort(m.bus, &said));
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

/* Every test, and why one adapter or another cannot have it; "" for all that can. */
static const struct row {
    struct CMUnitTest test;
    const char *without_groups;
} rows[] = {
    {cmocka_unit_test(assignment_then_ends), ""},
    {cmocka_unit_test(messages_come_whole_from_where_sought), ""},
    {cmocka_unit_test(nothing_is_read_before_the_seek_nor_while_paused), ""},
    {cmocka_unit_test(nothing_is_lost_by_holding_back), ""},
    {cmocka_unit_test(an_input_whose_oldest_are_gone_can_be_read), ""},
    {cmocka_unit_test(commit_moves_positions_and_shows_records), ""},
    {cmocka_unit_test(abort_hides_both_and_is_read_through), ""},
    {cmocka_unit_test(abort_with_nothing_open_is_harmless), ""},
    {cmocka_unit_test(a_reader_may_stop_early), ""},
    {cmocka_unit_test(the_end_counts_what_is_not_committed), ""},
    {cmocka_unit_test(an_open_transaction_does_not_hold_up_what_is_followed), ""},
    {cmocka_unit_test(an_old_token_is_void), ""},
    {cmocka_unit_test(a_restore_waits_for_the_open_transaction),
     "one engine owns all shards: nobody else has a transaction open while it restores"},
    {cmocka_unit_test(a_second_self_fences_the_first),
     "a second daemon is refused, and nothing is taken from the first"},
    {cmocka_unit_test(a_second_member_takes_shards_and_the_old_token_is_void),
     "there is no second member, so nothing is ever revoked"},
    {cmocka_unit_test(a_kept_assignment_is_revoked_after_the_commit),
     "there is no second member, so nothing is ever revoked"},
    {cmocka_unit_test(a_zombies_commit_is_refused),
     "there is no session to lose: a daemon that was stopped still holds the lock"},
};
enum { ROWS = sizeof rows / sizeof *rows };

int run_adapter_tests(void)
{
    struct CMUnitTest tests[ROWS];
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (adapter->groups || !*rows[i].without_groups)
            tests[n++] = rows[i].test;
        else
            print_message("[ NOT HERE ] %s: %s\n", rows[i].test.name, rows[i].without_groups);
    }
    return _cmocka_run_group_tests(adapter->name, tests, n, NULL, NULL);
}
