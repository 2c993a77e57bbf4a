/* Appending in order, over a log that loses any of what is on its way when it fails: of each key,
 * what it has is a beginning of what was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/in_order.h"

enum { RECORDS_MOST = 40, KEYS = 5 };

/* ---- a log that fails ---- */

struct log {
    struct cw_logs logs; /* first, so that the one is the other */
    const struct cw_logs_record *on_way[RECORDS_MOST], *has[RECORDS_MOST];
    size_t n_on_way, n_has;
    unsigned calls, fails_at; /* the call that fails, counted from 1; 0: none */
    uint32_t dice;
};

static uint32_t roll(struct log *l, uint32_t sides)
{
    l->dice = l->dice * 1664525 + 1013904223;
    return (l->dice >> 16) % sides;
}

static int call(struct log *l, struct cw_errbuf *eb)
{
    return ++l->calls == l->fails_at ? cw_fail(eb, CW_E_IO, "call %u", l->calls) : 0;
}

static int append(struct cw_logs *logs, const struct cw_logs_record *r, struct cw_errbuf *eb)
{
    struct log *l = (struct log *)logs;
    int err = call(l, eb);
    if (!err)
        l->on_way[l->n_on_way++] = r;
    return err;
}

static int flush(struct cw_logs *logs, struct cw_errbuf *eb)
{
    struct log *l = (struct log *)logs;
    int err = call(l, eb);
    for (size_t i = 0; i < l->n_on_way; i++)
        if (!err || roll(l, 2))
            l->has[l->n_has++] = l->on_way[i];
    l->n_on_way = 0;
    return err;
}

static const struct cw_logs_ops ops = {.append = append, .flush = flush};

/* ---- what it has ---- */

/* Where it lies in the log; n_has: nowhere. */
static size_t place_of(const struct log *l, const struct cw_logs_record *r)
{
    size_t at = 0;
    while (at < l->n_has && l->has[at] != r)
        at++;
    return at;
}

static void assert_beginnings(const struct log *l, const struct cw_logs_record *sent, size_t n)
{
    for (size_t k = 0; k < KEYS; k++) {
        size_t before = 0;
        for (size_t i = 0; i < n; i++) {
            if (sent[i].key.n != k)
                continue;
            size_t at = place_of(l, &sent[i]);
            if (at < before)
                fail_msg("of key %zu, record %zu came where one before it did not", k, i);
            before = at;
        }
    }
}

static void whatever_fails_each_key_has_no_gap(void **state)
{
    static const char key[] = "kkkkk";
    (void)state;
    for (uint32_t seed = 0; seed < 500; seed++) {
        struct log l = {.logs = {&ops}, .dice = seed};
        struct cw_logs_record records[RECORDS_MOST];
        for (size_t i = 0; i < RECORDS_MOST; i++)
            records[i] = (struct cw_logs_record){.topic = "t", .key = {key, roll(&l, KEYS)}};
        l.fails_at = roll(&l, 60);
        struct cw_errbuf eb = {""};
        int err = cw_append_in_order(&l.logs, records, RECORDS_MOST, &eb);
        bool failed = l.fails_at && l.fails_at <= l.calls;
        assert_int_equal(err, failed ? -CW_E_IO : 0);
        assert_int_equal(eb.text[0] != '\0', failed);
        assert_int_equal(l.n_on_way, 0); /* all was waited for */
        if (!failed)
            assert_int_equal(l.n_has, RECORDS_MOST);
        assert_beginnings(&l, records, RECORDS_MOST);
    }
}

/* Moves on different clients share one wait. */
static void different_keys_go_together(void **state)
{
    static const char key[] = "kkkkkkkkkk";
    struct cw_logs_record records[8];
    struct log l = {.logs = {&ops}};
    struct cw_errbuf eb = {""};
    (void)state;
    for (size_t i = 0; i < 8; i++)
        records[i] = (struct cw_logs_record){.topic = "t", .key = {key, i}};
    assert_int_equal(cw_append_in_order(&l.logs, records, 8, &eb), 0);
    assert_int_equal(l.calls, 8 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_each_key_has_no_gap),
        cmocka_unit_test(different_keys_go_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
