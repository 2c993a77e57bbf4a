/* How clients are kept: the index while it grows, order, lines, and the last ids against a plain
 * model of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/index.h"
#include "core/line_block.h"
#include "core/slices.h"

static struct cw_slab slab; /* of all tests; freed at the end */
static uint64_t seed = 7;
static uint64_t roll(uint64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

static struct cw_client *client_of(const char *id)
{
    struct cw_client *cl =
        cw_at(cw_slab_take(&slab, sizeof(struct cw_client) + 64 + cw_slices_of_client()));
    assert_non_null(cl);
    cl->id_n = strlen(id) & INT8_MAX;
    memcpy(cl + 1, id, cl->id_n);
    return cl;
}

static struct cw_client *find(const struct cw_index *t, const char *id)
{
    struct cw_str s = {id, strlen(id)};
    return cw_index_find(t, s, cw_index_hash(s));
}

static void name(char id[24], uint64_t n)
{
    (void)snprintf(id, 24, "c%llu", (unsigned long long)(n * 7919 % 999983));
}

static void every_client_is_found_while_the_index_grows(void **state)
{
    (void)state;
    struct cw_index t = {0};
    char id[24];
    enum { MANY = 150000 };
    for (uint64_t i = 0; i < MANY; i++) {
        name(id, i);
        assert_null(find(&t, id));
        struct cw_client *cl = client_of(id);
        assert_true(cw_index_add(&t, cl));
        assert_ptr_equal(find(&t, id), cl);
        name(id, roll(i + 1)); /* of those before, moved or not */
        assert_non_null(find(&t, id));
    }
    for (uint64_t i = 0; i < MANY; i++) {
        name(id, i);
        assert_non_null(find(&t, id));
    }
    cw_index_free(&t);
}

/* Also of clients that a growing index has not moved yet. */
static void the_likely_one_is_nearly_always_the_one(void **state)
{
    (void)state;
    struct cw_index t = {0};
    char id[24];
    enum { MANY = 1000 };
    assert_null(cw_index_likely(&t, 1));
    for (uint64_t i = 0; i < MANY; i++) {
        name(id, i);
        assert_true(cw_index_add(&t, client_of(id)));
        unsigned hits = 0;
        for (size_t k = 0; k < t.n; k++) {
            uint32_t hash = cw_index_hash(cw_client_id(cw_index_at(&t, k)));
            cw_index_expect(&t, hash);
            const cw_ref *slot = cw_index_likely(&t, hash);
            assert_true(slot && *slot);
            hits += *slot == t.all[k];
        }
        assert_true(hits >= t.n - t.n / 20);
    }
    cw_index_free(&t);
}

static void new_ones_are_merged_into_the_order(void **state)
{
    (void)state;
    struct cw_index t = {0};
    char id[24];
    for (uint64_t i = 0; i < 3000; i++) {
        name(id, i);
        assert_true(cw_index_add(&t, client_of(id)));
        if (roll(100) == 0) {
            assert_true(cw_index_sort(&t));
            for (size_t k = 1; k < t.n; k++)
                assert_true(cw_client_compare(cw_index_at(&t, k - 1), cw_index_at(&t, k)) < 0);
        }
    }
    cw_index_free(&t);
}

/* ---- ids ---- */

struct model {
    struct {
        uint64_t id;
        bool of_one; /* it came when there was one line at most: 40 bits of it are known */
    } ids[4096];
    size_t n;
};

static bool model_has(const struct model *m, uint64_t id, bool of_one, size_t last)
{
    for (size_t i = m->n > last ? m->n - last : 0; i < m->n; i++) {
        uint64_t other = m->ids[i].id ^ id;
        if ((of_one || m->ids[i].of_one ? other & ((UINT64_C(1) << 40) - 1) : other) == 0)
            return true;
    }
    return false;
}

/* As an image has them, and put into another client's with as many lines. */
static void ids_lie_as_in_an_image(const struct cw_client *cl)
{
    struct cw_client *other = client_of("y");
    uint32_t n = cw_seen_count(cl);
    char stored[8192], again[8192];
    size_t bytes = n * cw_seen_bytes(cl);
    assert_true(bytes <= sizeof stored && cw_line_block_make(&slab, other, cl->n_lines));
    cw_seen_copy(cl, n, stored);
    cw_seen_paste(other, n, stored);
    assert_int_equal(cw_seen_count(other), n);
    cw_seen_copy(other, n, again);
    assert_memory_equal(stored, again, bytes);
    cw_line_block_free(&slab, other);
}

/* Ids of which many share 32 bits and some 40, and lines that come in between. */
static void the_last_ids_are_known_and_no_more(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct cw_client *cl = client_of("x");
        struct model m = {.n = 0};
        assert_true(cw_line_block_make(&slab, cl, 0));
        size_t known = 0; /* since a line more lets more be known, but brings none back */
        for (int i = 0; i < 600; i++) {
            uint64_t id = (1 + roll(2)) << 40 | roll(3) << 32 | (1 + roll(40));
            if (roll(60) == 0)
                assert_non_null(
                    cw_line_block_add(&slab, cl, 1 + roll(1000) * 50 + (uint64_t)round));
            size_t horizon = 8 + 8 * (size_t)cl->n_lines;
            bool of_one = cl->n_lines <= 1;
            known = known < horizon ? known : horizon;
            assert_int_equal(cw_seen_has(cl, id), model_has(&m, id, of_one, known));
            cw_seen_add(cl, id);
            m.ids[m.n].id = id;
            m.ids[m.n++].of_one = of_one;
            known += known < horizon;
            assert_int_equal(cw_seen_count(cl), known);
            ids_lie_as_in_an_image(cl);
        }
        cw_line_block_free(&slab, cl);
    }
}

