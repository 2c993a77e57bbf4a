/* What comes in: events, client profiles, managers and outcomes, decoded and checked.
 *
 * Everything decoded borrows from its decoder and is valid until the decoder's next call.
 * The contract is docs/events.md; each limit here is a limit there.
 */
#ifndef CHURNWATCH_EVENT_H
#define CHURNWATCH_EVENT_H

#include "churnwatch/civil.h"

/* type name, enum name */
#define CW_EVENT_TYPES(X)                                                                          \
    X("billing.charge", CHARGE)                                                                    \
    X("billing.bill", BILL)                                                                        \
    X("billing.payment", PAYMENT)                                                                  \
    X("billing.arrears", ARREARS)                                                                  \
    X("billing.balance", BALANCE)                                                                  \
    X("service.suspended", SUSPENDED)                                                              \
    X("service.resumed", RESUMED)                                                                  \
    X("service.call_forwarding", CALL_FORWARDING)                                                  \
    X("service.plan_changed", PLAN_CHANGED)                                                        \
    X("service.call", CALL)                                                                        \
    X("service.usage", USAGE)                                                                      \
    X("service.port_out", PORT_OUT)                                                                \
    X("service.terminated", TERMINATED)                                                            \
    X("service.contract", CONTRACT)                                                                \
    X("care.complaint", COMPLAINT)                                                                 \
    X("care.outage", OUTAGE)
enum cw_event_type {
#define X(text, name) CW_EV_##name,
    CW_EVENT_TYPES(X)
#undef X
        CW_EV_COUNT
};
#define CW_READS(name) (UINT32_C(1) << CW_EV_##name)
const char *cw_event_type_name(enum cw_event_type t);

enum cw_category {
    CW_CAT_VOICE,
    CW_CAT_DATA,
    CW_CAT_SMS,
    CW_CAT_ROAMING,
    CW_CAT_VALUE_ADDED,
    CW_CAT_MONTHLY_FEE,
    CW_CAT_OTHER
};
enum cw_suspend_reason {
    CW_SUSPEND_ARREARS,
    CW_SUSPEND_CUSTOMER_REQUEST,
    CW_SUSPEND_LOST,
    CW_SUSPEND_FRAUD,
    CW_SUSPEND_OTHER
};
enum cw_forward_condition { CW_CFU, CW_CFB, CW_CFNRY, CW_CFNRC };
enum cw_port_stage {
    CW_PORT_INQUIRY,
    CW_PORT_CODE_ISSUED,
    CW_PORT_REQUESTED,
    CW_PORT_COMPLETED,
    CW_PORT_CANCELLED
};
enum cw_end_reason { CW_END_CUSTOMER_REQUEST, CW_END_PORT_OUT, CW_END_ARREARS, CW_END_OTHER };
enum cw_contract_action { CW_CONTRACT_SIGNED, CW_CONTRACT_RENEWED, CW_CONTRACT_ENDED };

struct cw_plan {
    struct cw_str id;
    cw_money monthly_fee;
};

struct cw_event {
    enum cw_event_type type;
    struct cw_str id, source, subject;
    cw_event_time time;
    cw_number msisdn;     /* 0 where the type has none or an optional one is absent */
    struct cw_str number; /* the same as text, for matching and evidence */
    union {
        struct {
            cw_money amount;
            enum cw_category category;
        } charge;
        struct {
            cw_cycle cycle;
            cw_money amount;
            cw_day due;
        } bill;
        struct {
            cw_money amount;
        } payment;
        struct {
            cw_money amount;
            int32_t days_overdue;
        } arrears;
        struct {
            cw_money balance;
            cw_money credit_limit; /* 0 when absent */
        } balance;
        struct {
            bool two_way;
            enum cw_suspend_reason reason;
        } suspended;
        struct {
            enum cw_forward_condition condition;
            bool active;
            struct cw_str target; /* absent when not active and not told */
        } forwarding;
        struct {
            struct cw_plan from, to;
            cw_day effective;
        } plan;
        struct {
            bool outgoing;
            struct cw_str peer;
            int64_t duration_s;
        } call;
        struct {
            double voice_min, data_mb;
            int64_t sms;
        } usage;
        struct {
            enum cw_port_stage stage;
            struct cw_str recipient;
        } port;
        struct {
            enum cw_end_reason reason;
        } terminated;
        struct {
            cw_day ends;
            enum cw_contract_action action;
        } contract;
        struct {
            int32_t severity; /* 1..4 */
            struct cw_str topic, ticket;
        } complaint;
        struct {
            struct cw_str area;
            double minutes;
        } outage;
    } u;
};

/* Classes and levels, best first; a client with two identities counts as the higher. */
enum cw_kind { CW_INDIVIDUAL, CW_GROUP };
enum cw_class { CW_CLASS_A1, CW_CLASS_A2, CW_CLASS_B1, CW_CLASS_B2, CW_CLASS_C, CW_CLASS_NONE };
enum cw_vip { CW_VIP_DIAMOND, CW_VIP_GOLD, CW_VIP_SILVER, CW_VIP_NONE };
enum cw_method { CW_BY_PHONE, CW_BY_SMS, CW_BY_EMAIL, CW_BY_VISIT, CW_BY_NONE };
const char *cw_kind_name(enum cw_kind k);     /* "individual", "group" */
const char *cw_class_name(enum cw_class c);   /* "A1".. "C", NULL for none */
const char *cw_vip_name(enum cw_vip v);       /* "diamond".. "none" */
const char *cw_method_name(enum cw_method m); /* "phone".. NULL for none */

