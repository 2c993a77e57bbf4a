/* What is taken from the bus in one turn: each row a script of what the bus says, and how much of
 * it is taken.
 *
 * A script is letters: m a message, b one of 100,000 bytes, s one that takes 100 ms, e an input's
 * end behind a marker, a an assignment, r a revocation, x try again, f a failure; after them the
 * bus has nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "board/log.h"
#include "engine/gather.h"

#define SHARD 3
#define WAIT_MS 70
#define EIGHT(word) word word word word word word word word
#define MESSAGES_40 EIGHT("mmmmm")
#define SLOW_40 EIGHT("sssss")

/* ---- a bus that reads from a script ---- */

static const char blob[100000] = "{";

struct desk {
    struct cw_bus bus; /* first: the bus is the desk */
    const char *script;
    size_t polled;
    int64_t offset; /* of the next message */
    bool paused;
    cw_mono_time now;
    struct cw_env env;
    struct cw_link link;
    struct cw_settings *settings;
    struct cw_taken_pool pool;
    struct cw_run_common common;
    struct cw_shards shards;
};

static cw_mono_time desk_mono(void *arg)
{
    return ((struct desk *)arg)->now;
}

static int desk_poll(struct cw_bus *b, int wait_ms, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    static const int32_t shards[] = {SHARD};
    struct desk *d = (struct desk *)b;
    assert_int_equal(wait_ms, d->polled++ ? 0 : WAIT_MS);
    char what = *d->script;
    d->script += what != '\0';
    *ev = (struct cw_bus_event){.input = CW_IN_PROFILES, .partition = SHARD};
    switch (what) {
    case 'm':
    case 'b':
    case 's':
        d->now += what == 's' ? CW_SECOND / 10 : 0;
        ev->what = CW_BUS_MESSAGE;
        ev->message = (struct cw_message){
            .key = CW_STR("g-1"), .value = CW_STR("{"), .partition = SHARD, .offset = d->offset++};
        if (what == 'b')
            ev->message.value = (struct cw_str){blob, sizeof blob};
        return 0;
    case 'e':
        ev->what = CW_BUS_END;
        ev->end = ++d->offset;
        return 0;
    case 'a':
        ev->what = CW_BUS_ASSIGNED;
        ev->shards = shards;
        ev->n_shards = 1;
        ev->token = d->polled;
        return 0;
    case 'r':
        ev->what = CW_BUS_REVOKED;
        return 0;
    case 'f':
        ev->what = CW_BUS_FAILED;
        ev->err = -CW_E_FATAL;
        return 0;
    case 'x':
        return cw_fail(eb, CW_E_RETRY, "not now");
    default:
        return 0;
    }
}

static int desk_pause(struct cw_bus *b, enum cw_input in, int32_t shard, bool paused,
                      struct cw_errbuf *eb)
{
    struct desk *d = (struct desk *)b;
    (void)eb;
    assert_int_equal(in, CW_IN_PROFILES);
    assert_int_equal(shard, SHARD);
    assert_true(d->paused != paused);
    d->paused = paused;
    return 0;
}

static const struct cw_bus_ops ops = {.poll = desk_poll, .pause = desk_pause};

static int gather(struct desk *d, const char *script, size_t most, bool *more)
{
    struct cw_errbuf eb;
    d->script = script;
    d->polled = 0;
    return cw_gather(&d->shards, &d->link, WAIT_MS, most, more, &eb);
}

/* With a shard that is running. */
static void open_desk(struct desk *d)
{
    struct cw_errbuf eb;
    bool more;
    *d = (struct desk){.bus = {&ops}, .env = {.mono = desk_mono, .arg = d}};
    d->link = (struct cw_link){.bus = &d->bus, .env = &d->env};
    assert_int_equal(cw_settings_default(&d->settings, &eb), 0);
    d->common = (struct cw_run_common){.settings = d->settings,
                                       .board = cw_board_new(),
                                       .limits = {1000, 1000, CW_HOUR},
                                       .pool = &d->pool};
    d->shards.common = &d->common;
    assert_non_null(d->common.board);
    assert_int_equal(gather(d, "a", 1, &more), 0);
    d->shards.runs[0]->standing = CW_SHARD_RUNNING;
    d->shards.unrestored = false;
}

static void close_desk(struct desk *d)
{
    cw_shards_free(&d->shards);
    cw_taken_pool_free(&d->pool);
    cw_board_free(d->common.board);
    cw_settings_free(d->settings);
}

/* ---- the tests ---- */

static const struct row {
    const char *why, *script;
    size_t most, polled;
    bool before, more;
    int err;
} rows[] = {
    {"all there is", "mmem", 9, 5, true, false, 0},
    {"nothing", "", 9, 1, true, false, 0},
    {"up to the batch's room", "mmmmm", 3, 3, false, true, 0},
    {"one where it has none", "mm", 0, 1, false, true, 0},
    {"what comes after an assignment comes later", "mamm", 9, 2, false, true, 0},
    {"a revocation is one of many", "rmm", 9, 4, true, false, 0},
    {"asked for another try, nothing is learnt: there was more", "mxm", 9, 2, true, true, 0},
    {"there was none", "mxm", 9, 2, false, false, 0},
    {"a failure ends it", "mfm", 9, 2, true, true, -CW_E_FATAL},
    {"forty at once", MESSAGES_40, 99, 41, true, false, 0},
    {"but not for longer than a commit may wait", SLOW_40, 99, 32, false, true, 0},
};

static void so_much_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct desk d;
        bool more = row->before;
        open_desk(&d);
        int err = gather(&d, row->script, row->most, &more);
        if (err != row->err || d.polled != row->polled || more != row->more)
            fail_msg("%s: %d, polled %zu times, more %d", row->why, err, d.polled, more);
        close_desk(&d);
    }
}

