/* Profiles, managers and outcomes: their members, and the tombstones of compacted topics.
 *
 * What lists hold must be usable: a line has its number, a date its date, an absence both ends and
 * in that order. A contact without a role is a plain contact.
 *
 * Runs on the decoder's thread; owns nothing.
 */
#include <string.h>

#include "core/decode_members.h"
#include "core/locate.h"

#define TEXT_MOST (1 << 20) /* longer than any message */

/* ---- profiles ---- */

static const char *const roles[] = {"decision_maker", "contact", "telecom_lead", "influencer",
                                    NULL};
static const char *const kinds[] = {"individual", "group", NULL};
static const char *const classes[] = {"A1", "A2", "B1", "B2", "C", NULL};
static const char *const vips[] = {"diamond", "gold", "silver", "none", NULL};
static const char *const methods[] = {"phone", "sms", "email", "visit", NULL};

#define AT(field) .at = offsetof(struct cw_contact, field)
static const struct cw_member contact[] = {
    {"role", CW_M_WORD, false, AT(role), .words = roles},
    {"name", CW_M_TEXT, false, AT(name), .most = TEXT_MOST},
    {"msisdn", CW_M_PHONE, false, AT(msisdn)},
    {"email", CW_M_TEXT, false, AT(email), .most = TEXT_MOST},
    {"birthday", CW_M_DATE, false, AT(birthday)},
    {"lunar", CW_M_BOOL, false, AT(lunar)},
};
#undef AT
static const struct cw_contact no_contact = {.role = CW_CONTACT, .birthday = CW_NO_DAY};
static const struct cw_shape contact_shape = {
    CW_MEMBERS(contact),
    .size = sizeof(struct cw_contact),
    .blank = &no_contact,
    .slot = CW_LIST_CONTACTS,
};

#define AT(field) .at = offsetof(struct cw_profile_line, field)
static const struct cw_member line[] = {
    {"msisdn", CW_M_NUMBER, true, AT(msisdn)},
    {"plan", CW_M_TEXT, false, AT(plan), .most = TEXT_MOST},
    {"role", CW_M_TEXT, false, AT(role), .most = TEXT_MOST},
    {"monthly_fee", CW_M_MONEY, false, AT(monthly_fee), .most = CW_MONEY_MOST},
};
#undef AT
static const struct cw_profile_line no_line = {.monthly_fee = -1};
static const struct cw_shape line_shape = {
    CW_MEMBERS(line),
    .size = sizeof(struct cw_profile_line),
    .blank = &no_line,
    .slot = CW_LIST_LINES,
};

#define AT(field) .at = offsetof(struct cw_profile_date, field)
static const struct cw_member date[] = {
    {"date", CW_M_DATE, true, AT(date)},
    {"label", CW_M_TEXT, false, AT(label), .most = TEXT_MOST},
    {"yearly", CW_M_BOOL, false, AT(yearly)},
};
#undef AT
static const struct cw_shape date_shape = {
    CW_MEMBERS(date),
    .size = sizeof(struct cw_profile_date),
    .slot = CW_LIST_DATES,
};

static const struct cw_member interest[] = {
    {NULL, CW_M_TEXT, true, .most = TEXT_MOST},
};
static const struct cw_shape interest_shape = {
    CW_MEMBERS(interest),
    .size = sizeof(struct cw_str),
    .slot = CW_LIST_INTERESTS,
};

