/* What a client of the simulated county does every day: use, charges, calls, bills, payments. */
#include <inttypes.h>

#include "ctl/sim/sim_day.h"
#include "ctl/sim/sim_stories.h"

enum {
    BILL_DAY = 3, /* of the month */
    DUE_DAY = 18,
    HOUR = 3600,
    TOP_UP_FEN = 10000,
    BALANCE_TOLD_EVERY = 7, /* days */
    MINUTES_A_CALL = 4
};

static int32_t between(struct cw_sim_random *r, int32_t from_hour, int32_t to_hour)
{
    return from_hour * HOUR + (int32_t)cw_sim_below(r, (uint32_t)(to_hour - from_hour) * HOUR);
}

void cw_sim_charge(struct cw_sim_day *d, struct cw_sim_client *c, const struct cw_sim_line *ln,
                   int32_t second, int64_t fen, const char *category)
{
    if (fen <= 0)
        return;
    cw_sim_tell(d, c, "billing.charge", second,
                "\"msisdn\":\"%" PRIu64 "\",\"amount\":%.2f,\"category\":\"%s\"", ln->number,
                cw_sim_yuan(fen), category);
    c->cycle_fen += fen;
    c->balance_fen -= fen;
}

static void use(struct cw_sim_day *d, struct cw_sim_client *c, const struct cw_sim_line *ln,
                double level)
{
    struct cw_sim_random *r = &c->random;
    double minutes = c->minutes * level * cw_sim_factor(r, c->restless);
    double megabytes = c->megabytes * level * cw_sim_factor(r, c->restless);
    uint32_t sms = cw_sim_below(r, 4);
    int32_t second = between(r, 22, 24);
    if (level > 0)
        cw_sim_tell(d, c, "service.usage", second,
                    "\"msisdn\":\"%" PRIu64 "\",\"voice_min\":%.1f,\"data_mb\":%.1f,\"sms\":%u",
                    ln->number, minutes, megabytes, sms);
}

static void spend(struct cw_sim_day *d, struct cw_sim_client *c, const struct cw_sim_line *ln,
                  double level)
{
    static const char *const categories[] = {"voice", "data", "data", "sms", "value_added"};
    struct cw_sim_random *r = &c->random;
    bool any = cw_sim_chance(r, c->line_chance);
    double fen = c->charge_fen * level * cw_sim_factor(r, c->restless);
    int32_t second = c->group ? between(r, 8, 19) : between(r, 7, 23);
    const char *category = categories[cw_sim_below(r, 5)];
    if (any)
        cw_sim_charge(d, c, ln, second, (int64_t)fen, category);
}

/* Calls with other subscribers of our own net. */
static void call(struct cw_sim_day *d, struct cw_sim_client *c, const struct cw_sim_line *ln,
                 double level)
{
    struct cw_sim_random *r = &c->random;
    uint32_t peer = cw_sim_below(r, 10000000);
    uint32_t seconds = 20 + cw_sim_below(r, 2 * MINUTES_A_CALL * 60);
    int32_t second = between(r, 8, 22);
    bool outgoing = cw_sim_chance(r, 0.5);
    if (cw_sim_chance(r, (c->group ? 0.1 : 0.6) * level))
        cw_sim_tell(d, c, "service.call", second,
                    "\"msisdn\":\"%" PRIu64 "\",\"direction\":\"%s\",\"peer\":\"86138%07u\","
                    "\"duration_s\":%u",
                    ln->number, outgoing ? "outgoing" : "incoming", peer, seconds);
}

static void bill(struct cw_sim_day *d, struct cw_sim_client *c, struct cw_date date)
{
    int32_t year = date.month > 1 ? date.year : date.year - 1;
    int32_t month = date.month > 1 ? date.month - 1 : 12;
    cw_sim_tell(d, c, "billing.bill", between(&c->random, 1, 5),
                "\"cycle\":\"%04d-%02d\",\"amount\":%.2f,\"due_date\":\"%04d-%02d-%02d\"", year,
                month, cw_sim_yuan(c->unpaid_fen), date.year, date.month, DUE_DAY);
}

static void pay(struct cw_sim_day *d, struct cw_sim_client *c, int64_t fen)
{
    cw_sim_tell(d, c, "billing.payment", between(&c->random, 9, 20), "\"amount\":%.2f",
                cw_sim_yuan(fen));
    c->balance_fen += fen;
}

static void prepay(struct cw_sim_day *d, struct cw_sim_client *c)
{
    if (c->balance_fen < TOP_UP_FEN / 2)
        pay(d, c, TOP_UP_FEN * (1 - c->balance_fen / TOP_UP_FEN));
    if ((d->day + c->pay_day) % BALANCE_TOLD_EVERY == 0)
        cw_sim_tell(d, c, "billing.balance", 23 * HOUR + 59 * 60, "\"balance\":%.2f",
                    cw_sim_yuan(c->balance_fen));
}

/* The fees of a month come on its first day, the bill of the one before on the third. */
static void keep_account(struct cw_sim_day *d, struct cw_sim_client *c)
{
    struct cw_date date = cw_date_of(d->day);
    if (date.mday == 1) {
        c->unpaid_fen = c->cycle_fen;
        c->cycle_fen = 0;
        for (uint32_t i = 0; i < c->n_lines; i++)
            if (!c->lines[i].gone)
                cw_sim_charge(d, c, &c->lines[i], (int32_t)(i % HOUR), c->lines[i].fee * 100,
                              "monthly_fee");
    }
    if (c->prepaid) {
        prepay(d, c);
        return;
    }
    if (date.mday == BILL_DAY && c->unpaid_fen > 0)
        bill(d, c, date);
    if (date.mday == c->pay_day && c->unpaid_fen > 0 && !cw_sim_withholds(c, d->day)) {
        pay(d, c, c->unpaid_fen);
        c->unpaid_fen = 0;
    }
}

static bool any_line_left(const struct cw_sim_client *c)
{
    for (uint32_t i = 0; i < c->n_lines; i++)
        if (!c->lines[i].gone)
            return true;
    return false;
}

void cw_sim_live(struct cw_sim_day *d, struct cw_sim_client *c)
{
    if (!any_line_left(c))
        return;
    cw_sim_tell_story(d, c); /* First: a line that ends today is not used today. */
    double level = d->rhythm[c->group] * cw_sim_level(c, d->day);
    if (cw_weekday(d->day) >= 5)
        level *= c->weekend;
    for (uint32_t i = 0; i < c->n_lines; i++) {
        const struct cw_sim_line *ln = &c->lines[i];
        double of_line = ln->gone || ln->stopped ? 0 : level;
        use(d, c, ln, of_line);
        spend(d, c, ln, of_line);
        call(d, c, ln, of_line);
    }
    keep_account(d, c);
}
