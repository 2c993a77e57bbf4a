/* What the simulator writes beside the events: who there is, and what is true of them.
 *
 * Each writes one file and reports failed writes by the stream alone.
 */
#ifndef CW_CTL_SIM_SIM_FILES_H
#define CW_CTL_SIM_SIM_FILES_H

#include <stdio.h>

#include "churnwatch/settings.h"
#include "ctl/sim/sim_world.h"

/* Everything a file is made from. */
struct cw_sim_source {
    struct cw_sim_world *world;
    const struct cw_settings *settings;
};
/* 0, -CW_E_NOMEM or -CW_E_IO. */
typedef int cw_sim_write(const struct cw_sim_source *from, FILE *out);

cw_sim_write cw_sim_write_managers;
cw_sim_write cw_sim_write_profiles;
cw_sim_write cw_sim_write_truth;
cw_sim_write cw_sim_write_conf;

#endif
