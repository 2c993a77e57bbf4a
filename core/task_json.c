/* The record of docs/tasks.md, one line of JSON a version. Numbers have fixed decimals and
 * members a fixed order, so that equal tasks are equal bytes. */
#include <stdio.h>
#include <string.h>

#include "core/shard_state.h"

static const struct {
    const char *name;
    enum cw_fact_form form;
} fact_rows[] = {
#define X(name, how) {#name, CW_FORM_##how},
    CW_FACT_KEYS(X)
#undef X
};

/* Whatever its unit, a reader finds observed, expected and limit under these names at every signal,
 * and `unit` beside them. */
static const struct {
    uint8_t key;
    const char *name, *unit;
} in_units[] = {
    {CW_FACT_observed_yuan, "observed", "yuan"},
    {CW_FACT_observed_days, "observed", "days"},
    {CW_FACT_expected_yuan, "expected", "yuan"},
    {CW_FACT_expected_days, "expected", "days"},
    {CW_FACT_limit_yuan, "limit", "yuan"},
    {CW_FACT_limit_days, "limit", "days"},
    {CW_FACT_observed_minutes, "observed", "minutes"},
    {CW_FACT_expected_minutes, "expected", "minutes"},
    {CW_FACT_limit_minutes, "limit", "minutes"},
    {CW_FACT_observed_percent, "observed", "percent"},
    {CW_FACT_limit_percent, "limit", "percent"},
};

/* NULL for a fact that is under its own name. */
static const char *name_and_unit(const struct cw_fact *f, const char **ret_name)
{
    *ret_name = fact_rows[f->key].name;
    for (size_t i = 0; i < sizeof in_units / sizeof *in_units; i++)
        if (in_units[i].key == f->key) {
            *ret_name = in_units[i].name;
            return in_units[i].unit;
        }
    return NULL;
}

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

void cw_fact_json(struct cw_buf *b, const struct cw_fact *f)
{
    switch (fact_rows[f->key].form) {
    case CW_FORM_DAY:
        cw_buf_puts(b, "\"");
        cw_buf_day(b, f->u.day);
        cw_buf_puts(b, "\"");
        break;
    case CW_FORM_NUMBER:
        cw_buf_number(b, f->u.number, 2);
        break;
    case CW_FORM_COUNT:
        cw_buf_number(b, f->u.number, 0);
        break;
    case CW_FORM_MONEY:
        cw_buf_money(b, f->u.money);
        break;
    case CW_FORM_TEXT:
        cw_buf_json_str(b, str(f->u.text));
        break;
    }
}

/* ,"name": */
static void member(struct cw_buf *b, const char *name)
{
    if (b->n && b->p[b->n - 1] != '{')
        cw_buf_puts(b, ",");
    cw_buf_puts(b, "\"");
    cw_buf_puts(b, name);
    cw_buf_puts(b, "\":");
}

static void text_or_null(struct cw_buf *b, const char *name, struct cw_str s)
{
    member(b, name);
    if (s.p)
        cw_buf_json_str(b, s);
    else
        cw_buf_puts(b, "null");
}

static void word(struct cw_buf *b, const char *name, const char *text)
{
    text_or_null(b, name, text ? str(text) : (struct cw_str){0});
}

static void number(struct cw_buf *b, const char *name, double v, int decimals)
{
    member(b, name);
    cw_buf_number(b, v, decimals);
}

static void instant(struct cw_buf *b, const char *name, const struct cw_zone *z, cw_event_time t)
{
    member(b, name);
    if (t == CW_NO_TIME) {
        cw_buf_puts(b, "null");
        return;
    }
    cw_buf_puts(b, "\"");
    cw_buf_time(b, z, t);
    cw_buf_puts(b, "\"");
}

void cw_evidence_json(struct cw_buf *b, const struct cw_signal *s)
{
    const char *unit = NULL;
    cw_buf_puts(b, "{");
    for (unsigned i = 0; i < s->n_facts; i++) {
        const char *name, *of = name_and_unit(&s->facts[i], &name);
        unit = of ? of : unit;
        member(b, name);
        cw_fact_json(b, &s->facts[i]);
    }
    if (unit)
        word(b, "unit", unit);
    cw_buf_puts(b, "}");
}

static const char *topic_name(const struct cw_settings *s, uint8_t topic)
{
    const char *const names[] = {NULL, s->topic_billing, s->topic_service, s->topic_profiles,
                                 s->topic_outcomes};
    return names[topic];
}

static void source(struct cw_buf *b, const struct cw_settings *s, const struct cw_task_signal *g)
{
    member(b, "source");
    if (g->topic == CW_FROM_CLOSE) {
        cw_buf_puts(b, "null");
        return;
    }
    cw_buf_puts(b, "{");
    word(b, "topic", topic_name(s, g->topic));
    number(b, "partition", g->partition, 0);
    number(b, "offset", (double)g->offset, 0);
    cw_buf_puts(b, "}");
}

static void signal_json(struct cw_buf *b, const struct cw_settings *s,
                        const struct cw_task_signal *g)
{
    char line[17];
    struct cw_signal told;
    cw_task_signal_told(g, &told);
    cw_buf_puts(b, "{");
    word(b, "detector", cw_detectors[g->s.detector]->name);
    number(b, "severity", (double)g->s.severity, 2);
    instant(b, "at", s->zone, g->at);
    word(b, "line", g->s.line ? cw_number_text(g->s.line, line) : NULL);
    number(b, "step", g->s.step, 0);
    member(b, "evidence");
    cw_evidence_json(b, &told);
    instant(b, "cleared_at", s->zone, g->cleared_at);
    source(b, s, g);
    cw_buf_puts(b, "}");
}

