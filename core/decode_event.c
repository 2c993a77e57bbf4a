/* Events: the envelope in both CloudEvents modes, and the members of each type's data.
 *
 * Which numbers may be negative: charges (refunds), bills (credit notes) and the balance. Payments,
 * arrears, limits and fees may not, nor any count or duration; a payment taken back is told as
 * arrears. Quantities end at 10^12, as amounts do.
 *
 * Runs on the decoder's thread; owns nothing.
 */
#include <string.h>
#include <strings.h>

#include "core/decode_members.h"
#include "core/locate.h"

#define TEXT_MOST (1 << 20) /* longer than any message */
#define QUANTITY_MOST INT64_C(1000000000000)
#define OVERDUE_MOST 100000 /* days: older than any debt, and the time it began can be told */

/* ---- the members of data, by type ---- */

#define AT(field) .at = offsetof(struct cw_event, field)
#define LINE .name = CW_NAME("msisdn"), .kind = CW_M_NUMBER, AT(msisdn), LINE_TEXT
#define LINE_TEXT .also = offsetof(struct cw_event, number)
#define PLAN(field) .at = offsetof(struct cw_plan, field)

static const char *const categories[] = {"voice",       "data",        "sms",   "roaming",
                                         "value_added", "monthly_fee", "other", NULL};
static const char *const suspend_reasons[] = {
    "arrears", "customer_request", "lost", "fraud", "other", NULL};
static const char *const ways_stopped[] = {"outgoing", "both", NULL};
static const char *const conditions[] = {"CFU", "CFB", "CFNRy", "CFNRc", NULL};
static const char *const call_ways[] = {"incoming", "outgoing", NULL};
static const char *const stages[] = {"inquiry",   "code_issued", "requested",
                                     "completed", "cancelled",   NULL};
static const char *const end_reasons[] = {"customer_request", "port_out", "arrears", "other", NULL};
static const char *const contract_actions[] = {"signed", "renewed", "ended", NULL};

