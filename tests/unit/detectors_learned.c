/* Detectors that learn what is usual, through the whole shard: rows of a client's days and of what
 * must be told after them.
 *
 * Each row is played twice: once at a stretch, once with the shard thrown away and restored from
 * its images before each stretch of days.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "churnwatch/client.h"
#include "tests/support/rehearsal.h"

#define BEGIN "2026-01-05" /* a Monday */
#define CLIENT "i-580-0001"
#define LINE "8613500000011"

/* A stretch of days alike: spend in yuan and usage in minutes on every `every`-th of them (0: on
 * each), nothing on the others. Amounts go up and down by a tenth, so that there is a scale. */
struct stretch {
    int days;
    double spend, usage;
    int every;
};
struct row {
    const char *detector, *name;
    struct stretch stretches[6];
    bool told; /* is the detector's signal open after the last stretch? */
};

/* clang-format off: it would give each word of a row a line of its own. */
static const struct row rows[] = {
    {"spend_spike", "far above", {{40, 10, 100, 0}, {1, 60, 100, 0}}, true},
    {"spend_spike", "above, but within range", {{40, 10, 100, 0}, {1, 14, 100, 0}}, false},
    {"spend_spike", "usage explains it", {{40, 10, 100, 0}, {1, 60, 600, 0}}, false},
    {"spend_spike", "more than usage may explain", {{40, 10, 100, 0}, {1, 200, 2000, 0}}, true},
    {"spend_spike", "usage explains a part", {{40, 10, 100, 0}, {1, 90, 200, 0}}, true},
    {"spend_spike", "a fall is no spike", {{40, 10, 100, 0}, {1, 1, 100, 0}}, false},
    {"spend_spike", "too little money", {{40, 0.5, 100, 0}, {1, 2.4, 100, 0}}, false},
    {"spend_spike", "worth too few usual days", {{40, 10, 100, 0}, {1, 35, 100, 0}}, false},
    {"spend_spike", "worth enough usual days", {{40, 10, 100, 0}, {1, 45, 100, 0}}, true},
    {"spend_spike", "just enough money", {{40, 0.5, 100, 0}, {1, 6, 100, 0}}, true},
    {"spend_spike", "still learning", {{15, 10, 100, 0}, {1, 60, 100, 0}}, false},
    {"spend_spike",
     "fresh for some days",
     {{40, 10, 100, 0}, {1, 60, 100, 0}, {3, 10, 100, 0}},
     true},
    {"spend_spike", "faded", {{40, 10, 100, 0}, {1, 60, 100, 0}, {6, 10, 100, 0}}, false},
    {"spend_spike",
     "a new level is no spike for ever",
     {{40, 10, 100, 0}, {12, 60, 100, 0}},
     false},

    {"spend_drop", "a sudden fall", {{60, 10, 100, 0}, {8, 2.5, 100, 0}}, true},
    {"spend_drop", "nothing at all", {{60, 10, 100, 0}, {8, 0, 100, 0}}, true},
    {"spend_drop", "a small fall", {{60, 10, 100, 0}, {8, 8.5, 100, 0}}, false},
    {"spend_drop", "a rise is no drop", {{60, 10, 100, 0}, {8, 40, 100, 0}}, false},
    {"spend_drop", "one day", {{60, 10, 100, 0}, {1, 0, 100, 0}}, false},
    {"spend_drop", "too little money", {{60, 0.2, 100, 0}, {8, 0, 100, 0}}, false},
    {"spend_drop", "still learning", {{12, 10, 100, 0}, {6, 2.5, 100, 0}}, false},
    {"spend_drop", "come back", {{60, 10, 100, 0}, {8, 2.5, 100, 0}, {12, 10, 100, 0}}, false},
    {"spend_drop", "a level that lasts", {{60, 10, 100, 0}, {90, 2.5, 100, 0}}, false},
    {"spend_drop",
     "a second fall after a new level",
     {{60, 40, 100, 0}, {120, 10, 100, 0}, {9, 2, 100, 0}},
     true},
    {"spend_drop",
     "a sparse client is not judged by days",
     {{120, 30, 100, 7}, {10, 0, 0, 0}},
     false},

    {"spend_decline",
     "a slide",
     {{60, 10, 100, 0}, {8, 8, 80, 0}, {8, 6, 60, 0}, {8, 4, 40, 0}},
     true},
    {"spend_decline", "no slide", {{60, 10, 100, 0}, {24, 10, 100, 0}}, false},
    {"spend_decline",
     "a shallow slide",
     {{60, 10, 100, 0}, {8, 9.8, 98, 0}, {8, 9.6, 96, 0}, {8, 9.4, 94, 0}},
     false},
    {"spend_decline",
     "a climb is no slide",
     {{60, 10, 100, 0}, {8, 12, 120, 0}, {8, 16, 160, 0}, {8, 22, 220, 0}},
     false},
    {"spend_decline",
     "usage alone is left to usage_drop",
     {{60, 10, 100, 0}, {24, 10.2, 30, 0}},
     false},
    {"spend_decline",
     "too little money",
     {{60, 0.2, 100, 0}, {8, 0.1, 60, 0}, {8, 0.05, 30, 0}},
     false},
    {"spend_decline", "still learning", {{10, 10, 100, 0}, {6, 6, 60, 0}, {6, 3, 30, 0}}, false},
    {"spend_decline",
     "come back",
     {{60, 10, 100, 0}, {8, 8, 80, 0}, {8, 6, 60, 0}, {8, 4, 40, 0}, {20, 10, 100, 0}},
     false},
    {"spend_decline",
     "spend recovers, usage does not",
     {{60, 10, 100, 0}, {8, 6, 60, 0}, {8, 4, 40, 0}, {15, 12, 20, 0}},
     false},
    {"spend_decline",
     "a level that lasts",
     {{60, 10, 100, 0}, {8, 7, 70, 0}, {120, 4, 40, 0}},
     false},

    {"usage_drop", "a sudden fall", {{60, 10, 100, 0}, {8, 10, 25, 0}}, true},
    {"usage_drop",
     "a slow fall",
     {{60, 10, 100, 0}, {8, 10, 80, 0}, {8, 10, 60, 0}, {8, 10, 45, 0}},
     true},
    {"usage_drop", "a small fall", {{60, 10, 100, 0}, {8, 10, 90, 0}}, false},
    {"usage_drop", "a rise is no drop", {{60, 10, 100, 0}, {8, 10, 400, 0}}, false},
    {"usage_drop", "spend alone is not usage", {{60, 10, 100, 0}, {8, 1, 100, 0}}, false},
    {"usage_drop", "hardly any use before", {{60, 10, 1, 0}, {8, 10, 0, 0}}, false},
    {"usage_drop", "still learning", {{12, 10, 100, 0}, {6, 10, 25, 0}}, false},
    {"usage_drop", "come back", {{60, 10, 100, 0}, {8, 10, 25, 0}, {25, 10, 100, 0}}, false},
    {"usage_drop", "a level that lasts", {{60, 10, 100, 0}, {150, 10, 25, 0}}, false},

    {"outage", "both fall on a day", {{64, 10, 100, 0}, {1, 0, 0, 0}}, true},
    {"outage", "spend alone", {{64, 10, 100, 0}, {1, 0, 100, 0}}, false},
    {"outage", "usage alone", {{64, 10, 100, 0}, {1, 10, 0, 0}}, false},
    {"outage", "both fall a little", {{62, 10, 100, 0}, {1, 8, 80, 0}}, false},
    {"outage", "both fall far", {{62, 10, 100, 0}, {1, 1.5, 15, 0}}, true},
    {"outage", "a third is left of both", {{62, 10, 100, 0}, {1, 3, 30, 0}}, false},
    {"outage", "a third is left of usage", {{62, 10, 100, 0}, {1, 1.5, 30, 0}}, false},
    {"outage", "both rise", {{62, 10, 100, 0}, {1, 60, 600, 0}}, false},
    {"outage", "too little money", {{64, 0.15, 100, 0}, {1, 0, 0, 0}}, false},
    {"outage", "still learning", {{15, 10, 100, 0}, {1, 2, 20, 0}}, false},
    {"outage", "a fall of many days is none", {{62, 10, 100, 0}, {5, 1, 10, 0}}, false},
    {"outage",
     "nor when it grows less deep",
     {{62, 10, 100, 0}, {2, 1, 10, 0}, {2, 4, 40, 0}},
     false},
    {"outage", "faded", {{64, 10, 100, 0}, {1, 0, 0, 0}, {6, 10, 100, 0}}, false},

    {"inactivity", "silent for too long", {{40, 10, 100, 0}, {6, 0, 0, 0}}, true},
    {"inactivity", "silent for some days", {{40, 10, 100, 0}, {4, 0, 0, 0}}, false},
    {"inactivity", "usage is use", {{40, 10, 100, 0}, {10, 0, 100, 0}}, false},
    {"inactivity", "spend is use", {{40, 10, 100, 0}, {10, 10, 0, 0}}, false},
    {"inactivity", "within its own gaps", {{140, 10, 100, 7}, {6, 0, 0, 0}}, false},
    {"inactivity", "beyond its own gaps", {{140, 10, 100, 7}, {24, 0, 0, 0}}, true},
    {"inactivity", "hardly known", {{6, 10, 100, 0}, {10, 0, 0, 0}}, false},
    {"inactivity", "come back", {{40, 10, 100, 0}, {10, 0, 0, 0}, {1, 10, 100, 0}}, false},
    {"inactivity", "gone for good", {{40, 10, 100, 0}, {70, 0, 0, 0}}, false},
};

