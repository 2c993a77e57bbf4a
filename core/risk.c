/* From signals to numbers.
 *
 * risk     = sigmoid(base + sum of each signal's log-odds of leaving × its weight now)
 * incident = sigmoid(incident_base + sum of its log-odds of an incident × its weight now)
 * A state weighs 1 until it is cleared; other signs fade by their half-life; a sign that something
 * stronger explains weighs nothing.
 *
 * priority = 999 × sqrt(1 − (1 − risk)(1 − incident)) × (1 − wv − wu + wv·value + wu·urgency)
 * with wv, wu = priority.value_weight, priority.urgency_weight, in proportion if they are more than
 * 1 together. The root spreads small risks over the scale; it changes no order. Every part is named
 * in the task's `why`.
 */
#include <math.h>

#include "core/shard_state.h"

float cw_signal_weight(const struct cw_task_signal *g, cw_event_time now)
{
    if (g->cleared_at != CW_NO_TIME)
        return 0;
    if (g->s.holds || g->s.half_life_days <= 0)
        return 1;
    double age = (double)(now > g->at ? now - g->at : 0) / (double)CW_DAY;
    return (float)exp2(-age / (double)g->s.half_life_days);
}

/* What it weighs now of this client: nothing where something stronger explains it. */
static float weight_of(const struct cw_client *cl, const struct cw_task_signal *g,
                       cw_event_time now)
{
    return cw_ladder_inhibits(cl, &g->s) ? 0 : cw_signal_weight(g, now);
}

double cw_signs_besides_falls(const struct cw_client *cl, cw_event_time now)
{
    const struct cw_task *t = cw_client_task(cl);
    double leave = 0;
    for (size_t i = 0; t && i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        if (!cw_detectors[g->s.detector]->of_falls)
            leave += (double)(g->s.leave * weight_of(cl, g, now));
    }
    return leave > 0 ? leave : 0;
}

static const float class_value[] = {0.40F, 0.34F, 0.26F, 0.22F, 0.12F, 0.12F};
static const float vip_value[] = {0.40F, 0.30F, 0.22F, 0.10F};

float cw_value_of(const struct cw_client *cl, struct cw_value *ret)
{
    struct cw_value v = {.class_ = class_value[cl->class_], .vip = vip_value[cl->vip]};
    /* Two identities count as the higher one. */
    if (v.class_ >= v.vip)
        v.vip = 0;
    else
        v.class_ = 0;
    cw_money bill = cw_client_usual_bill(cl, 0, 3);
    double yuan = bill > 0 ? (double)bill / CW_YUAN : (double)cw_client_fees(cl) / CW_YUAN;
    v.bill = (float)(0.35 * fmin(1, log1p(yuan) / log1p(20000)));
    int32_t phones = cw_client_phones(cl);
    double lines = phones > 0 ? phones : (double)cw_client_lines_left(cl);
    v.lines = (float)(0.15 * fmin(1, log1p(lines) / log1p(500)));
    v.snapshot = cl->snapshot ? 0.10F : 0;
    *ret = v;
    return v.class_ + v.vip + v.bill + v.lines + v.snapshot;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static float urgency_of(const struct cw_task *t, const struct cw_verdict *v, cw_event_time now)
{
    float most = 0;
    for (size_t i = 0; i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        if (v->leave[i] == 0 && v->incident_by[i] == 0)
            continue;
        float hours = g->s.due_hours > 1 ? g->s.due_hours : 1;
        float u = 24 / (24 + hours) * cw_signal_weight(g, now);
        most = u > most ? u : most;
    }
    return most;
}

void cw_risk(const struct cw_settings *s, const struct cw_client *cl, const struct cw_task *t,
             cw_event_time now, struct cw_verdict *ret)
{
    struct cw_verdict v = {
        .base = (float)(cl->kind == CW_GROUP ? s->risk_base_group : s->risk_base_individual)};
    double leave = (double)v.base, incident = s->incident_base;
    for (size_t i = 0; i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        float w = weight_of(cl, g, now);
        v.leave[i] = g->s.leave * w;
        v.incident_by[i] = g->s.incident * w;
        leave += (double)v.leave[i];
        incident += (double)v.incident_by[i];
    }
    double p = sigmoid(leave), q = sigmoid(incident);
    struct cw_value parts;
    v.risk = (float)p;
    v.incident = (float)q;
    v.value = cw_value_of(cl, &parts);
    v.urgency = urgency_of(t, &v, now);
    double wv = s->value_weight, wu = s->urgency_weight, most = fmax(1, wv + wu);
    wv /= most;
    wu /= most;
    double scale = 1 - wv - wu + wv * (double)v.value + wu * (double)v.urgency;
    double priority = 999 * sqrt(1 - (1 - p) * (1 - q)) * scale;
    v.priority = (int32_t)(priority < 0 ? 0 : priority > 999 ? 999 : priority + 0.5);
    *ret = v;
}
