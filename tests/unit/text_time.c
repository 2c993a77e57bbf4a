/* Buffers and their reader, civil time and zones, telephone numbers and amounts, working days,
 * words and partitions: tables of what goes in and what must come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "churnwatch/shard.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

/* Compares what was written, then empties the buffer. */
static void assert_text(struct cw_buf *b, const char *expected)
{
    assert_false(b->failed);
    cw_buf_u8(b, 0);
    assert_string_equal(b->p, expected);
    cw_buf_clear(b);
}

/* ---- buffers ---- */

static void buffer_grows_and_keeps(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    assert_non_null(cw_buf_room(&b, 0));
    assert_int_equal(b.n, 0);
    for (int i = 0; i < 10000; i++)
        cw_buf_printf(&b, "%04d,", i);
    assert_int_equal(b.n, 50000);
    assert_memory_equal(b.p + 5 * 1234, "1234,", 5);
    cw_buf_clear(&b);
    assert_true(b.cap >= 50000);
    cw_buf_puts(&b, "");
    cw_buf_put(&b, NULL, 0);
    assert_text(&b, "");
    cw_buf_free(&b);
    assert_null(b.p);
}

static void buffer_remembers_failure(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    cw_buf_puts(&b, "kept");
    assert_null(cw_buf_room(&b, SIZE_MAX - 8));
    assert_true(b.failed);
    cw_buf_puts(&b, "lost");
    cw_buf_printf(&b, "%s", "lost");
    cw_buf_u64(&b, 1);
    assert_int_equal(b.n, 4);
    cw_buf_clear(&b);
    assert_false(b.failed);
    cw_buf_free(&b);
}

static void pieces_come_back(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    cw_buf_u8(&b, 0xfe);
    cw_buf_u16(&b, 0xfedc);
    cw_buf_u32(&b, 0xfedcba98);
    cw_buf_u64(&b, UINT64_C(0xfedcba9876543210));
    cw_buf_i32(&b, INT32_MIN);
    cw_buf_i64(&b, INT64_MIN);
    cw_buf_f32(&b, -1.5F);
    cw_buf_str(&b, CW_STR("ab"));
    cw_buf_str(&b, (struct cw_str){"", 0});
    cw_buf_str(&b, (struct cw_str){0});
    assert_memory_equal(b.p, "\xfe\xdc\xfe\x98\xba\xdc\xfe", 7);
    struct cw_reader r = cw_reader(b.p, b.n);
    assert_int_equal(cw_read_u8(&r), 0xfe);
    assert_int_equal(cw_read_u16(&r), 0xfedc);
    assert_true(cw_read_u32(&r) == 0xfedcba98);
    assert_true(cw_read_u64(&r) == UINT64_C(0xfedcba9876543210));
    assert_true(cw_read_i32(&r) == INT32_MIN);
    assert_true(cw_read_i64(&r) == INT64_MIN);
    assert_true(cw_read_f32(&r) == -1.5F);
    struct cw_str s = cw_read_str(&r);
    assert_int_equal(s.n, 2);
    assert_memory_equal(s.p, "ab", 2);
    assert_non_null(cw_read_str(&r).p);
    assert_null(cw_read_str(&r).p);
    assert_false(r.failed);
    assert_int_equal(cw_read_u32(&r), 0);
    assert_true(r.failed);
    cw_buf_free(&b);
}

/* Every cut of a text with its length fails and reads nothing beyond. */
static void reader_stops_at_the_end(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    cw_buf_str(&b, CW_STR("hello"));
    for (size_t n = 0; n < b.n; n++) {
        struct cw_reader r = cw_reader(b.p, n);
        assert_null(cw_read_str(&r).p);
        assert_true(r.failed);
        assert_null(cw_read(&r, 0));
    }
    cw_buf_free(&b);
}