static const struct cw_member charge[] = {
    {LINE, .required = true},
    {CW_NAME("amount"), CW_M_MONEY, true, AT(u.charge.amount), .least = -CW_MONEY_MOST,
     .most = CW_MONEY_MOST},
    {CW_NAME("category"), CW_M_WORD, true, AT(u.charge.category), .words = categories},
};
static const struct cw_member bill[] = {
    {CW_NAME("cycle"), CW_M_CYCLE, true, AT(u.bill.cycle)},
    {CW_NAME("amount"), CW_M_MONEY, true, AT(u.bill.amount), .least = -CW_MONEY_MOST,
     .most = CW_MONEY_MOST},
    {CW_NAME("due_date"), CW_M_DATE, true, AT(u.bill.due)},
};
static const struct cw_member payment[] = {
    {CW_NAME("amount"), CW_M_MONEY, true, AT(u.payment.amount), .most = CW_MONEY_MOST},
};
static const struct cw_member arrears[] = {
    {CW_NAME("amount"), CW_M_MONEY, true, AT(u.arrears.amount), .most = CW_MONEY_MOST},
    {CW_NAME("days_overdue"), CW_M_INT32, true, AT(u.arrears.days_overdue), .most = OVERDUE_MOST},
};
static const struct cw_member balance[] = {
    {CW_NAME("balance"), CW_M_MONEY, true, AT(u.balance.balance), .least = -CW_MONEY_MOST,
     .most = CW_MONEY_MOST},
    {CW_NAME("credit_limit"), CW_M_MONEY, false, AT(u.balance.credit_limit), .most = CW_MONEY_MOST},
};
static const struct cw_member suspended[] = {
    {LINE, .required = true},
    {CW_NAME("direction"), CW_M_EITHER, true, AT(u.suspended.two_way), .words = ways_stopped},
    {CW_NAME("reason"), CW_M_WORD, true, AT(u.suspended.reason), .words = suspend_reasons},
};
static const struct cw_member resumed[] = {
    {LINE, .required = true},
};
static const struct cw_member forwarding[] = {
    {LINE, .required = true},
    {CW_NAME("condition"), CW_M_WORD, true, AT(u.forwarding.condition), .words = conditions},
    {CW_NAME("active"), CW_M_BOOL, true, AT(u.forwarding.active)},
    {CW_NAME("target"), CW_M_PHONE, false, AT(u.forwarding.target)},
};
static const struct cw_member one_plan[] = {
    {CW_NAME("id"), CW_M_TEXT, true, PLAN(id), .least = 1, .most = TEXT_MOST},
    {CW_NAME("monthly_fee"), CW_M_MONEY, true, PLAN(monthly_fee), .most = CW_MONEY_MOST},
};
static const struct cw_shape plan_shape = {CW_MEMBERS(one_plan), .size = sizeof(struct cw_plan)};
static const struct cw_member plan[] = {
    {LINE, .required = true},
    {CW_NAME("from"), CW_M_OBJECT, true, AT(u.plan.from), .sub = &plan_shape},
    {CW_NAME("to"), CW_M_OBJECT, true, AT(u.plan.to), .sub = &plan_shape},
    {CW_NAME("effective"), CW_M_DATE, true, AT(u.plan.effective)},
};
static const struct cw_member call[] = {
    {LINE, .required = true},
    {CW_NAME("direction"), CW_M_EITHER, true, AT(u.call.outgoing), .words = call_ways},
    {CW_NAME("peer"), CW_M_PHONE, true, AT(u.call.peer)},
    {CW_NAME("duration_s"), CW_M_INT64, true, AT(u.call.duration_s), .most = QUANTITY_MOST},
};
static const struct cw_member usage[] = {
    {LINE, .required = true},
    {CW_NAME("voice_min"), CW_M_REAL, true, AT(u.usage.voice_min), .most = QUANTITY_MOST},
    {CW_NAME("data_mb"), CW_M_REAL, true, AT(u.usage.data_mb), .most = QUANTITY_MOST},
    {CW_NAME("sms"), CW_M_INT64, true, AT(u.usage.sms), .most = QUANTITY_MOST},
};
static const struct cw_member port[] = {
    {LINE, .required = true},
    {CW_NAME("stage"), CW_M_WORD, true, AT(u.port.stage), .words = stages},
    {CW_NAME("recipient"), CW_M_TEXT, false, AT(u.port.recipient), .most = TEXT_MOST},
};
static const struct cw_member terminated[] = {
    {LINE, .required = true},
    {CW_NAME("reason"), CW_M_WORD, true, AT(u.terminated.reason), .words = end_reasons},
};
static const struct cw_member contract[] = {
    {LINE, .required = false},
    {CW_NAME("ends"), CW_M_DATE, true, AT(u.contract.ends)},
    {CW_NAME("action"), CW_M_WORD, true, AT(u.contract.action), .words = contract_actions},
};
static const struct cw_member complaint[] = {
    {LINE, .required = false},
    {CW_NAME("severity"), CW_M_INT32, true, AT(u.complaint.severity), .least = 1, .most = 4},
    {CW_NAME("topic"), CW_M_TEXT, true, AT(u.complaint.topic), .most = TEXT_MOST},
    {CW_NAME("ticket"), CW_M_TEXT, true, AT(u.complaint.ticket), .most = TEXT_MOST},
};
static const struct cw_member outage[] = {
    {LINE, .required = false},
    {CW_NAME("area"), CW_M_TEXT, false, AT(u.outage.area), .most = TEXT_MOST},
    {CW_NAME("minutes"), CW_M_REAL, true, AT(u.outage.minutes), .most = QUANTITY_MOST},
};

/* A forwarding that is active goes somewhere. */
static int check_forwarding(struct cw_decoder *d, struct cw_node *object, const void *out)
{
    const struct cw_event *ev = out;
    if (ev->u.forwarding.active && !ev->u.forwarding.target.p)
        return cw_refuse_missing(d, object, "target");
    return 0;
}

/* An outage is somewhere. */
static int check_outage(struct cw_decoder *d, struct cw_node *object, const void *out)
{
    const struct cw_event *ev = out;
    return ev->u.outage.area.p || ev->msisdn ? 0 : cw_refuse_missing(d, object, "area");
}

static const struct cw_shape shapes[CW_EV_COUNT] = {
    [CW_EV_CHARGE] = {CW_MEMBERS(charge)},
    [CW_EV_BILL] = {CW_MEMBERS(bill)},
    [CW_EV_PAYMENT] = {CW_MEMBERS(payment)},
    [CW_EV_ARREARS] = {CW_MEMBERS(arrears)},
    [CW_EV_BALANCE] = {CW_MEMBERS(balance)},
    [CW_EV_SUSPENDED] = {CW_MEMBERS(suspended)},
    [CW_EV_RESUMED] = {CW_MEMBERS(resumed)},
    [CW_EV_CALL_FORWARDING] = {CW_MEMBERS(forwarding), .check = check_forwarding},
    [CW_EV_PLAN_CHANGED] = {CW_MEMBERS(plan)},
    [CW_EV_CALL] = {CW_MEMBERS(call)},
    [CW_EV_USAGE] = {CW_MEMBERS(usage)},
    [CW_EV_PORT_OUT] = {CW_MEMBERS(port)},
    [CW_EV_TERMINATED] = {CW_MEMBERS(terminated)},
    [CW_EV_CONTRACT] = {CW_MEMBERS(contract)},
    [CW_EV_COMPLAINT] = {CW_MEMBERS(complaint)},
    [CW_EV_OUTAGE] = {CW_MEMBERS(outage), .check = check_outage},
};

