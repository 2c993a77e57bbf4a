/* The load's texts. Half of the events go to a tenth of the clients, so that these have a history
 * for the learned detectors within a short run; the other half to anyone. */
#include "bench/load_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <time.h>

#define MANAGERS 500
#define ZONE_US (INT64_C(8) * 3600 * 1000000)

/* ---- randomness ---- */

struct dice {
    uint64_t at;
};

static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

static struct dice dice_of(uint64_t seed, uint64_t what, uint64_t number)
{
    return (struct dice){scramble(seed + scramble(what + scramble(number + 1)))};
}

static uint64_t throw(struct dice * d)
{
    d->at += UINT64_C(0x9e3779b97f4a7c15);
    return scramble(d->at);
}

static uint64_t below(struct dice *d, uint64_t n)
{
    return throw(d) % n;
}

/* Sums of uniforms: near enough to normal for amounts of money. */
static double bell(struct dice *d)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)(throw(d) >> 11) * 0x1p-53;
    return sum;
}

/* ---- writing ---- */

__attribute__((format(printf, 2, 3))) static void put(struct load_line *l, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    l->n += vsnprintf(l->text + l->n, sizeof l->text - (size_t)l->n, format, arguments);
    va_end(arguments);
}

static void put_time(struct load_line *l, int64_t at_us)
{
    int64_t local = at_us + ZONE_US;
    time_t seconds = (time_t)(local / 1000000);
    struct tm tm;
    char text[40];
    (void)gmtime_r(&seconds, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    put(l, "%s.%06d+08:00", text, (int)(local % 1000000));
}

static void put_head(struct load_line *l, const char *type, uint64_t id, int64_t at_us)
{
    put(l,
        "{\"specversion\":\"1.0\",\"id\":\"%016" PRIx64 "\",\"source\":\"/bench\",\"type\":\"%s\",",
        id, type);
    put(l, "\"subject\":\"%s\",\"time\":\"", l->client);
    put_time(l, at_us);
    put(l, "\",\"data\":{");
}

static uint64_t lines_of(const struct load *l)
{
    return l->lines ? l->lines : 1;
}

static uint64_t phone_of(const struct load *l, uint64_t client, uint64_t line)
{
    return UINT64_C(8613700000000) + client * lines_of(l) + line;
}

/* ---- the kinds of events ---- */

struct facts {
    uint64_t client, phone;
    double level; /* usual charge, yuan */
    struct dice dice;
};

static void charge(struct load_line *l, struct facts *f)
{
    static const char *const categories[] = {"voice", "data", "data", "data", "sms", "roaming"};
    put(l, "\"msisdn\":\"%" PRIu64 "\",\"amount\":%.2f,\"category\":\"%s\"", f->phone,
        f->level * exp(0.3 * bell(&f->dice)), categories[below(&f->dice, 6)]);
}

static void usage(struct load_line *l, struct facts *f)
{
    put(l, "\"msisdn\":\"%" PRIu64 "\",\"voice_min\":%d,\"data_mb\":%d,\"sms\":%d", f->phone,
        (int)below(&f->dice, 200), (int)below(&f->dice, 4000), (int)below(&f->dice, 20));
}

static void call(struct load_line *l, struct facts *f)
{
    put(l,
        "\"msisdn\":\"%" PRIu64
        "\",\"direction\":\"outgoing\",\"peer\":\"86138%08d\",\"duration_s\":%d",
        f->phone, (int)below(&f->dice, 100000000), (int)below(&f->dice, 900));
}

static void payment(struct load_line *l, struct facts *f)
{
    put(l, "\"amount\":%d", 10 + 10 * (int)below(&f->dice, 30));
}

static void arrears(struct load_line *l, struct facts *f)
{
    put(l, "\"amount\":%.2f,\"days_overdue\":%d", 5 * f->level, (int)below(&f->dice, 90));
}

static void plan(struct load_line *l, struct facts *f)
{
    int from = 8 + (int)below(&f->dice, 300), to = 8 + (int)below(&f->dice, 300);
    put(l,
        "\"msisdn\":\"%" PRIu64 "\",\"from\":{\"id\":\"P%d\",\"monthly_fee\":%d},"
        "\"to\":{\"id\":\"P%d\",\"monthly_fee\":%d},\"effective\":\"2030-01-01\"",
        f->phone, from, from, to, to);
}

static void forwarding(struct load_line *l, struct facts *f)
{
    put(l,
        "\"msisdn\":\"%" PRIu64
        "\",\"condition\":\"CFU\",\"active\":%s,\"target\":\"8613012345678\"",
        f->phone, below(&f->dice, 2) ? "true" : "false");
}

static void suspended(struct load_line *l, struct facts *f)
{
    put(l, "\"msisdn\":\"%" PRIu64 "\",\"direction\":\"%s\",\"reason\":\"arrears\"", f->phone,
        below(&f->dice, 2) ? "outgoing" : "both");
}

static void resumed(struct load_line *l, struct facts *f)
{
    put(l, "\"msisdn\":\"%" PRIu64 "\"", f->phone);
}

static const struct {
    const char *type;
    int permille;
    void (*data)(struct load_line *l, struct facts *f);
} kinds[] = {
    {"billing.charge", 900, charge},
    {"service.usage", 40, usage},
    {"service.call", 30, call},
    {"billing.payment", 12, payment},
    {"billing.arrears", 4, arrears},
    {"service.plan_changed", 3, plan},
    {"service.call_forwarding", 3, forwarding},
    {"service.suspended", 4, suspended},
    {"service.resumed", 4, resumed},
};

static size_t kind_of(struct dice *d)
{
    int at = (int)below(d, 1000);
    size_t k = 0;
    while (at >= kinds[k].permille)
        at -= kinds[k++].permille;
    return k;
}

/* ---- lines ---- */

static void name_client(struct load_line *l, uint64_t client)
{
    l->n = 0;
    (void)snprintf(l->client, sizeof l->client, "C%09" PRIu64, client);
}

void load_profile(const struct load *l, uint64_t client, struct load_line *ret)
{
    static const char *const classes[] = {"A1", "A2", "B1", "B2", "C", "C", "C", "C"};
    struct dice d = dice_of(l->seed, 1, client);
    name_client(ret, client);
    ret->is_service = 0;
    put(ret, "{\"client_id\":\"%s\",\"kind\":\"individual\",\"name\":\"Client %" PRIu64 "\",",
        ret->client, client);
    put(ret, "\"class\":\"%s\",\"vip\":\"none\",", classes[below(&d, 8)]);
    put(ret, "\"manager\":\"m%03d\",\"lines\":[", (int)below(&d, MANAGERS));
    for (uint64_t i = 0; i < lines_of(l); i++)
        put(ret, "%s{\"msisdn\":\"%" PRIu64 "\",\"plan\":\"P58\",\"monthly_fee\":58}", i ? "," : "",
            phone_of(l, client, i));
    put(ret, "]}");
}

void load_event_at(const struct load *l, uint64_t number, int64_t at_us, struct load_line *ret)
{
    struct facts f = {.dice = dice_of(l->seed, 2, number)};
    uint64_t some = l->clients >= 10 ? l->clients / 10 : 1;
    f.client = number % 2 ? below(&f.dice, l->clients) : below(&f.dice, some);
    struct dice of_client = dice_of(l->seed, 3, f.client);
    f.level = 8 * exp(0.7 * bell(&of_client));
    f.phone = phone_of(l, f.client, lines_of(l) > 1 ? below(&f.dice, lines_of(l)) : 0);
    size_t k = kind_of(&f.dice);
    name_client(ret, f.client);
    ret->is_service = kinds[k].type[0] == 's';
    put_head(ret, kinds[k].type, throw(&f.dice), at_us);
    kinds[k].data(ret, &f);
    put(ret, "}}");
}

void load_event(const struct load *l, uint64_t number, struct load_line *ret)
{
    double share = (double)number / (double)l->events;
    load_event_at(l, number, l->from_us + (int64_t)(share * (double)(l->to_us - l->from_us)), ret);
}

void load_probe(int64_t at_us, struct load_line *ret)
{
    ret->n = 0;
    ret->is_service = 1;
    (void)snprintf(ret->client, sizeof ret->client, "T%" PRId64, at_us);
    put_head(ret, "service.suspended", (uint64_t)at_us, at_us);
    put(ret, "\"msisdn\":\"8613600000000\",\"direction\":\"both\",\"reason\":\"arrears\"}}");
}