static void json_texts(void **state)
{
    static const struct {
        struct cw_str in;
        const char *out;
    } rows[] = {
        {CW_STR("plain"), "\"plain\""},
        {{NULL, 0}, "\"\""},
        {CW_STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\""},
        {CW_STR("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {CW_STR("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\""},
        {CW_STR("\xe8\x88\x9f\n"), "\"\xe8\x88\x9f\\n\""},
    };
    (void)state;
    struct cw_buf b = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        cw_buf_json_str(&b, rows[i].in);
        assert_text(&b, rows[i].out);
    }
    cw_buf_free(&b);
}

static void money_texts(void **state)
{
    static const struct {
        cw_money m;
        const char *text;
    } rows[] = {
        {0, "0.00"},
        {124000, "12.40"},
        {1, "0.0001"},
        {-1, "-0.0001"},
        {-124000, "-12.40"},
        {123456, "12.3456"},
        {5000, "0.50"},
        {-5000, "-0.50"},
        {CW_MONEY_MOST, "1000000000000.00"},
        {1230, "0.1230"},
        {-CW_MONEY_MOST + 1, "-999999999999.9999"},
        {INT64_MIN, "-922337203685477.5808"},
    };
    (void)state;
    struct cw_buf b = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        cw_buf_money(&b, rows[i].m);
        assert_text(&b, rows[i].text);
    }
    cw_buf_free(&b);
}

static void number_texts(void **state)
{
    const struct {
        double v;
        int decimals;
        const char *text;
    } rows[] = {
        {0.63124, 4, "0.6312"},
        {-0.00001, 4, "0.0000"},
        {-0.0, 0, "0"},
        {-1.5, 1, "-1.5"},
        {NAN, 2, "0.00"},
        {INFINITY, 1, "0.0"},
        {1e15, 0, "1000000000000000"},
    };
    (void)state;
    struct cw_buf b = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        cw_buf_puts(&b, "-");
        cw_buf_number(&b, rows[i].v, rows[i].decimals);
        char expected[32] = "-";
        assert_text(&b, strcat(expected, rows[i].text));
    }
    cw_buf_free(&b);
}

/* ---- days ---- */

/* Against a calendar counted day by day. */
static void days_and_dates_agree(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct cw_date d = {1600, 1, 1};
    cw_day day = cw_day_of(d);
    assert_int_equal(day, -135140);
    int weekday = 5; /* 1600-01-01 was a Saturday */
    while (d.year < 2400) {
        assert_int_equal(cw_day_of(d), day);
        struct cw_date back = cw_date_of(day);
        assert_true(back.year == d.year && back.month == d.month && back.mday == d.mday);
        assert_int_equal(cw_weekday(day), weekday);
        assert_int_equal(cw_cycle_of(day), d.year * 12 + d.month - 1);
        assert_int_equal(cw_cycle_first_day(cw_cycle_of(day)), day - d.mday + 1);
        bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
        int length = d.month == 2 && leap ? 29 : lengths[d.month - 1];
        d.mday = d.mday == length ? 1 : d.mday + 1;
        d.month += d.mday == 1;
        d.year += d.month == 13;
        d.month = d.month == 13 ? 1 : d.month;
        day++;
        weekday = (weekday + 1) % 7;
    }
}

static void dates_and_cycles_are_strict(void **state)
{
    static const char *const good[] = {"1970-01-01", "2024-02-29", "2000-02-29", "2026-12-31"};
    static const cw_day days[] = {0, 19782, 11016, 20818};
    static const char *const bad[] = {"",           "2026-2-01",   "2026-02-1",   "2026-02-29",
                                      "2100-02-29", "2026-13-01",  "2026-00-01",  "2026-01-00",
                                      "2026-04-31", "2026-01-01 ", " 2026-01-01", "2026/01/01",
                                      "20260101",   "-026-01-01",  "2026-01-0a",  "+026-01-01"};
    (void)state;
    cw_day day = 77;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(cw_parse_date(str(good[i]), &day), 0);
        assert_int_equal(day, days[i]);
    }
    day = 77;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(cw_parse_date(str(bad[i]), &day), -CW_E_INVALID);
    assert_int_equal(day, 77);
    cw_cycle c = 77;
    assert_int_equal(cw_parse_cycle(CW_STR("2026-13"), &c), -CW_E_INVALID);
    assert_int_equal(cw_parse_cycle(CW_STR("2026-1"), &c), -CW_E_INVALID);
    assert_int_equal(cw_parse_cycle(CW_STR("2026-01-"), &c), -CW_E_INVALID);
    assert_int_equal(c, 77);
    assert_int_equal(cw_parse_cycle(CW_STR("2026-12"), &c), 0);
    assert_int_equal(c, 2026 * 12 + 11);
    struct cw_buf b = {0};
    cw_buf_cycle(&b, c);
    cw_buf_day(&b, 20818);
    assert_text(&b, "2026-122026-12-31");
    cw_buf_free(&b);
}

