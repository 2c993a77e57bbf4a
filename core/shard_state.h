/* Inside of a shard: what the files of core share and nobody else sees. */
#ifndef CW_CORE_SHARD_STATE_H
#define CW_CORE_SHARD_STATE_H

#include "churnwatch/client.h"
#include "churnwatch/explain.h"
#include "churnwatch/shard.h"
#include "churnwatch/task.h"
#include "core/findings.h"
#include "core/index.h"
#include "core/pace.h"
#include "core/rare.h"
#include "core/rates.h"
#include "core/slab.h"

/* ---- feed.c: is the feed alive, or is it the feed that fell silent? ---- */
enum cw_channel { CW_CH_SPEND, CW_CH_USAGE, CW_CHANNELS };
struct cw_feed {
    uint32_t open[CW_CHANNELS][2]; /* events of the open days, by day & 1 */
    float usual[CW_CHANNELS][2];   /* usual events a day: working, other */
    uint16_t days[CW_CHANNELS];    /* of history */
    uint16_t silent[CW_CHANNELS];  /* days in a row */
};
/* Counts an event of an open day. */
void cw_feed_count(struct cw_feed *f, enum cw_channel ch, cw_day day);
/* Closes a day: true when the channel may be judged on it. Learns the usual count. */
bool cw_feed_close(struct cw_feed *f, enum cw_channel ch, cw_day day, bool working,
                   const struct cw_settings *s);

/* ---- the shard ---- */
struct cw_policy_entry {
    uint64_t words[CW_SEGMENT_WORDS];
    struct cw_policy policy;
};

struct cw_due {
    cw_event_time at; /* the task's when it was put there */
    struct cw_task *task;
    struct cw_client *client;
};

struct cw_shard {
    const struct cw_settings *settings;
    const struct cw_roster *roster;
    cw_event_time clock;     /* greatest event time; CW_NO_TIME before the first */
    cw_day open_day;         /* the earliest day not yet closed */
    cw_event_time closes_at; /* when it will be */
    struct cw_feed feed;
    struct cw_rates rates;
    struct cw_pace pace;

    struct cw_slab slab; /* clients lie in it, with all they own */
    struct cw_index clients;

    /* In the order of writing to the state log; touched: the first of those changed since, which
     * are all behind it, as they were changed. */
    struct cw_client *oldest, *newest, *touched;
    bool facts_touched;

    struct cw_due *due; /* heap of clients with an unescalated open task, by due_at */
    size_t n_due, cap_due;
    bool due_stale;           /* restored: the heap is to be built anew */
    struct cw_layout *layout; /* of the images being restored; see image.c */

    struct cw_policy_entry *policies;
    size_t n_policies, cap_policies;

    struct cw_shard_counters counters;
    size_t n_tasks, bytes;
    bool failed; /* out of memory somewhere below; the call in progress returns it */

    struct cw_accuracy *accuracy; /* all clients first, then segments; see accuracy.c */
    size_t n_accuracy, cap_accuracy;
    bool accuracy_touched;
    uint32_t accuracy_written; /* commit that last wrote it to the state log */

    struct cw_str only;          /* absent: all clients are restored */
    struct cw_watch watch;       /* all zero: nobody watches; see watch.h */
    struct cw_findings findings; /* of the call in progress */
    struct cw_dry *dry;          /* room for CW_DRY_MOST; NULL until one is found */
    size_t n_dry;
    struct cw_buf json;
};

