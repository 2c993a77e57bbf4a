/* What a client takes of memory and of the state log: a member more is felt a hundred million times
 * over, so these bounds are raised knowingly or not at all. A shard counts no more and no less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/shard_state.h"
#include "core/weigh.h"
#include "tests/support/rehearsal.h"

/* Bytes: an individual's record, slices, id of twelve bytes, line and last 16 ids; a second line,
 * with 8 ids more and a byte more for each of the former; each further line; the image of a client
 * of two months; a task with one signal, its evidence and the manager's id; what an outcome leaves,
 * and with a signal that it settled. */
enum {
    RECORD = 180,
    SLICES = 64,
    LINE = 112,
    SECOND_LINE = 92,
    FURTHER_LINE = 76,
    PAYMENTS = 12,
    IMAGE = 280,
    TASK = 312,
    PAST = 344,
    SETTLED = 131
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

/* ---- tasks and pasts ---- */

static const struct cw_client *client(struct rehearsal *r)
{
    return cw_shard_client(r_shard(r), CW_STR("c00000000001"));
}

static struct rehearsal *with_a_task(void)
{
    static const char *const settings[] = {"tasks.quiet.retained=3d", NULL};
    struct rehearsal *r = r_new(settings);
    r_manager(r, "{'manager_id':'am042','chief_manager':'chief07'}");
    r_manager(r, "{'manager_id':'am043'}");
    r_profile(r, "{'client_id':'c00000000001','kind':'individual','manager':'am042'}");
    r_event(r, "care.complaint", "2026-03-02 10:00", "c00000000001",
            "{'msisdn':'8613500000000','severity':2,'topic':'billing','ticket':'t0000001'}");
    return r;
}

static void a_task_takes_no_more(void **state)
{
    (void)state;
    struct rehearsal *r = with_a_task();
    struct cw_weight w = cw_client_weigh(client(r));
    assert_true(w.task > 0 && w.task <= TASK);
    assert_int_equal(w.past, 0);
    r_outcome(r, "2026-03-02 11:00", "c00000000001", "claim", "");
    assert_true(cw_client_weigh(client(r)).past <= PAST);
    r_outcome(r, "2026-03-02 11:10", "c00000000001", "done", "'version':1,'result':'retained'");
    w = cw_client_weigh(client(r));
    assert_int_equal(w.task, 0);
    assert_true(w.past > PAST && w.past <= PAST + SETTLED);
    r_free(r);
}

/* All that a shard says it holds, found one by one. */
static void check_count(struct rehearsal *r)
{
    const struct cw_shard *sh = r_shard(r);
    size_t sum = sizeof *sh + sh->cap_accuracy * sizeof *sh->accuracy;
    for (size_t i = 0; i < sh->n_accuracy; i++)
        sum += strlen(sh->accuracy[i].segment) + 1;
    for (size_t i = 0; i < sh->clients.n; i++) {
        struct cw_weight w = cw_client_weigh(cw_index_at(&sh->clients, i));
        sum += cw_weight_of(&w) + w.task + w.past;
    }
    assert_int_equal(cw_shard_bytes(sh), sum);
}

/* Something about a line is told, and something of the client. */
static void trouble(struct rehearsal *r, int day)
{
    char data[160];
    (void)snprintf(data, sizeof data,
                   "{'msisdn':'861350000000%d','direction':'%s','reason':'other'}", day % 7,
                   day % 3 ? "outgoing" : "both");
    r_event(r, "service.suspended", r_at("2026-03-03", day, "10:00"), "c00000000001", data);
    check_count(r);
    (void)snprintf(data, sizeof data, "{'severity':2,'topic':'billing','ticket':'t%d'}", day);
    if (day % 6 == 0)
        r_event(r, "care.complaint", r_at("2026-03-03", day, "11:00"), "c00000000001", data);
    if (day % 4 == 1)
        r_event(r, "service.resumed", r_at("2026-03-03", day, "12:00"), "c00000000001",
                "{'msisdn':'8613500000001'}");
    check_count(r);
}

/* Desks change, and calls are made. */
static void answer(struct rehearsal *r, int day)
{
    static const struct {
        const char *action, *members;
    } moves[] = {
        {"claim", ""},
        {"reassign", "'to':'am043'"},
        {"done", "'version':9,'result':'unreachable'"},
        {"snooze", "'until':'2026-09-01T09:00:00+08:00'"},
        {"escalate", ""},
        {"claim", ""},
        {"done", "'version':9,'result':'retained'"},
    };
    int i = day % (int)(sizeof moves / sizeof *moves);
    if (cw_client_task(client(r)))
        r_outcome(r, r_at("2026-03-03", day, "14:00"), "c00000000001", moves[i].action,
                  moves[i].members);
    check_count(r);
}

/* The same client's image over what is there. */
static void take_again(struct rehearsal *r, uint32_t commit)
{
    struct cw_buf b = {0};
    struct cw_errbuf eb;
    uint32_t start;
    assert_int_equal(cw_shard_encode(r_shard(r), commit, 0, 1, &b, &start), 0);
    struct cw_str images = {b.p, b.n};
    assert_int_equal(cw_shard_restore(r_shard(r), commit, images, &eb), 0);
    check_count(r);
    cw_buf_free(&b);
}

/* Signals come, climb, are seen again, clear, are settled, come back and are forgotten. */
static void a_shard_counts_what_it_holds(void **state)
{
    (void)state;
    struct rehearsal *r = with_a_task();
    check_count(r);
    for (int day = 0; day < DAYS; day++) {
        trouble(r, day);
        answer(r, day);
        if (day % 10 == 9)
            take_again(r, (uint32_t)day);
    }
    const struct cw_shard_counters *n = cw_shard_counters(r_shard(r));
    assert_true(n->tasks_ended > 1 && n->signals_settled > 1 && n->signals_returned > 1);
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_individual_takes_no_more),
        cmocka_unit_test(payments_take_no_more),
        cmocka_unit_test(a_further_line_takes_no_more),
        cmocka_unit_test(its_image_takes_no_more),
        cmocka_unit_test(a_task_takes_no_more),
        cmocka_unit_test(a_shard_counts_what_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
