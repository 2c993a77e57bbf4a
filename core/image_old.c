/* One client as layouts 1 to 5 stored it: members by table, one by one. Only read: what they had
 * and nobody has asked for since is passed over. */
#include <string.h>

#include "core/baseline.h"
#include "core/bills.h"
#include "core/fields.h"
#include "core/image.h"
#include "core/line_block.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- as it was ---- */

struct old_baseline {
    float p_work, p_rest, level, scale, weekday[7];
    uint16_t days, days_any, shifted, quiet;
};
struct old_day {
    int64_t spend, roaming, roaming_night;
    double usage;
    int32_t day;
    float by_hour;
    uint16_t charges, usages;
};
struct old_client {
    int64_t last_event, cycle_spend, owed, owed_since, owed_at, contract_at, bills[6];
    struct old_day open[2];
    struct old_baseline spend, usage;
    int32_t phones, contract_ends, first_day, active_day, cycle, bill_cycles[6];
    uint32_t lines_gone;
    uint8_t kind, class_, vip, snapshot;
};
struct old_line {
    uint64_t number;
    int64_t status_at, monthly_fee;
    int32_t first_day, active_day;
    uint32_t forwarding;
    uint8_t status, suspend_reason, end_reason, in_profile;
};
_Static_assert(CW_BILLS_KEPT >= 6, "so many were stored");

#define BASELINE(channel)                                                                          \
    CW_F32(old_client, channel.p_work), CW_F32(old_client, channel.p_rest),                        \
        CW_F32(old_client, channel.level), CW_F32(old_client, channel.scale),                      \
        CW_FIELD_ROW(old_client, channel.weekday, CW_F_F32, 4, 7),                                 \
        CW_U16(old_client, channel.days), CW_U16(old_client, channel.days_any),                    \
        CW_U16(old_client, channel.shifted), CW_U16(old_client, channel.quiet)
#define OPEN_DAY(i)                                                                                \
    CW_I32(old_client, open[i].day), CW_I64(old_client, open[i].spend),                            \
        CW_I64(old_client, open[i].roaming), CW_I64(old_client, open[i].roaming_night),            \
        CW_F64(old_client, open[i].usage), CW_U16(old_client, open[i].charges),                    \
        CW_U16(old_client, open[i].usages), CW_F32(old_client, open[i].by_hour)

static const struct cw_field client_fields[] = {
    CW_U8(old_client, kind),
    CW_U8(old_client, class_),
    CW_U8(old_client, vip),
    CW_U8(old_client, snapshot),
    CW_I32(old_client, phones),
    CW_I32(old_client, contract_ends),
    CW_I32(old_client, first_day),
    CW_I32(old_client, active_day),
    CW_I64(old_client, last_event),
    BASELINE(spend),
    BASELINE(usage),
    OPEN_DAY(0),
    OPEN_DAY(1),
    CW_I64(old_client, cycle_spend),
    CW_I32(old_client, cycle),
    CW_FIELD_ROW(old_client, bills, CW_F_I64, 8, 6),
    CW_FIELD_ROW(old_client, bill_cycles, CW_F_I32, 4, 6),
    CW_I64(old_client, owed),
    CW_I64(old_client, owed_since),
    CW_I64(old_client, owed_at),
    CW_I64(old_client, contract_at),
    CW_U32(old_client, lines_gone),
};
static const struct cw_field line_fields[] = {
    CW_U64(old_line, number),        CW_I64(old_line, status_at),  CW_I64(old_line, monthly_fee),
    CW_I32(old_line, first_day),     CW_I32(old_line, active_day), CW_U8(old_line, status),
    CW_U8(old_line, suspend_reason), CW_U8(old_line, end_reason),  CW_U8(old_line, in_profile),
    CW_U32(old_line, forwarding),
};

/* ---- as it is now ---- */

static struct cw_baseline baseline_of(const struct old_baseline *o)
{
    struct cw_baseline b = {.days = o->days,
                            .days_any = o->days_any,
                            .shifted = (uint8_t)(o->shifted < UINT8_MAX ? o->shifted : UINT8_MAX)};
    cw_baseline_set_chance(&b, true, (double)o->p_work);
    cw_baseline_set_chance(&b, false, (double)o->p_rest);
    cw_baseline_set_level(&b, (double)o->level);
    cw_baseline_set_scale(&b, (double)o->scale);
    for (int i = 0; i < 7; i++)
        cw_baseline_set_offset(&b, i, (double)o->weekday[i]);
    return b;
}

static void set_days(struct cw_shard *sh, const struct old_day open[2], struct cw_client *cl)
{
    struct cw_roamed roamed = {.day = {0}};
    bool any = false;
    for (int i = 0; i < 2; i++) {
        const struct old_day *o = &open[i];
        cl->open_day[i] = roamed.day[i] = cw_day_pack(o->day);
        cl->open[i] = (struct cw_day_sums){
            .spend = cw_money_pack(o->spend), .usage = (float)o->usage, .by_hour = o->by_hour};
        roamed.all[i] = cw_money_pack(o->roaming);
        roamed.night[i] = cw_money_pack(o->roaming_night);
        any |= o->roaming || o->roaming_night;
    }
    if (any)
        (void)cw_clients_fact(sh, cl, CW_RARE_ROAMED, &roamed);
}

static void set_bills(const struct old_client *o, struct cw_client *cl)
{
    struct cw_bills b = {.n = 0};
    while (b.n < 6 && o->bill_cycles[b.n]) {
        b.of[b.n] = (struct cw_bill){o->bill_cycles[b.n], o->bills[b.n]};
        b.n++;
    }
    cw_bills_pack(&b, cl);
}

