/* A detector: one file in detectors/, one row in detectors/detectors.def.
 *
 * Detectors are pure. They read an event (or a closed day, or a bill), the client, their thresholds
 * and the shard's clock; they keep their own slice of the client's and its lines' state; they raise
 * and clear signals. No I/O, no allocation, no clock, no randomness.
 *
 * A slice is a plain struct of members of up to four bytes without padding; all zero is "knows
 * nothing".
 * When a slice's layout changes, raise state_version and say in the detector's file what the older
 * one meant: `older` reads it, and where there is none it is read as all zero.
 */
#ifndef CHURNWATCH_DETECTOR_H
#define CHURNWATCH_DETECTOR_H

#include "churnwatch/event.h"
#include "churnwatch/trend.h"

/* The list: name in this order, which is the order of judging and of the stored tables. */
enum cw_detector_id {
#define DETECTOR(name) CW_DET_##name,
#include "detectors/detectors.def"
#undef DETECTOR
    CW_DETECTORS
};
#define CW_THRESHOLDS_MOST 16

/* One threshold or weight, declared here and nowhere else: parsing, range check, reference page,
 * `thresholds` and metrics' labels come from it. */
struct cw_threshold {
    const char *name; /* "drop_yuan" */
    const char *unit; /* "yuan", "days", "ratio", "score", "count", "log-odds", "hours" … */
    double dflt, least, most;
    const char *meaning; /* one line: what rises or falls with it */
};

/* Evidence a person can read: at most this many facts a signal, in the order given. */
#define CW_FACTS_MOST 8
#define CW_FACT_TEXT 32
/* key, how it is written in JSON; images store the place in this list, so new ones go last */
#define CW_FACT_KEYS(X)                                                                            \
    X(day, DAY)                                                                                    \
    X(observed, NUMBER)                                                                            \
    X(expected, NUMBER)                                                                            \
    X(limit, NUMBER)                                                                               \
    X(span_days, COUNT)                                                                            \
    X(observed_yuan, MONEY)                                                                        \
    X(expected_yuan, MONEY)                                                                        \
    X(limit_yuan, MONEY)                                                                           \
    X(observed_days, NUMBER)                                                                       \
    X(expected_days, NUMBER)                                                                       \
    X(limit_days, NUMBER)                                                                          \
    X(amount, MONEY)                                                                               \
    X(usual_bill, MONEY)                                                                           \
    X(days_overdue, COUNT)                                                                         \
    X(usual_delay_days, NUMBER)                                                                    \
    X(direction, TEXT)                                                                             \
    X(reason, TEXT)                                                                                \
    X(condition, TEXT)                                                                             \
    X(target, TEXT)                                                                                \
    X(target_class, TEXT)                                                                          \
    X(lines, COUNT)                                                                                \
    X(lines_total, COUNT)                                                                          \
    X(count, COUNT)                                                                                \
    X(duration_s, COUNT)                                                                           \
    X(peer, TEXT)                                                                                  \
    X(from, TEXT)                                                                                  \
    X(to, TEXT)                                                                                    \
    X(fee_lost, MONEY)                                                                             \
    X(stage, TEXT)                                                                                 \
    X(recipient, TEXT)                                                                             \
    X(ends, DAY)                                                                                   \
    X(severity, COUNT)                                                                             \
    X(topic, TEXT)                                                                                 \
    X(ticket, TEXT)                                                                                \
    X(minutes, NUMBER)                                                                             \
    X(area, TEXT)                                                                                  \
    X(cycle, TEXT)                                                                                 \
    X(score, NUMBER)                                                                               \
    X(hours, NUMBER)                                                                               \
    X(observed_minutes, NUMBER)                                                                    \
    X(expected_minutes, NUMBER)                                                                    \
    X(limit_minutes, NUMBER)                                                                       \
    X(observed_percent, NUMBER)                                                                    \
    X(limit_percent, NUMBER)                                                                       \
    X(by_hour, COUNT)                                                                              \
    X(key_person, TEXT)
enum cw_fact_key {
#define X(name, how) CW_FACT_##name,
    CW_FACT_KEYS(X)
#undef X
        CW_FACT_KEYS_COUNT
};
struct cw_fact {
    uint8_t key;
    union {
        double number; /* NUMBER, COUNT */
        cw_money money;
        cw_day day;
        char text[CW_FACT_TEXT]; /* terminated; cut at a character's end */
    } u;
};

