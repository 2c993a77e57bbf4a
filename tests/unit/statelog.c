/* Records of the state log and the trail of commits in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "churnwatch/shard.h"
#include "engine/statelog.h"
#include "engine/trail.h"

static struct cw_state_record sample(void)
{
    struct cw_state_record r = {.commit = 4000000001,
                                .part = 3,
                                .last = true,
                                .goes_on = true,
                                .images = CW_STR("im\0ages")};
    for (int i = 0; i < CW_INPUTS; i++) {
        r.position.next[i] = (INT64_C(1) << 40) + i;
        r.position.greatest[i] = -5 * i;
    }
    r.position.next[CW_IN_OUTCOMES] = CW_OFFSET_NONE;
    r.position.greatest[CW_IN_OUTCOMES] = CW_NO_TIME;
    r.position.batch = UINT64_MAX - 1;
    r.position.clock = 1772000000 * CW_SECOND;
    r.position.settings = 12;
    r.position.managers = 17;
    r.position.control = 2;
    r.position.needed = 99;
    r.position.n_cuts = 2;
    r.position.cuts[1].next[CW_IN_BILLING] = 77;
    r.position.cuts[1].clock = CW_NO_TIME;
    return r;
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    struct cw_state_record in = sample(), out;
    struct cw_errbuf eb;
    struct cw_buf b = {0};
    cw_statelog_encode(&b, &in);
    assert_int_equal(cw_statelog_decode((struct cw_str){b.p, b.n}, &out, &eb), 0);
    assert_int_equal(out.commit, in.commit);
    assert_int_equal(out.part, in.part);
    assert_int_equal(out.release.n, strlen(CW_VERSION));
    assert_memory_equal(out.release.p, CW_VERSION, out.release.n);
    assert_true(out.last && out.goes_on);
    assert_int_equal(out.images.n, in.images.n);
    assert_memory_equal(out.images.p, in.images.p, in.images.n);
    struct cw_position *x = &out.position, *y = &in.position;
    assert_memory_equal(x->next, y->next, sizeof x->next);
    assert_memory_equal(x->greatest, y->greatest, sizeof x->greatest);
    assert_true(x->batch == y->batch && x->clock == y->clock && x->settings == y->settings);
    assert_true(x->managers == y->managers && x->control == y->control);
    assert_true(x->needed == y->needed && x->n_cuts == y->n_cuts);
    assert_memory_equal(x->cuts, y->cuts, 2 * sizeof x->cuts[0]);
    cw_buf_free(&b);
}

/* As the first layout had it: no release. */
static void a_record_of_layout_1_is_read(void **state)
{
    (void)state;
    char bytes[2048];
    struct cw_state_record in = sample(), out;
    struct cw_errbuf eb;
    FILE *f = fopen(CW_SOURCE_DIR "/tests/state/record-1.bin", "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(cw_statelog_decode((struct cw_str){bytes, n}, &out, &eb), 0);
    assert_int_equal(out.commit, in.commit);
    assert_null(out.release.p);
    assert_memory_equal(out.images.p, in.images.p, in.images.n);
    assert_memory_equal(out.position.next, in.position.next, sizeof in.position.next);
    assert_int_equal(out.position.needed, in.position.needed);
    assert_memory_equal(out.position.cuts, in.position.cuts, 2 * sizeof in.position.cuts[0]);
}

static void a_newer_release_is_refused_by_name(void **state)
{
    (void)state;
    struct cw_state_record out;
    struct cw_errbuf eb;
    assert_int_equal(cw_statelog_decode(CW_STR("\x09\x05\0\0\0"
                                               "9.4.1whatever"),
                                        &out, &eb),
                     -CW_E_NEWER);
    assert_non_null(strstr(eb.text, "written by churnwatch 9.4.1 in records of layout 9; this is "
                                    "churnwatch " CW_VERSION ", which reads 1 to 3"));
    assert_int_equal(cw_statelog_decode(CW_STR("\x09\x05\0\0\0"
                                               "9.\x1b"),
                                        &out, &eb),
                     -CW_E_NEWER);
    assert_non_null(strstr(eb.text, "of a newer release"));
    assert_null(strchr(eb.text, '\x1b'));
    assert_int_equal(cw_statelog_decode(CW_STR("garbage"), &out, &eb), -CW_E_CORRUPT);
}

static void without_a_position(void **state)
{
    (void)state;
    struct cw_state_record in = {.commit = 1, .images = CW_STR("x")}, out;
    struct cw_buf b = {0};
    cw_statelog_encode(&b, &in);
    assert_int_equal(cw_statelog_decode((struct cw_str){b.p, b.n}, &out, NULL), 0);
    assert_false(out.last);
    cw_buf_free(&b);
}

static void every_damaged_byte_is_seen(void **state)
{
    (void)state;
    struct cw_state_record in = sample(), out;
    struct cw_buf b = {0};
    cw_statelog_encode(&b, &in);
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] ^= 0x20;
        int err = cw_statelog_decode((struct cw_str){b.p, b.n}, &out, NULL);
        assert_int_equal(err, i == 0 ? -CW_E_NEWER : -CW_E_CORRUPT);
        b.p[i] ^= 0x20;
    }
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(cw_statelog_decode((struct cw_str){b.p, n}, &out, NULL), -CW_E_CORRUPT);
    cw_buf_free(&b);
}