static void set_facts(struct cw_shard *sh, const struct old_client *o, struct cw_client *cl)
{
    struct cw_small_owed owed = {cw_money_pack(o->owed), cw_time_pack(o->owed_since)};
    cw_small_time owed_at = cw_time_pack(o->owed_at), contract_at = cw_time_pack(o->contract_at);
    if (owed_at)
        (void)cw_clients_fact(sh, cl, CW_RARE_OWED_AT, &owed_at);
    if (owed.amount)
        (void)cw_clients_fact(sh, cl, CW_RARE_OWED, &owed);
    if (contract_at)
        (void)cw_clients_fact(sh, cl, CW_RARE_CONTRACT_AT, &contract_at);
}

static void set_client(struct cw_shard *sh, const struct old_client *o, struct cw_client *cl)
{
    cl->kind = o->kind & 3U;
    cl->class_ = o->class_ & 7U;
    cl->vip = o->vip & 3U;
    cl->snapshot = o->snapshot & 1U;
    cl->first_day = cw_day_pack(o->first_day);
    cl->active_day = cw_day_pack(o->active_day);
    cl->contract_ends = cw_day_pack(o->contract_ends);
    cl->lines_gone = o->lines_gone & CW_LINES_MOST;
    cl->spend = baseline_of(&o->spend);
    cl->usage = baseline_of(&o->usage);
    set_days(sh, o->open, cl);
    set_bills(o, cl);
    set_facts(sh, o, cl);
}

/* spend_decline kept the trends until its version 1. */
static void set_trends(const struct cw_layout *l, unsigned i, const void *from,
                       struct cw_client *cl)
{
    struct {
        float fast, slow, restless;
        uint32_t days;
    } w[CW_CHANNELS];
    if (l->of[i].to != CW_DET_spend_decline || l->of[i].version != 1 ||
        l->of[i].state_size < sizeof w)
        return;
    memcpy(w, from, sizeof w);
    for (enum cw_channel ch = 0; ch < CW_CHANNELS; ch++) {
        struct cw_trend t = {.fast = w[ch].fast,
                             .slow = w[ch].slow,
                             .restless =
                                 cw_fixed_pack((double)w[ch].restless, CW_TREND_RESTLESS_STEPS)};
        cw_clients_set_trend(cl, ch, &t);
    }
}

static void set_line(struct cw_shard *sh, const struct old_line *o, struct cw_line *ln)
{
    cw_small_time at = cw_time_pack(o->status_at);
    ln->number = o->number;
    ln->monthly_fee = cw_money_pack(o->monthly_fee);
    ln->active_day = cw_day_pack(o->active_day);
    ln->status = o->status;
    ln->end_reason = o->end_reason;
    if (at)
        (void)cw_clients_line_fact(sh, ln, CW_RARE_STATUS_AT, &at);
}

/* ---- reading ---- */

/* Of the client, where ln is NULL. */
static void read_slices(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl,
                        struct cw_line *ln)
{
    const struct cw_layout *l = sh->layout;
    uint32_t mask = cw_read_u32(r);
    for (unsigned i = 0; i < l->n && !r->failed; i++) {
        size_t n = ln ? l->of[i].line_state_size : l->of[i].state_size;
        const void *from = mask >> i & 1 ? cw_read(r, n) : NULL;
        if (from && n && !ln)
            set_trends(l, i, from, cl);
        if (from && n)
            cw_image_set_slice(sh, cl, ln, i, from);
    }
}

static bool read_lines(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    uint32_t n = cw_read_u32(r);
    /* Each line takes more than a byte of the image: a damaged count asks for no more memory. */
    if (r->failed || n > CW_LINES_MOST || n > (size_t)(r->end - r->p) ||
        !cw_clients_lines(sh, cl, n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        struct cw_line *ln = cw_client_line_at(cl, i);
        struct old_line o;
        cw_fields_read(r, &o, line_fields, COUNT(line_fields));
        if (o.status > CW_LINE_GONE)
            return false;
        set_line(sh, &o, ln);
        read_slices(sh, r, cl, ln);
    }
    return !r->failed;
}

static bool read_seen(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    uint32_t n = cw_read_u32(r);
    if (r->failed || n > (size_t)(r->end - r->p) / sizeof(uint64_t))
        return false;
    if (n && !cl->lines && !cw_clients_lines(sh, cl, 0))
        return false;
    for (uint32_t i = 0; i < n; i++)
        cw_seen_add(cl, cw_read_u64(r));
    return !sh->failed && !r->failed;
}

bool cw_image_read_old(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    struct old_client o;
    cw_fields_read(r, &o, client_fields, COUNT(client_fields));
    struct cw_str profile = cw_read_str(r);
    if (o.kind > CW_GROUP || o.class_ > CW_CLASS_NONE || o.vip > CW_VIP_NONE)
        return false;
    set_client(sh, &o, cl);
    if (r->failed || !cw_image_takes_profile(sh, cl, profile))
        return false;
    read_slices(sh, r, cl, NULL);
    if (!read_lines(sh, r, cl) || !read_seen(sh, r, cl))
        return false;
    return (!cw_read_u8(r) || cw_image_read_task(sh, r, cl)) &&
           (sh->layout->version < 2 || !cw_read_u8(r) || cw_image_read_past(sh, r, cl));
}
