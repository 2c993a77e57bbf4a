/* Headlines as managers read them: every number with its unit, no word of the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/rehearsal.h"

#define LINE "'msisdn':'8613510000011'"

static const struct {
    const char *type, *data, *zh, *en;
} rows[] = {
    {"billing.arrears", "{'amount':88.5,'days_overdue':1}", "欠费：金额 88.50元，逾期 1天",
     "In arrears: amount 88.50 yuan, overdue 1 day"},
    {"billing.arrears", "{'amount':100,'days_overdue':8}", "欠费：金额 100元，逾期 8天",
     "In arrears: amount 100 yuan, overdue 8 days"},
    {"service.suspended", "{" LINE ",'direction':'both','reason':'lost'}", "双向停机：原因 挂失",
     "Suspended both ways: reason a lost phone"},
    {"service.call_forwarding",
     "{" LINE ",'condition':'CFNRy','active':true,'target':'8613210000099'}",
     "设置呼叫转移：无应答，转往 8613210000099，他网",
     "Calls are forwarded: when not answered, to 8613210000099, another operator"},
    {"service.call", "{" LINE ",'direction':'incoming','peer':'10010','duration_s':61}",
     "与关注号码通话：对方 10010，呼入，通话 61秒，1次，跨度 30天",
     "Calls with a watched number: 10010, incoming, talked 61 seconds, 1 time, over 30 days"},
    {"service.plan_changed",
     "{" LINE ",'from':{'id':'P38','monthly_fee':38},'to':{'id':'P8','monthly_fee':8},"
     "'effective':'2026-04-01'}",
     "套餐降档：原套餐 P38，新套餐 P8，月费减少 30元，1次，日期 2026-04-01",
     "Plan changed downward: from P38, to P8, 30 yuan a month less, 1 time, on 2026-04-01"},
    {"service.port_out", "{" LINE ",'stage':'code_issued'}", "携号转网倾向：阶段 已发授权码",
     "Wants to port out: stage code issued"},
    {"service.terminated", "{" LINE ",'reason':'customer_request'}",
     "客户离网：原因 客户要求，1个号码；另有号码销户",
     "Client has left: reason the customer's wish, 1 line; also: A line was given up"},
    {"care.complaint", "{'severity':3,'topic':'billing','ticket':'T-1'}",
     "投诉：级别 3，内容 billing，工单 T-1，1次",
     "Complaint: severity 3, about billing, ticket T-1, 1 time"},
};

static void check(size_t row, const char *language, const char *headline)
{
    char setting[32];
    (void)snprintf(setting, sizeof setting, "language=%s", language);
    const char *const settings[] = {setting, "watched_numbers=10010",
                                    "operators.competitor_prefixes=86132", NULL};
    struct rehearsal *r = r_new(settings);
    r_event(r, rows[row].type, "2026-03-02 10:00", "c", rows[row].data);
    json_t *task = r_task(r, "c");
    assert_non_null(task);
    const char *is = json_string_value(json_object_get(task, "headline"));
    if (!is || strcmp(is, headline) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", rows[row].type, is ? is : "", headline);
    r_free(r);
}

static void headlines_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(i, "zh_CN", rows[i].zh);
        check(i, "en", rows[i].en);
    }
}

/* Groups lose shares and usage has a unit of its own: evidence says so beside the numbers. */
static void shares_are_percent(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_profile(r, "{'client_id':'c','kind':'group','manager':'am1','phones':8}");
    r_event(r, "service.terminated", "2026-03-02 10:00", "c", "{" LINE ",'reason':'other'}");
    r_event(r, "service.terminated", "2026-03-02 11:00", "c",
            "{'msisdn':'8613510000012','reason':'other'}");
    json_t *signal = r_signal(r, "c", "group_erosion", "");
    assert_true(r_evidence(signal, "observed") == 25);
    assert_true(r_evidence(signal, "limit") == 4);
    json_t *unit = json_object_get(json_object_get(signal, "evidence"), "unit");
    assert_string_equal(json_string_value(unit), "percent");
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headlines_in_both_languages),
        cmocka_unit_test(shares_are_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