static void rfc3339_is_read(void **state)
{
    static const struct {
        const char *text;
        cw_event_time t;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01T08:00:00+08:00", 0},
        {"2026-03-02T02:00:00+08:00", INT64_C(1772388000000000)},
        {"2026-03-01T18:00:00-00:00", INT64_C(1772388000000000)},
        {"2026-03-01T12:30:00-05:30", INT64_C(1772388000000000)},
        {"1970-01-01T00:00:00.5Z", 500000},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.0000019999999999999999999Z", 1},
        {"1970-01-01T00:00:00+23:59", -86340 * CW_SECOND},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000000) - 1},
        {"2016-12-31T23:59:60.7Z", INT64_C(1483228800000000) - 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        cw_event_time t = 77;
        assert_int_equal(cw_parse_rfc3339(str(rows[i].text), &t), 0);
        assert_true(t == rows[i].t);
    }
}

static void rfc3339_is_strict(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-03-02",
        "2026-03-02T02:00:00",
        "2026-03-02 02:00:00Z",
        "2026-03-02T02:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T02:60:00Z",
        "2026-03-02T02:00:61Z",
        "2026-03-02T02:00:00.Z",
        "2026-03-02T02:00:00,5Z",
        "2026-03-02T02:00:00+0800",
        "2026-03-02T02:00:00+24:00",
        "2026-03-02T02:00:00+08:60",
        "2026-03-02T02:00:00+08",
        "2026-03-02T02:00:00Zz",
        "2026-02-30T02:00:00Z",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2026-03-02T0a:00:00Z",
        "2026-03-02T02:00:00Z\n",
    };
    (void)state;
    cw_event_time t = 77;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(cw_parse_rfc3339(str(bad[i]), &t), -CW_E_INVALID);
    assert_true(t == 77);
}

/* Each proper beginning of a time is none, and is read no further than it goes. */
static void rfc3339_cut_short(void **state)
{
    static const char text[] = "2026-03-02T02:00:00.25+08:00";
    (void)state;
    cw_event_time t;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *cut = malloc(n + 1);
        assert_non_null(cut);
        memcpy(cut, text, n);
        assert_int_equal(cw_parse_rfc3339((struct cw_str){cut, n}, &t), -CW_E_INVALID);
        free(cut);
    }
}

/* ---- zones ---- */

static struct cw_zone *zone(const char *name)
{
    struct cw_zone *z = NULL;
    struct cw_errbuf eb;
    assert_int_equal(cw_zone_load(name, &z, &eb), 0);
    return z;
}