/* The same with settings bent, so that one limit decides alone. */
#define SPIKE "detectors.spend_spike."
#define DROP "detectors.spend_drop."
#define DECLINE "detectors.spend_decline."
#define USAGE "detectors.usage_drop."
static const struct bent {
    struct row row;
    const char *settings[3];
} bent_rows[] = {
    {{"spend_spike", "two days", {{60, 10, 100, 0}, {2, 18, 100, 0}}, false},
     {SPIKE "fire_sigma=1.5", SPIKE "least_days=1"}},
    {{"spend_spike", "three days together", {{60, 10, 100, 0}, {3, 18, 100, 0}}, true},
     {SPIKE "fire_sigma=1.5", SPIKE "least_days=1"}},
    {{"spend_spike",
      "three days, but not in a row",
      {{60, 10, 100, 0}, {2, 18, 100, 0}, {1, 10, 100, 0}, {1, 18, 100, 0}},
      false},
     {SPIKE "fire_sigma=1.5", SPIKE "least_days=1"}},
    {{"spend_spike", "thrice a quiet client's usual", {{60, 10, 100, 0}, {1, 33, 100, 0}}, true},
     {SPIKE "least_days=1"}},
    {{"spend_spike",
      "twice: its past is no proof of quiet",
      {{60, 10, 100, 0}, {1, 20, 100, 0}},
      false},
     {SPIKE "least_days=0.5"}},
    {{"spend_spike", "twice of all its days", {{60, 10, 100, 0}, {1, 24, 100, 0}}, false},
     {SPIKE "least_days=0.5"}},
    {{"spend_spike", "twice of every third day", {{180, 10, 100, 3}, {1, 24, 100, 0}}, true},
     {SPIKE "least_days=0.5"}},
    {{"spend_decline",
      "a long slide does not become a habit",
      {{90, 30, 300, 7}, {42, 20, 200, 7}, {42, 10, 100, 7}},
      true},
     {DECLINE "lasts_days=365", DECLINE "fire_score=4.5"}},
    {{"spend_drop", "two days", {{60, 10, 100, 0}, {2, 0, 100, 0}}, false}, {DROP "fire_score=2"}},
    {{"spend_drop", "three days", {{60, 10, 100, 0}, {3, 0, 100, 0}}, true}, {DROP "fire_score=2"}},
    {{"spend_drop", "too sparse", {{120, 30, 100, 4}, {25, 0, 100, 0}}, false},
     {DROP "fire_score=2", DROP "clear_score=1"}},
    {{"spend_drop", "not too sparse", {{120, 30, 100, 4}, {25, 0, 100, 0}}, true},
     {DROP "fire_score=2", DROP "clear_score=1", DROP "least_chance=0.05"}},
    {{"spend_drop", "lasting", {{60, 10, 100, 0}, {20, 2.5, 100, 0}}, true},
     {DROP "lasts_days=30"}},
    {{"spend_drop", "lasting too long", {{60, 10, 100, 0}, {20, 2.5, 100, 0}}, false},
     {DROP "lasts_days=7"}},
    {{"spend_decline", "learned soon", {{12, 10, 100, 0}, {10, 2, 20, 0}}, true},
     {DECLINE "warmup_days=14", DECLINE "fire_score=1"}},
    {{"spend_decline", "learned late", {{12, 10, 100, 0}, {10, 2, 20, 0}}, false},
     {DECLINE "warmup_days=28", DECLINE "fire_score=1"}},
    {{"usage_drop", "learned soon", {{12, 10, 100, 0}, {10, 10, 20, 0}}, true},
     {USAGE "warmup_days=14", USAGE "fire_score=100", USAGE "slow_fire_score=1"}},
    {{"usage_drop", "learned late", {{12, 10, 100, 0}, {10, 10, 20, 0}}, false},
     {USAGE "warmup_days=28", USAGE "fire_score=100", USAGE "slow_fire_score=1"}},
    {{"inactivity", "an only line is the client", {{40, 10, 100, 0}, {35, 0, 0, 0}}, false},
     {"detectors.inactivity.least_days=100"}},
};
/* clang-format on */