/* ---- clients.c: making and changing clients ---- */
struct cw_client *cw_clients_find(const struct cw_shard *sh, struct cw_str id);
/* See cw_shard_expect. */
void cw_clients_expect(const struct cw_shard *sh, uint32_t hash, unsigned step);
/* Has a client's record brought near, without waiting; what it owns, when the record is near. */
void cw_client_expect(const struct cw_client *cl);
void cw_client_expect_owned(const struct cw_client *cl);
/* For who goes through all in their order and is at the i-th: likewise those that come next. */
void cw_clients_expect_after(const struct cw_shard *sh, size_t i);
/* Finds or makes; NULL when out of memory. */
struct cw_client *cw_clients_get(struct cw_shard *sh, struct cw_str id);
void cw_clients_free(struct cw_shard *sh);
/* Marks as changed since the last encode. */
void cw_clients_touch(struct cw_shard *sh, struct cw_client *cl);
/* The next one in the order of writing; NULL: it is the last. */
struct cw_client *cw_clients_newer(const struct cw_client *cl);
/* Moves to the newest end of what is written, and is touched no more. */
void cw_clients_written(struct cw_shard *sh, struct cw_client *cl, uint32_t commit);
/* Finds or adds a line; NULL when the client has input.max_lines already, or no memory. */
struct cw_line *cw_clients_line(struct cw_shard *sh, struct cw_client *cl, cw_number number);
/* Makes n lines, all zero, in place of those there are; false: no memory. */
bool cw_clients_lines(struct cw_shard *sh, struct cw_client *cl, uint32_t n);
/* True when this id was among the last ones (then it is a repeat); remembers it otherwise. */
bool cw_clients_seen(struct cw_shard *sh, struct cw_client *cl, struct cw_str source,
                     struct cw_str id);
/* Replaces the packed profile; takes nothing; absent removes it. */
int cw_clients_set_profile(struct cw_shard *sh, struct cw_client *cl, struct cw_str packed);
/* Which segments the client is in now: a bit each. */
void cw_clients_segments(const struct cw_shard *sh, const struct cw_client *cl,
                         uint64_t words[CW_SEGMENT_WORDS]);
/* What lies apart (core/rare.h), put in its place; false: no memory. */
bool cw_clients_fact(struct cw_shard *sh, struct cw_client *cl, enum cw_rare_fact fact,
                     const void *bytes);
bool cw_clients_line_fact(struct cw_shard *sh, struct cw_line *ln, enum cw_rare_fact fact,
                          const void *bytes);
/* The client's own from now on; NULL takes it off. */
bool cw_clients_set_task(struct cw_shard *sh, struct cw_client *cl, struct cw_task *t);
bool cw_clients_set_past(struct cw_shard *sh, struct cw_client *cl, struct cw_past *p);
/* All are resolved anew as they are asked for. */
void cw_clients_forget_policies(struct cw_shard *sh);
const struct cw_policy *cw_clients_policy(struct cw_shard *sh, struct cw_client *cl);
/* Facts of the event, before and after the detectors saw it (see detectors' brief in shard.c). */
void cw_clients_before(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                       const struct cw_event *ev, cw_day day, bool late);
void cw_clients_after(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                      const struct cw_event *ev);
/* What a profile says becomes the client's; a deleted one leaves a client without a profile. */
void cw_clients_profile(struct cw_shard *sh, struct cw_client *cl, const struct cw_profile *p);
/* As newly made, but known under its id and in its place; for an image that replaces it. The
 * profile stays, which will most likely be the same. */
void cw_clients_empty(struct cw_shard *sh, struct cw_client *cl);
/* The client has begun by that day, and has a line left to live on. */
bool cw_clients_takes_part(const struct cw_client *cl, cw_day day);
/* Yuan, or units of usage, of an open day; 0 of another. */
double cw_clients_amount(const struct cw_client *cl, enum cw_channel ch, cw_day day);
const struct cw_baseline *cw_clients_baseline(const struct cw_client *cl, enum cw_channel ch);
struct cw_trend cw_clients_trend(const struct cw_client *cl, enum cw_channel ch);
/* One more day, before the baseline learns it; returns the trend with it. */
struct cw_trend cw_clients_trend_day(struct cw_client *cl, enum cw_channel ch, double amount);
void cw_clients_set_trend(struct cw_client *cl, enum cw_channel ch, const struct cw_trend *t);

/* ---- day_close.c ---- */
/* Closes sh->open_day: residuals, the shared part, verdicts, learning; then moves on to the next
 * day. */
void cw_day_close(struct cw_shard *sh, const struct cw_output *out);

/* ---- judge.c: calling the detectors ---- */
void cw_judge_event(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                    const struct cw_event *ev, cw_day day, bool late);
void cw_judge_day(struct cw_shard *sh, struct cw_client *cl, const struct cw_day_view *view,
                  cw_event_time now);
/* One channel of a day that is still open against a whole day as it usually is; what the clients
 * share is not known yet. */
