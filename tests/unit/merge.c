/* The order of a shard's sources: each row a script of arrivals, and the order that must come out.
 *
 * A script is words: "b10" a billing message of time 10, "s10" service, "o10" outcome, "p" profile,
 * "b-" a billing message that tells no time, "b." billing at its end (likewise s. o. p.), "+5" the
 * time moves by 5, "?" collects what may pass, "!" does so and gives the batch out, "|" ends it in
 * the expected order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/merge.h"

#define WAIT 20
static const char letters[CW_INPUTS + 1] = "pbso";

struct row {
    const char *why, *script, *order;
};
static const struct row rows[] = {
    {"least time first", "b30 s10 o20 p. b. s. o. +20 !", "s10 o20 b30 |"},
    {"ties: billing, service, outcomes", "o10 s10 b10 p. b. s. o. +20 !", "b10 s10 o10 |"},
    {"profiles go first, whatever the others say", "b10 p s5 p !", "p p |"},
    {"a profile passes sources that hold", "p !", "p |"},
    {"late keeps its place", "b10 b5 b20 s12 p. b. s. o. +20 !", "b10 b10 s12 b20 |"},
    {"no time keeps its place", "b10 b- b20 s15 s- p. b. s. o. +20 !", "b10 b10 s15 s15 b20 |"},
    {"no time at the very beginning goes first", "b- s1 p. b. s. o. +20 !", "b- s1 |"},
    {"a source not at its end holds", "b10 p. o. b. +1000 !", "|"},
    {"so do profiles", "b10 o. b. s. +1000 !", "|"},
    {"and outcomes", "b10 p. b. s. +1000 !", "|"},
    {"service at its end holds for the wait", "b10 p. o. b. s. +19 ! +1 !", "| b10 |"},
    {"billing at its end likewise", "s10 p. o. b. s. +19 ! +1 !", "| s10 |"},
    {"the wait counts from the head's coming", "b10 +15 p. o. b. s. +5 !", "b10 |"},
    {"outcomes and profiles at their end never hold", "b10 s20 p. o. !", "b10 |"},
    {"a held head of its own ends with a later message", "b10 p. o. b. s. +10 s5 +10 !", "s5 |"},
    {"a message ends the end", "b10 p. o. b. s. s5 +20 ! s. +20 !", "s5 | b10 |"},
    {"the batch is merged after it was collected", "s20 s. b. p. o. +20 ? b5 b. +20 !", "b5 s20 |"},
    {"in a batch profiles go first", "b10 p. b. s. o. +20 ? p p. !", "p b10 |"},
    {"the next batch goes on", "b10 b20 s15 p. o. ! s. b. +20 !", "b10 s15 | b20 |"},
};

static int dropped;
static void count_drop(void *arg, void *what)
{
    (void)arg, (void)what;
    dropped++;
}

static void give_out(struct cw_merge *m, cw_mono_time now, char *out, size_t size)
{
    enum cw_input in;
    struct cw_merge_item item;
    (void)cw_merge_collect(m, SIZE_MAX, now);
    while (cw_merge_next(m, &in, &item)) {
        size_t n = strlen(out);
        if (in == CW_IN_PROFILES)
            (void)snprintf(out + n, size - n, "p ");
        else if (item.time == CW_NO_TIME)
            (void)snprintf(out + n, size - n, "%c- ", letters[in]);
        else
            (void)snprintf(out + n, size - n, "%c%lld ", letters[in], (long long)item.time);
    }
    (void)strncat(out, "| ", size - strlen(out) - 1);
}

static void play(struct cw_merge *m, const char *script, char *out, size_t size)
{
    cw_mono_time now = 1000;
    char copy[256], *save = NULL;
    (void)snprintf(copy, sizeof copy, "%s", script);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        if (*w == '+') {
            now += atoll(w + 1);
        } else if (*w == '?') {
            (void)cw_merge_collect(m, SIZE_MAX, now);
        } else if (*w == '!') {
            give_out(m, now, out, size);
        } else {
            enum cw_input in = (enum cw_input)(strchr(letters, *w) - letters);
            cw_event_time t = w[1] && w[1] != '-' ? atoll(w + 1) : CW_NO_TIME;
            if (w[1] == '.')
                cw_merge_end(m, in);
            else
                assert_int_equal(cw_merge_push(m, in, 0, t, now, NULL), 0);
        }
    }
    size_t n = strlen(out);
    if (n)
        out[n - 1] = '\0';
}

static void rows_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[256] = "";
        struct cw_merge *m = cw_merge_new(WAIT, count_drop, NULL);
        assert_non_null(m);
        play(m, rows[i].script, out, sizeof out);
        if (strcmp(out, rows[i].order) != 0)
            fail_msg("%s: \"%s\" gave \"%s\", not \"%s\"", rows[i].why, rows[i].script, out,
                     rows[i].order);
        cw_merge_free(m);
    }
}

static void greatest_goes_on_after_a_restart(void **state)
{
    (void)state;
    enum cw_input in;
    struct cw_merge_item item;
    struct cw_merge *m = cw_merge_new(WAIT, count_drop, NULL);
    cw_merge_start(m, CW_IN_BILLING, 50);
    assert_int_equal(cw_merge_push(m, CW_IN_BILLING, 7, 40, 0, NULL), 0);
    assert_int_equal(cw_merge_push(m, CW_IN_BILLING, 8, 60, 0, NULL), 0);
    for (in = 0; in < CW_INPUTS; in++)
        cw_merge_end(m, in);
    assert_int_equal(cw_merge_greatest(m, CW_IN_BILLING), 50);
    assert_int_equal(cw_merge_collect(m, 1, WAIT), 1);
    assert_true(cw_merge_next(m, &in, &item));
    assert_int_equal(item.offset, 7);
    assert_int_equal(item.time, 50);
    /* Only what was given out counts: the rest is still to come after a restart. */
    assert_int_equal(cw_merge_greatest(m, CW_IN_BILLING), 50);
    assert_false(cw_merge_next(m, &in, &item));
    cw_merge_free(m);
}

