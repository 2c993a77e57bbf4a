/* Evidence that is kept: what comes back is what was raised, and what is damaged is refused. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/evidence.h"

static const char long_text[] =
    "0123456789012345678901234567890"; /* as long as there is room for */
_Static_assert(sizeof long_text == CW_FACT_TEXT, "");

static const double numbers[] = {0, -0.0, 1, 1.0 / 3, -61.2, 1e300, DBL_MIN, -DBL_MAX};
static const cw_money amounts[] = {0, 1, -1, INT64_C(9000000000000000), INT64_MIN, INT64_MAX, 7, 8};
static const cw_day days[] = {0, 20454, -1, INT32_MAX, INT32_MIN, 1, 2, 3};
static const char *const texts[] = {"", "A", "area", "汉字", "12345678", long_text, "CFU", "down"};

/* Eight facts of a kind, or two of each. */
static struct cw_signal signal_of(unsigned kind)
{
    struct cw_signal s = {.detector = 1, .line = 8613500000001};
    for (unsigned i = 0; i < CW_FACTS_MOST; i++)
        switch (kind < 4 ? kind : i / 2) {
        case 0:
            cw_fact_number(&s, CW_FACT_score, numbers[i]);
            break;
        case 1:
            cw_fact_money(&s, CW_FACT_amount, amounts[i]);
            break;
        case 2:
            cw_fact_day(&s, CW_FACT_ends, days[i]);
            break;
        default:
            cw_fact_text(&s, CW_FACT_area, (struct cw_str){texts[i], strlen(texts[i])});
        }
    return s;
}
enum { KINDS = 5 };

static void assert_same(const struct cw_signal *a, const struct cw_signal *b)
{
    assert_int_equal(a->n_facts, b->n_facts);
    assert_memory_equal(a->facts, b->facts, sizeof a->facts);
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct cw_signal s = signal_of(kind), back = {.n_facts = s.n_facts};
        struct cw_buf b = {0};
        cw_evidence_pack(&b, &s);
        assert_true(b.n > 0 && b.n <= CW_EVIDENCE_MOST);
        struct cw_reader r = cw_reader(b.p, b.n);
        cw_evidence_unpack(&r, &back);
        assert_true(!r.failed && r.p == r.end);
        assert_same(&s, &back);
        cw_buf_free(&b);
    }
}

static void the_longest_fits(void **state)
{
    (void)state;
    struct cw_signal s = {.n_facts = 0};
    struct cw_buf b = {0};
    for (unsigned i = 0; i < CW_FACTS_MOST; i++)
        cw_fact_text(&s, CW_FACT_area, (struct cw_str){long_text, strlen(long_text)});
    cw_evidence_pack(&b, &s);
    assert_true(b.n <= CW_EVIDENCE_MOST);
    cw_buf_free(&b);
}

static bool is_refused(const char *bytes, size_t n, uint8_t n_facts)
{
    struct cw_signal s = {.n_facts = n_facts};
    struct cw_reader r = cw_reader(bytes, n);
    cw_evidence_unpack(&r, &s);
    return r.failed;
}

static void damage_is_refused(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct cw_signal s = signal_of(kind);
        struct cw_buf b = {0};
        cw_evidence_pack(&b, &s);
        for (size_t n = 0; n < b.n; n++)
            assert_true(is_refused(b.p, n, s.n_facts));
        assert_false(is_refused(b.p, b.n, s.n_facts));
        assert_true(is_refused(b.p, b.n, CW_FACTS_MOST + 1));
        b.p[0] = (char)CW_FACT_KEYS_COUNT;
        assert_true(is_refused(b.p, b.n, s.n_facts));
        cw_buf_free(&b);
    }
    struct cw_buf b = {0};
    cw_buf_u8(&b, CW_FACT_area);
    cw_buf_str(&b, CW_STR("01234567890123456789012345678901")); /* a byte too long */
    assert_true(is_refused(b.p, b.n, 1));
    cw_buf_free(&b);
}

/* One that is kept, as it gets other evidence and gives it away. */
static void a_kept_one_is_told_as_raised(void **state)
{
    (void)state;
    struct cw_shard *sh = cw_shard_new(NULL, NULL);
    struct cw_task_signal g = {.topic = 0}, to = {.topic = 0};
    struct cw_signal none = {.n_facts = 0}, told;
    size_t before = cw_shard_bytes(sh);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct cw_signal s = signal_of(kind);
        g.s = s.bare;
        cw_evidence_keep(sh, &g, &s);
        cw_task_signal_told(&g, &told);
        assert_same(&s, &told);
        assert_memory_equal(&told.bare, &s.bare, sizeof s.bare);
        assert_int_equal(cw_shard_bytes(sh), before + g.facts_bytes);
    }
    cw_evidence_move(sh, &to, &g);
    assert_int_equal(g.n_facts + g.facts_bytes + g.facts, 0);
    assert_int_equal(cw_shard_bytes(sh), before + to.facts_bytes);
    cw_task_signal_told(&to, &told);
    struct cw_signal s = signal_of(KINDS - 1);
    assert_same(&s, &told);
    cw_evidence_keep(sh, &to, &none);
    cw_task_signal_told(&to, &told);
    assert_int_equal(told.n_facts, 0);
    assert_int_equal(cw_shard_bytes(sh), before);
    cw_shard_free(sh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(a_kept_one_is_told_as_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