void cw_judge_so_far(const struct cw_shard *sh, const struct cw_client *cl, enum cw_channel ch,
                     cw_day day, struct cw_channel_day *ret);
/* How much of that day's spend is usual by then; needs ret->working. */
void cw_judge_by_hour(const struct cw_shard *sh, const struct cw_client *cl, cw_event_time at,
                      struct cw_day_view *ret);
/* Points the judge at a detector: its thresholds, and its slices as they are, to be read. */
void cw_judge_look(struct cw_judge *j, const struct cw_policy *p, unsigned d);

/* ---- key_person.c ---- */
/* Findings of lines whose number a group's profile names as a contact's weigh more. */
void cw_key_person_weigh(struct cw_shard *sh, const struct cw_client *cl);

/* ---- dry.c: findings of detectors in dry mode ---- */
void cw_dry_note(struct cw_shard *sh, const struct cw_client *cl, const struct cw_signal *s,
                 cw_event_time at);

/* ---- tasks.c: folding findings into the client's task ---- */
/* Where a signal came from, as it is kept with the signal. */
enum cw_origin_topic {
    CW_FROM_CLOSE,
    CW_FROM_BILLING,
    CW_FROM_SERVICE,
    CW_FROM_PROFILES,
    CW_FROM_OUTCOMES
};
/* A manager's "done". */
struct cw_done {
    uint64_t task; /* which task it ends */
    int64_t seen;  /* the version that the manager saw */
    cw_event_time quiet_until;
    bool reached; /* somebody spoke with the client */
};
struct cw_fold {
    const struct cw_origin *origin; /* NULL: a day's close */
    cw_event_time at;               /* of the signals: the event's time, the closing instant */
    cw_event_time now;              /* the clock; at a day's close the closing instant */
    struct cw_str cause_source, cause_id; /* of the opening event */
    cw_day day;                           /* of the day's close, else CW_NO_DAY */
    bool due_passed;                      /* the clock went past due_at with this message */
    bool profile;                         /* the profile changed: manager, method may have */
    const struct cw_done *done;           /* the message ends the task; NULL: it does not */
};
/* Folds sh->findings; writes at most one version of a task. */
void cw_tasks_fold(struct cw_shard *sh, struct cw_client *cl, const struct cw_fold *f,
                   const struct cw_output *out);
/* What it owns too. */
void cw_task_free(struct cw_shard *sh, struct cw_task *t);
/* Escalates tasks the clock has left behind, but `except`'s, for which it returns true. */
bool cw_tasks_overdue(struct cw_shard *sh, const struct cw_client *except,
                      const struct cw_origin *o, const struct cw_output *out);

/* ---- due.c: the heap of due times ---- */
void cw_due_push(struct cw_shard *sh, struct cw_client *cl);
void cw_due_drop(struct cw_shard *sh, struct cw_client *cl);

/* ---- kept.c: what tasks and pasts are made of ---- */
/* A piece of 1 to CW_SLAB_SMALL bytes, all zero, which counts in sh->bytes and goes with the slab
 * at the latest; NULL, and the shard has failed, without memory. */
void *cw_kept_take(struct cw_shard *sh, size_t n);
/* Accepts NULL. */
void cw_kept_give(struct cw_shard *sh, const void *piece, size_t n);
/* A larger one in its place, which begins with what it held; NULL: no memory, and it is as it was.
 */
void *cw_kept_grow(struct cw_shard *sh, void *piece, size_t was, size_t is);
bool cw_kept_same(struct cw_str a, struct cw_str b);
/* Of a text that a task owns. Keeps a copy; true when it changed. */
bool cw_kept_set(struct cw_shard *sh, struct cw_str *s, struct cw_str to);
void cw_kept_free(struct cw_shard *sh, struct cw_str *s);

/* ---- outcomes.c: what managers did ---- */
/* False: it cannot be carried out, and whoever asked for it should hear so. */
bool cw_outcomes_take(struct cw_shard *sh, const struct cw_outcome *oc, const struct cw_origin *o,
                      const struct cw_output *out);
/* Before the profile replaces the client's: one that names another manager than before has the last
 * word over a reassignment. */
void cw_outcomes_profile(struct cw_shard *sh, struct cw_client *cl, const struct cw_profile *p);