/* ---- playing days ---- */

static double wiggle(int day)
{
    static const double by[] = {1.0, 1.1, 0.95, 1.05, 0.9, 1.02, 0.98};
    return by[(day * 5) % 7];
}

static void spend(struct rehearsal *r, const char *client, const char *time, double yuan)
{
    char data[120];
    (void)snprintf(data, sizeof data, "{'msisdn':'" LINE "','amount':%.4f,'category':'voice'}",
                   yuan);
    r_event(r, "billing.charge", time, client, data);
}

static void use(struct rehearsal *r, const char *client, const char *time, double minutes)
{
    char data[120];
    (void)snprintf(data, sizeof data, "{'msisdn':'" LINE "','voice_min':%.3f,'data_mb':0,'sms':0}",
                   minutes);
    r_event(r, "service.usage", time, client, data);
}

static void play_day(struct rehearsal *r, const char *client, int day, double yuan, double minutes)
{
    if (yuan > 0)
        spend(r, client, r_at(BEGIN, day, "10:00"), yuan * wiggle(day));
    if (minutes > 0)
        use(r, client, r_at(BEGIN, day, "11:00"), minutes * wiggle(day + 3));
}

static void close_day(struct rehearsal *r, int day)
{
    r_tick(r, r_at(BEGIN, day + 1, "03:00"));
}

