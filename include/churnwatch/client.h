/* What a shard remembers of one client, as detectors may read it.
 *
 * Written by core/client.c, core/baseline.c and core/tasks.c only; a detector writes nothing here
 * but its own slices. Memory belongs to the shard.
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
    uint32_t forwarding; /* bit per enum cw_forward_condition that is active */
    /* then the detectors' line slices, see cw_line_slice */
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
    uint16_t charges, usages, others;
};

#define CW_BILLS_KEPT 6
struct cw_client {
    struct cw_str id; /* owned by the shard */
    uint64_t hash;
    uint8_t kind, class_, vip; /* from the profile; individual/none/none without one */
    bool has_profile;
    bool snapshot;
    uint32_t county;           /* hash of the profile's county; 0: none */
    int32_t phones;            /* from the profile; -1 unknown */
    cw_day contract_ends;      /* CW_NO_DAY unknown */
    cw_day first_day;          /* of the first event */
    cw_day active_day;         /* last day with own use */
    cw_event_time contract_at; /* of the latest event that told of one; CW_NO_TIME never */
    cw_event_time last_event;  /* greatest event time seen */
    struct cw_str profile;     /* packed, see core/profile.h; absent without one */
    struct cw_baseline spend, usage;
    struct cw_day_sums open[2];          /* by day & 1 */
    cw_money cycle_spend;                /* charges (all categories) of the current cycle */
    cw_cycle cycle;                      /* which that is */
    cw_money bills[CW_BILLS_KEPT];       /* newest first */
    cw_cycle bill_cycles[CW_BILLS_KEPT]; /* 0 = none */
    cw_money owed;                       /* as the events tell; 0 = nothing */
    cw_event_time owed_since;            /* CW_NO_TIME when nothing */
    cw_event_time owed_at;               /* of the news it comes from; CW_NO_TIME never told */
    uint32_t n_lines, lines_gone;
    uint32_t lines_cap;
    unsigned char *lines;  /* n_lines strides of cw_line_stride(), by rising number */
    unsigned char *slices; /* the detectors' slices of the client */
    uint64_t *seen;        /* ring of the last event ids, hashed */
    uint32_t seen_n, seen_cap, seen_at;
    struct cw_task *task; /* the open retention task, or NULL */
    struct cw_past *past; /* what earlier calls settled, see core/past.h; NULL for most */
    uint32_t policy;      /* index into the shard's policies; UINT32_MAX = to be resolved */
    uint32_t written;     /* commit number that last wrote it to the state log */
    bool touched;         /* changed since the last commit */
    struct cw_client *older, *newer; /* order of writing to the state log */
};

/* Bytes of all the detectors' client slices together. */
size_t cw_client_slices_size(void);
/* Bytes from one line to the next. */
size_t cw_line_stride(void);
struct cw_line *cw_client_line_at(const struct cw_client *cl, uint32_t i);
/* NULL when the client has no such line. */
struct cw_line *cw_client_line(const struct cw_client *cl, cw_number number);
/* A detector's slice; NULL if it declares none. */
void *cw_client_slice(const struct cw_client *cl, unsigned detector);
void *cw_line_slice(const struct cw_line *ln, unsigned detector);

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
