/* The state log's images: a shard restored from them goes on as the one that wrote them, byte for
 * byte; damage is found, never read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/rehearsal.h"

/* A small world of every kind of fact: profiles, lines, charges, usage, bills, arrears, tasks. */
static void first_half(struct rehearsal *r)
{
    r_profile(r,
              "{'client_id':'g1','kind':'group','class':'A2','name':'Fish \\u9c7c','manager':'a',"
              "'chief_manager':'boss','phones':600,'contract_ends':'2026-05-01','lines':["
              "{'msisdn':'8613500000001','plan':'P58','monthly_fee':58.0},"
              "{'msisdn':'8613500000002','plan':'P19','monthly_fee':19.0}],"
              "'dates':[{'date':'2026-05-05','label':'founded','yearly':true}],"
              "'interests':['tea']}");
    for (int d = 0; d < 40; d++) {
        char data[128];
        (void)snprintf(data, sizeof data,
                       "{'msisdn':'8613500000001','amount':%d.25,'category':'voice'}", 8 + d % 5);
        r_event(r, "billing.charge", r_at("2026-01-05", d, "10:00"), "g1", data);
        r_event(r, "service.usage", r_at("2026-01-05", d, "23:00"), "i2",
                "{'msisdn':'8613500000009','voice_min':12.5,'data_mb':100,'sms':1}");
    }
    r_event(r, "billing.bill", "2026-02-14 01:00", "g1",
            "{'cycle':'2026-01','amount':310.5,'due_date':'2026-02-20'}");
    r_event(r, "billing.arrears", "2026-02-14 09:00", "i2", "{'amount':88.5,'days_overdue':3}");
    r_event(r, "service.port_out", "2026-02-14 09:30", "g1",
            "{'msisdn':'8613500000002','stage':'inquiry'}");
    r_event(r, "service.call_forwarding", "2026-02-14 10:30", "g1",
            "{'msisdn':'8613500000001','condition':'CFU','active':true,'target':'8613000000007'}");
}

static void move(struct rehearsal *r, const char *id, const char *action)
{
    const char *task = json_string_value(json_object_get(r_task(r, "g1"), "task_id"));
    char copy[20];
    (void)snprintf(copy, sizeof copy, "%s", task);
    r_outcome_of(r, id, copy, "2026-02-14 11:00", "g1", action, "");
}

/* What calls leave behind is stored as well. */
static void calls(struct rehearsal *r)
{
    r_outcome(r, "2026-02-14 11:00", "g1", "snooze", "'until':'2026-02-16T09:00:00+08:00'");
    r_outcome(r, "2026-02-14 11:05", "g1", "claim", "");
    r_outcome(r, "2026-02-14 11:06", "g1", "reassign", "'to':'b'");
    r_outcome(r, "2026-02-14 11:10", "i2", "done", "'version':1,'result':'no_issue'");
    for (int i = 0; i < 12; i++) {
        char id[48];
        (void)snprintf(id, sizeof id, "e:am%d:17710380000%02d-0", i % 6, i);
        move(r, id, "note");
    }
}

static void second_half(struct rehearsal *r)
{
    for (int d = 0; d < 12; d++) {
        r_event(r, "service.usage", r_at("2026-02-15", d, "23:00"), "i2",
                "{'msisdn':'8613500000009','voice_min':1,'data_mb':0,'sms':0}");
        r_event(r, "billing.charge", r_at("2026-02-15", d, "23:10"), "g1",
                "{'msisdn':'8613500000001','amount':90,'category':'roaming'}");
    }
    r_event(r, "billing.payment", "2026-02-28 09:00", "i2", "{'amount':88.5}");
    r_event(r, "service.port_out", "2026-02-28 09:30", "g1",
            "{'msisdn':'8613500000002','stage':'completed'}");
    /* A repeat from before the restore is still known. */
    r_event_id(r, "r0", "billing.charge", "2026-02-28 09:40", "g1",
               "{'msisdn':'8613500000001','amount':1,'category':'voice'}");
    r_tick(r, "2026-03-20 09:00");
}