#define AT(field) .at = offsetof(struct cw_profile, field)
#define LIST(field) AT(field), .also = offsetof(struct cw_profile, n_##field)
static const struct cw_member profile[] = {
    {"client_id", CW_M_TEXT, true, AT(client_id), .least = 1, .most = 64},
    {"kind", CW_M_WORD, true, AT(kind), .words = kinds},
    {"manager", CW_M_ID, true, AT(manager)},
    {"chief_manager", CW_M_ID, false, AT(chief_manager)},
    {"name", CW_M_TEXT, false, AT(name), .most = TEXT_MOST},
    {"class", CW_M_WORD, false, AT(class_), .words = classes},
    {"vip", CW_M_WORD, false, AT(vip), .words = vips},
    {"county", CW_M_TEXT, false, AT(county), .most = TEXT_MOST},
    {"address", CW_M_TEXT, false, AT(address), .most = TEXT_MOST},
    {"industry", CW_M_TEXT, false, AT(industry), .most = TEXT_MOST},
    {"headcount", CW_M_INT32, false, AT(headcount), .most = INT32_MAX},
    {"phones", CW_M_INT32, false, AT(phones), .most = INT32_MAX},
    {"mobile_phones", CW_M_INT32, false, AT(mobile_phones), .most = INT32_MAX},
    {"legal_representative", CW_M_TEXT, false, AT(legal_representative), .most = TEXT_MOST},
    {"annual_output", CW_M_MONEY, false, AT(annual_output), .most = CW_MONEY_MOST},
    {"snapshot", CW_M_BOOL, false, AT(snapshot)},
    {"contract_ends", CW_M_DATE, false, AT(contract_ends)},
    {"contacts", CW_M_LIST, false, LIST(contacts), .sub = &contact_shape},
    {"lines", CW_M_LIST, false, LIST(lines), .sub = &line_shape},
    {"dates", CW_M_LIST, false, LIST(dates), .sub = &date_shape},
    {"preferred_method", CW_M_WORD, false, AT(preferred_method), .words = methods},
    {"interests", CW_M_LIST, false, LIST(interests), .sub = &interest_shape},
    {"notes", CW_M_TEXT, false, AT(notes), .most = TEXT_MOST},
};
#undef AT
#undef LIST
static const struct cw_profile no_profile = {
    .class_ = CW_CLASS_NONE,
    .vip = CW_VIP_NONE,
    .headcount = -1,
    .phones = -1,
    .mobile_phones = -1,
    .annual_output = -1,
    .contract_ends = CW_NO_DAY,
    .preferred_method = CW_BY_NONE,
};
const struct cw_shape cw_profile_shape = {
    CW_MEMBERS(profile),
    .size = sizeof(struct cw_profile),
    .blank = &no_profile,
};

/* ---- managers ---- */

#define AT(field) .at = offsetof(struct cw_absence, field)
static const struct cw_member absence[] = {
    {"from", CW_M_DATE, true, AT(from)},
    {"to", CW_M_DATE, true, AT(to)},
    {"delegate", CW_M_ID, false, AT(delegate)},
};
#undef AT

static int check_absence(struct cw_decoder *d, struct cw_node *object, const void *out)
{
    const struct cw_absence *a = out;
    struct cw_node to = cw_node_member(object, "to");
    if (a->to < a->from)
        return cw_refuse(d, &to, CW_REJECT_OUT_OF_RANGE, "the absence ends before it begins");
    return 0;
}

static const struct cw_shape absence_shape = {
    CW_MEMBERS(absence),
    .check = check_absence,
    .size = sizeof(struct cw_absence),
    .slot = CW_LIST_ABSENCES,
};

#define AT(field) .at = offsetof(struct cw_manager, field)
static const struct cw_member manager[] = {
    {"manager_id", CW_M_ID, true, AT(manager_id)},
    {"name", CW_M_TEXT, false, AT(name), .most = TEXT_MOST},
    {"county", CW_M_TEXT, false, AT(county), .most = TEXT_MOST},
    {"chief_manager", CW_M_ID, false, AT(chief_manager)},
    {"absences", CW_M_LIST, false, AT(absences), .also = offsetof(struct cw_manager, n_absences),
     .sub = &absence_shape},
    {"daily_capacity", CW_M_INT32, false, AT(daily_capacity), .most = INT32_MAX},
};
#undef AT
static const struct cw_manager no_manager = {.daily_capacity = -1};
const struct cw_shape cw_manager_shape = {
    CW_MEMBERS(manager),
    .size = sizeof(struct cw_manager),
    .blank = &no_manager,
};

/* ---- outcomes ---- */

static const char *const actions[] = {"claim", "release",  "done",     "snooze",
                                      "note",  "reassign", "escalate", NULL};
static const char *const results[] = {
#define X(name, word) #word,
    CW_RESULTS_OF(X)
#undef X
        NULL};

#define AT(field) .at = offsetof(struct cw_outcome, field)
static const struct cw_member outcome[] = {
    {"client_id", CW_M_TEXT, true, AT(client_id), .least = 1, .most = 64},
    {"id", CW_M_TEXT, true, AT(id), .least = 1, .most = TEXT_MOST},
    {"task_id", CW_M_TEXT, true, AT(task_id), .least = 1, .most = 64},
    {"manager", CW_M_ID, true, AT(manager)},
    {"action", CW_M_WORD, true, AT(action), .words = actions},
    {"at", CW_M_TIME, true, AT(at)},
    {"version", CW_M_INT64, false, AT(version), .most = INT32_MAX},
    {"until", CW_M_TIME, false, AT(until)},
    {"to", CW_M_ID, false, AT(to)},
    {"result", CW_M_NAME, false, AT(result), .words = results},
    {"method", CW_M_TEXT, false, AT(method), .most = TEXT_MOST},
    {"note", CW_M_TEXT, false, AT(note), .most = TEXT_MOST},
};
#undef AT