enum { FURTHER_LINE = 76 }; /* bytes, with 8 ids */

static void lines_lie_by_number(void **state)
{
    (void)state;
    struct cw_client *cl = client_of("x");
    for (int i = 0; i < 300; i++) {
        cw_number number = 1 + roll(1000);
        if (!cw_client_line(cl, number))
            cw_line_block_add(&slab, cl, number)->monthly_fee = (cw_small_money)number;
    }
    for (uint32_t i = 0; i < cl->n_lines; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        assert_true(ln->monthly_fee == (cw_small_money)ln->number);
        assert_true(i == 0 || cw_client_line_at(cl, i - 1)->number < ln->number);
        assert_ptr_equal(cw_client_line(cl, ln->number), ln);
    }
    /* No more than an eighth is free. */
    assert_true(cw_line_block_bytes(cl) <= 4 + 8 * 6 + cl->n_lines * (size_t)FURTHER_LINE * 9 / 8);
    cw_line_block_free(&slab, cl);
}

/* ---- slices ---- */

/* Fills a slice with a byte of its own by way of a loan. */
static void fill(struct cw_client *cl, struct cw_line *ln, unsigned d, int byte)
{
    struct cw_lent lent;
    size_t n = ln ? cw_detectors[d]->line_state_size : cw_detectors[d]->state_size;
    if (ln)
        cw_slices_lend_line(ln, d, &lent);
    else
        cw_slices_lend(cl, d, &lent);
    assert_true(!n == !lent.slice && n <= CW_SLICE_MOST);
    if (n)
        memset(lent.slice, byte, n);
    assert_true(cw_slices_return(&slab, cl, ln, d, &lent) >= 0);
}

static void check(const struct cw_client *cl, const struct cw_line *ln, unsigned d, int byte)
{
    const unsigned char *p = ln ? cw_line_slice(ln, d) : cw_client_slice(cl, d);
    size_t n = ln ? cw_detectors[d]->line_state_size : cw_detectors[d]->state_size;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p[i], byte);
}