static void a_restored_shard_goes_on_byte_for_byte(void **state)
{
    (void)state;
    struct rehearsal *one = r_new(NULL), *two = r_new(NULL);
    first_half(one);
    first_half(two);
    r_restore(two);
    second_half(one);
    second_half(two);
    assert_true(r_versions(one, NULL) > 5);
    assert_int_equal(r_versions(one, NULL), r_versions(two, NULL));
    for (size_t i = 0; i < r_versions(one, NULL); i++)
        assert_string_equal(r_version_text(one, i), r_version_text(two, i));
    assert_int_equal(cw_shard_open_tasks(r_shard(one)), cw_shard_open_tasks(r_shard(two)));
    r_free(one);
    r_free(two);
}

static void use(struct rehearsal *r, int id, int line)
{
    char name[16], data[96];
    (void)snprintf(name, sizeof name, "u%d", id);
    (void)snprintf(data, sizeof data,
                   "{'msisdn':'861350000000%d','voice_min':1,'data_mb':0,'sms':0}", line);
    r_event_id(r, name, "service.usage", "2026-01-05 10:00", "i1", data);
}

/* How many of the client's ids before are known, from the last one back, once it has a line more.
 */
static uint64_t known_with_a_line_more(bool restored)
{
    enum { SO_FAR = 40 };
    struct rehearsal *r = r_new(NULL);
    for (int i = 0; i < SO_FAR; i++)
        use(r, i, i % 2);
    if (restored)
        r_restore(r);
    use(r, SO_FAR, 2);
    const struct cw_shard_counters *c = cw_shard_counters(r_shard(r));
    uint64_t judged = c->judged;
    for (int i = SO_FAR; i > 0 && c->judged == judged; i--)
        use(r, i - 1, 0);
    uint64_t known = c->repeats;
    r_free(r);
    return known;
}

static void a_restored_client_knows_the_same_repeats(void **state)
{
    (void)state;
    assert_int_equal(known_with_a_line_more(false), 8 + 2 * 8 - 1);
    assert_int_equal(known_with_a_line_more(true), 8 + 2 * 8 - 1);
}

static struct cw_buf images_of(struct rehearsal *r)
{
    struct cw_buf b = {0};
    uint32_t round;
    assert_int_equal(cw_shard_encode(r_shard(r), 1, 0.5, 4, &b, &round), 0);
    assert_int_equal(round, 1);
    return b;
}

/* Takes the first image alone, so that there is nearly always more. */
static int pour_one(void *arg, struct cw_buf *b)
{
    size_t n = cw_image_length((struct cw_str){b->p, b->n});
    cw_buf_put(arg, b->p, n);
    b->n -= n;
    memmove(b->p, b->p + n, b->n);
    return 0;
}

static struct cw_buf poured_of(struct rehearsal *r)
{
    struct cw_buf b = {0}, all = {0};
    const struct cw_spout spout = {.most = 100, .pour = pour_one, .arg = &all};
    uint32_t round;
    assert_int_equal(cw_shard_pour(r_shard(r), 1, 0.5, 4, &b, &spout, &round), 0);
    assert_int_equal(round, 1);
    assert_true(all.n > 500);
    cw_buf_put(&all, b.p, b.n);
    cw_buf_free(&b);
    return all;
}

/* No padding, no address, no order of a table gets into an image, and it is the same if it goes
 * out in pieces. */
static void equal_runs_write_equal_images(void **state)
{
    (void)state;
    struct cw_buf images[2];
    for (int i = 0; i < 2; i++) {
        void *displaced = malloc(4096 * (size_t)(i + 1));
        struct rehearsal *r = r_new(NULL);
        first_half(r);
        calls(r);
        second_half(r);
        images[i] = i ? poured_of(r) : images_of(r);
        r_free(r);
        free(displaced);
    }
    assert_true(images[0].n > 1000);
    assert_int_equal(images[0].n, images[1].n);
    assert_memory_equal(images[0].p, images[1].p, images[0].n);
    cw_buf_free(&images[0]);
    cw_buf_free(&images[1]);
}

static int restore(struct rehearsal *r, const char *bytes, size_t n)
{
    struct cw_errbuf eb = {""};
    struct cw_shard *sh = cw_shard_new(r_settings(r), NULL);
    int err = cw_shard_restore(sh, 1, (struct cw_str){bytes, n}, &eb);
    assert_true(err == 0 || err == -CW_E_CORRUPT || err == -CW_E_NEWER);
    assert_true(err == 0 || eb.text[0]);
    cw_shard_free(sh);
    return err;
}