static int play_stretch(struct rehearsal *r, int from, const struct stretch *s)
{
    for (int i = 0; i < s->days; i++) {
        bool any = s->every == 0 || i % s->every == 0;
        play_day(r, CLIENT, from + i, any ? s->spend : 0, any ? s->usage : 0);
        close_day(r, from + i);
    }
    return from + s->days;
}

/* False when it did not end as wanted. */
static bool play_row(const struct row *row, const char *const *settings, bool restored)
{
    struct rehearsal *r = r_new(settings);
    int day = 0;
    for (size_t k = 0; k < 6 && row->stretches[k].days; k++) {
        if (restored && day)
            r_restore(r);
        day = play_stretch(r, day, &row->stretches[k]);
    }
    bool told = r_signal(r, CLIENT, row->detector, NULL) != NULL;
    if (told != row->told)
        print_error("%s: %s: %stold\n", row->detector, row->name, told ? "" : "not ");
    r_free(r);
    return told == row->told;
}

/* Returns the number of rows that did not end as wanted. */
static int play_rows(bool restored)
{
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += !play_row(&rows[i], NULL, restored);
    return wrong;
}

static void every_row(void **state)
{
    (void)state;
    assert_int_equal(play_rows(false), 0);
}

static void every_row_restored_between_stretches(void **state)
{
    (void)state;
    assert_int_equal(play_rows(true), 0);
}

static void every_bent_row(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof bent_rows / sizeof *bent_rows; i++) {
        const char *settings[4] = {bent_rows[i].settings[0], bent_rows[i].settings[1],
                                   bent_rows[i].settings[2], NULL};
        wrong += !play_row(&bent_rows[i].row, settings, false);
    }
    assert_int_equal(wrong, 0);
}

static struct rehearsal *usual(int days, const char *const *settings)
{
    struct rehearsal *r = r_new(settings);
    (void)play_stretch(r, 0, &(struct stretch){days, 10, 100, 0});
    return r;
}

/* ---- spikes within the day ---- */

static void a_spike_is_told_at_once_and_once_a_step(void **state)
{
    (void)state;
    static const char *const settings[] = {"detectors.spend_spike.least_days=1", NULL};
    struct rehearsal *r = usual(40, settings);
    spend(r, CLIENT, r_at(BEGIN, 40, "09:00"), 10);
    assert_null(r_signal(r, CLIENT, "spend_spike", ""));
    spend(r, CLIENT, r_at(BEGIN, 40, "09:05"), 25);
    assert_non_null(r_signal(r, CLIENT, "spend_spike", "")); /* the day is far from over */
    size_t told = r_versions(r, CLIENT);
    for (int i = 0; i < 20; i++)
        spend(r, CLIENT, r_at(BEGIN, 40, "09:10"), 0.01);
    assert_int_equal(r_versions(r, CLIENT), told);
    spend(r, CLIENT, r_at(BEGIN, 40, "09:15"), 500);
    assert_int_equal(r_versions(r, CLIENT), told + 1); /* it climbs */
    r_free(r);
}

static void a_monthly_fee_is_no_spike(void **state)
{
    (void)state;
    struct rehearsal *r = usual(40, NULL);
    r_event(r, "billing.charge", r_at(BEGIN, 40, "09:00"), CLIENT,
            "{'msisdn':'" LINE "','amount':500,'category':'monthly_fee'}");
    assert_null(r_signal(r, CLIENT, "spend_spike", ""));
    r_free(r);
}

static void roaming_at_night_is_told_whatever_the_day(void **state)
{
    (void)state;
    static const struct {
        const char *hhmm, *amount;
        bool told;
    } nights[] = {{"00:30", "40", true},  {"05:59", "40", true},  {"06:00", "40", false},
                  {"23:59", "40", false}, {"03:00", "29", false}, {"03:00", "30", true}};
    for (size_t i = 0; i < sizeof nights / sizeof *nights; i++) {
        struct rehearsal *r = r_new(NULL);
        (void)play_stretch(r, 0, &(struct stretch){40, 100, 100, 0});
        char data[120];
        (void)snprintf(data, sizeof data, "{'msisdn':'" LINE "','amount':%s,'category':'roaming'}",
                       nights[i].amount);
        r_event(r, "billing.charge", r_at(BEGIN, 41, nights[i].hhmm), CLIENT, data);
        assert_true((r_signal(r, CLIENT, "spend_spike", "") != NULL) == nights[i].told);
        r_free(r);
    }
}

/* ---- what is shared, what was not seen ---- */

enum { CROWD = 60 };
static const char *member(int i)
{
    static char id[32];
    (void)snprintf(id, sizeof id, "i-%03d", i);
    return id;
}

static void play_crowd(struct rehearsal *r, int day, double yuan, double minutes)
{
    for (int i = 0; i < CROWD; i++)
        play_day(r, member(i), day, yuan * (1 + i % 5), minutes);
    close_day(r, day);
}

static bool told_of_any(const struct rehearsal *r, const char *detector)
{
    for (int i = 0; i < CROWD; i++)
        if (r_signal(r, member(i), detector, NULL))
            return true;
    return false;
}

