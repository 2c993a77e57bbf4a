/* An explanation for machines: the document of docs/explain.md. Members keep their order, so that
 * equal explanations are equal bytes. */
#include <string.h>

#include "config/places.h"
#include "config/segments.h"
#include "core/baseline.h"
#include "ctl/explain/explain.h"

enum { LINES_MOST = 100 };

/* ---- pieces ---- */

static void member(struct cw_buf *b, const char *name)
{
    char last = '{';
    if (b->n)
        last = b->p[b->n - 1];
    cw_buf_printf(b, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", name);
}

static void text(struct cw_buf *b, const char *name, struct cw_str s)
{
    member(b, name);
    if (s.p)
        cw_buf_json_str(b, s);
    else
        cw_buf_puts(b, "null");
}

static void word(struct cw_buf *b, const char *name, const char *s)
{
    text(b, name, s ? (struct cw_str){s, strlen(s)} : (struct cw_str){0});
}

static void number(struct cw_buf *b, const char *name, double v, int decimals)
{
    member(b, name);
    cw_buf_number(b, v, decimals);
}

static void boolean(struct cw_buf *b, const char *name, bool v)
{
    member(b, name);
    cw_buf_puts(b, v ? "true" : "false");
}

static void money(struct cw_buf *b, const char *name, cw_money m, bool known)
{
    member(b, name);
    if (known)
        cw_buf_money(b, m);
    else
        cw_buf_puts(b, "null");
}

static void day(struct cw_buf *b, const char *name, cw_day d)
{
    struct cw_buf date = {0};
    if (d != CW_NO_DAY)
        cw_buf_day(&date, d);
    text(b, name, (struct cw_str){date.p, date.n});
    b->failed |= date.failed;
    cw_buf_free(&date);
}

static void instant(struct cw_buf *b, const char *name, const struct cw_zone *z, cw_event_time t)
{
    struct cw_buf time = {0};
    if (t != CW_NO_TIME)
        cw_buf_time(&time, z, t);
    text(b, name, (struct cw_str){time.p, time.n});
    b->failed |= time.failed;
    cw_buf_free(&time);
}

static void line_number(struct cw_buf *b, const char *name, cw_number n)
{
    char digits[17];
    word(b, name, n ? cw_number_text(n, digits) : NULL);
}

/* ---- the client ---- */

static const char *const line_states[] = {"active", "one_way", "two_way", "gone"};

static void lines(struct cw_buf *b, const struct cw_client *cl)
{
    member(b, "lines");
    cw_buf_puts(b, "[");
    for (uint32_t i = 0; i < cl->n_lines && i < LINES_MOST; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        cw_buf_puts(b, i ? ",{" : "{");
        line_number(b, "msisdn", ln->number);
        word(b, "status", line_states[ln->status]);
        cw_money fee = cw_money_unpack(ln->monthly_fee);
        money(b, "monthly_fee", fee, fee >= 0);
        day(b, "active_day", cw_day_unpack(ln->active_day));
        cw_buf_puts(b, "}");
    }
    cw_buf_puts(b, "]");
    number(b, "lines_total", cl->n_lines, 0);
    number(b, "lines_gone", cl->lines_gone, 0);
}

static void client(struct cw_buf *b, const struct cw_explain_view *v)
{
    const struct cw_client *cl = v->x->client;
    cw_money bill = cw_client_usual_bill(cl, 0, 3);
    member(b, "client");
    cw_buf_puts(b, "{");
    text(b, "client_id", cw_client_id(cl));
    text(b, "name", v->profile.name);
    word(b, "kind", cw_kind_name((enum cw_kind)cl->kind));
    word(b, "class", cw_class_name((enum cw_class)cl->class_));
    word(b, "vip", cw_vip_name((enum cw_vip)cl->vip));
    text(b, "manager", v->profile.manager);
    text(b, "county", v->profile.county);
    day(b, "first_day", cw_day_unpack(cl->first_day));
    day(b, "active_day", cw_day_unpack(cl->active_day));
    day(b, "contract_ends", cw_day_unpack(cl->contract_ends));
    money(b, "usual_bill", bill, bill >= 0);
    money(b, "owed", cw_client_owed(cl).amount, true);
    lines(b, cl);
    cw_buf_puts(b, "}");
}

/* ---- where it was read ---- */

static void source(struct cw_buf *b, const struct cw_scene *s)
{
    static const char *const names[] = {"files", "state_log", "input_topics"};
    member(b, "source");
    cw_buf_puts(b, "{");
    word(b, "from", names[s->from]);
    number(b, "partition", s->partition, 0);
    number(b, "partitions", s->partitions, 0);
    boolean(b, "partial", s->cut);
    cw_buf_puts(b, "}");
}

static void segments(struct cw_buf *b, const struct cw_explain_view *v)
{
    const struct cw_settings *s = v->scene->settings;
    member(b, "segments");
    cw_buf_puts(b, "[");
    for (size_t i = 0, n = 0; i < s->n_segments; i++) {
        struct cw_buf name = {0};
        if (!cw_explain_in_segment(v, i))
            continue;
        cw_segment_print(s->segments[i].want, &name);
        cw_buf_puts(b, n++ ? "," : "");
        cw_buf_json_str(b, (struct cw_str){name.p, name.n});
        cw_buf_free(&name);
    }
    cw_buf_puts(b, "]");
}

/* ---- what is usual ---- */

static void channel(struct cw_buf *b, const char *name, const struct cw_channel_day *d,
                    const struct cw_baseline *l)
{
    member(b, name);
    cw_buf_puts(b, "{");
    number(b, "so_far", d->amount, 2);
    number(b, "usual", d->expected, 2);
    number(b, "mean", d->mean, 2);
    number(b, "deviation", d->scale, 4);
    number(b, "chance_working_day", l->days ? cw_baseline_chance(l, true) : 0, 4);
    number(b, "chance_other_day", l->days ? cw_baseline_chance(l, false) : 0, 4);
    number(b, "days_known", l->days, 0);
    boolean(b, "warm", d->warm);
    cw_buf_puts(b, "}");
}

static void today(struct cw_buf *b, const struct cw_explain_view *v)
{
    const struct cw_explained *x = v->x;
    member(b, "today");
    if (x->today == CW_NO_DAY) {
        cw_buf_puts(b, "null");
        return;
    }
    cw_buf_puts(b, "{");
    day(b, "day", x->today);
    boolean(b, "working", x->so_far.working);
    number(b, "quiet_days", x->so_far.quiet_days, 0);
    channel(b, "spend", &x->so_far.spend, &x->client->spend);
    channel(b, "usage", &x->so_far.usage, &x->client->usage);
    cw_buf_puts(b, "}");
}

/* ---- what people did with the task ---- */

/* The end of a claim that is given no end is null. */
static void desk(struct cw_buf *b, const struct cw_explain_view *v)
{
    const struct cw_zone *z = v->scene->settings->zone;
    const struct cw_task *t = cw_client_task(v->x->client);
    member(b, "desk");
    if (!t) {
        cw_buf_puts(b, "null");
        return;
    }
    cw_buf_puts(b, "{");
    text(b, "claimed_by", t->claimed_until == CW_NO_TIME ? (struct cw_str){0} : t->claimed_by);
    instant(b, "claimed_until", z, t->claimed_until == INT64_MAX ? CW_NO_TIME : t->claimed_until);
    instant(b, "snoozed_until", z, t->snoozed_until);
    text(b, "reassigned_to", t->reassigned_to);
    boolean(b, "escalation_asked", t->asked_up);
    instant(b, "noted_at", z, t->noted_at);
    member(b, "moves");
    cw_buf_puts(b, "{");
    for (int a = 0; a < CW_ACTIONS; a++)
        if (t->moves[a])
            number(b, cw_action_name((enum cw_action)a), t->moves[a], 0);
    cw_buf_puts(b, "}}");
}

/* ---- readings ---- */

static void setting(struct cw_buf *b, const struct cw_explain_view *v, uint8_t detector,
                    uint8_t threshold)
{
    struct cw_explain_origin from;
    struct cw_buf place = {0}, segment = {0};
    cw_explain_origin(v, detector, threshold, &from);
    cw_place_print(from.at, &place);
    if (from.segment)
        cw_segment_print(from.segment->want, &segment);
    cw_buf_puts(b, "{");
    word(b, "name", cw_threshold_name(from.id));
    number(b, "value", from.value, 4);
    text(b, "origin", (struct cw_str){place.p, place.n});
    text(b, "segment", (struct cw_str){segment.p, segment.n});
    cw_buf_puts(b, "}");
    b->failed |= place.failed || segment.failed;
    cw_buf_free(&place);
    cw_buf_free(&segment);
}

static void need(struct cw_buf *b, const struct cw_explain_view *v, uint8_t detector,
                 const struct cw_need *n)
{
    cw_buf_puts(b, "{");
    number(b, "is", n->is, 4);
    number(b, n->at_most ? "at_most" : "at_least", n->limit, 4);
    word(b, "unit", n->unit);
    boolean(b, "met", cw_need_met(n));
    number(b, "distance", cw_need_distance(n), 4);
    number(b, "share", cw_need_share(n), 4);
    member(b, "setting");
    if (n->by == CW_BY_RULE)
        cw_buf_puts(b, "null");
    else
        setting(b, v, detector, n->by);
    cw_buf_puts(b, "}");
}

static void fired_on(struct cw_buf *b, const struct cw_task_signal *g)
{
    struct cw_signal told;
    if (!g) {
        cw_buf_puts(b, "null");
        return;
    }
    cw_task_signal_told(g, &told);
    cw_evidence_json(b, &told);
}

static void reading(struct cw_buf *b, const struct cw_explain_view *v, const struct cw_reading *r)
{
    const struct cw_settings *s = v->scene->settings;
    cw_buf_puts(b, "{");
    line_number(b, "line", r->s.line);
    number(b, "slot", r->s.slot, 0);
    word(b, "reason", cw_text_reason(s, &r->s.bare));
    word(b, "standing", cw_standing_name(r->standing));
    word(b, "inhibited_by", r->inhibited_by);
    number(b, "warmup_days", r->warmup_days, 1);
    number(b, "share", r->share, 4);
    instant(b, "since", s->zone, r->open ? r->open->at : CW_NO_TIME);
    instant(b, "settled_until", s->zone, r->settled_until);
    member(b, "evidence");
    cw_evidence_json(b, &r->s);
    member(b, "fired_on");
    fired_on(b, r->open);
    member(b, "needs");
    cw_buf_puts(b, "[");
    for (unsigned i = 0; i < r->gauge.n; i++) {
        cw_buf_puts(b, i ? "," : "");
        need(b, v, r->s.detector, &r->gauge.need[i]);
    }
    cw_buf_puts(b, "]}");
}

static void detector(struct cw_buf *b, const struct cw_explain_view *v, unsigned d)
{
    static const char *const modes[] = {"off", "dry", "on"};
    const struct cw_explanation *x = &v->x->detectors[d];
    cw_buf_puts(b, d ? ",{" : "{");
    word(b, "detector", cw_detectors[d]->name);
    word(b, "finds", cw_detectors[d]->finds);
    word(b, "mode", modes[v->x->policy.mode[d]]);
    member(b, "readings");
    cw_buf_puts(b, "[");
    for (size_t i = 0; i < x->n; i++) {
        cw_buf_puts(b, i ? "," : "");
        reading(b, v, &x->of[i]);
    }
    cw_buf_puts(b, "]");
    number(b, "left_out", (double)x->left_out, 0);
    cw_buf_puts(b, "}");
}

void cw_explain_json(struct cw_buf *b, const struct cw_explain_view *v)
{
    const struct cw_settings *s = v->scene->settings;
    cw_buf_puts(b, "{");
    client(b, v);
    instant(b, "clock", s->zone, v->x->clock);
    source(b, v->scene);
    number(b, "settings", s->version, 0);
    segments(b, v);
    today(b, v);
    number(b, "risk", (double)v->x->risk, 4);
    member(b, "why");
    cw_explain_why_json(b, v->scene->shard, v->x->client);
    member(b, "task");
    cw_explain_task_json(b, v->scene->shard, v->x->client);
    desk(b, v);
    member(b, "detectors");
    cw_buf_puts(b, "[");
    for (unsigned d = 0; d < CW_DETECTORS; d++)
        detector(b, v, d);
    cw_buf_puts(b, "]}");
}