/* tests/state/image-N.bin is what a build of layout N wrote after first_half; layout 2 after
 * calls_of_then too, layouts 5 and 6 after fifth_world. */
static struct cw_buf older_images(int layout)
{
    struct cw_buf b = {0};
    char name[256];
    (void)snprintf(name, sizeof name, CW_SOURCE_DIR "/tests/state/image-%d.bin", layout);
    FILE *f = fopen(name, "rb");
    assert_non_null(f);
    char *to = cw_buf_room(&b, 8192);
    assert_non_null(to);
    b.n = fread(to, 1, 8192, f);
    (void)fclose(f);
    return b;
}

static void restores_and_goes_on(int layout)
{
    struct cw_buf b = older_images(layout);
    struct rehearsal *now = r_new(NULL), *then = r_new(NULL);
    first_half(now);
    first_half(then);
    size_t before = r_versions(now, NULL);
    r_restore_from(then, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
    assert_int_equal(cw_shard_clients(r_shard(then)), cw_shard_clients(r_shard(now)));
    assert_int_equal(cw_shard_open_tasks(r_shard(then)), 2);
    for (int i = 0; i < 2; i++) {
        /* The first message goes on with the very task; the outcome knows what it had told. */
        struct rehearsal *r = i ? then : now;
        r_event(r, "service.port_out", "2026-02-14 11:00", "g1",
                "{'msisdn':'8613500000002','stage':'requested'}");
        r_outcome(r, "2026-02-14 11:10", "g1", "done", "'version':2,'result':'retained'");
        r_restore(r);
        r_event(r, "billing.payment", "2026-02-14 11:20", "i2", "{'amount':88.5}");
    }
    assert_int_equal(r_versions(now, NULL), before + 4);
    assert_int_equal(r_versions(then, NULL), before + 4);
    for (size_t i = before; i < before + 4; i++)
        assert_string_equal(r_version_text(then, i), r_version_text(now, i));
    r_free(now);
    r_free(then);
}

static void an_older_layout_restores(void **state)
{
    (void)state;
    restores_and_goes_on(1);
    restores_and_goes_on(3); /* 2 is restored below */
    restores_and_goes_on(4); /* and 5 below */
}

/* Layout 1 did not say which version first told a signal. Rather told twice than lost. */
static void a_done_of_an_earlier_version_loses_nothing_of_an_older_layout(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    struct cw_buf b = older_images(1);
    first_half(r);
    r_restore_from(r, (struct cw_str){b.p, b.n});
    r_outcome(r, "2026-02-14 11:10", "g1", "done", "'version':1,'result':'retained'");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 2);
    r_free(r);
    cw_buf_free(&b);
}

/* What a build of layout 5 had met when it wrote tests/state/image-5.bin: besides first_half each
 * rare slice, roaming, a contract, and what calls leave behind. */
static void fifth_world(struct rehearsal *r)
{
    first_half(r);
    r_event(r, "billing.bill", "2026-02-14 11:00", "i2",
            "{'cycle':'2026-01','amount':58.01,'due_date':'2026-02-20'}");
    r_event(r, "service.suspended", "2026-02-14 11:01", "g1",
            "{'msisdn':'8613500000002','direction':'outgoing','reason':'customer_request'}");
    r_event(r, "service.plan_changed", "2026-02-14 11:02", "g1",
            "{'msisdn':'8613500000001','from':{'id':'P58','monthly_fee':58},"
            "'to':{'id':'P38','monthly_fee':38},'effective':'2026-03-01'}");
    r_event(r, "care.complaint", "2026-02-14 11:03", "i2",
            "{'ticket':'T1','topic':'price','severity':2}");
    r_event(r, "service.contract", "2026-02-14 11:04", "i2",
            "{'action':'signed','ends':'2026-03-10'}");
    r_event(r, "service.call", "2026-02-14 11:05", "i2",
            "{'msisdn':'8613500000009','peer':'10010','direction':'outgoing','duration_s':240}");
    r_event(r, "billing.charge", "2026-02-14 11:06", "i3",
            "{'msisdn':'8613500000003','amount':61.5,'category':'roaming'}");
    r_event(r, "service.terminated", "2026-02-14 11:07", "i3",
            "{'msisdn':'8613500000004','reason':'customer_request'}");
    calls(r);
    r_event(r, "billing.arrears", "2026-02-14 11:30", "i2", "{'amount':90.5,'days_overdue':4}");
}