/* An image as core/image.h frames it, with a payload of n bytes. */
static void put_image(struct cw_buf *b, uint32_t n)
{
    cw_buf_u8(b, 3);
    cw_buf_u32(b, n);
    for (uint32_t i = 0; i < n + 4; i++)
        cw_buf_u8(b, 0);
}

static void splits_between_images(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    put_image(&b, 91); /* 100 bytes each */
    put_image(&b, 91);
    put_image(&b, 91);
    struct cw_str all = {b.p, b.n};
    size_t within = 0;
    assert_int_equal(cw_statelog_split(all, 1000, &within), 300);
    assert_int_equal(cw_statelog_split(all, 300, &within), 300);
    assert_int_equal(cw_statelog_split(all, 299, &within), 200);
    assert_int_equal(cw_statelog_split(all, 100, &within), 100);
    assert_int_equal(cw_statelog_split((struct cw_str){0}, 10, &within), 0);
    assert_int_equal(within, 0);
    cw_buf_free(&b);
}

/* One that is larger than a record, and alone in its records: 40, 40 and 20 bytes of it. */
static void cuts_an_image_that_is_too_large(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    put_image(&b, 91);
    put_image(&b, 6); /* 15 bytes */
    size_t within = 0, at = 0;
    const size_t parts[] = {40, 40, 20, 15}, missing[] = {60, 20, 0, 0};
    for (size_t i = 0; i < 4; i++) {
        struct cw_str left = {b.p + at, b.n - at};
        assert_int_equal(cw_statelog_split(left, 40, &within), parts[i]);
        assert_int_equal(within, missing[i]);
        at += parts[i];
    }
    cw_buf_free(&b);
}

static void trail_tells_what_is_needed(void **state)
{
    (void)state;
    struct cw_trail t = {0};
    assert_int_equal(cw_trail_offset(&t, 5), -1);
    cw_trail_mark(&t, 10, 1000);
    cw_trail_mark(&t, 20, 2000);
    cw_trail_mark(&t, 20, 9999); /* heard of already */
    cw_trail_mark(&t, 30, 3000);
    assert_int_equal(cw_trail_offset(&t, 9), -1);
    assert_int_equal(cw_trail_offset(&t, 10), 1000);
    assert_int_equal(cw_trail_offset(&t, 19), 1000);
    assert_int_equal(cw_trail_offset(&t, 20), 2000);
    assert_int_equal(cw_trail_offset(&t, 20), 2000);
    assert_int_equal(cw_trail_offset(&t, 100), 3000);
    assert_int_equal(t.n, 1);
}

/* However many marks, the answer is never after the commit, and never further back than thinning
 * makes it. */
static void trail_stays_small(void **state)
{
    (void)state;
    struct cw_trail t = {0};
    for (uint32_t c = 1; c <= 100000; c++) {
        cw_trail_mark(&t, c, c * 10);
        assert_true(t.n <= CW_TRAIL_MARKS);
    }
    int64_t at = cw_trail_offset(&t, 50000);
    assert_true(at <= 500000);
    assert_true(at >= 490000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(without_a_position),
        cmocka_unit_test(a_record_of_layout_1_is_read),
        cmocka_unit_test(a_newer_release_is_refused_by_name),
        cmocka_unit_test(every_damaged_byte_is_seen),
        cmocka_unit_test(splits_between_images),
        cmocka_unit_test(cuts_an_image_that_is_too_large),
        cmocka_unit_test(trail_tells_what_is_needed),
        cmocka_unit_test(trail_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