const struct cw_shape *cw_event_shape(enum cw_event_type t)
{
    return &shapes[t];
}

/* ---- the envelope ---- */

#define ATTR(field) .at = offsetof(struct cw_envelope, field)
static const char *const specversions[] = {"1.0", NULL};
static const struct cw_member attributes[] = {
    {CW_NAME("specversion"), CW_M_WORD, true, ATTR(specversion), .words = specversions},
    {CW_NAME("id"), CW_M_TEXT, true, ATTR(id), .least = 1, .most = TEXT_MOST},
    {CW_NAME("source"), CW_M_TEXT, true, ATTR(source), .least = 1, .most = TEXT_MOST},
    {CW_NAME("type"), CW_M_TEXT, true, ATTR(type), .least = 1, .most = TEXT_MOST},
    {CW_NAME("subject"), CW_M_TEXT, true, ATTR(subject), .least = 1, .most = 64},
    {CW_NAME("time"), CW_M_TIME, true, ATTR(time)},
};
const struct cw_shape cw_envelope_shape = {CW_MEMBERS(attributes),
                                           .size = sizeof(struct cw_envelope)};

#define PREFIX "ce_"
#define PREFIX_N (sizeof PREFIX - 1)

static bool is_attribute(struct cw_str header, const char *name)
{
    size_t n = strlen(name);
    return header.n == PREFIX_N + n && memcmp(header.p, PREFIX, PREFIX_N) == 0 &&
           memcmp(header.p + PREFIX_N, name, n) == 0;
}

/* The attribute's header; ret_again tells whether there is a second one. NULL when absent. */
static const struct cw_header *attribute(const struct cw_message *m, const char *name,
                                         bool *ret_again)
{
    const struct cw_header *first = NULL;
    *ret_again = false;
    for (size_t i = 0; i < m->n_headers; i++) {
        if (!is_attribute(m->headers[i].name, name))
            continue;
        *ret_again = first != NULL;
        first = first ? first : &m->headers[i];
    }
    return first;
}

/* A content type of CloudEvents decides before the attribute headers do, as the Kafka binding of
 * CloudEvents has it. */
static bool is_binary(const struct cw_message *m)
{
    static const struct cw_str content_type = CW_STR("content-type");
    static const struct cw_str structured = CW_STR("application/cloudevents");
    bool has_attributes = false;
    for (size_t i = 0; i < m->n_headers; i++) {
        const struct cw_header *h = &m->headers[i];
        if (is_attribute(h->name, "specversion"))
            has_attributes = true;
        else if (h->name.n == content_type.n &&
                 strncasecmp(h->name.p, content_type.p, content_type.n) == 0 &&
                 h->value.n >= structured.n &&
                 strncasecmp(h->value.p, structured.p, structured.n) == 0)
            return false;
    }
    return has_attributes;
}

static int read_attribute(struct cw_decoder *d, const struct cw_message *m,
                          const struct cw_member *row, struct cw_envelope *env)
{
    char name[32] = PREFIX;
    (void)strncat(name, row->name, sizeof name - sizeof PREFIX);
    struct cw_node nd = {.name = name, .at = CW_NOWHERE};
    bool again;
    const struct cw_header *h = attribute(m, row->name, &again);
    if (!h)
        return cw_refuse(d, &nd, CW_REJECT_MISSING_MEMBER, "missing header");
    if (again)
        return cw_refuse(d, &nd, CW_REJECT_DUPLICATE_MEMBER, "a second header of this name");
    if (cw_locate_bad_utf8(h->value) != CW_NOWHERE)
        return cw_refuse(d, &nd, CW_REJECT_NOT_UTF8, "the header is not UTF-8");
    return cw_read_text(d, &nd, row, cw_decode_keep(d, h->value), env);
}

/* Headers die with their message, results live longer: their texts are copied, into room made
 * beforehand so that no copy moves. */
