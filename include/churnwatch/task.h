/* A callback task as the shard keeps it while it is open, and what detectors ask of it.
 *
 * It lies in the shard's memory with all that it owns. Signals keep the order in which they were
 * added. The record that goes out is written by core/task_json.c; life and folding are
 * core/tasks.c.
 */
#ifndef CHURNWATCH_TASK_H
#define CHURNWATCH_TASK_H

#include "churnwatch/detector.h"
#include "churnwatch/ref.h"

#define CW_TASK_SIGNALS_MOST 32

enum cw_task_state { CW_TASK_OPEN, CW_TASK_DONE, CW_TASK_WITHDRAWN, CW_TASK_EXPIRED };

struct cw_task_signal {
    struct cw_bare_signal s;
    cw_event_time at;         /* raised, or last climbed */
    cw_event_time cleared_at; /* CW_NO_TIME while it is open */
    int64_t offset;           /* of the deciding message; -1: a day's close */
    int32_t partition;
    int32_t version;      /* of the task, the first that told it as it is: added or climbed */
    cw_ref facts;         /* its evidence, packed; see core/evidence.h */
    uint16_t facts_bytes; /* 0: it has none */
    uint8_t n_facts;
    uint8_t topic; /* enum cw_origin_topic, core/shard_state.h */
};
/* With its evidence, as it was raised. */
void cw_task_signal_told(const struct cw_task_signal *g, struct cw_signal *ret);

struct cw_task {
    uint64_t id; /* the 16 hex digits of task_id */
    cw_event_time created_at, updated_at, due_at;
    float risk, value, urgency;
    float risk_told; /* at the last version, for the day's close and wake */
    int32_t version;
    int32_t priority;
    int32_t priority_told; /* at the last version */
    uint32_t signals_omitted;
    uint8_t state;  /* enum cw_task_state */
    uint8_t method; /* enum cw_method */
    bool wake;
    bool escalated;
    bool asked_up; /* somebody asked for the chief */
    uint8_t n_signals, cap_signals;
    uint32_t due_slot; /* place in the shard's heap of due times, UINT32_MAX = none */
    /* What people did with it, in event time: CW_NO_TIME where nobody did. */
    cw_event_time claimed_until; /* INT64_MAX: until it is released */
    cw_event_time snoozed_until;
    cw_event_time noted_at;
    float risk_snoozed;             /* the risk told when it was snoozed */
    uint8_t moves[CW_ACTIONS];      /* by enum cw_action, up to 255 */
    struct cw_str claimed_by;       /* owned */
    struct cw_str reassigned_to;    /* owned; in place of the profile's manager */
    struct cw_str manager;          /* owned */
    struct cw_str escalated_to;     /* owned */
    struct cw_task_signal *signals; /* owned */
};

#endif
