/* Tasks that wait into the arguments of one call, and what its answer says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/batch.h"

enum { HEAD_ARGS = 11, TASK_ARGS = 14 }; /* of a call, and of each task below */

static char prefix[] = "cw:";
static struct cw_settings settings = {
    .redis_prefix = prefix, .retention = CW_DAY, .feed_length = 100};

/* ---- a queue from a script: a task for each letter, t one, x a text that is none ---- */

static struct cw_batch_queue queue_of(const char *script, int64_t offset)
{
    struct cw_batch_queue q = {0};
    for (; *script; script++, offset += 2) {
        char json[256];
        struct cw_errbuf eb = {""};
        int n = snprintf(json, sizeof json,
                         "{\"task_id\":\"t-%d\",\"manager\":\"am1\",\"state\":\"open\","
                         "\"version\":3,\"priority\":871,\"updated_at\":\"2026-03-02T02:00:0%dZ\"}",
                         (int)offset, (int)(offset % 10));
        if (*script == 't')
            assert_int_equal(
                cw_batch_add(&q, offset, offset, (struct cw_str){json, (size_t)n}, &eb), 0);
        else
            assert_int_equal(cw_batch_add(&q, offset, offset, CW_STR("[]"), &eb), -CW_E_INVALID);
        assert_int_equal(eb.text[0] != '\0', *script != 't');
    }
    return q;
}

static void assert_arg(const struct cw_apply_args *a, size_t i, const char *text)
{
    assert_true(i < a->argc);
    assert_int_equal(a->argv[i].n, strlen(text));
    assert_memory_equal(a->argv[i].p, text, strlen(text));
}

static struct cw_apply_head head_from(int64_t prev)
{
    return (struct cw_apply_head){
        .settings = &settings, .epoch = "e", .shard = 4, .prev = prev, .next = prev};
}

/* ---- the tests ---- */

static const struct row {
    const char *why, *script;
    size_t most, n, tasks;
    int64_t next; /* the first task has offset 20, each one after it two more: a marker between */
} rows[] = {
    {"all that wait", "ttt", 9, 3, 3, 25},
    {"no more than a batch", "ttt", 2, 2, 2, 23},
    {"exactly a batch", "ttt", 3, 3, 3, 25},
    {"what is no task moves the offset alone", "txt", 9, 3, 2, 25},
    {"and counts as one of a batch", "xtt", 2, 2, 1, 23},
    {"at the end too", "ttx", 9, 3, 2, 25},
    {"nothing but that", "xx", 9, 2, 0, 23},
    {"nothing", "", 9, 0, 0, 17},
};

static void the_first_become_a_call(void **state)
{
    (void)state;
    struct cw_apply_args args = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct cw_batch_queue q = queue_of(row->script, 20);
        struct cw_apply_head head = head_from(17);
        size_t n = cw_batch_fill(&q, row->most, &head, &args);
        assert_int_equal(cw_apply_ready(&args), 0);
        if (n != row->n || head.next != row->next ||
            args.argc != HEAD_ARGS + row->tasks * TASK_ARGS)
            fail_msg("%s: %zu to %lld in %zu arguments", row->why, n, (long long)head.next,
                     args.argc);
        char next[24];
        (void)snprintf(next, sizeof next, "%lld", (long long)row->next);
        assert_arg(&args, 6, "17");
        assert_arg(&args, 7, next);
        cw_batch_drop(&q, q.n);
    }
    cw_apply_free(&args);
}

/* What was sent is dropped, and the next call begins where it ended. */
static void calls_follow_each_other(void **state)
{
    (void)state;
    struct cw_apply_args args = {0};
    struct cw_batch_queue q = queue_of("ttttt", 0);
    struct cw_apply_head head = head_from(0);
    static const struct {
        size_t n;
        const char *first, *last;
        int64_t next;
    } calls[] = {{2, "t-0", "t-2", 3}, {2, "t-4", "t-6", 7}, {1, "t-8", "t-8", 9}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(cw_batch_fill(&q, 2, &head, &args), calls[i].n);
        assert_int_equal(cw_apply_ready(&args), 0);
        assert_int_equal(head.next, calls[i].next);
        assert_arg(&args, HEAD_ARGS + 3, calls[i].first);
        assert_arg(&args, args.argc - TASK_ARGS + 3, calls[i].last);
        cw_batch_drop(&q, calls[i].n);
        head = head_from(head.next);
    }
    assert_null(q.first);
    assert_int_equal(q.n, 0);
    cw_apply_free(&args);
}

