/* The single things a story may tell. See sim_acts.h. */
#include "ctl/sim/sim_acts.h"

#include <inttypes.h>

#define LINE "\"msisdn\":\"%" PRIu64 "\""

/* What is owed; before the first bill it is what the cycle has brought. */
static int64_t owed(struct cw_sim_client *c)
{
    if (c->unpaid_fen == 0) {
        c->unpaid_fen = c->cycle_fen;
        c->cycle_fen = 0;
    }
    return c->unpaid_fen;
}

void cw_sim_act_arrears(const struct cw_sim_moment *m)
{
    cw_sim_tell(m->day, m->client, "billing.arrears", m->second,
                "\"amount\":%.2f,\"days_overdue\":%.0f", cw_sim_yuan(owed(m->client)), m->n);
}

void cw_sim_act_balance(const struct cw_sim_moment *m)
{
    m->client->balance_fen = (int64_t)(m->n * 100);
    cw_sim_tell(m->day, m->client, "billing.balance", m->second, "\"balance\":%.2f", m->n);
}

void cw_sim_act_call(const struct cw_sim_moment *m)
{
    cw_sim_tell(m->day, m->client, "service.call", m->second,
                LINE ",\"direction\":\"outgoing\",\"peer\":\"%s\",\"duration_s\":%.0f",
                m->line->number, m->word, m->n);
}

void cw_sim_act_complain(const struct cw_sim_moment *m)
{
    cw_sim_tell(m->day, m->client, "care.complaint", m->second,
                LINE ",\"severity\":%.0f,\"topic\":\"%s\",\"ticket\":\"T%" PRIu64 "\"",
                m->line->number, m->n, m->word, m->day->serial);
}

void cw_sim_act_contract(const struct cw_sim_moment *m)
{
    cw_day ends = m->day->day + (cw_day)m->n;
    struct cw_date date = cw_date_of(ends);
    m->client->contract_ends = ends;
    cw_sim_tell(m->day, m->client, "service.contract", m->second,
                "\"ends\":\"%04d-%02d-%02d\",\"action\":\"%s\"", date.year, date.month, date.mday,
                m->word);
}

/* One number for all of a client's lines: that is how offices move. */
static void forward(const struct cw_sim_moment *m, bool active, const char *prefix)
{
    uint64_t target = m->client->lines[0].number % 10000000;
    if (active)
        cw_sim_tell(m->day, m->client, "service.call_forwarding", m->second,
                    LINE ",\"condition\":\"%s\",\"active\":true,\"target\":\"%s%07" PRIu64 "\"",
                    m->line->number, m->word, prefix, target);
    else
        cw_sim_tell(m->day, m->client, "service.call_forwarding", m->second,
                    LINE ",\"condition\":\"%s\",\"active\":false", m->line->number, m->word);
}

void cw_sim_act_forward_away(const struct cw_sim_moment *m)
{
    forward(m, true, "861300");
}

void cw_sim_act_forward_home(const struct cw_sim_moment *m)
{
    forward(m, true, "861370");
}

void cw_sim_act_forward_off(const struct cw_sim_moment *m)
{
    forward(m, false, "");
}

void cw_sim_act_outage(const struct cw_sim_moment *m)
{
    cw_sim_tell(m->day, m->client, "care.outage", m->second, "\"area\":\"%s\",\"minutes\":%.0f",
                m->client->county, m->n);
}

void cw_sim_act_pay(const struct cw_sim_moment *m)
{
    struct cw_sim_client *c = m->client;
    int64_t fen = c->prepaid ? 15000 : owed(c);
    cw_sim_tell(m->day, c, "billing.payment", m->second, "\"amount\":%.2f", cw_sim_yuan(fen));
    c->balance_fen += fen;
    c->unpaid_fen = 0;
}

void cw_sim_act_plan(const struct cw_sim_moment *m)
{
    uint32_t from = m->line->fee, to = (uint32_t)(from * m->n);
    struct cw_date date = cw_date_of(cw_cycle_first_day(cw_cycle_of(m->day->day) + 1));
    m->line->fee = to;
    cw_sim_tell(m->day, m->client, "service.plan_changed", m->second,
                LINE ",\"from\":{\"id\":\"P%u\",\"monthly_fee\":%u},"
                     "\"to\":{\"id\":\"P%u\",\"monthly_fee\":%u},\"effective\":\"%04d-%02d-%02d\"",
                m->line->number, from, from, to, to, date.year, date.month, date.mday);
}

void cw_sim_act_port(const struct cw_sim_moment *m)
{
    cw_sim_tell(m->day, m->client, "service.port_out", m->second,
                LINE ",\"stage\":\"%s\",\"recipient\":\"unicom\"", m->line->number, m->word);
}

void cw_sim_act_resume(const struct cw_sim_moment *m)
{
    m->line->stopped = false;
    cw_sim_tell(m->day, m->client, "service.resumed", m->second, LINE, m->line->number);
}

void cw_sim_act_charge(const struct cw_sim_moment *m)
{
    double usual = cw_sim_usual_fen(m->client) * m->client->n_lines;
    cw_sim_charge(m->day, m->client, m->line, m->second, (int64_t)(usual * m->n), m->word);
}

void cw_sim_act_suspend(const struct cw_sim_moment *m)
{
    bool both = m->n > 1;
    m->line->stopped = both;
    cw_sim_tell(m->day, m->client, "service.suspended", m->second,
                LINE ",\"direction\":\"%s\",\"reason\":\"%s\"", m->line->number,
                both ? "both" : "outgoing", m->word);
}

void cw_sim_act_terminate(const struct cw_sim_moment *m)
{
    m->line->gone = true;
    cw_sim_tell(m->day, m->client, "service.terminated", m->second, LINE ",\"reason\":\"%s\"",
                m->line->number, m->word);
}
