/* Deliberate mistakes and stopping points, for builds that are made with CW_FAULTS=ON and for no
 * others: without it nothing of this is compiled, and the macros are constants.
 *
 * A check that has never caught a mistake is not known to check anything. core/faults.def lists the
 * mistakes and the points; the environment chooses one of each:
 *
 *   CW_SEEDED_BUG=NAME      the mistake is made wherever CW_BUG(NAME) stands
 *   CW_STOP_AT=POINT[:N]    the process stops itself (SIGSTOP) as it passes POINT for the Nth time
 *   CW_KILL_AT=POINT[:N]    it kills itself (SIGKILL) there
 *
 * An unknown name ends the process: a test that seeds nothing would pass.
 *
 * And for the bench, which is to say what the promise costs: with CW_NO_TRANSACTIONS=1 records are
 * appended and offsets committed as a consumer would that promises nothing.
 */
#ifndef CW_FAULTS_H
#define CW_FAULTS_H

#include "churnwatch/types.h"

#define CW_SEEDED(name, real, what) CW_BUG_##name,
#define CW_PASSED(name, what)
enum cw_bug {
    CW_BUG_none,
#include "core/faults.def"
    CW_BUGS
};
#undef CW_SEEDED
#undef CW_PASSED
#define CW_SEEDED(name, real, what)
#define CW_PASSED(name, what) CW_POINT_##name,
enum cw_point {
#include "core/faults.def"
    CW_POINTS
};
#undef CW_SEEDED
#undef CW_PASSED

#ifdef CW_FAULTS
/* The mistake of this process. Simulations, which make it for one instance of many, set it. */
extern enum cw_bug cw_bug_seeded;
enum cw_bug cw_bug_named(const char *name); /* CW_BUG_none for an unknown one */
const char *cw_bug_name(enum cw_bug bug);
void cw_point_passed(enum cw_point point);
cw_wall_time cw_seeded_wall(void);
extern bool cw_without_transactions;
#define CW_NO_TRANSACTIONS cw_without_transactions
#define CW_BUG(name) (cw_bug_seeded == CW_BUG_##name)
#define CW_POINT(name) cw_point_passed(CW_POINT_##name)
#else
#define CW_NO_TRANSACTIONS false
#define CW_BUG(name) false
#define CW_POINT(name) ((void)0)
static inline cw_wall_time cw_seeded_wall(void)
{
    return 0;
}
#endif

#endif
