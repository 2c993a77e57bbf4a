/* Which mishap has hit which call, over all runs. Shared by the processes of a test. */
#ifndef CW_SIM_COVERAGE_H
#define CW_SIM_COVERAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

enum call {
#define CALL(name) CALL_##name,
#include "tests/sim/mishaps.def"
#undef CALL
    CALLS
};
enum stage {
#define STAGE(name) STAGE_##name,
#include "tests/sim/mishaps.def"
#undef STAGE
    STAGES
};
enum mishap {
#define MISHAP(name, what) MISHAP_##name,
#include "tests/sim/mishaps.def"
#undef MISHAP
    MISHAPS,
    REDIS_MISHAPS_BEGIN = MISHAPS - 1,
#define REDIS_MISHAP(name, what) MISHAP_##name,
#include "tests/sim/mishaps.def"
#undef REDIS_MISHAP
    MISHAPS_ALL
};
enum { REDIS_MISHAPS = MISHAPS_ALL - MISHAPS };

struct coverage {
    atomic_long hits[MISHAPS][CALLS], redis_hits[REDIS_MISHAPS][STAGES];
    atomic_long runs, restarts, commits, beside, aborts, fenced, takeovers, rollbacks, stopped;
};

const char *call_name(int call);
const char *stage_name(int stage);
const char *mishap_name(int mishap);
/* Whether this can happen to that call at all: a call that asks no server has no request to lose.
 */
bool mishap_applies(int mishap, int call);
bool mishap_applies_to_stage(int mishap, int stage);
void coverage_print(FILE *to, const struct coverage *c);
/* Cells that can be hit and have not been. */
int coverage_empty(const struct coverage *c);

#endif