static struct rehearsal *crowd(int days, const char *const *settings)
{
    struct rehearsal *r = r_new(settings);
    for (int day = 0; day < days; day++)
        play_crowd(r, day, 10, 100);
    return r;
}

static const char *const downward[] = {"spend_drop", "spend_decline", "usage_drop", "outage",
                                       "inactivity"};

static void a_holiday_of_all_is_nobodys_fall(void **state)
{
    (void)state;
    struct rehearsal *r = crowd(62, NULL);
    for (int day = 62; day < 69; day++)
        play_crowd(r, day, 3, 25);
    for (size_t i = 0; i < sizeof downward / sizeof *downward; i++)
        if (told_of_any(r, downward[i]))
            fail_msg("%s is told on a day that is everybody's", downward[i]);
    r_free(r);
}

static void one_who_falls_while_others_do_not_is_told(void **state)
{
    (void)state;
    struct rehearsal *r = crowd(62, NULL);
    for (int day = 62; day < 70; day++) {
        for (int i = 0; i < CROWD; i++)
            play_day(r, member(i), day, i == 7 ? 12 : 10 * (1 + i % 5), i == 7 ? 25 : 100);
        close_day(r, day);
    }
    assert_non_null(r_signal(r, member(7), "spend_decline", ""));
    assert_non_null(r_signal(r, member(7), "usage_drop", ""));
    assert_null(r_signal(r, member(8), "usage_drop", ""));
    r_free(r);
}

/* Half of them live in one county, where the network is down for days: who lives there is hit like
 * the neighbours. Without counties, a half of all would move no median. */
static void what_a_county_shares_is_nobodys_fall(void **state)
{
    (void)state;
    static const char *const settings[] = {"baseline.shock_clients=20", NULL};
    for (int apart = 0; apart < 2; apart++) {
        struct rehearsal *r = r_new(settings);
        for (int i = 0; i < CROWD; i++) {
            char profile[120];
            (void)snprintf(profile, sizeof profile,
                           "{'client_id':'%s','kind':'individual','manager':'m','county':'%s'}",
                           member(i), apart && i < CROWD / 2 - 5 ? "Yuhuan" : "Tiantai");
            r_profile(r, profile);
        }
        for (int day = 0; day < 70; day++) {
            for (int i = 0; i < CROWD; i++) {
                bool down = day >= 62 && i < CROWD / 2 - 5;
                play_day(r, member(i), day, (down ? 2 : 10) * (1 + i % 5), down ? 20 : 100);
            }
            close_day(r, day);
        }
        assert_true((r_signal(r, member(3), "usage_drop", NULL) != NULL) == !apart);
        assert_null(r_signal(r, member(CROWD - 1), "usage_drop", NULL));
        r_free(r);
    }
}

/* Where many have such days, no such day is rare. */
static void a_spike_must_be_rare_among_all(void **state)
{
    (void)state;
    for (int restless = 0; restless < 2; restless++) {
        static const char *const settings[] = {"detectors.spend_spike.rate=20", NULL};
        struct rehearsal *r = r_new(settings);
        for (int day = 0; day < 75; day++) {
            for (int i = 0; i < CROWD; i++)
                play_day(r, member(i), day,
                         restless && day >= 30 && day < 74 && (day * 7 + i * 11) % 23 == 0 ? 80
                                                                                           : 10,
                         100);
            if (day < 74)
                close_day(r, day);
        }
        spend(r, member(7), r_at(BEGIN, 74, "20:00"), 40);
        assert_true((r_signal(r, member(7), "spend_spike", "") != NULL) == !restless);
        r_free(r);
    }
}

/* Where busy days are common, a dear one is told when its usage is known, and does not explain it.
 */
static void a_day_is_dear_for_its_usage(void **state)
{
    (void)state;
    static const char *const settings[] = {"detectors.spend_spike.early_rate=20", NULL};
    struct rehearsal *r = r_new(settings);
    for (int day = 0; day < 75; day++) {
        for (int i = 0; i < CROWD; i++) {
            bool busy = day >= 30 && day < 74 && (day * 7 + i * 11) % 23 == 0;
            play_day(r, member(i), day, busy ? 80 : 10, busy ? 800 : 100);
        }
        if (day < 74)
            close_day(r, day);
    }
    r_restore(r);
    spend(r, member(7), r_at(BEGIN, 74, "20:00"), 40);
    assert_null(r_signal(r, member(7), "spend_spike", ""));
    close_day(r, 74);
    assert_non_null(r_signal(r, member(7), "spend_spike", ""));
    r_free(r);
}

static void a_rise_of_all_is_cleared_at_the_close(void **state)
{
    (void)state;
    struct rehearsal *r = crowd(40, NULL);
    for (int i = 0; i < CROWD; i++)
        play_day(r, member(i), 40, 60 * (1 + i % 5), 100);
    assert_true(told_of_any(r, "spend_spike")); /* nobody can know yet */
    close_day(r, 40);
    assert_false(told_of_any(r, "spend_spike"));
    r_free(r);
}

