/* What one call of the detectors has found, collected before it is folded into the task. */
#ifndef CW_CORE_FINDINGS_H
#define CW_CORE_FINDINGS_H

#include "churnwatch/task.h"

enum cw_finding_kind { CW_FOUND_RAISE, CW_FOUND_CLEAR, CW_FOUND_CLEAR_ALL };
struct cw_finding {
    enum cw_finding_kind kind;
    struct cw_signal s; /* CLEAR: detector, line, slot only; CLEAR_ALL: detector only */
};
/* A group's day close may raise one signal a line; more than fit are counted, the client's own
 * come first because on_day_close runs before on_line_close. There is room beyond them to clear all
 * that a task can hold. */
#define CW_FINDINGS_MOST 128
struct cw_findings {
    struct cw_finding items[CW_FINDINGS_MOST + CW_TASK_SIGNALS_MOST];
    size_t n, dropped; /* raises that did not fit */
};

#endif
