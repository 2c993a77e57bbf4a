/* The words of the contract for what event.h enumerates. */
#include "churnwatch/event.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const event_types[] = {
#define X(text, name) [CW_EV_##name] = (text),
    CW_EVENT_TYPES(X)
#undef X
};
static const char *const kinds[] = {[CW_INDIVIDUAL] = "individual", [CW_GROUP] = "group"};
static const char *const classes[] = {
    [CW_CLASS_A1] = "A1", [CW_CLASS_A2] = "A2", [CW_CLASS_B1] = "B1",
    [CW_CLASS_B2] = "B2", [CW_CLASS_C] = "C",   [CW_CLASS_NONE] = NULL,
};
static const char *const vips[] = {
    [CW_VIP_DIAMOND] = "diamond",
    [CW_VIP_GOLD] = "gold",
    [CW_VIP_SILVER] = "silver",
    [CW_VIP_NONE] = "none",
};
static const char *const methods[] = {
    [CW_BY_PHONE] = "phone", [CW_BY_SMS] = "sms", [CW_BY_EMAIL] = "email",
    [CW_BY_VISIT] = "visit", [CW_BY_NONE] = NULL,
};
static const char *const roles[] = {
    [CW_DECISION_MAKER] = "decision_maker",
    [CW_CONTACT] = "contact",
    [CW_TELECOM_LEAD] = "telecom_lead",
    [CW_INFLUENCER] = "influencer",
};
static const char *const actions[] = {
    [CW_DID_CLAIM] = "claim",       [CW_DID_RELEASE] = "release", [CW_DID_DONE] = "done",
    [CW_DID_SNOOZE] = "snooze",     [CW_DID_NOTE] = "note",       [CW_DID_REASSIGN] = "reassign",
    [CW_DID_ESCALATE] = "escalate",
};
static const char *const results[] = {
#define X(name, word) [CW_RESULT_##name] = #word,
    CW_RESULTS_OF(X)
#undef X
};
static const char *const reject_codes[] = {
#define X(name, text) [CW_REJECT_##name] = (text),
    CW_REJECT_CODES(X)
#undef X
};

/* NULL for what the table does not hold. */
static const char *name_of(const char *const *table, size_t n, unsigned value)
{
    return value < n ? table[value] : NULL;
}

const char *cw_event_type_name(enum cw_event_type t)
{
    return name_of(event_types, COUNT(event_types), (unsigned)t);
}

const char *cw_kind_name(enum cw_kind k)
{
    return name_of(kinds, COUNT(kinds), (unsigned)k);
}

const char *cw_class_name(enum cw_class c)
{
    return name_of(classes, COUNT(classes), (unsigned)c);
}

const char *cw_vip_name(enum cw_vip v)
{
    return name_of(vips, COUNT(vips), (unsigned)v);
}

const char *cw_method_name(enum cw_method m)
{
    return name_of(methods, COUNT(methods), (unsigned)m);
}

const char *cw_role_name(enum cw_role r)
{
    return name_of(roles, COUNT(roles), (unsigned)r);
}

const char *cw_action_name(enum cw_action a)
{
    return name_of(actions, COUNT(actions), (unsigned)a);
}

const char *cw_result_name(enum cw_result r)
{
    return name_of(results, COUNT(results), (unsigned)r);
}

const char *cw_reject_code_name(enum cw_reject_code c)
{
    return name_of(reject_codes, COUNT(reject_codes), (unsigned)c);
}
