/* How often a call of the bus is made, and for how long: each row a script of what the bus says.
 *
 * A script is letters, the last of which goes on for ever: k it is done, x try again, X as x after
 * 5 s, a abort, f fatal, s as x while the process is told to end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "board/log.h"
#include "engine/link.h"

struct desk {
    struct cw_bus bus; /* first: the bus is the desk */
    const char *script;
    int calls;
    cw_mono_time now;
    bool told_to_end;
    struct cw_env env;
    struct cw_link link;
};

static cw_mono_time desk_mono(void *arg)
{
    return ((struct desk *)arg)->now;
}

static void desk_rest(void *arg, int ms)
{
    ((struct desk *)arg)->now += (int64_t)ms * CW_SECOND / 1000;
}

static bool desk_stopping(void *arg)
{
    return ((struct desk *)arg)->told_to_end;
}

static int say(struct desk *d, struct cw_errbuf *eb)
{
    char what = *d->script;
    d->script += d->script[1] != '\0';
    d->calls++;
    d->now += what == 'X' ? 5 * CW_SECOND : 0;
    d->told_to_end = what == 's';
    switch (what) {
    case 'k':
        return 0;
    case 'a':
        return cw_fail(eb, CW_E_ABORT, "abort");
    case 'f':
        return cw_fail(eb, CW_E_FATAL, "fatal");
    default:
        return cw_fail(eb, CW_E_RETRY, "no leader is known");
    }
}

static int desk_begin(struct cw_bus *b, uint64_t token, struct cw_errbuf *eb)
{
    (void)token;
    return say((struct desk *)b, eb);
}

static int desk_end(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
                    int64_t *ret_end, struct cw_errbuf *eb)
{
    (void)log, (void)partition, (void)ret_first, (void)ret_end;
    return say((struct desk *)b, eb);
}

static int desk_committed(struct cw_bus *b, int32_t shard, struct cw_positions *ret_at,
                          struct cw_errbuf *eb)
{
    (void)shard, (void)ret_at;
    return say((struct desk *)b, eb);
}

static int desk_input_range(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t *ret_first,
                            int64_t *ret_end, struct cw_errbuf *eb)
{
    (void)in, (void)shard, (void)ret_first, (void)ret_end;
    return say((struct desk *)b, eb);
}

static int desk_partitions(struct cw_bus *b, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb)
{
    (void)log, (void)ret_n;
    return say((struct desk *)b, eb);
}

static const struct cw_bus_ops ops = {.begin = desk_begin,
                                      .end = desk_end,
                                      .committed = desk_committed,
                                      .input_range = desk_input_range,
                                      .partitions = desk_partitions};

static void open_desk(struct desk *d, const char *script)
{
    *d = (struct desk){.bus = {&ops}, .script = script, .now = 7 * CW_SECOND};
    d->env =
        (struct cw_env){.mono = desk_mono, .rest = desk_rest, .stopping = desk_stopping, .arg = d};
    d->link = (struct cw_link){.bus = &d->bus, .env = &d->env};
}

/* ---- the tests ---- */

static int64_t since(const struct desk *d)
{
    return (d->now - 7 * CW_SECOND) * 1000 / CW_SECOND;
}

static const struct row {
    const char *why, *script;
    int err, calls;
    int64_t ms;
} orders[] =
    {
        {"what is done is not done twice", "k", 0, 1, 0},
        {"asked for another try, it is given", "xxk", 0, 3, 150},
        {"but ten times at most", "x", -CW_E_FATAL, 10, 2250},
        {"however long they take", "X", -CW_E_FATAL, 10, 52250},
        {"another answer is the caller's", "xa", -CW_E_ABORT, 2, 50},
},
  questions[] = {
      {"what is answered is not asked twice", "k", 0, 1, 0},
      {"an election takes a while", "xxxxxxxxxxxxxxxxxxxxk", 0, 21, 7750},
      {"half a minute is the most", "x", -CW_E_FATAL, 66, 30250},
      {"but ten tries are the least", "X", -CW_E_FATAL, 10, 52250},
      {"whoever is told to end waits no more", "xxxxxxxxxxxxs", -CW_E_ABORT, 13, 3750},
      {"beyond those ten", "xxs", -CW_E_ABORT, 10, 2250},
      {"a refusal is the end", "xxf", -CW_E_FATAL, 3, 150},
};

static int ask_end(const struct desk *d, struct cw_errbuf *eb)
{
    int64_t first, end;
    return cw_link_end(&d->link, CW_LOG_STATE, 3, &first, &end, eb);
}

static int ask_committed(const struct desk *d, struct cw_errbuf *eb)
{
    struct cw_positions at;
    return cw_link_committed(&d->link, 3, &at, eb);
}

static int ask_range(const struct desk *d, struct cw_errbuf *eb)
{
    int64_t first, end;
    return cw_link_input_range(&d->link, CW_IN_BILLING, 3, &first, &end, eb);
}

static int ask_partitions(const struct desk *d, struct cw_errbuf *eb)
{
    int32_t n;
    return cw_link_partitions(&d->link, CW_LOG_STATE, &n, eb);
}

static void compare(const struct row *row, const struct desk *d, int err)
{
    if (err != row->err || d->calls != row->calls || since(d) != row->ms)
        fail_msg("%s: %d after %d calls, %lld ms", row->why, err, d->calls, (long long)since(d));
}

static void an_order_is_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct desk d;
        struct cw_errbuf eb;
        open_desk(&d, orders[i].script);
        compare(&orders[i], &d, cw_link_begin(&d.link, 1, &eb));
    }
}

static void a_question_is_asked(void **state)
{
    (void)state;
    static int (*const ask[])(const struct desk *d, struct cw_errbuf *eb) = {
        ask_end, ask_committed, ask_range, ask_partitions};
    for (size_t q = 0; q < sizeof ask / sizeof ask[0]; q++)
        for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
            struct desk d;
            struct cw_errbuf eb;
            open_desk(&d, questions[i].script);
            compare(&questions[i], &d, ask[q](&d, &eb));
        }
}

static void the_end_says_what_it_was(void **state)
{
    (void)state;
    struct desk d;
    struct cw_errbuf eb;
    open_desk(&d, "x");
    assert_int_equal(ask_end(&d, &eb), -CW_E_FATAL);
    assert_string_equal(eb.text, "no definite answer after 66 tries: no leader is known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_given),
        cmocka_unit_test(a_question_is_asked),
        cmocka_unit_test(the_end_says_what_it_was),
    };
    cw_log_level_set(CW_LOG_NONE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