static void signals(struct cw_buf *b, const struct cw_settings *s, const struct cw_task *t)
{
    member(b, "signals");
    cw_buf_puts(b, "[");
    for (size_t i = 0; i < t->n_signals; i++) {
        if (i)
            cw_buf_puts(b, ",");
        signal_json(b, s, &t->signals[i]);
    }
    cw_buf_puts(b, "]");
    number(b, "signals_omitted", t->signals_omitted, 0);
}

/* ---- why: every term of the priority ---- */

static void term(struct cw_buf *b, const char *name, const char *unit, double v)
{
    if (v == 0)
        return;
    if (b->p[b->n - 1] != '[')
        cw_buf_puts(b, ",");
    cw_buf_puts(b, "{");
    word(b, "term", name);
    number(b, unit, v, 2);
    cw_buf_puts(b, "}");
}

static void value_terms(struct cw_buf *b, const struct cw_client *cl)
{
    struct cw_value v;
    char name[32];
    (void)cw_value_of(cl, &v);
    const char *class_ = cw_class_name((enum cw_class)cl->class_);
    (void)snprintf(name, sizeof name, "class %s", class_ ? class_ : "none");
    term(b, name, "value", (double)v.class_);
    (void)snprintf(name, sizeof name, "vip %s", cw_vip_name((enum cw_vip)cl->vip));
    term(b, name, "value", (double)v.vip);
    term(b, "spend", "value", (double)v.bill);
    term(b, "lines", "value", (double)v.lines);
    term(b, "snapshot", "value", (double)v.snapshot);
}

void cw_task_why_json(struct cw_buf *b, const struct cw_client *cl, const struct cw_task *t,
                      const struct cw_verdict *v)
{
    cw_buf_puts(b, "[");
    term(b, "base", "log_odds", (double)v->base);
    for (size_t i = 0; i < t->n_signals; i++) {
        const char *name = cw_detectors[t->signals[i].s.detector]->name;
        term(b, name, "log_odds", (double)v->leave[i]);
        term(b, name, "incident_log_odds", (double)v->incident_by[i]);
    }
    value_terms(b, cl);
    term(b, "urgency", "urgency", (double)v->urgency);
    cw_buf_puts(b, "]");
}

static void contact(struct cw_buf *b, const struct cw_profile *p)
{
    const struct cw_contact *c = cw_plan_contact(p);
    member(b, "contact");
    if (!c) {
        cw_buf_puts(b, "null");
        return;
    }
    cw_buf_puts(b, "{");
    word(b, "role", cw_role_name(c->role));
    text_or_null(b, "name", c->name);
    text_or_null(b, "msisdn", c->msisdn);
    cw_buf_puts(b, "}");
}

static void who(struct cw_buf *b, const struct cw_client *cl, const struct cw_profile *p)
{
    char id[19];
    (void)snprintf(id, sizeof id, "t-%016llx", (unsigned long long)cw_client_task(cl)->id);
    word(b, "task_id", id);
    number(b, "version", cw_client_task(cl)->version, 0);
    text_or_null(b, "client_id", cw_client_id(cl));
    text_or_null(b, "client_name", p->name);
    word(b, "kind", cw_kind_name((enum cw_kind)cl->kind));
    word(b, "class", cw_class_name((enum cw_class)cl->class_));
    word(b, "vip", cw_vip_name((enum cw_vip)cl->vip));
    text_or_null(b, "manager", cw_client_task(cl)->manager);
}

static const char *const state_names[] = {"open", "done", "withdrawn", "expired"};

static void standing(struct cw_buf *b, const struct cw_zone *z, const struct cw_task *t)
{
    word(b, "purpose", "retention");
    word(b, "state", state_names[t->state]);
    number(b, "priority", t->priority, 0);
    number(b, "risk", (double)t->risk, 4);
    number(b, "value", (double)t->value, 2);
    number(b, "urgency", (double)t->urgency, 2);
    instant(b, "created_at", z, t->created_at);
    instant(b, "updated_at", z, t->updated_at);
    instant(b, "due_at", z, t->due_at);
    member(b, "wake");
    cw_buf_puts(b, t->wake ? "true" : "false");
    word(b, "method", cw_method_name((enum cw_method)t->method));
}

void cw_task_json(struct cw_buf *b, const struct cw_shard *sh, const struct cw_client *cl,
                  const struct cw_profile *p, const struct cw_verdict *v)
{
    const struct cw_settings *s = sh->settings;
    const struct cw_task *t = cw_client_task(cl);
    cw_buf_puts(b, "{");
    who(b, cl, p);
    standing(b, s->zone, t);
    contact(b, p);
    member(b, "headline");
    cw_text_headline(b, s, t, v);
    member(b, "talking_points");
    cw_text_points(b, s, t, v);
    text_or_null(b, "escalated_to", t->escalated_to);
    signals(b, s, t);
    number(b, "settings", s->version, 0);
    member(b, "why");
    cw_task_why_json(b, cl, t, v);
    cw_buf_puts(b, "}");
}

void cw_client_risk_json(struct cw_buf *b, const struct cw_zone *z, const struct cw_client_risk *r)
{
    cw_buf_puts(b, "{");
    text_or_null(b, "client_id", r->client_id);
    instant(b, "at", z, r->at);
    number(b, "risk", (double)r->risk, 4);
    number(b, "incident", (double)r->incident, 4);
    cw_buf_puts(b, "}");
}