static void a_silent_feed_is_nobodys_fall(void **state)
{
    (void)state;
    /* The guard alone: nothing is taken out as shared. */
    static const char *const alone[] = {"baseline.shock_clients=1000", NULL};
    struct rehearsal *r = crowd(62, alone);
    for (int day = 62; day < 72; day++) {
        play_day(r, member(0), day, 10, 100); /* what still trickles in */
        close_day(r, day);
    }
    assert_int_equal(cw_shard_counters(r_shard(r))->channels_unjudged, 20);
    for (size_t i = 0; i < sizeof downward / sizeof *downward; i++)
        if (told_of_any(r, downward[i]))
            fail_msg("%s is told while the feed is silent", downward[i]);
    const struct cw_client *cl = cw_shard_client(r_shard(r), CW_STR("i-001"));
    assert_true(cl->spend.p_work > 0.95 * UINT16_MAX && cl->spend.days == 62);
    r_free(r);
}

static void days_quiet_for_most_do_not_make_a_silence(void **state)
{
    (void)state;
    struct rehearsal *r = crowd(62, NULL);
    for (int day = 62; day < 69; day++) {
        for (int i = 0; i < CROWD / 4; i++)
            play_day(r, member(i), day, 10 * (1 + i % 5), 100);
        close_day(r, day);
    }
    assert_int_equal(cw_shard_counters(r_shard(r))->channels_unjudged, 0);
    assert_false(told_of_any(r, "inactivity"));
    r_free(r);
}

static void a_suspended_client_is_not_said_to_fall(void **state)
{
    (void)state;
    struct rehearsal *r = usual(62, NULL);
    r_event(r, "service.suspended", r_at(BEGIN, 62, "08:00"), CLIENT,
            "{'msisdn':'" LINE "','direction':'both','reason':'customer_request'}");
    for (int day = 62; day < 90; day++)
        close_day(r, day);
    r_event(r, "service.resumed", r_at(BEGIN, 90, "08:00"), CLIENT, "{'msisdn':'" LINE "'}");
    (void)play_stretch(r, 90, &(struct stretch){2, 10, 100, 0});
    for (size_t i = 0; i < sizeof downward / sizeof *downward; i++)
        assert_null(r_signal(r, CLIENT, downward[i], NULL));
    assert_true(cw_shard_client(r_shard(r), CW_STR(CLIENT))->spend.p_work > 0.95 * UINT16_MAX);
    r_free(r);
}

/* ---- outages told by care ---- */

static void an_outage_is_told_by_its_minutes(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_event(r, "care.outage", r_at(BEGIN, 0, "08:00"), CLIENT, "{'area':'putuo','minutes':9}");
    assert_null(r_signal(r, CLIENT, "outage", NULL));
    r_event(r, "care.outage", r_at(BEGIN, 0, "09:00"), CLIENT, "{'area':'putuo','minutes':90}");
    json_t *signal = r_signal(r, CLIENT, "outage", "");
    assert_non_null(signal);
    assert_true(r_evidence(signal, "minutes") == 90);
    r_free(r);
}

/* Care writes of it when it is over, or days after. */
static void an_outage_told_late_is_told(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    spend(r, CLIENT, r_at(BEGIN, 5, "10:00"), 1);
    r_event(r, "care.outage", r_at(BEGIN, 2, "10:00"), CLIENT, "{'area':'putuo','minutes':90}");
    json_t *s = r_signal(r, CLIENT, "outage", "");
    char at[32];
    (void)snprintf(at, sizeof at, "%sT10:00:00+08:00", r_day(BEGIN, 2));
    assert_non_null(s);
    assert_string_equal(json_string_value(json_object_get(s, "at")), at);
    assert_true(r_evidence(s, "minutes") == 90);
    r_free(r);
}

/* ---- bills ---- */

struct bills {
    const char *name;
    const char *joined;     /* the day of the first event */
    const char *amounts[6]; /* of the cycles from 2026-01 on */
    const char *told;       /* "up", "down" or NULL */
};
static const struct bills bills[] = {
    {"as ever", "2025-12-20", {"100", "110", "95", "105"}, NULL},
    {"twice the usual", "2025-12-20", {"100", "110", "95", "210"}, "up"},
    {"half as much again", "2025-12-20", {"100", "110", "95", "150"}, NULL},
    {"a third of the usual", "2025-12-20", {"100", "110", "95", "33"}, "down"},
    {"a little less", "2025-12-20", {"100", "110", "95", "60"}, NULL},
    {"small money", "2025-12-20", {"10", "11", "9", "40"}, NULL},
    {"a restless client", "2025-12-20", {"40", "200", "90", "220"}, NULL},
    {"too few before", "2025-12-20", {"100", "300"}, NULL},
    {"the joining cycle is not compared with", "2026-01-20", {"100", "100", "300"}, NULL},
    {"whole cycles are compared with", "2026-01-20", {"10", "100", "100", "300"}, "up"},
    {"cleared by a usual one", "2025-12-20", {"100", "110", "95", "210", "115"}, NULL},
    {"from above to below", "2025-12-20", {"100", "110", "95", "210", "20"}, "down"},
};