/* What a detector says of a client. Identity within a task is (detector, line, slot). */
#define CW_SIGNAL_MEMBERS                                                                          \
    uint8_t detector; /* filled by the caller of the detector */                                   \
    uint8_t slot;     /* tells apart two causes of one detector on one line (CFU and CFB) */       \
    uint8_t step;     /* 0..; a higher step of an open signal is news ("climbs") */                \
    bool holds;       /* a state: full weight until cleared; else it fades by half_life_days */    \
    float severity;   /* 0..1 */                                                                   \
    float leave;      /* log-odds of leaving within 30 days while fresh */                         \
    float incident;   /* log-odds of "something is wrong, call now", not a wish to leave */        \
    float half_life_days;                                                                          \
    float due_hours; /* how soon a call stops helping */                                           \
    cw_number line;  /* 0 = the client as a whole */

/* Without its evidence: all that folding and weighing look at. */
struct cw_bare_signal {
    CW_SIGNAL_MEMBERS
};
struct cw_signal {
    union {
        struct cw_bare_signal bare;
        struct {
            CW_SIGNAL_MEMBERS
        };
    };
    uint8_t n_facts;
    struct cw_fact facts[CW_FACTS_MOST];
};

/* One channel (spend or usage) of a closed day, the shared part already taken out. */
struct cw_channel_day {
    double amount;   /* yuan, or usage units (voice minutes + MB/40) */
    bool any;        /* there was something at all */
    bool judged;     /* the feed was alive; when false the day says nothing: look away */
    bool warm;       /* past warm-up: the expectation can be trusted */
    int32_t days;    /* days of history behind it */
    double expected; /* amount usual for such a day given that there is any */
    double mean;     /* amount usual for such a day, days of nothing counted in */
    double p_any;    /* the client's own chance that such a day has any */
    double scale;    /* of the log amount: one own deviation */
    double z;        /* log amount against expected, in own scales; 0 on a day of nothing */
    double llr;      /* log-likelihood ratio of "at a third" against "as usual", -4..4; of a day
                      * so far 0 */
    double shared;   /* what the day did to everybody's mean amount; 1 is nothing */
    struct cw_trend
        trend; /* with the closed day, where it was judged; of a day so far without it */
};
/* Of the log of a day's amount, how much of it is usual by an hour of the day, and how far days
 * differ in that; see core/pace.h. {0, 0}: all of it. */
struct cw_pace_by {
    double share, spread;
};
struct cw_day_view {
    cw_day day;
    bool working;
    struct cw_channel_day spend, usage;
    cw_money roaming, roaming_night; /* of the day, yuan x 10^4 */
    int32_t quiet_days;              /* days since the client was last active in any way */
    int32_t hour;                    /* of a day so far: spend is told by the end of this hour */
    struct cw_pace_by by_hour;       /* and so much of it is usual by then */
};

struct cw_client;
struct cw_line;
struct cw_settings;
struct cw_findings;
struct cw_explanation;
struct cw_rates;

/* One call's view of the world. */
struct cw_judge {
    const struct cw_settings *settings;
    const struct cw_client *client; /* facts, lines: churnwatch/client.h */
    const double *t;                /* this detector's thresholds, by index of its declaration */
    void *state;                    /* this detector's slice of the client; NULL if it has none */
    struct cw_line *line;           /* the event's line, NULL if it has none: read only */
    void *line_state;               /* this detector's slice of that line */
    const struct cw_event *event;   /* on_event, on_bill */
    const struct cw_day_view *day;  /* on_day_close */
    cw_event_time now;              /* the event's time; at a day's close the closing instant */
    cw_day today;                   /* the civil day of now; at a day's close the closed day */
    bool late;                      /* the event belongs to a day already judged */
    /* A charge's day so far, spend without monthly fee, this event included (on_event of CHARGE,
     * explain; view.amount is the sum so far, expectation of the whole day). On an event spend and
     * by_hour are all zero, and so not warm, until spend is warm. */
    const struct cw_day_view *so_far;
    /* At a day's close and in explain: log-odds of leaving that the client's open signs add now,
     * but for those of falling spend and usage; 0 or more. */
    double signs;
    const struct cw_rates *rates; /* see cw_rate_limit; NULL: limits are fixed */
    struct cw_rates *noted;       /* where cw_rate_note writes; NULL: nowhere */
    struct cw_findings *out;
    uint8_t self; /* enum cw_detector_id */
};