static int read_headers(struct cw_decoder *d, const struct cw_message *m, struct cw_envelope *env)
{
    size_t bytes = 1;
    for (size_t i = 0; i < m->n_headers; i++)
        bytes += m->headers[i].value.n;
    if (!cw_buf_room(&d->copies, bytes))
        return -CW_E_NOMEM;
    for (size_t i = 0; i < cw_envelope_shape.n; i++) {
        int err = read_attribute(d, m, &attributes[i], env);
        if (err)
            return err;
    }
    return 0;
}

/* ---- an event ---- */

enum cw_event_type cw_event_type_of(struct cw_str name)
{
    static const struct cw_str names[] = {
#define X(text, id) CW_STR(text),
        CW_EVENT_TYPES(X)
#undef X
    };
    unsigned t = 0;
    while (t < CW_EV_COUNT && (names[t].n != name.n || memcmp(names[t].p, name.p, name.n) != 0))
        t++;
    return (enum cw_event_type)t;
}

/* Where an attribute stands, for a refusal. */
static struct cw_node attribute_node(struct cw_node *root, const char *name, const char *header)
{
    if (root)
        return cw_node_member(root, name);
    return (struct cw_node){.name = header, .at = CW_NOWHERE};
}

/* root is NULL in binary mode. Where a member stands is looked for when it is refused. */
static int check_envelope(struct cw_decoder *d, const struct cw_message *m, struct cw_node *root,
                          const struct cw_envelope *env)
{
    if (!cw_key_is(m, env->subject)) {
        struct cw_node subject = attribute_node(root, "subject", "ce_subject");
        return cw_check_key(d, &subject, m, env->subject);
    }
    if (cw_is_ahead(d, m, env->time)) {
        struct cw_node time = attribute_node(root, "time", "ce_time");
        return cw_check_ahead(d, &time, m, env->time);
    }
    return 0;
}

static void set_envelope(struct cw_event *ev, const struct cw_envelope *env)
{
    ev->id = env->id;
    ev->source = env->source;
    ev->subject = env->subject;
    ev->time = env->time;
}

static int read_data(struct cw_decoder *d, struct cw_node *root, bool binary, struct cw_event *ev)
{
    if (binary)
        return cw_read_members(d, root, &shapes[ev->type], ev);
    struct cw_node data = cw_node_member(root, "data");
    if (!data.v)
        return cw_refuse_missing(d, root, "data");
    return cw_read_members(d, &data, &shapes[ev->type], ev);
}

/* As nearly all events are; what is wrong, or seldom so, is left to the tree. */
static bool take_straight(struct cw_decoder *d, const struct cw_message *m, struct cw_event *ret)
{
    struct cw_envelope env;
    if (!cw_decode_straight(d, &env, ret) || !cw_key_is(m, env.subject) ||
        cw_is_ahead(d, m, env.time))
        return false;
    set_envelope(ret, &env);
    return true;
}

static int take_by_tree(struct cw_decoder *d, const struct cw_message *m, bool binary,
                        struct cw_event *ret)
{
    struct cw_node root;
    struct cw_envelope env;
    int err = cw_decode_parse(d, &root);
    if (!err)
        err =
            binary ? read_headers(d, m, &env) : cw_read_members(d, &root, &cw_envelope_shape, &env);
    if (!err)
        err = check_envelope(d, m, binary ? NULL : &root, &env);
    if (err)
        return err;
    memset(ret, 0, sizeof *ret);
    ret->type = cw_event_type_of(env.type);
    set_envelope(ret, &env);
    return ret->type == CW_EV_COUNT ? -CW_E_UNKNOWN_TYPE : read_data(d, &root, binary, ret);
}

static int decode(struct cw_decoder *d, const struct cw_message *m, struct cw_event *ret_event,
                  struct cw_reject *ret_reject, bool may_straight)
{
    struct cw_event ev;
    bool binary = !d->mapping && is_binary(m);
    int err = cw_decode_begin(d, m, d->limits.max_event_bytes, ret_reject);
    may_straight = may_straight && !binary && !d->mapping;
    if (!err && !(may_straight && take_straight(d, m, &ev)))
        err = take_by_tree(d, m, binary, &ev);
    if (!err || err == -CW_E_UNKNOWN_TYPE)
        *ret_event = ev;
    return err;
}

int cw_decode_event(struct cw_decoder *d, const struct cw_message *m, struct cw_event *ret_event,
                    struct cw_reject *ret_reject)
{
    return decode(d, m, ret_event, ret_reject, true);
}

int cw_decode_event_by_tree(struct cw_decoder *d, const struct cw_message *m,
                            struct cw_event *ret_event, struct cw_reject *ret_reject)
{
    return decode(d, m, ret_event, ret_reject, false);
}