enum cw_role { CW_DECISION_MAKER, CW_CONTACT, CW_TELECOM_LEAD, CW_INFLUENCER };
const char *cw_role_name(enum cw_role r);
struct cw_contact {
    enum cw_role role;
    struct cw_str name, msisdn, email;
    cw_day birthday; /* CW_NO_DAY when absent */
    bool lunar;
};
struct cw_profile_line {
    cw_number msisdn;
    struct cw_str plan, role;
    cw_money monthly_fee; /* -1 when absent */
};
struct cw_profile_date {
    cw_day date;
    struct cw_str label;
    bool yearly;
};

struct cw_profile {
    struct cw_str client_id;
    bool deleted; /* a tombstone: only client_id is set */
    enum cw_kind kind;
    struct cw_str manager, chief_manager, name, county, address, industry;
    struct cw_str legal_representative, notes;
    enum cw_class class_;
    enum cw_vip vip;
    int32_t headcount, phones, mobile_phones; /* -1 when absent */
    cw_money annual_output;                   /* -1 when absent */
    bool snapshot;
    cw_day contract_ends; /* CW_NO_DAY when absent */
    enum cw_method preferred_method;
    const struct cw_contact *contacts;
    size_t n_contacts;
    const struct cw_profile_line *lines;
    size_t n_lines;
    const struct cw_profile_date *dates;
    size_t n_dates;
    const struct cw_str *interests;
    size_t n_interests;
};

struct cw_absence {
    cw_day from, to;
    struct cw_str delegate;
};
struct cw_manager {
    struct cw_str manager_id;
    bool deleted;
    struct cw_str name, county, chief_manager;
    const struct cw_absence *absences;
    size_t n_absences;
    int32_t daily_capacity; /* -1 when absent */
};

/* What a manager did with a task; see docs/moves.md. */
enum cw_action {
    CW_DID_CLAIM,
    CW_DID_RELEASE,
    CW_DID_DONE,
    CW_DID_SNOOZE,
    CW_DID_NOTE,
    CW_DID_REASSIGN,
    CW_DID_ESCALATE,
    CW_ACTIONS
};
const char *cw_action_name(enum cw_action a);
/* How a call ended. */
#define CW_RESULTS_OF(X)                                                                           \
    X(RETAINED, retained)                                                                          \
    X(RECOVERING, recovering)                                                                      \
    X(NO_ISSUE, no_issue)                                                                          \
    X(FALSE_ALARM, false_alarm)                                                                    \
    X(LOST, lost)                                                                                  \
    X(UNREACHABLE, unreachable)
enum cw_result {
#define X(name, word) CW_RESULT_##name,
    CW_RESULTS_OF(X)
#undef X
        CW_RESULTS
};
const char *cw_result_name(enum cw_result r);
struct cw_outcome {
    struct cw_str id, task_id, client_id, manager, to, method, result, note;
    int64_t version;
    enum cw_action action;
    cw_event_time at, until; /* until: CW_NO_TIME when absent */
};

/* A message as a bus gives it. Borrowed. */
struct cw_header {
    struct cw_str name, value;
};
struct cw_message {
    struct cw_str key, value; /* value absent = tombstone */
    const struct cw_header *headers;
    size_t n_headers;
    int64_t timestamp_ms; /* the message's Kafka timestamp; -1 when it has none */
    int32_t partition;
    int64_t offset;
};

/* Why a message goes to the dead letters. The texts are stable codes: scripts match them. */
#define CW_REJECT_CODES(X)                                                                         \
    X(NOT_UTF8, "not-utf8")                                                                        \
    X(NOT_JSON, "not-json")                                                                        \
    X(TOO_DEEP, "too-deep")                                                                        \
    X(TOO_LARGE, "too-large")                                                                      \
    X(DUPLICATE_MEMBER, "duplicate-member")                                                        \
    X(MISSING_MEMBER, "missing-member")                                                            \
    X(WRONG_TYPE, "wrong-type")                                                                    \
    X(OUT_OF_RANGE, "out-of-range")                                                                \
    X(KEY_MISMATCH, "key-mismatch")                                                                \
    X(TIME_AHEAD, "time-ahead")                                                                    \
    X(EMPTY, "empty")                                                                              \
    X(NO_SUCH_MANAGER, "no-such-manager")
enum cw_reject_code {
#define X(name, text) CW_REJECT_##name,
    CW_REJECT_CODES(X)
#undef X
        CW_REJECT_COUNT
};
struct cw_reject {
    enum cw_reject_code code;
    int64_t at_byte;  /* into the value; -1 where no byte is to blame (a missing member) */
    char detail[256]; /* member as a JSON Pointer, what was found, the byte: one English sentence */
};
const char *cw_reject_code_name(enum cw_reject_code c);

#endif