static void an_emptied_queue_takes_more(void **state)
{
    (void)state;
    struct cw_errbuf eb;
    struct cw_batch_queue q = queue_of("tt", 4);
    cw_batch_drop(&q, 9); /* more than there are */
    assert_int_equal(q.n, 0);
    assert_int_equal(cw_batch_add(&q, 8, 80, CW_STR("?"), &eb), -CW_E_INVALID);
    assert_int_equal(cw_batch_add(&q, 9, 90, CW_STR("?"), &eb), -CW_E_INVALID);
    assert_int_equal(q.n, 2);
    assert_int_equal(q.first->offset, 8);
    assert_int_equal(q.first->written, 80);
    assert_ptr_equal(q.first->next, q.last);
    cw_batch_drop(&q, q.n);
}

static void a_task_says_when_it_happened(void **state)
{
    (void)state;
    struct cw_batch_queue q = queue_of("tx", 4);
    cw_event_time at;
    assert_int_equal(cw_parse_rfc3339(CW_STR("2026-03-02T02:00:04Z"), &at), 0);
    assert_int_equal(cw_batch_happened(q.first), at);
    assert_int_equal(cw_batch_happened(q.last), CW_NO_TIME);
    cw_batch_drop(&q, q.n);
}

static const struct cw_reply numbers[] = {{.kind = CW_REPLY_NUMBER, .number = 40},
                                          {.kind = CW_REPLY_NUMBER, .number = 7},
                                          {.kind = CW_REPLY_NUMBER}};
static const struct cw_reply texts[] = {{.kind = CW_REPLY_TEXT, .text = {"40", 2}},
                                        {.kind = CW_REPLY_NUMBER, .number = 7},
                                        {.kind = CW_REPLY_NIL}};

#define SAYS(text)                                                                                 \
    {                                                                                              \
        CW_REPLY_ERROR, CW_STR(text), 0, NULL, 0                                                   \
    }
#define LIST(items, n)                                                                             \
    {                                                                                              \
        CW_REPLY_LIST, {NULL, 0}, 0, items, n                                                      \
    }

static void an_answer_says(void **state)
{
    (void)state;
    const struct {
        struct cw_reply reply;
        enum cw_batch_answer answer;
    } of[] = {
        {LIST(numbers, 2), CW_BATCH_APPLIED},
        {LIST(numbers, 1), CW_BATCH_NOT_A_REPLY},
        {LIST(numbers, 3), CW_BATCH_NOT_A_REPLY},
        {LIST(NULL, 0), CW_BATCH_NOT_A_REPLY},
        {LIST(texts, 2), CW_BATCH_NOT_A_REPLY},
        {LIST(texts + 1, 2), CW_BATCH_NOT_A_REPLY},
        {SAYS("CWGAP 12"), CW_BATCH_GAP},
        {SAYS("CWGAPS"), CW_BATCH_REFUSED},
        {SAYS("CWGAP"), CW_BATCH_REFUSED},
        {SAYS("CWEPOCH other"), CW_BATCH_EPOCH},
        {SAYS("CWEPOCH "), CW_BATCH_EPOCH},
        {SAYS("CWEPOCHS"), CW_BATCH_REFUSED},
        {SAYS("CWARG"), CW_BATCH_REFUSED},
        {SAYS("OOM command not allowed"), CW_BATCH_REFUSED},
        {SAYS(""), CW_BATCH_REFUSED},
        {{.kind = CW_REPLY_NIL}, CW_BATCH_NOT_A_REPLY},
        {{.kind = CW_REPLY_NUMBER, .number = 40}, CW_BATCH_NOT_A_REPLY},
        {{.kind = CW_REPLY_TEXT, .text = {"CWGAP 12", 8}}, CW_BATCH_NOT_A_REPLY},
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        struct cw_batch_applied done = {-5, -5};
        enum cw_batch_answer answer = cw_batch_answer(&of[i].reply, &done);
        bool told = done.stored == 40 && done.tasks == 7;
        bool untouched = done.stored == -5 && done.tasks == -5;
        if (answer != of[i].answer || !(answer == CW_BATCH_APPLIED ? told : untouched))
            fail_msg("answer %zu: %d, %lld and %lld", i, (int)answer, (long long)done.stored,
                     (long long)done.tasks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_become_a_call),
        cmocka_unit_test(calls_follow_each_other),
        cmocka_unit_test(an_emptied_queue_takes_more),
        cmocka_unit_test(a_task_says_when_it_happened),
        cmocka_unit_test(an_answer_says),
    };
    struct cw_errbuf eb;
    if (cw_zone_load("UTC", &settings.zone, &eb) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cw_zone_free(settings.zone);
    return failed;
}