/* Against libc, at odd instants over 150 years, in zones north and south of the equator. */
static void zones_agree_with_libc(void **state)
{
    static const char *const names[] = {"Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo",
                                        "Australia/Lord_Howe", "UTC"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct cw_zone *z = zone(names[i]);
        assert_int_equal(setenv("TZ", names[i], 1), 0);
        tzset();
        for (int64_t s = 1; s < INT64_C(4102444800); s += 40009) {
            struct tm tm;
            time_t when = (time_t)s;
            assert_non_null(localtime_r(&when, &tm));
            cw_event_time t = s * CW_SECOND + 999999;
            assert_int_equal(cw_zone_offset(z, t), tm.tm_gmtoff);
            struct cw_date d = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
            assert_int_equal(cw_zone_day(z, t), cw_day_of(d));
            assert_int_equal(cw_zone_second(z, t), tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
        }
        assert_int_equal(unsetenv("TZ"), 0);
        tzset();
        cw_zone_free(z);
    }
}

/* A midnight is the first instant of its day; the one before belongs to the day before. */
static void midnights_begin_days(void **state)
{
    static const char *const names[] = {"Asia/Shanghai", "America/Sao_Paulo", "Asia/Beirut",
                                        "America/Havana", "UTC"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct cw_zone *z = zone(names[i]);
        for (cw_day day = 3650; day < 22000; day++) {
            cw_event_time t = cw_zone_midnight(z, day);
            assert_int_equal(cw_zone_day(z, t), day);
            assert_true(cw_zone_day(z, t - 1) < day);
        }
        cw_zone_free(z);
    }
}

static void zone_changes_are_exact(void **state)
{
    (void)state;
    struct cw_zone *z = zone("Europe/Berlin");
    cw_event_time spring = INT64_C(1774746000) * CW_SECOND; /* 2026-03-29T01:00:00Z */
    assert_int_equal(cw_zone_offset(z, spring - 1), 3600);
    assert_int_equal(cw_zone_offset(z, spring), 7200);
    struct cw_buf b = {0};
    cw_buf_time(&b, z, spring - 1);
    assert_text(&b, "2026-03-29T01:59:59+01:00");
    cw_buf_time(&b, z, spring);
    assert_text(&b, "2026-03-29T03:00:00+02:00");
    cw_zone_free(z);
    z = zone("America/St_Johns");
    cw_buf_time(&b, z, INT64_C(1768000000) * CW_SECOND);
    assert_text(&b, "2026-01-09T19:36:40-03:30");
    cw_buf_free(&b);
    cw_zone_free(z);
}

static void zones_that_are_none(void **state)
{
    static const char *const bad[] = {
        "", "Asia/Nowhere", "../../etc/passwd", "/etc/passwd", "Asia", "zone.tab", ":UTC", "CST-8"};
    (void)state;
    assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct cw_zone *z = NULL;
        struct cw_errbuf eb = {""};
        assert_int_equal(cw_zone_load(bad[i], &z, &eb), -CW_E_INVALID);
        assert_null(z);
        assert_true(eb.text[0] != '\0');
    }
    cw_zone_free(zone("Asia/Shanghai"));
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    assert_int_equal(unsetenv("TZ"), 0);
    cw_zone_free(zone("Asia/Shanghai"));
    assert_null(getenv("TZ"));
    cw_zone_free(NULL);
}

/* ---- numbers ---- */

static void numbers_come_back(void **state)
{
    static const char *const good[] = {
        "0", "10010", "8613710008601", "**21*", "#31#139", "0000000000000000", "9*#9*#9*#9*#9*#9"};
    static const char *const bad[] = {"", "12345678901234567", "+86137", "86 137", "12a", "1-2"};
    (void)state;
    cw_number n = 77;
    for (size_t i = 0; i < COUNT(good); i++) {
        char text[17];
        assert_int_equal(cw_number_parse(str(good[i]), &n), 0);
        assert_true(n != 0);
        assert_string_equal(cw_number_text(n, text), good[i]);
    }
    n = 77;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(cw_number_parse(str(bad[i]), &n), -CW_E_INVALID);
    assert_int_equal(cw_number_parse((struct cw_str){"1\0", 2}, &n), -CW_E_INVALID);
    assert_true(n == 77);
    char none[17];
    assert_string_equal(cw_number_text(0, none), "");
}

static void amounts_are_exact(void **state)
{
    static const struct {
        const char *text;
        cw_money m;
    } rows[] = {
        {"0", 0},
        {"-0", 0},
        {"0.0", 0},
        {"0e999999999999999999999", 0},
        {"38.00", 380000},
        {"0.1", 1000},
        {"-0.0001", -1},
        {"12.34560000000000000000000000000000", 123456},
        {"1e2", 1000000},
        {"1E+2", 1000000},
        {"12345e-4", 12345},
        {"0.00001e1", 1},
        {"1000000000000", CW_MONEY_MOST},
        {"-1000000000000.0000", -CW_MONEY_MOST},
        {"999999999999.9999", CW_MONEY_MOST - 1},
        {"1e12", CW_MONEY_MOST},
        {"100000000000000000000e-8", CW_MONEY_MOST},
        {"900719925474.0993", INT64_C(9007199254740993)},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        cw_money m = 77;
        assert_int_equal(cw_money_parse(str(rows[i].text), &m), 0);
        assert_true(m == rows[i].m);
    }
}