static void due_is_when_the_wait_ends(void **state)
{
    (void)state;
    struct cw_merge *m = cw_merge_new(WAIT, count_drop, NULL);
    assert_true(cw_merge_due(m) == INT64_MAX);
    assert_int_equal(cw_merge_push(m, CW_IN_BILLING, 0, 10, 100, NULL), 0);
    assert_true(cw_merge_due(m) == INT64_MAX); /* it waits for more than time */
    cw_merge_end(m, CW_IN_PROFILES);
    cw_merge_end(m, CW_IN_OUTCOMES);
    cw_merge_end(m, CW_IN_SERVICE);
    assert_true(cw_merge_due(m) == 100 + WAIT);
    cw_merge_free(m);
}

static void rings_grow_and_wrap(void **state)
{
    (void)state;
    struct cw_merge *m = cw_merge_new(WAIT, count_drop, NULL);
    enum cw_input in;
    struct cw_merge_item item;
    int64_t put = 0, got = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 37; i++, put++)
            assert_int_equal(cw_merge_push(m, CW_IN_PROFILES, put, CW_NO_TIME, 0, NULL), 0);
        assert_int_equal(cw_merge_collect(m, 31, 0), 31);
        while (cw_merge_next(m, &in, &item))
            assert_int_equal(item.offset, got++);
    }
    assert_int_equal(cw_merge_queued(m, CW_IN_PROFILES), put - got);
    dropped = 0;
    cw_merge_free(m);
    assert_int_equal(dropped, put - got);
}

static void idle_means_all_ended_and_empty(void **state)
{
    (void)state;
    struct cw_merge *m = cw_merge_new(WAIT, count_drop, NULL);
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        assert_false(cw_merge_idle(m));
        cw_merge_end(m, in);
    }
    assert_true(cw_merge_idle(m));
    assert_int_equal(cw_merge_push(m, CW_IN_OUTCOMES, 0, 1, 0, NULL), 0);
    cw_merge_end(m, CW_IN_OUTCOMES);
    assert_false(cw_merge_idle(m));
    cw_merge_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold),
        cmocka_unit_test(greatest_goes_on_after_a_restart),
        cmocka_unit_test(due_is_when_the_wait_ends),
        cmocka_unit_test(rings_grow_and_wrap),
        cmocka_unit_test(idle_means_all_ended_and_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
