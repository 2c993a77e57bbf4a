/* What a detector knows of a client: what was seen, what would fire, and how far that is.
 *
 * A rule is a gauge: the needs that must all be met before there is a signal. The detectors judge
 * by their gauges, and explaining reads the same ones, so that there is no second copy of a rule.
 * Pure; nothing here allocates.
 */
#ifndef CHURNWATCH_EXPLAIN_H
#define CHURNWATCH_EXPLAIN_H

#include "churnwatch/buf.h"
#include "churnwatch/client.h"
#include "churnwatch/settings.h"

/* ---- gauges ---- */

#define CW_NEEDS_MOST 6
#define CW_BY_RULE 255 /* no threshold: the limit follows from the rule itself */

/* One need. unit is a stable word of its own, "yuan", "days", "score" …, whatever the threshold is
 * counted in. */
struct cw_need {
    double is, limit;
    const char *unit;
    uint8_t by;   /* the threshold behind the limit, by index, or CW_BY_RULE */
    bool at_most; /* met from the limit down; else from the limit up */
};
struct cw_gauge {
    struct cw_need need[CW_NEEDS_MOST];
    uint8_t n;
};

void cw_need_least(struct cw_gauge *g, uint8_t by, const char *unit, double is, double limit);
void cw_need_most(struct cw_gauge *g, uint8_t by, const char *unit, double is, double limit);
bool cw_need_met(const struct cw_need *n);
/* All of them; true of none. */
bool cw_gauge_met(const struct cw_gauge *g);
/* What is missing, in the need's unit; 0 when it is met. */
double cw_need_distance(const struct cw_need *n);
/* The share of the limit that is missing (of what is there, where it must come down to the limit):
 * 0 met, 1 nothing of it. */
double cw_need_share(const struct cw_need *n);
/* The need that is furthest from being met, the first of equals; NULL of none. */
const struct cw_need *cw_gauge_furthest(const struct cw_gauge *g);

/* ---- readings ---- */

/* Why a detector that is past its limit may still say nothing. */
enum cw_hold {
    CW_HOLD_NONE,
    CW_HOLD_TOLD, /* this was told once; it is told again when it gets worse or begins anew */
    CW_HOLD_WORN  /* it has lasted so long that it is the new usual */
};

/* How a reading stands in the end. */
#define CW_STANDINGS(X)                                                                            \
    X(fired)      /* its signal is open in the client's task */                                    \
    X(would_fire) /* past its limit: fires when it is next judged */                               \
    X(quiet)      /* short of its limit */                                                         \
    X(warming_up) /* too little is known yet */                                                    \
    X(inhibited)  /* a stronger fact explains it */                                                \
    X(told)       /* past its limit, and told before */                                            \
    X(settled)    /* past its limit, and a call has dealt with it */                               \
    X(worn)       /* past its limit for so long that it is the new usual */                        \
    X(crowded)    /* past its limit, but the task is full of stronger signals */                   \
    X(dry)        /* past its limit: counted and listed, but not sent */                           \
    X(off)        /* the detector is off for this client */
enum cw_standing {
#define X(name) CW_STANDS_##name,
    CW_STANDINGS(X)
#undef X
        CW_STANDINGS_COUNT
};
const char *cw_standing_name(enum cw_standing s);

struct cw_reading {
    struct cw_signal s; /* line, slot, and the evidence a signal of this moment would carry */
    struct cw_gauge gauge;
    double warmup_days; /* of history that are missing before it is judged; 0: it is judged */
    enum cw_hold hold;
    bool any_line; /* its signals are of whatever line the event was of */
    /* What follows is the core's to fill in. */
    enum cw_standing standing;
    const char *inhibited_by;          /* a stable word, see core/ladder.c; NULL when it is not */
    cw_event_time settled_until;       /* what a call has settled is held back until; CW_NO_TIME */
    double share;                      /* of the furthest need; 0 when it fired or is met */
    const struct cw_task_signal *open; /* the signal in the task; NULL when there is none */
};

/* A detector's readings: those that fired first, then by nearness; more than fit are counted. */
#define CW_READINGS_MOST 12
struct cw_explanation {
    struct cw_reading of[CW_READINGS_MOST];
    size_t n, left_out;
};

/* For detectors' explain and explain_line: copies the reading into its place. */
void cw_explain_add(const struct cw_judge *j, struct cw_explanation *x, const struct cw_reading *r);
/* Days until a channel of the day so far is past its warm-up. */
double cw_explain_warmup(const struct cw_judge *j, const struct cw_channel_day *d);
/* Days of so many that are not there yet. */
static inline double cw_explain_missing(double of, double there)
{
    return there < of ? of - there : 0;
}
/* The open signal of this detector; on any line where the line does not matter. NULL: none. */
const struct cw_task_signal *cw_explain_open(const struct cw_judge *j, const struct cw_reading *r);

/* ---- the whole client ---- */

/* Some 200 KiB, on the caller's heap. */
struct cw_explained {
    const struct cw_client *client;      /* the shard's; until it is next moved */
    cw_event_time clock;                 /* CW_NO_TIME before the first event */
    cw_day today;                        /* the civil day of the clock */
    struct cw_day_view so_far;           /* of today, against a whole day as it usually is */
    struct cw_policy policy;             /* what the client is judged by */
    uint64_t segments[CW_SEGMENT_WORDS]; /* which of the settings' segments match */
    float risk; /* of leaving within 30 days, as its open signals stand now; see core/risk.c */
    struct cw_explanation detectors[CW_DETECTORS];
};

struct cw_shard;
/* Asks every detector, and fills ret whole. The shard is read; only its cache of policies may
 * change. Returns 0, -CW_E_NOTFOUND or -CW_E_NOMEM. */
int cw_shard_explain(struct cw_shard *sh, struct cw_str client, struct cw_explained *ret);
/* Everyone's risk now, by the clock: in byte order of ids, but for clients that have no line left.
 * Changes nothing that is stored. Returns 0 or -CW_E_NOMEM. */
struct cw_client_risk {
    struct cw_str client_id; /* borrowed during the call */
    cw_event_time at;
    float risk, incident; /* core/risk.c; of who has no open task what it is without any sign */
};
int cw_shard_risks(struct cw_shard *sh, void (*tell)(void *arg, const struct cw_client_risk *r),
                   void *arg);
/* One object: client_id, at, risk, incident. Appends. */
void cw_client_risk_json(struct cw_buf *b, const struct cw_zone *z, const struct cw_client_risk *r);
/* The client's open task as its next version would read now, a record of docs/tasks.md; null
 * without one, and the terms of its risk and value ("why") alone. Appends. */
void cw_explain_task_json(struct cw_buf *b, const struct cw_shard *sh, const struct cw_client *cl);
void cw_explain_why_json(struct cw_buf *b, const struct cw_shard *sh, const struct cw_client *cl);
/* A signal's evidence as a task has it, an object; and its reason in the operator's language. */
void cw_evidence_json(struct cw_buf *b, const struct cw_signal *s);
const char *cw_text_reason(const struct cw_settings *s, const struct cw_bare_signal *g);
/* The value of one fact as JSON: a number, a day or a text. */
void cw_fact_json(struct cw_buf *b, const struct cw_fact *f);

#endif