static void bills_against_earlier_ones(void **state)
{
    (void)state;
    static const char *const unfading[] = {"detectors.bill_change.half_life_days=90",
                                           "tasks.open_for=300d", NULL};
    for (size_t i = 0; i < sizeof bills / sizeof *bills; i++) {
        struct rehearsal *r = r_new(unfading);
        char at[32], data[120];
        (void)snprintf(at, sizeof at, "%s 10:00", bills[i].joined);
        spend(r, CLIENT, at, 1);
        for (int k = 0; k < 6 && bills[i].amounts[k]; k++) {
            (void)snprintf(at, sizeof at, "2026-%02d-02 03:00", k + 2);
            (void)snprintf(data, sizeof data,
                           "{'cycle':'2026-%02d','amount':%s,'due_date':'2026-%02d-20'}", k + 1,
                           bills[i].amounts[k], k + 2);
            r_event(r, "billing.bill", at, CLIENT, data);
        }
        json_t *signal = r_signal(r, CLIENT, "bill_change", "");
        const char *told = !signal ? NULL
                           : r_evidence(signal, "observed") > r_evidence(signal, "expected")
                               ? "up"
                               : "down";
        if (told != bills[i].told && (!told || !bills[i].told || strcmp(told, bills[i].told) != 0))
            fail_msg("%s: %s", bills[i].name, told ? told : "not told");
        r_free(r);
    }
}

/* ---- lines ---- */

static void a_line_falls_silent(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int day = 0; day < 90; day++) {
        play_day(r, CLIENT, day, 10, 100);
        if (day < 40)
            r_event(r, "service.call", r_at(BEGIN, day, "12:00"), CLIENT,
                    "{'msisdn':'8613500000012','direction':'outgoing','peer':'8613500000099',"
                    "'duration_s':30}");
        close_day(r, day);
        bool told = r_signal(r, CLIENT, "inactivity", "8613500000012") != NULL;
        assert_true(told == (day >= 84));
        assert_null(r_signal(r, CLIENT, "inactivity", ""));
    }
    r_free(r);
}

/* The line of an office that rests at weekends: 45 working days of nothing, not 45 days. One that
 * is open on a weekend in four: a day off counts for a part, and a week's for about half a day. */
static const struct {
    int open_every;            /* weeks, that weekend too; 0: never */
    int not_before, not_after; /* days */
} offices[] = {{0, 7 * 14, 7 * 15}, {4, 7 * 13, 7 * 14 + 2}};

static void days_off_are_no_silence_of_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof offices / sizeof *offices; i++) {
        struct rehearsal *r = r_new(NULL);
        for (int day = 0; day < 7 * 16; day++) {
            bool weekend = day % 7 >= 5, works = !weekend;
            if (weekend && offices[i].open_every)
                works = day / 7 % offices[i].open_every == 0;
            play_day(r, CLIENT, day, works ? 10 : 0, works ? 100 : 0);
            if (works && day < 42)
                r_event(r, "service.call", r_at(BEGIN, day, "12:00"), CLIENT,
                        "{'msisdn':'8613500000012','direction':'outgoing','peer':'8613500000099',"
                        "'duration_s':30}");
            close_day(r, day);
            bool told = r_signal(r, CLIENT, "inactivity", "8613500000012") != NULL;
            assert_true(day < offices[i].not_before ? !told : day < offices[i].not_after || told);
        }
        r_free(r);
    }
}

/* ---- evidence ---- */

static void what_is_told_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *detector;
        struct stretch last;
        bool upward;
    } cases[] = {{"spend_spike", {1, 60, 100, 0}, true},
                 {"spend_drop", {8, 2.5, 100, 0}, false},
                 {"spend_decline", {12, 4, 40, 0}, false},
                 {"usage_drop", {8, 10, 25, 0}, false},
                 {"outage", {1, 1.5, 15, 0}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rehearsal *r = usual(62, NULL);
        (void)play_stretch(r, 62, &cases[i].last);
        json_t *signal = r_signal(r, CLIENT, cases[i].detector, "");
        assert_non_null(signal);
        double observed = r_evidence(signal, "observed"), expected = r_evidence(signal, "expected");
        double limit = r_evidence(signal, "limit");
        /* The limit lies between what was seen and what is usual, and is neither. */
        if (cases[i].upward ? !(expected < limit && limit < observed)
                            : !(observed < limit && limit < expected))
            fail_msg("%s: observed %g, limit %g, expected %g", cases[i].detector, observed, limit,
                     expected);
        assert_true(r_evidence(signal, "span_days") >= 1);
        r_free(r);
    }
}

/* ---- beside other signs ---- */

/* A fall that is short of its own limit; beside an inquiry about porting (4.7 log-odds, each
 * of which takes off a tenth), or without. */
struct beside {
    const char *detector, *name;
    struct stretch fall;
    bool asks, told;
    const char *settings[3];
};

#define UNTIL 60 /* days as usual */

