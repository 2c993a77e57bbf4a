/* The start's patience: each row a script of what a step returns, try by try, and what comes of it.
 *
 * A script is letters, the last of which goes on for ever: k it is done, l nobody leads the topic,
 * c the coordinator loads, r refused, w wrong; L and K as l and k, after 10 s.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/start_wait.h"

struct desk {
    const char *script;
    size_t tries, told;
    cw_mono_time now;
    const char *last; /* what was told last */
    struct cw_start_wait wait;
};

static cw_mono_time desk_mono(void *arg)
{
    return ((struct desk *)arg)->now;
}

static void desk_rest(void *arg, int ms)
{
    ((struct desk *)arg)->now += (int64_t)ms * CW_SECOND / 1000;
}

static void desk_told(void *arg, const char *reason)
{
    struct desk *d = arg;
    d->told++;
    d->last = strstr(reason, "leads") ? "leads" : strstr(reason, "loads") ? "loads" : "?";
}

static int step(void *arg, struct cw_errbuf *eb)
{
    struct desk *d = arg;
    char what = *d->script;
    d->script += d->script[1] != '\0';
    d->tries++;
    d->now += what == 'L' || what == 'K' ? 10 * CW_SECOND : 0;
    switch (what) {
    case 'L':
    case 'l':
        return cw_fail(eb, CW_E_RETRY, "control: nobody leads it");
    case 'c':
        return cw_fail(eb, CW_E_RETRY, "group: the coordinator loads");
    case 'r':
        return cw_fail(eb, CW_E_IO, "control: not authorized");
    case 'w':
        return cw_fail(eb, CW_E_INVALID, "billing has 3 partitions");
    default:
        return 0;
    }
}

static void open_desk(struct desk *d, const char *script)
{
    *d = (struct desk){.script = script, .now = 77 * CW_SECOND, .last = ""};
    d->wait = (struct cw_start_wait){desk_mono, desk_rest, desk_told, d, d->now};
}

static const struct row {
    const char *why, *script;
    int err;
    size_t tries, told;
    const char *last;
    int64_t seconds;
} rows[] = {
    {"what is well is done once", "k", 0, 1, 0, "", 0},
    {"what passes is tried again", "lllk", 0, 4, 1, "leads", 3},
    {"and told again only where it changes", "llcck", 0, 5, 2, "loads", 4},
    {"as it does when it comes back", "lcllk", 0, 5, 3, "leads", 4},
    {"a refusal is the end", "r", -CW_E_IO, 1, 0, "", 0},
    {"also after a while", "llr", -CW_E_IO, 3, 1, "leads", 2},
    {"so is what is wrong", "w", -CW_E_INVALID, 1, 0, "", 0},
    {"30 s, and no longer", "l", -CW_E_RETRY, 31, 1, "leads", 30},
    {"of which a try may take the most", "L", -CW_E_RETRY, 3, 1, "leads", 32},
    {"a try that began in time counts", "LLK", 0, 3, 1, "leads", 32},
};

static void a_step_is_tried(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct desk d;
        struct cw_errbuf eb = {""};
        open_desk(&d, row->script);
        int err = cw_start_try(&d.wait, step, &eb);
        int64_t took = (d.now - d.wait.began) / CW_SECOND;
        if (err != row->err || d.tries != row->tries || d.told != row->told ||
            took != row->seconds || strcmp(d.last, row->last) != 0)
            fail_msg("%s: %d after %zu tries and %lld s, told %zu times, last \"%s\"", row->why,
                     err, d.tries, (long long)took, d.told, d.last);
    }
}

/* What is logged in the end says what it was, and how long it was waited for. */
static void the_end_says_what_was_waited_for(void **state)
{
    (void)state;
    struct desk d;
    struct cw_errbuf eb = {""};
    open_desk(&d, "l");
    assert_int_equal(cw_start_try(&d.wait, step, &eb), -CW_E_RETRY);
    assert_string_equal(eb.text,
                        "control: nobody leads it; the start waited 30 s for that to pass");
    open_desk(&d, "llr");
    assert_int_equal(cw_start_try(&d.wait, step, &eb), -CW_E_IO);
    assert_string_equal(eb.text, "control: not authorized");
}

/* All steps of a start have one time. */
static void the_next_step_has_what_is_left(void **state)
{
    (void)state;
    struct desk d;
    struct cw_errbuf eb = {""};
    open_desk(&d, "LLk");
    assert_int_equal(cw_start_try(&d.wait, step, &eb), 0);
    d.script = "l";
    d.tries = 0;
    assert_int_equal(cw_start_try(&d.wait, step, &eb), -CW_E_RETRY);
    assert_int_equal(d.tries, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_tried),
        cmocka_unit_test(the_end_says_what_was_waited_for),
        cmocka_unit_test(the_next_step_has_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