static void slices_keep_what_was_written(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct cw_client *cl = client_of("abc");
        struct cw_line *ln = cw_line_block_add(&slab, cl, 5);
        int written[CW_DETECTORS] = {0};
        for (int i = 0; i < 60; i++) {
            unsigned d = (unsigned)roll(CW_DETECTORS);
            written[d] = (int)roll(4);
            fill(cl, NULL, d, written[d]);
            fill(cl, ln, d, written[d]);
            for (unsigned e = 0; e < CW_DETECTORS; e++) {
                check(cl, NULL, e, written[e]);
                check(cl, ln, e, written[e]);
            }
        }
        assert_memory_equal(cw_client_id(cl).p, "abc", 3);
        cw_rare_free(&slab, cl->rare, false);
        cw_line_block_free(&slab, cl);
    }
}

static void nothing_takes_no_room(void **state)
{
    (void)state;
    struct cw_client *cl = client_of("x");
    for (unsigned d = 0; d < CW_DETECTORS; d++)
        fill(cl, NULL, d, 0);
    assert_int_equal(cl->rare.at, 0);
}

/* Mostly of a client's size, some of a chunk of their own. */
static size_t size(void)
{
    return 1 + (roll(20) ? roll(1500) : roll(2 * CW_SLAB_SMALL));
}

static void pieces_given_back_are_taken_again_and_zero(void **state)
{
    (void)state;
    struct cw_slab s = {.used = 0};
    cw_ref r[64];
    size_t n[64];
    for (int i = 0; i < 64; i++) {
        r[i] = cw_slab_take(&s, n[i] = size());
        memset(cw_at(r[i]), i + 1, n[i]);
    }
    for (int round = 0; round < 2000; round++) {
        int i = (int)roll(64);
        for (size_t k = 0; k < n[i]; k++)
            assert_int_equal(((unsigned char *)cw_at(r[i]))[k], i + 1);
        cw_slab_give(&s, r[i], n[i]);
        r[i] = cw_slab_take(&s, n[i] = size());
        unsigned char *p = cw_at(r[i]);
        for (size_t k = 0; k < n[i]; k++)
            assert_int_equal(p[k], 0);
        assert_true(n[i] > CW_SLAB_SMALL || cw_ref_of(p) == r[i]);
        memset(p, i + 1, n[i]);
    }
    for (int i = 0; i < 64; i++)
        cw_slab_give(&s, r[i], n[i]);
    size_t used = s.used;
    for (int i = 0; i < 1000; i++)
        cw_slab_give(&s, cw_slab_take(&s, 100), 100);
    assert_true(s.used - used <= 112); /* one piece, again and again */
    cw_slab_free(&s);
}

/* There are numbers for 32,767 chunks, and a process may well have more groups of 500 lines. */
static void large_groups_share_chunks(void **state)
{
    (void)state;
    enum { GROUPS = 200, BYTES = 50 * 1024, MOST = 1 + GROUPS * BYTES / CW_SLAB_CHUNK * 5 / 4 };
    struct cw_slab s = {.used = 0};
    cw_ref last = 0;
    size_t chunks = 0;
    for (int i = 0; i < GROUPS; i++) {
        cw_ref r = cw_slab_take(&s, BYTES);
        assert_int_not_equal(r, 0);
        chunks += !last || r >> CW_SLAB_PLACE_BITS != last >> CW_SLAB_PLACE_BITS;
        last = r;
    }
    assert_in_range(chunks, 1, MOST);
    cw_slab_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_is_found_while_the_index_grows),
        cmocka_unit_test(the_likely_one_is_nearly_always_the_one),
        cmocka_unit_test(new_ones_are_merged_into_the_order),
        cmocka_unit_test(the_last_ids_are_known_and_no_more),
        cmocka_unit_test(lines_lie_by_number),
        cmocka_unit_test(slices_keep_what_was_written),
        cmocka_unit_test(nothing_takes_no_room),
        cmocka_unit_test(pieces_given_back_are_taken_again_and_zero),
        cmocka_unit_test(large_groups_share_chunks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cw_slab_free(&slab);
    return failed;
}