/* clang-format off: it would give each word of a row a line of its own. */
static const struct beside besides[] = {
    {"spend_drop", "short of its limit", {3, 3, 100, 0}, false, false, {DROP "fire_score=14"}},
    {"spend_drop", "beside an inquiry", {3, 3, 100, 0}, true, true, {DROP "fire_score=14"}},
    {"spend_drop",
     "a share of nothing",
     {3, 3, 100, 0},
     true,
     false,
     {DROP "fire_score=14", DROP "signs_share=0"}},
    {"spend_drop", "no fall at all", {5, 9, 100, 0}, true, false, {0}},
    {"spend_decline", "short of its limit", {6, 5, 50, 0}, false, false, {0}},
    {"spend_decline", "beside an inquiry", {6, 5, 50, 0}, true, true, {0}},
    {"spend_decline", "a share of nothing", {6, 5, 50, 0}, true, false, {DECLINE "signs_share=0"}},
    {"spend_decline",
     "never under half",
     {5, 7, 70, 0},
     true,
     false,
     {DECLINE "signs_share=1", DECLINE "clear_score=0.1"}},
    {"spend_decline",
     "usage's own fall is no other sign",
     {6, 5, 50, 0},
     false,
     false,
     {USAGE "slow_fire_score=0.5", USAGE "slow_log_odds=5"}},
    {"usage_drop", "short of its limit", {3, 10, 35, 0}, false, false, {USAGE "fire_score=14"}},
    {"usage_drop", "beside an inquiry", {3, 10, 35, 0}, true, true, {USAGE "fire_score=14"}},
    {"usage_drop",
     "a share of nothing",
     {3, 10, 35, 0},
     true,
     false,
     {USAGE "fire_score=14", USAGE "signs_share=0"}},
    {"usage_drop",
     "slowly, short of its limit",
     {6, 10, 25, 0},
     false,
     false,
     {USAGE "fire_score=100"}},
    {"usage_drop",
     "slowly, beside an inquiry",
     {6, 10, 25, 0},
     true,
     true,
     {USAGE "fire_score=100"}},
};
/* clang-format on */

static bool play_beside(const struct beside *b, bool restored)
{
    const char *settings[3] = {b->settings[0], b->settings[1], NULL};
    struct rehearsal *r = usual(UNTIL, settings);
    if (b->asks)
        r_event(r, "service.port_out", r_at(BEGIN, UNTIL, "09:00"), CLIENT,
                "{'msisdn':'" LINE "','stage':'inquiry'}");
    if (restored)
        r_restore(r);
    (void)play_stretch(r, UNTIL, &b->fall);
    bool told = r_signal(r, CLIENT, b->detector, "") != NULL;
    if (told != b->told)
        print_error("%s: %s: %stold\n", b->detector, b->name, told ? "" : "not ");
    r_free(r);
    return told == b->told;
}

static void a_fall_is_told_sooner_beside_other_signs(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < 2 * sizeof besides / sizeof *besides; i++)
        wrong += !play_beside(&besides[i / 2], i % 2);
    assert_int_equal(wrong, 0);
}

static void a_tighter_limit_in_the_settings_holds(void **state)
{
    (void)state;
    static const char *const deaf[] = {"detectors.spend_drop.fire_score=60",
                                       "detectors.spend_drop.cap_score=50", NULL};
    struct rehearsal *r = r_new(deaf);
    int day = play_stretch(r, 0, &(struct stretch){60, 10, 100, 0});
    (void)play_stretch(r, day, &(struct stretch){8, 2.5, 100, 0});
    assert_null(r_signal(r, CLIENT, "spend_drop", ""));
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(every_bent_row),
        cmocka_unit_test(every_row_restored_between_stretches),
        cmocka_unit_test(a_spike_is_told_at_once_and_once_a_step),
        cmocka_unit_test(a_monthly_fee_is_no_spike),
        cmocka_unit_test(roaming_at_night_is_told_whatever_the_day),
        cmocka_unit_test(a_holiday_of_all_is_nobodys_fall),
        cmocka_unit_test(one_who_falls_while_others_do_not_is_told),
        cmocka_unit_test(what_a_county_shares_is_nobodys_fall),
        cmocka_unit_test(a_spike_must_be_rare_among_all),
        cmocka_unit_test(a_day_is_dear_for_its_usage),
        cmocka_unit_test(a_rise_of_all_is_cleared_at_the_close),
        cmocka_unit_test(a_silent_feed_is_nobodys_fall),
        cmocka_unit_test(days_quiet_for_most_do_not_make_a_silence),
        cmocka_unit_test(a_suspended_client_is_not_said_to_fall),
        cmocka_unit_test(an_outage_is_told_by_its_minutes),
        cmocka_unit_test(an_outage_told_late_is_told),
        cmocka_unit_test(bills_against_earlier_ones),
        cmocka_unit_test(a_line_falls_silent),
        cmocka_unit_test(days_off_are_no_silence_of_a_line),
        cmocka_unit_test(what_is_told_says_why),
        cmocka_unit_test(a_fall_is_told_sooner_beside_other_signs),
        cmocka_unit_test(a_tighter_limit_in_the_settings_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
