/* Texts of churnwatchctl in both languages: none is missing, and sentences say the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <string.h>

#include "config/thresholds.h"
#include "ctl/status/status.h"
#include "ctl/words.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct cw_settings chinese = {.language = CW_CHINESE},
                                english = {.language = CW_ENGLISH};

static bool has_letters(const char *text)
{
    while (*text && !isalpha((unsigned char)*text))
        text++;
    return *text != '\0';
}

static bool has_chinese(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text != '\0';
}

static const char *ended(struct cw_buf *b)
{
    cw_buf_put(b, "", 1);
    assert_false(b->failed);
    return b->p;
}

static void check_threshold(struct cw_threshold_id id)
{
    struct cw_param p = cw_threshold_param(id);
    char path[CW_PATH_MOST];
    struct cw_buf allowed = {0};
    cw_threshold_path(id, path);
    assert_string_equal(cw_word_meaning(&english, id), p.meaning);
    if (!has_chinese(cw_word_meaning(&chinese, id)))
        fail_msg("%s has no meaning in Chinese", path);
    cw_word_allowed(&allowed, &chinese, &p);
    if (p.type == CW_PARAM_REAL && has_letters(ended(&allowed)))
        fail_msg("%s: %s is not Chinese", path, allowed.p);
    cw_buf_free(&allowed);
}

static void thresholds_are_explained(void **state)
{
    (void)state;
    for (int d = 0; d < CW_DETECTORS; d++)
        for (int i = 0; i < cw_threshold_count(d); i++)
            check_threshold(cw_threshold_at(d, i));
}

/* A detector's threshold that is gone leaves no text behind. */
static void no_meaning_is_left_over(void **state)
{
    static const char *const names[] = {
#define MEANING(detector, threshold, zh) #detector "." threshold,
#include "ctl/meanings.def"
#undef MEANING
    };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct cw_threshold_id id;
        if (cw_threshold_find(names[i], &id) != 0)
            fail_msg("%s is no threshold", names[i]);
    }
}

static void ranges_read_well(void **state)
{
    static const struct {
        const char *name, *chinese, *english;
    } rows[] = {
        {"spend_drop.fire_score", "1 至 100 分", "1 to 100 score"},
        {"spend_drop.log_odds", "0 至 5（对数几率）", "0 to 5 log-odds"},
        {"spend_spike.rate", "0 至 1000 个/千客户日", "0 to 1000 a thousand client-days"},
        {"spend_drop.mode", "off, dry, on", "off, dry, on"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_threshold_id id;
        struct cw_buf b = {0};
        assert_int_equal(cw_threshold_find(rows[i].name, &id), 0);
        struct cw_param p = cw_threshold_param(id);
        cw_word_allowed(&b, &chinese, &p);
        assert_string_equal(ended(&b), rows[i].chinese);
        cw_buf_clear(&b);
        cw_word_allowed(&b, &english, &p);
        assert_string_equal(ended(&b), rows[i].english);
        cw_buf_free(&b);
    }
}

static unsigned places_of(const char *text)
{
    unsigned places = 0;
    for (; (text = strchr(text, '%')); text++)
        if (text[1] >= '1' && text[1] <= '9')
            places |= 1U << (text[1] - '0');
    return places;
}

/* A place that one language lacks is a number that its reader is not told. */
static void sentences_have_the_same_places(void **state)
{
    (void)state;
    for (enum cw_word w = 0; w < CW_WORDS; w++)
        if (places_of(cw_word(&chinese, w)) != places_of(cw_word(&english, w)))
            fail_msg("\"%s\" and \"%s\" tell different things", cw_word(&english, w),
                     cw_word(&chinese, w));
}

static void places_are_filled(void **state)
{
    struct cw_buf b = {0};
    (void)state;
    cw_word_say(&b, &chinese, CW_WORD_in_percent_of_bill, "%d", 5);
    assert_string_equal(ended(&b), "平时账单的 5%");
    cw_buf_clear(&b);
    cw_word_say(&b, &english, CW_WORD_in_percent_of_bill, "%d", 5);
    assert_string_equal(ended(&b), "5% of the usual bill");
    cw_buf_clear(&b);
    cw_word_say(&b, &english, CW_WORD_outbox_read, "%d\t%s\t%d", 3, "two", 1);
    assert_string_equal(ended(&b), "3 records of the outbox read, two tasks, 1 of them open");
    cw_buf_free(&b);
}

static void reasons_are_read_by_their_form(void **state)
{
    static const struct {
        const char *said, *chinese;
    } rows[] = {
        {"Redis is being checked", "正在核对 Redis"},
        {"shard 12 is not running", "分片 12 尚未运行"},
        {"shard 3 has stopped: torn: billing is committed at 7, the state log stands at -1; "
         "churnwatchctl doctor --shard 3 --repair",
         "分片 3 已停止：不一致：billing 已提交至 7，状态日志位于 -1；"
         "churnwatchctl doctor --shard 3 --repair"},
        {"lost: 4 messages of service were deleted unread, from 10 to 14",
         "丢失：service 有 4 条消息未读即被删除，位置 10 至 14"},
        {"billing ends at 3, 9 was reached: the topic was made anew or has lost its end",
         "billing 末尾为 3，而此前已读到 9：主题已重建或丢失了末尾"},
        {"something that nobody has heard of", "something that nobody has heard of"},
        {"shard 3 is not running, nearly", "shard 3 is not running, nearly"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_buf b = {0};
        cw_status_reason(&b, &chinese, rows[i].said);
        assert_string_equal(ended(&b), rows[i].chinese);
        cw_buf_clear(&b);
        cw_status_reason(&b, &english, rows[i].said);
        assert_string_equal(ended(&b), rows[i].said);
        cw_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds_are_explained),
        cmocka_unit_test(no_meaning_is_left_over),
        cmocka_unit_test(ranges_read_well),
        cmocka_unit_test(sentences_have_the_same_places),
        cmocka_unit_test(places_are_filled),
        cmocka_unit_test(reasons_are_read_by_their_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