/* What a move cannot do without. */
static int check_outcome(struct cw_decoder *d, struct cw_node *object, const void *out)
{
    const struct cw_outcome *oc = out;
    if (oc->action == CW_DID_DONE && oc->version == 0)
        return cw_refuse_missing(d, object, "version");
    if (oc->action == CW_DID_DONE && !oc->result.p)
        return cw_refuse_missing(d, object, "result");
    if (oc->action == CW_DID_SNOOZE && oc->until == CW_NO_TIME)
        return cw_refuse_missing(d, object, "until");
    if (oc->action == CW_DID_REASSIGN && !oc->to.p)
        return cw_refuse_missing(d, object, "to");
    return 0;
}

static const struct cw_outcome no_outcome = {.until = CW_NO_TIME};
const struct cw_shape cw_outcome_shape = {
    CW_MEMBERS(outcome),
    .check = check_outcome,
    .size = sizeof(struct cw_outcome),
    .blank = &no_outcome,
};

/* ---- messages ---- */

/* The first member of each of these shapes is the id, which is the message's key. */
static int read_keyed(struct cw_decoder *d, const struct cw_message *m,
                      const struct cw_shape *shape, struct cw_node *ret_root, void *out)
{
    struct cw_str id;
    int err = cw_decode_parse(d, ret_root);
    if (err)
        return err;
    memcpy(out, shape->blank, shape->size);
    err = cw_read_members(d, ret_root, shape, out);
    if (err)
        return err;
    memcpy(&id, (const char *)out + shape->members[0].at, sizeof id);
    struct cw_node nd = cw_node_member(ret_root, shape->members[0].name);
    return cw_check_key(d, &nd, m, id);
}

/* The id of a tombstone is its key, held to what the id of a full record is held to. */
static int read_tombstone(struct cw_decoder *d, const struct cw_message *m,
                          const struct cw_shape *shape, void *out)
{
    struct cw_node key = {.name = "key", .at = CW_NOWHERE};
    if (!m->key.p)
        return cw_refuse(d, &key, CW_REJECT_KEY_MISMATCH, "a tombstone needs one");
    if (cw_locate_bad_utf8(m->key) != CW_NOWHERE)
        return cw_refuse(d, &key, CW_REJECT_NOT_UTF8, "not UTF-8");
    if (!cw_buf_room(&d->copies, m->key.n + 1))
        return -CW_E_NOMEM;
    memcpy(out, shape->blank, shape->size);
    return cw_read_text(d, &key, shape->members, cw_decode_keep(d, m->key), out);
}

int cw_decode_profile(struct cw_decoder *d, const struct cw_message *m,
                      struct cw_profile *ret_profile, struct cw_reject *ret_reject)
{
    struct cw_profile p;
    struct cw_node root;
    int err = cw_decode_begin(d, m, d->limits.max_profile_bytes, ret_reject);
    if (!err)
        err = m->value.n ? read_keyed(d, m, &cw_profile_shape, &root, &p)
                         : read_tombstone(d, m, &cw_profile_shape, &p);
    if (err)
        return err;
    p.deleted = m->value.n == 0;
    *ret_profile = p;
    return 0;
}

int cw_decode_manager(struct cw_decoder *d, const struct cw_message *m,
                      struct cw_manager *ret_manager, struct cw_reject *ret_reject)
{
    struct cw_manager mgr;
    struct cw_node root;
    int err = cw_decode_begin(d, m, d->limits.max_profile_bytes, ret_reject);
    if (!err)
        err = m->value.n ? read_keyed(d, m, &cw_manager_shape, &root, &mgr)
                         : read_tombstone(d, m, &cw_manager_shape, &mgr);
    if (err)
        return err;
    mgr.deleted = m->value.n == 0;
    *ret_manager = mgr;
    return 0;
}

int cw_decode_outcome(struct cw_decoder *d, const struct cw_message *m,
                      struct cw_outcome *ret_outcome, struct cw_reject *ret_reject)
{
    struct cw_outcome oc;
    struct cw_node root;
    int err = cw_decode_begin(d, m, d->limits.max_profile_bytes, ret_reject);
    if (!err)
        err = read_keyed(d, m, &cw_outcome_shape, &root, &oc);
    if (!err) {
        struct cw_node at = cw_node_member(&root, "at");
        err = cw_check_ahead(d, &at, m, oc.at);
    }
    if (err)
        return err;
    *ret_outcome = oc;
    return 0;
}
