/* What a client takes of memory and of the state log: a member more is felt a hundred million times
 * over, so these bounds are raised knowingly or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/weigh.h"
#include "tests/support/rehearsal.h"

/* Bytes: an individual's record, slices, id of twelve bytes, line and last 16 ids; a second line,
 * with 8 ids more and a byte more for each of the former; each further line; and the image of a
 * client of two months. */
enum {
    RECORD = 180,
    SLICES = 64,
    LINE = 112,
    SECOND_LINE = 92,
    FURTHER_LINE = 76,
    PAYMENTS = 12,
    IMAGE = 280
};
enum { DAYS = 60 };

static void live(struct rehearsal *r, int lines)
{
    for (int day = 0; day < DAYS; day++)
        for (int line = 0; line < lines; line++) {
            char data[96];
            (void)snprintf(data, sizeof data,
                           "{'msisdn':'861350000000%d','voice_min':%d.5,'data_mb':70,'sms':1}",
                           line, 3 + day % 5);
            r_event(r, "service.usage", r_at("2026-01-05", day, "20:00"), "c00000000001", data);
            (void)snprintf(data, sizeof data,
                           "{'msisdn':'861350000000%d','amount':%d.35,'category':'voice'}", line,
                           4 + day % 7);
            r_event(r, "billing.charge", r_at("2026-01-05", day, "20:30"), "c00000000001", data);
        }
}

static struct cw_weight weight(int lines)
{
    struct rehearsal *r = r_new(NULL);
    live(r, lines);
    const struct cw_client *cl = cw_shard_client(r_shard(r), CW_STR("c00000000001"));
    struct cw_weight w = cw_client_weigh(cl);
    assert_int_equal(cl->n_lines, lines);
    r_free(r);
    return w;
}

static void an_individual_takes_no_more(void **state)
{
    (void)state;
    struct cw_weight w = weight(1);
    assert_true(w.record <= RECORD);
    assert_true(w.slices <= SLICES);
    assert_int_equal(w.id, 12);
    assert_true(w.lines <= LINE);
    assert_int_equal(w.rare, 0);
    assert_int_equal(w.profile, 0);
}

/* Who pays in time: when it was told, and the habit. */
static void payments_take_no_more(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    live(r, 1);
    r_event(r, "billing.bill", "2026-03-05 21:00", "c00000000001",
            "{'cycle':'2026-02','amount':80,'due_date':'2026-03-20'}");
    r_event(r, "billing.payment", "2026-03-05 22:00", "c00000000001", "{'amount':80}");
    struct cw_weight w = cw_client_weigh(cw_shard_client(r_shard(r), CW_STR("c00000000001")));
    assert_true(w.rare > 0 && w.rare <= PAYMENTS);
    r_free(r);
}

static void a_further_line_takes_no_more(void **state)
{
    (void)state;
    assert_true(weight(2).lines <= LINE + SECOND_LINE);
    assert_true(weight(8).lines <= LINE + SECOND_LINE + 6 * FURTHER_LINE);
}

static void its_image_takes_no_more(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    struct cw_buf b = {0};
    uint32_t start;
    live(r, 1);
    assert_int_equal(cw_shard_encode(r_shard(r), 1, 0, 0, &b, &start), 0);
    struct cw_str left = {b.p, b.n};
    size_t n = 0; /* of the client's, which is the last: layout and facts come before */
    while (left.n) {
        n = cw_image_length(left);
        left = (struct cw_str){left.p + n, left.n - n};
    }
    assert_true(n > 200 && n <= IMAGE);
    cw_buf_free(&b);
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_individual_takes_no_more),
        cmocka_unit_test(payments_take_no_more),
        cmocka_unit_test(a_further_line_takes_no_more),
        cmocka_unit_test(its_image_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
