/* Holidays of the simulated county, and how lively a day is. */
#ifndef CW_CTL_SIM_SIM_CALENDAR_H
#define CW_CTL_SIM_SIM_CALENDAR_H

#include "churnwatch/civil.h"

/* 1 on an ordinary day; what weekends mean is each client's own. */
double cw_sim_rhythm(cw_day day, bool group);

#endif