static void amounts_are_strict(void **state)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "01",
                                      ".5",
                                      "5.",
                                      "1e",
                                      "1e+",
                                      "1.2.3",
                                      "1 ",
                                      " 1",
                                      "0x1",
                                      "NaN",
                                      "1,5",
                                      "0.00001",
                                      "1e-5",
                                      "12.34567",
                                      "1000000000000.0001",
                                      "1e13",
                                      "--1",
                                      "1e99999999999999999999",
                                      "1e-99999999999999999999",
                                      "99999999999999999999999999",
                                      "0.99999999999999999999",
                                      "-00",
                                      "1e1.0"};
    (void)state;
    cw_money m = 77;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(cw_money_parse(str(bad[i]), &m), -CW_E_INVALID);
    assert_true(m == 77);
}

/* What is written is read back, over all magnitudes. */
static void amounts_come_back(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    for (cw_money m = 1; m <= CW_MONEY_MOST; m = m * 3 + 7) {
        for (int sign = -1; sign <= 1; sign += 2) {
            cw_money back = 0;
            cw_buf_money(&b, sign * m);
            assert_int_equal(cw_money_parse((struct cw_str){b.p, b.n}, &back), 0);
            assert_true(back == sign * m);
            cw_buf_clear(&b);
        }
    }
    cw_buf_free(&b);
}

/* ---- working days ---- */

static cw_day day_of(const char *date)
{
    cw_day day;
    assert_int_equal(cw_parse_date(str(date), &day), 0);
    return day;
}

static void calendar_lays_over_weekends(void **state)
{
    static const char json[] = "{\"year\": 2026, \"days\": ["
                               "{\"name\": \"x\", \"date\": \"2026-01-01\", \"isOffDay\": true},"
                               "{\"name\": \"x\", \"date\": \"2026-01-04\", \"isOffDay\": false}]}";
    static const char later[] = "{\"days\": [{\"date\": \"2026-01-01\", \"isOffDay\": false}]}";
    (void)state;
    struct cw_calendar *c = cw_calendar_new();
    struct cw_errbuf eb;
    assert_non_null(c);
    assert_int_equal(cw_calendar_end(c), CW_NO_DAY);
    assert_true(cw_calendar_working(c, day_of("2026-01-01")));
    assert_false(cw_calendar_working(c, day_of("2026-01-04")));
    assert_int_equal(cw_calendar_add_json(c, json, sizeof json - 1, &eb), 0);
    assert_false(cw_calendar_working(c, day_of("2026-01-01")));
    assert_true(cw_calendar_working(c, day_of("2026-01-02")));
    assert_false(cw_calendar_working(c, day_of("2026-01-03")));
    assert_true(cw_calendar_working(c, day_of("2026-01-04")));
    assert_int_equal(cw_calendar_add_json(c, later, sizeof later - 1, &eb), 0);
    assert_true(cw_calendar_working(c, day_of("2026-01-01")));
    assert_int_equal(cw_calendar_end(c), day_of("2026-01-04"));
    assert_true(cw_calendar_working(c, -1));     /* a Wednesday */
    assert_false(cw_calendar_working(c, 84010)); /* a Sunday of 2200 */
    cw_calendar_free(c);
}