/* ---- accuracy.c: were the detectors right? ---- */
/* Counts a task that was done, for the detectors whose signals its manager had seen. */
void cw_accuracy_count(struct cw_shard *sh, struct cw_client *cl, const struct cw_task *t,
                       int64_t seen, enum cw_result result);
/* The row of a segment, made when there is none; NULL: no room, or no memory. */
struct cw_accuracy *cw_accuracy_row(struct cw_shard *sh, struct cw_str segment);
void cw_accuracy_free(struct cw_shard *sh);

/* ---- ladder.c: what explains what ---- */
/* The rung of the ladder that a signal stands on, arrears to termination; 0: on none. */
unsigned cw_ladder_rung(const struct cw_bare_signal *s);
/* True when something stronger at the client explains this signal, so that it says nothing. */
bool cw_ladder_inhibits(const struct cw_client *cl, const struct cw_bare_signal *s);
/* Which, as a stable word: "all_gone", "line_gone", "all_stopped", "line_stopped", "outage_open";
 * NULL when nothing does. */
const char *cw_ladder_reason(const struct cw_client *cl, const struct cw_bare_signal *s);

/* ---- risk.c: from signals to risk, value, urgency, priority ---- */
struct cw_verdict {
    float risk;     /* leaves within 30 days */
    float incident; /* something is wrong */
    float value, urgency;
    int32_t priority;
    float base;                        /* log-odds without signs */
    float leave[CW_TASK_SIGNALS_MOST]; /* what each signal adds now */
    float incident_by[CW_TASK_SIGNALS_MOST];
};
void cw_risk(const struct cw_settings *s, const struct cw_client *cl, const struct cw_task *t,
             cw_event_time now, struct cw_verdict *ret);
/* The parts of a client's value, 0..1; each may be asked for its term in `why`. */
struct cw_value {
    float class_, vip, bill, lines, snapshot;
};
float cw_value_of(const struct cw_client *cl, struct cw_value *ret_parts);
/* Log-odds of leaving that the open signs add now, but for those of falling days, which must not
 * speak for themselves twice; never below 0. */
double cw_signs_besides_falls(const struct cw_client *cl, cw_event_time now);
/* Weight of a signal at that instant, 0..1: 1 while a state holds, fading else, 0 when cleared. */
float cw_signal_weight(const struct cw_task_signal *g, cw_event_time now);

/* ---- plan.c: whom, how, by when ---- */
/* The instant by which a call found `hours` after `now` helps: counted from office hours. */
cw_event_time cw_plan_due(const struct cw_zone *z, cw_event_time now, float hours);
enum cw_method cw_plan_method(const struct cw_client *cl, const struct cw_profile *p,
                              const struct cw_task *t, cw_event_time now);
/* The person to call; NULL when the profile names none. */
const struct cw_contact *cw_plan_contact(const struct cw_profile *p);

/* ---- task_json.c ---- */
/* Appends the record of docs/tasks.md. */
void cw_task_json(struct cw_buf *b, const struct cw_shard *sh, const struct cw_client *cl,
                  const struct cw_profile *p, const struct cw_verdict *v);
/* The array of its `why`. */
void cw_task_why_json(struct cw_buf *b, const struct cw_client *cl, const struct cw_task *t,
                      const struct cw_verdict *v);

/* ---- texts.c: headline and talking points ---- */
/* The strongest open reason and its numbers; of an ended task, why it ended. */
void cw_text_headline(struct cw_buf *b, const struct cw_settings *s, const struct cw_task *t,
                      const struct cw_verdict *v);
/* What to say, by the strongest reasons: a JSON array of at most three strings. */
void cw_text_points(struct cw_buf *b, const struct cw_settings *s, const struct cw_task *t,
                    const struct cw_verdict *v);

/* ---- facts in words and in JSON ---- */
/* How a fact is kept and written; CW_FACT_KEYS says which key has which. */
enum cw_fact_form { CW_FORM_DAY, CW_FORM_NUMBER, CW_FORM_COUNT, CW_FORM_MONEY, CW_FORM_TEXT };

/* ---- roster.c ---- */
/* The chief of a manager; absent when unknown. Borrowed. */
struct cw_str cw_roster_chief(const struct cw_roster *r, struct cw_str manager);

#endif