static void shards_come_and_go(void **state)
{
    (void)state;
    struct desk d;
    bool more;
    open_desk(&d);
    assert_int_equal(gather(&d, "mra", 9, &more), 0);
    assert_true(d.shards.assigned && d.shards.unrestored);
    assert_int_equal(d.shards.token, 3);
    assert_int_equal(d.shards.n, 1);
    assert_int_equal(gather(&d, "a", 9, &more), 0); /* without a word that they were gone */
    assert_int_equal(d.shards.token, 1);
    assert_int_equal(d.shards.n, 1);
    assert_int_equal(gather(&d, "r", 9, &more), 0);
    assert_false(d.shards.assigned || d.shards.unrestored);
    assert_int_equal(d.shards.n, 0);
    assert_int_equal(cw_board_counter(d.common.board, CW_COUNT_rebalances), 3);
    close_desk(&d);
}

static void judge(struct desk *d, size_t n)
{
    struct cw_errbuf eb;
    size_t judged;
    assert_int_equal(cw_run_judge(d->shards.runs[0], n, d->now, &judged), 0);
    assert_int_equal(judged, n);
    assert_int_equal(cw_gather_resume(d->shards.runs[0], &d->link, &eb), 0);
}

/* At 512 messages that wait, until no more than 128 do. */
static void what_is_too_much_is_held_back(void **state)
{
    (void)state;
    struct desk d;
    char script[601];
    bool more;
    memset(script, 'm', 600);
    script[600] = '\0';
    open_desk(&d);
    assert_int_equal(gather(&d, script, 511, &more), 0);
    assert_false(d.paused);
    assert_int_equal(gather(&d, script, 2, &more), 0); /* held back once, at the first of them */
    assert_true(d.paused);
    assert_true(cw_shards_behind(&d.shards));
    judge(&d, 384);
    assert_true(d.paused);
    judge(&d, 1);
    assert_false(d.paused);
    assert_false(cw_shards_behind(&d.shards));
    assert_int_equal(cw_shards_judged(&d.shards), 385);
    close_desk(&d);
}

/* At 2 MiB that wait, until no more than a quarter of that does. A profile that is refused is kept
 * whole, and by its decoder. */
static void what_is_too_large_is_held_back(void **state)
{
    (void)state;
    struct desk d;
    bool more;
    size_t n = 0, left;
    open_desk(&d);
    for (; !d.paused && n < 100; n++)
        assert_int_equal(gather(&d, "b", 1, &more), 0);
    assert_in_range(n, 10, 20);
    assert_true(cw_shards_behind(&d.shards));
    for (left = n; d.paused && left > 0; left--)
        judge(&d, 1);
    assert_in_range(left, n / 5, n / 4);
    for (n = 0; !d.paused && n < 100; n++)
        assert_int_equal(gather(&d, "b", 1, &more), 0);
    assert_in_range(n, 8, 18);
    /* Nothing of it is counted in another assignment. */
    assert_int_equal(gather(&d, "ra", 9, &more), 0);
    d.shards.runs[0]->standing = CW_SHARD_RUNNING;
    d.paused = d.shards.unrestored = false;
    assert_int_equal(gather(&d, "bbb", 9, &more), 0);
    assert_false(d.paused);
    close_desk(&d);
}

static void messages_for_nobody_are_let_go(void **state)
{
    (void)state;
    struct desk d;
    bool more;
    open_desk(&d);
    d.shards.runs[0]->standing = CW_SHARD_STOPPED;
    assert_int_equal(gather(&d, "mmem", 9, &more), 0);
    assert_int_equal(cw_board_counter(d.common.board, CW_COUNT_messages), 0);
    close_desk(&d);
}

/* Once nothing waits in front of them; and nothing is to be committed for their sake. */
static void markers_are_passed_by_the_way(void **state)
{
    (void)state;
    struct desk d;
    bool more;
    open_desk(&d);
    struct cw_run *r = d.shards.runs[0];
    r->next[CW_IN_PROFILES] = r->next[CW_IN_BILLING] = CW_OFFSET_NONE;
    assert_int_equal(gather(&d, "e", 9, &more), 0);
    assert_int_equal(r->next[CW_IN_PROFILES], CW_OFFSET_NONE); /* nothing was ever judged */
    assert_int_equal(gather(&d, "mme", 9, &more), 0);
    assert_int_equal(r->next[CW_IN_PROFILES], CW_OFFSET_NONE);
    judge(&d, 1);
    assert_int_equal(r->next[CW_IN_PROFILES], 2);
    judge(&d, 1);
    assert_int_equal(r->next[CW_IN_PROFILES], 4);
    assert_int_equal(r->cuts[r->n_cuts - 1].next[CW_IN_PROFILES], 4);
    cw_run_appended(r);
    cw_run_committed(r);
    assert_int_equal(gather(&d, "ee", 9, &more), 0);
    assert_int_equal(r->next[CW_IN_PROFILES], 6);
    assert_int_equal(r->next[CW_IN_BILLING], CW_OFFSET_NONE);
    assert_false(cw_run_is_pending(r));
    assert_int_equal(gather(&d, "m", 9, &more), 0);
    judge(&d, 1); /* more may come: the end told before is none */
    assert_int_equal(r->next[CW_IN_PROFILES], 7);
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_much_is_taken),
        cmocka_unit_test(shards_come_and_go),
        cmocka_unit_test(what_is_too_much_is_held_back),
        cmocka_unit_test(what_is_too_large_is_held_back),
        cmocka_unit_test(messages_for_nobody_are_let_go),
        cmocka_unit_test(markers_are_passed_by_the_way),
    };
    cw_log_level_set(CW_LOG_NONE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