static void calls_of_then(struct rehearsal *r)
{
    move(r, "e-1:a:1771038000000-0", "claim");
    move(r, "o-2", "release");
    r_outcome(r, "2026-02-14 11:10", "i2", "done", "'version':1,'result':'no_issue'");
}

/* The same text but for what rounding may do to a number: an older layout's are packed as they are
 * read, others day by day. */
static void assert_alike(const char *a, const char *b)
{
    while (*a && *b) {
        char *end_a, *end_b;
        double x = strtod(a, &end_a), y = strtod(b, &end_b);
        bool numbers = end_a != a && end_b != b;
        bool alike = x == y || fabs(x - y) <= 0.006 + 0.002 * fabs(x);
        assert_true(numbers ? alike : *a == *b);
        a = numbers ? end_a : a + 1;
        b = numbers ? end_b : b + 1;
    }
    assert_int_equal(*a, *b);
}

/* Layout 2 kept the last outcomes' ids as hashes: they are repeats still. */
static void outcomes_heard_in_layout_2_are_known(void **state)
{
    (void)state;
    struct cw_buf b = older_images(2);
    struct rehearsal *now = r_new(NULL), *then = r_new(NULL);
    for (int i = 0; i < 2; i++) {
        struct rehearsal *r = i ? then : now;
        first_half(r);
        calls_of_then(r);
        if (i)
            r_restore_from(r, (struct cw_str){b.p, b.n});
        uint64_t before = cw_shard_counters(r_shard(r))->outcome_repeats;
        move(r, "e-1:a:1771038000000-0", "claim");
        move(r, "o-2", "claim");
        assert_int_equal(cw_shard_counters(r_shard(r))->outcome_repeats - before, 2);
        move(r, "e-1:a:1771038000000-1", "claim");
        assert_int_equal(cw_shard_counters(r_shard(r))->outcome_repeats - before, 2);
        r_restore(r);
        second_half(r);
    }
    assert_int_equal(r_versions(then, NULL), r_versions(now, NULL));
    for (size_t i = 0; i < r_versions(now, NULL); i++)
        assert_alike(r_version_text(then, i), r_version_text(now, i));
    r_free(now);
    r_free(then);
    cw_buf_free(&b);
}

/* What was learned, was told and stands goes on from there as if it had never been stored, but for
 * digits. */
static void goes_on_for_weeks(int layout)
{
    struct cw_buf b = older_images(layout);
    struct rehearsal *now = r_new(NULL), *then = r_new(NULL);
    fifth_world(now);
    fifth_world(then);
    r_restore_from(then, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
    second_half(now);
    second_half(then);
    assert_true(r_versions(now, NULL) > 20);
    assert_int_equal(r_versions(then, NULL), r_versions(now, NULL));
    for (size_t i = 0; i < r_versions(now, NULL); i++)
        assert_alike(r_version_text(then, i), r_version_text(now, i));
    r_free(now);
    r_free(then);
}

static void layout_5_goes_on_for_weeks(void **state)
{
    (void)state;
    goes_on_for_weeks(5);
}

/* The layout is today's, but some of its slices were larger. */
static void the_first_of_layout_6_goes_on_for_weeks(void **state)
{
    (void)state;
    goes_on_for_weeks(6);
}

/* As layout 5 and the first of 6 had them; the worlds above say little of some. */
static void slices_of_before_are_read(void **state)
{
    (void)state;
    static const struct {
        enum cw_detector_id detector;
        uint8_t version, size;
        bool line;
    } of[] = {{CW_DET_spend_spike, 2, 28, false},   {CW_DET_spend_drop, 1, 28, false},
              {CW_DET_spend_decline, 1, 36, false}, {CW_DET_usage_drop, 1, 44, false},
              {CW_DET_bill_change, 2, 28, false},   {CW_DET_arrears, 1, 20, false},
              {CW_DET_inactivity, 1, 12, false},    {CW_DET_inactivity, 1, 12, true},
              {CW_DET_spend_drop, 2, 20, false},    {CW_DET_usage_drop, 2, 20, false},
              {CW_DET_bill_change, 3, 12, false},   {CW_DET_arrears, 2, 12, false},
              {CW_DET_complaint, 1, 12, false}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const struct cw_detector *det = cw_detectors[of[i].detector];
        unsigned char was[44]; /* each number of them is something: 0.75, or 16191 */
        uint32_t to[16] = {0};
        memset(was, 0x3f, sizeof was);
        assert_false(det->older((uint8_t)(of[i].version - 1), of[i].line, was, of[i].size, to));
        assert_false(det->older(of[i].version, of[i].line, was, of[i].size - 4U, to));
        assert_int_equal(to[0], 0);
        assert_true(det->older(of[i].version, of[i].line, was, of[i].size, to));
        assert_true(to[0] | to[1] | to[2]);
    }
}

static void damage_anywhere_is_found(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    first_half(r);
    calls(r);
    struct cw_buf b = images_of(r);
    assert_int_equal(restore(r, b.p, b.n), 0);
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] = (char)(b.p[i] ^ 0x10);
        assert_int_not_equal(restore(r, b.p, b.n), 0);
        b.p[i] = (char)(b.p[i] ^ 0x10);
    }
    cw_buf_free(&b);
    r_free(r);
}

