/* Names for the simulated county: people, companies, places. Made up. */
#ifndef CW_CTL_SIM_SIM_NAMES_H
#define CW_CTL_SIM_SIM_NAMES_H

#include <stddef.h>

#include "ctl/sim/sim_random.h"

void cw_sim_person(struct cw_sim_random *r, char *out, size_t size);
const char *cw_sim_county(struct cw_sim_random *r);
/* A company of some industry, which is borrowed from a table. */
const char *cw_sim_company(struct cw_sim_random *r, const char *county, char *out, size_t size);

#endif
