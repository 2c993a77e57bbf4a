/* What a shard remembers of one client, as detectors may read it.
 *
 * Written by the core only; a detector writes nothing here but its own slices. Memory belongs to
 * the shard. A national operator has hundreds of millions of these: bench/ prints what one takes,
 * and each member has to be worth its bytes.
 */
#ifndef CHURNWATCH_CLIENT_H
#define CHURNWATCH_CLIENT_H

#include "churnwatch/detector.h"

enum cw_line_status { CW_LINE_ACTIVE, CW_LINE_ONE_WAY, CW_LINE_TWO_WAY, CW_LINE_GONE };

struct cw_line {
    cw_number number;
    cw_event_time status_at; /* when the status last changed; CW_NO_TIME if never told */
    cw_money monthly_fee;    /* of the plan now; -1 unknown */
    cw_day first_day;        /* first seen */
    cw_day active_day;       /* last day with own use (charge but the monthly fee, call, usage) */
    uint8_t status;          /* enum cw_line_status */
    uint8_t suspend_reason;  /* enum cw_suspend_reason, while suspended */
    uint8_t end_reason;      /* enum cw_end_reason, when gone */
    bool in_profile;
    uint32_t forwarding;  /* bit per enum cw_forward_condition that is active */
    struct cw_rare *rare; /* as of a client */
    /* then the slices of detectors whose slices are not rare */
};

/* The two-part model of one channel of daily amounts; see core/baseline.h. */
struct cw_baseline {
    float p_work, p_rest;    /* chance that a working day, another day, has any */
    float level, scale;      /* of the log amount, days with any */
    float weekday[7];        /* offsets of the log amount, Monday first */
    uint16_t days, days_any; /* of history, capped */
    uint16_t shifted;        /* days in a row the level was far off */
    uint16_t quiet;          /* days in a row without any */
};

/* Sums of one open day; two days may be open at once while late events are awaited. */
struct cw_day_sums {
    cw_day day;     /* CW_NO_DAY when unused */
    cw_money spend; /* charges but the monthly fee */
    cw_money roaming, roaming_night;
    double usage; /* voice minutes + MB / 40 */
    uint16_t charges, usages;
    float by_hour; /* yuan of spend by the hour that core/pace.h asks for */
};

#define CW_BILLS_KEPT 6
struct cw_client {
    uint32_t hash;             /* of the id, see cw_client_id */
    uint32_t county;           /* hash of the profile's county; 0: none */
    uint8_t id_n;              /* bytes of the id */
    uint8_t kind, class_, vip; /* from the profile; individual/none/none without one */
    bool has_profile, snapshot;
    bool touched;         /* changed since the last commit */
    int32_t phones;       /* from the profile; -1 unknown */
    cw_day contract_ends; /* CW_NO_DAY unknown */
    cw_day first_day;     /* of the first event */
    cw_day active_day;    /* last day with own use */
    uint32_t n_lines, lines_gone;
    uint32_t policy;             /* index into the shard's; UINT32_MAX = to be resolved */
    uint32_t written;            /* commit number that last wrote it to the state log */
    cw_event_time last_event;    /* greatest event time seen */
    struct cw_day_sums open[2];  /* by day & 1 */
    struct cw_line_block *lines; /* by rising number, and the last event ids; NULL: none */
    struct cw_rare *rare;        /* slices that most clients have none of; NULL: none */
    struct cw_task *task;        /* the open retention task, or NULL */
    struct cw_past *past;        /* what earlier calls settled, see core/past.h; or NULL */
    struct cw_baseline spend, usage;
    cw_money cycle_spend;          /* charges (all categories) of the current cycle */
    cw_money owed;                 /* as the events tell; 0 = nothing */
    cw_event_time owed_since;      /* CW_NO_TIME when nothing */
    cw_event_time owed_at;         /* of the news it comes from; CW_NO_TIME never told */
    cw_event_time contract_at;     /* of the latest event that told of one; CW_NO_TIME never */
    cw_money bills[CW_BILLS_KEPT]; /* newest first */
    cw_cycle bill_cycles[CW_BILLS_KEPT]; /* 0 = none */
    cw_cycle cycle;                      /* the current one */
    char *packed;                        /* the profile, see cw_client_profile; NULL without one */
    struct cw_client *older, *newer;     /* order of writing to the state log */
    /* then the id, then the slices of detectors whose slices are not rare */
};

static inline struct cw_str cw_client_id(const struct cw_client *cl)
{
    return (struct cw_str){(const char *)(cl + 1), cl->id_n};
}
/* Packed, see core/profile.h; absent without one. */
struct cw_str cw_client_profile(const struct cw_client *cl);
struct cw_line *cw_client_line_at(const struct cw_client *cl, uint32_t i);
/* NULL when the client has no such line. */
struct cw_line *cw_client_line(const struct cw_client *cl, cw_number number);
/* A detector's slice to be read; zeroes where there is nothing in it, NULL if it declares none. */
const void *cw_client_slice(const struct cw_client *cl, unsigned detector);
const void *cw_line_slice(const struct cw_line *ln, unsigned detector);

/* The judged detector's slice of a line: of the one that is being judged, as it is now. */
static inline const void *cw_slice_of_line(const struct cw_judge *j, const struct cw_line *ln)
{
    return ln == j->line ? j->line_state : cw_line_slice(ln, j->self);
}

/* Lines that are not gone. */
static inline uint32_t cw_client_lines_left(const struct cw_client *cl)
{
    return cl->n_lines - cl->lines_gone;
}
/* True when the client has lines and none is in use: all two-way suspended or gone. */
bool cw_client_all_stopped(const struct cw_client *cl);
/* The mean of the last bills, at most n of them, not counting the newest `skip`; -1 for none. */
cw_money cw_client_usual_bill(const struct cw_client *cl, int skip, int n);
/* Sum of known monthly fees of lines not gone. */
cw_money cw_client_fees(const struct cw_client *cl);

#endif