static void a_run_cut_short_is_found(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    first_half(r);
    calls(r);
    struct cw_buf b = images_of(r);
    size_t whole = 0, cuts = 0;
    for (size_t n = 1; n < b.n; n++) {
        char *copy = malloc(n); /* of its own, so that reading past it is seen */
        memcpy(copy, b.p, n);
        if (n == whole + cw_image_length((struct cw_str){b.p + whole, b.n - whole})) {
            whole = n;
            cuts++;
            assert_int_equal(restore(r, copy, n), 0); /* between images: a shorter run */
        } else {
            assert_int_equal(restore(r, copy, n), -CW_E_CORRUPT);
        }
        free(copy);
    }
    assert_true(cuts >= 4);
    cw_buf_free(&b);
    r_free(r);
}

/* However little changes, each commit rewrites a few, so that the oldest needed record moves on. */
static void a_round_comes_to_its_end(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int i = 0; i < 20; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "c%d", i);
        r_event(r, "service.usage", "2026-03-02 10:00", id,
                "{'msisdn':'8613500000009','voice_min':1,'data_mb':0,'sms':0}");
    }
    struct cw_buf b = {0};
    uint32_t round = 0;
    assert_int_equal(cw_shard_encode(r_shard(r), 1, 0, 4, &b, &round), 0);
    assert_int_equal(round, 1);
    for (uint32_t commit = 2; commit <= 6; commit++)
        assert_int_equal(cw_shard_encode(r_shard(r), commit, 0, 4, &b, &round), 0);
    assert_int_equal(round, 2); /* 20 clients, four a commit: 2..6 have rewritten them all */
    cw_buf_free(&b);
    r_free(r);
}

static void clean_means_nothing_to_write(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    assert_true(cw_shard_clean(r_shard(r)));
    first_half(r);
    assert_false(cw_shard_clean(r_shard(r)));
    struct cw_buf b = images_of(r);
    assert_true(cw_shard_clean(r_shard(r)));
    r_tick(r, "2026-02-14 13:00"); /* The clock is state. */
    assert_false(cw_shard_clean(r_shard(r)));
    cw_buf_free(&b);
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_shard_goes_on_byte_for_byte),
        cmocka_unit_test(a_restored_client_knows_the_same_repeats),
        cmocka_unit_test(equal_runs_write_equal_images),
        cmocka_unit_test(an_older_layout_restores),
        cmocka_unit_test(a_done_of_an_earlier_version_loses_nothing_of_an_older_layout),
        cmocka_unit_test(outcomes_heard_in_layout_2_are_known),
        cmocka_unit_test(layout_5_goes_on_for_weeks),
        cmocka_unit_test(the_first_of_layout_6_goes_on_for_weeks),
        cmocka_unit_test(slices_of_before_are_read),
        cmocka_unit_test(damage_anywhere_is_found),
        cmocka_unit_test(a_run_cut_short_is_found),
        cmocka_unit_test(a_round_comes_to_its_end),
        cmocka_unit_test(clean_means_nothing_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