/* Limits that follow the population: how rare a score is among the shard's clients of the last
 * weeks; see core/rates.h. Every client-day with a score is noted at its close, 0 where the other
 * needs are not met. */
enum cw_rated {
    CW_RATED_spend_spike,
    CW_RATED_spend_decline,
    CW_RATED_spend_unexplained, /* spend_spike, what usage explains taken out */
    CW_RATED
};
void cw_rate_note(struct cw_judge *j, enum cw_rated what, double score);
struct cw_limit {
    double score;
    uint8_t by; /* the threshold behind it, by index */
};
/* The higher of the fixed limit (threshold `floor`) and the score that so many of a thousand
 * client-days reach (threshold `rate`; 0, or too few days known: the fixed one). */
struct cw_limit cw_rate_limit(const struct cw_judge *j, enum cw_rated what, uint8_t rate,
                              uint8_t floor);

/* Raise: the signal is copied. A second raise of the same (line, slot) at no higher step is no
 * news: a state (holds) takes its weight and evidence of now, a fading sign is fresh again,
 * severity only rises. Clear: the cause is gone (no effect if it was not raised). clear_lines:
 * every line's signals of this detector. */
void cw_raise(struct cw_judge *j, const struct cw_signal *s);
void cw_clear(struct cw_judge *j, cw_number line, uint8_t slot);
void cw_clear_all(struct cw_judge *j);
/* Is such a signal open in the client's task, or still standing after a call has dealt with it? */
bool cw_is_raised(const struct cw_judge *j, cw_number line, uint8_t slot);

/* Evidence; more than CW_FACTS_MOST are left out (a test checks that none does). */
void cw_fact_number(struct cw_signal *s, enum cw_fact_key k, double v);
void cw_fact_money(struct cw_signal *s, enum cw_fact_key k, cw_money m);
/* An amount worked out, to the nearest fen. */
void cw_fact_yuan(struct cw_signal *s, enum cw_fact_key k, double yuan);
void cw_fact_day(struct cw_signal *s, enum cw_fact_key k, cw_day d);
void cw_fact_text(struct cw_signal *s, enum cw_fact_key k, struct cw_str text);

struct cw_detector {
    const char *name;
    const char *finds; /* one line for listings and the reference page */
    const struct cw_threshold *thresholds;
    uint8_t n_thresholds;
    uint8_t state_version;
    uint16_t state_size; /* bytes in the client, an even number; of a rare one a multiple of 4 */
    uint16_t line_state_size; /* bytes in each line, likewise */
    /* Reads a slice of n bytes that an older state_version wrote into today's, which is all zero;
     * false: it is not known, and begins anew. NULL: none is. */
    bool (*older)(uint8_t version, bool line, const void *from, size_t n, void *to);
    bool rare; /* both are all zero for most clients and lines: they take room where they are not */
    bool of_falls;  /* it looks for falling days: what it says is left out of cw_judge.signs */
    uint32_t reads; /* CW_READS of the types on_event is called for */
    void (*on_event)(struct cw_judge *j);
    void (*on_day_close)(struct cw_judge *j);
    void (*on_bill)(struct cw_judge *j); /* on CW_EV_BILL, after the client's bills were updated */
    /* At a day's close, for each line, line and line_state set; NULL for most. */
    void (*on_line_close)(struct cw_judge *j);
    /* What it knows of the client, and of each line (line and line_state set; NULL where lines tell
     * nothing): adds readings by cw_explain_add, see churnwatch/explain.h, and changes nothing. j
     * has now (the clock), today and so_far (both channels), no event and no day. */
    void (*explain)(const struct cw_judge *j, struct cw_explanation *x);
    void (*explain_line)(const struct cw_judge *j, struct cw_explanation *x);
};

/* The table, by enum cw_detector_id. */
extern const struct cw_detector *const cw_detectors[CW_DETECTORS];
/* The id of a name, or -1. */
int cw_detector_find(struct cw_str name);

#endif
