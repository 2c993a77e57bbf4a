/* Outcomes taken in already: what may come again, and what may come late, in rows. Each id is heard
 * in turn; '+' says that it is news, '-' that it is a repeat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/heard.h"

/* "M:FROM..TO": the moves of manager M with these numbers. */
static void hear(struct cw_heard *h, const char *row, bool news)
{
    char manager, id[64];
    int from, to;
    assert_int_equal(sscanf(row, "%c:%d..%d", &manager, &from, &to), 3);
    for (int i = from; i <= to; i++) {
        int n = snprintf(id, sizeof id, "epoch:m%c:%d-%d", manager, 1000 + i / 3, i % 3);
        struct cw_str s = {id, (size_t)n};
        if (cw_heard_has(h, s) == news)
            fail_msg("%s of %s is %snews", id, row, news ? "no " : "");
        if (news)
            cw_heard_add(h, s);
    }
}

static void play(const char *const *rows)
{
    struct cw_heard h = {.n = 0};
    for (; *rows; rows++)
        hear(&h, *rows + 1, **rows == '+');
}

static void scenes(void **state)
{
    static const char *const rows[][10] = {
        /* a batch again, whole, from its middle on, and once more after others */
        {"+a:0..400", "-a:0..400", "-a:200..400", "+a:401..900", "-a:0..900"},
        /* two daemons send the same, the later one more */
        {"+a:0..20", "-a:0..20", "+a:21..30", "-a:5..25", "+a:31..31"},
        /* a manager's numbers say nothing of another's */
        {"+a:100..200", "+b:0..50", "-a:100..200", "-b:0..50", "+b:51..60"},
        /* a Redis whose clock is behind goes on: up to eight may lie above what is new */
        {"+a:10..20", "+a:50..57", "+a:30..37", "-a:10..20"},
        /* more sources than are told apart: repeats are known still, and what is late is as well */
        {"+a:0..20", "+b:0..20", "+c:30..50", "+d:60..80", "+e:90..110", "-a:0..20", "-b:0..20",
         "-c:30..50", "+f:120..140"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        play(rows[i]);
}

/* Whoever appends outcomes by other ways numbers them as they like. */
static void an_id_of_another_form_is_known_for_a_while(void **state)
{
    static const char *const forms[] = {"o1", "",        "e:m:12", "e:m:-1",   "e:m:1-",
                                        ":-", "e:m:0-1", "1-1",    "e:m:1-1x", "e:m:1-2-"};
    struct cw_heard h = {.n = 0};
    (void)state;
    for (size_t i = 0; i < 10; i++) {
        struct cw_str s = {forms[i], strlen(forms[i])};
        assert_false(cw_heard_has(&h, s));
        cw_heard_add(&h, s);
        assert_true(cw_heard_has(&h, s));
    }
    assert_int_equal(h.n_marks, 0);
    assert_false(cw_heard_has(&h, (struct cw_str){"o1", 2}));
    assert_true(cw_heard_has(&h, (struct cw_str){"e:m:12", 6}));
}

/* Numbers beyond what is counted are told apart by the whole id; those within do not overflow. */
static void large_numbers_keep_their_order(void **state)
{
    struct cw_heard h = {.n = 0};
    char id[80];
    (void)state;
    for (int i = 0; i < 20; i++) {
        int n = snprintf(id, sizeof id, "e:m:999999999999999999-%018d", i);
        cw_heard_add(&h, (struct cw_str){id, (size_t)n});
    }
    assert_true(cw_heard_has(&h, (struct cw_str){"e:m:999999999999999999-3", 24}));
    assert_false(cw_heard_has(&h, (struct cw_str){"e:m:999999999999999999-20", 25}));
    assert_false(cw_heard_has(&h, (struct cw_str){"e:m:1999999999999999999-3", 25}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenes),
        cmocka_unit_test(an_id_of_another_form_is_known_for_a_while),
        cmocka_unit_test(large_numbers_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
