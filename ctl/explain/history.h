/* What a client went through, day by day, gathered while its shard is replayed: spend and usage
 * against what was expected, the bills, the signals, the tasks. One thread; owns what it gathers.
 */
#ifndef CW_CTL_EXPLAIN_HISTORY_H
#define CW_CTL_EXPLAIN_HISTORY_H

#include "churnwatch/shard.h"

/* More are forgotten, the oldest first. */
#define CW_HISTORY_DAYS_MOST 800
#define CW_HISTORY_BILLS_MOST 32
#define CW_HISTORY_MARKS_MOST 256
#define CW_HISTORY_TASKS_MOST 64

/* One channel of a closed day, as the detectors saw it. low and high are two own deviations from
 * what is usual for such a day; not known before the warm-up is over. */
struct cw_history_band {
    double amount, expected, low, high;
    bool known;
};
struct cw_history_day {
    cw_day day;
    struct cw_history_band spend, usage; /* yuan; minutes' worth */
};
/* A cycle's bill in yuan, and what bill_change held against it as it came. */
struct cw_history_bill {
    cw_cycle cycle;
    double amount, usual, low, high; /* low and high: the limits from which it is told */
    bool known;                      /* usual, low and high; not before enough earlier bills */
    cw_event_time told_at;           /* CW_NO_TIME: it was not told */
};
/* A signal raised, or climbed to a higher step. */
struct cw_history_mark {
    struct cw_signal s;
    cw_event_time at;
    char task[20];
};
struct cw_history_task {
    char id[20];
    cw_event_time from, to; /* to CW_NO_TIME: open */
};
struct cw_history {
    struct cw_str client;   /* borrowed */
    struct cw_shard *shard; /* borrowed; asked for the limits of bills as they come */
    size_t n_days, n_bills, n_marks, n_tasks;
    bool failed; /* no memory */
    struct cw_history_day days[CW_HISTORY_DAYS_MOST];
    struct cw_history_bill bills[CW_HISTORY_BILLS_MOST]; /* as they came first */
    struct cw_history_mark marks[CW_HISTORY_MARKS_MOST];
    struct cw_history_task tasks[CW_HISTORY_TASKS_MOST];
};

/* For cw_shard_watch and for the output of a shard; arg is the history. Versions of other clients'
 * tasks are passed over. */
void cw_history_day(void *arg, const struct cw_client *cl, const struct cw_day_view *v);
void cw_history_bill(void *arg, const struct cw_client *cl);
void cw_history_version(void *arg, const struct cw_task_version *v);

#endif