static void calendar_takes_no_broken_file(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"days\": 1}",
        "{\"days\": [{\"date\": \"2026-01-05\", \"isOffDay\": true}, 1]}",
        "{\"days\": [{\"date\": \"2026-01-05\", \"isOffDay\": true}, {\"isOffDay\": true}]}",
        "{\"days\": [{\"date\": \"2026-01-05\", \"isOffDay\": true},"
        " {\"date\": \"2026-02-30\", \"isOffDay\": true}]}",
        "{\"days\": [{\"date\": \"2026-01-05\", \"isOffDay\": true},"
        " {\"date\": \"2200-01-01\", \"isOffDay\": true}]}",
        "{\"days\": [{\"date\": \"2026-01-05\", \"isOffDay\": \"yes\"}]}",
        "{\"days\": [], \"days\": []}",
    };
    (void)state;
    struct cw_calendar *c = cw_calendar_new();
    assert_non_null(c);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct cw_errbuf eb = {""};
        assert_int_equal(cw_calendar_add_json(c, bad[i], strlen(bad[i]), &eb), -CW_E_INVALID);
        assert_true(eb.text[0] != '\0');
    }
    assert_true(cw_calendar_working(c, day_of("2026-01-05")));
    cw_calendar_free(c);
}

/* ---- words and partitions ---- */

static void words_are_the_contract(void **state)
{
    (void)state;
    assert_string_equal(cw_event_type_name(CW_EV_CHARGE), "billing.charge");
    assert_string_equal(cw_event_type_name(CW_EV_OUTAGE), "care.outage");
    assert_null(cw_event_type_name(CW_EV_COUNT));
    assert_string_equal(cw_kind_name(CW_GROUP), "group");
    assert_string_equal(cw_class_name(CW_CLASS_B2), "B2");
    assert_null(cw_class_name(CW_CLASS_NONE));
    assert_string_equal(cw_vip_name(CW_VIP_NONE), "none");
    assert_string_equal(cw_method_name(CW_BY_VISIT), "visit");
    assert_null(cw_method_name(CW_BY_NONE));
    assert_string_equal(cw_role_name(CW_TELECOM_LEAD), "telecom_lead");
    assert_string_equal(cw_reject_code_name(CW_REJECT_MISSING_MEMBER), "missing-member");
    assert_null(cw_reject_code_name(CW_REJECT_COUNT));
    for (int e = 0; e <= CW_E_REFUSED; e++)
        assert_string_not_equal(cw_strerror(-e), "unknown error");
    assert_string_equal(cw_strerror(-CW_E_REFUSED - 1), "unknown error");
}

/* Hashes published with Apache Kafka's own tests. */
static void partitions_are_kafkas(void **state)
{
    static const struct {
        const char *key;
        int32_t hash;
    } rows[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    static const int32_t counts[] = {1, 2, 3, 12, 100, INT32_MAX};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t c = 0; c < COUNT(counts); c++)
            assert_int_equal(cw_partition_of(str(rows[i].key), counts[c]),
                             (rows[i].hash & INT32_MAX) % counts[c]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_grows_and_keeps),
        cmocka_unit_test(buffer_remembers_failure),
        cmocka_unit_test(pieces_come_back),
        cmocka_unit_test(reader_stops_at_the_end),
        cmocka_unit_test(json_texts),
        cmocka_unit_test(money_texts),
        cmocka_unit_test(number_texts),
        cmocka_unit_test(days_and_dates_agree),
        cmocka_unit_test(dates_and_cycles_are_strict),
        cmocka_unit_test(rfc3339_is_read),
        cmocka_unit_test(rfc3339_is_strict),
        cmocka_unit_test(rfc3339_cut_short),
        cmocka_unit_test(zones_agree_with_libc),
        cmocka_unit_test(midnights_begin_days),
        cmocka_unit_test(zone_changes_are_exact),
        cmocka_unit_test(zones_that_are_none),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(amounts_are_exact),
        cmocka_unit_test(amounts_are_strict),
        cmocka_unit_test(amounts_come_back),
        cmocka_unit_test(calendar_lays_over_weekends),
        cmocka_unit_test(calendar_takes_no_broken_file),
        cmocka_unit_test(words_are_the_contract),
        cmocka_unit_test(partitions_are_kafkas),
    };
    return cmocka_run_group_tests_name("text_time", tests, NULL, NULL);
}
