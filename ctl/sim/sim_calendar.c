/* The simulated county's year. See sim_calendar.h. */
#include "ctl/sim/sim_calendar.h"

/* The first days of the Spring Festival; it lasts a week. */
static const struct cw_date spring_festivals[] = {
    {2024, 2, 10}, {2025, 1, 29}, {2026, 2, 17}, {2027, 2, 6},
    {2028, 1, 26}, {2029, 2, 13}, {2030, 2, 3},
};
/* Of every year. */
static const struct {
    int32_t month, mday, days;
} fixed[] = {{1, 1, 1}, {5, 1, 3}, {10, 1, 7}};

static bool within(cw_day day, cw_day first, int32_t days)
{
    return day >= first && day < first + days;
}

static bool is_holiday(cw_day day)
{
    int32_t year = cw_date_of(day).year;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (within(day, cw_day_of((struct cw_date){year, fixed[i].month, fixed[i].mday}),
                   fixed[i].days))
            return true;
    for (size_t i = 0; i < sizeof spring_festivals / sizeof *spring_festivals; i++)
        if (within(day, cw_day_of(spring_festivals[i]), 7))
            return true;
    return false;
}

/* Offices rest, people call home; the last days of a month are busy for both. */
double cw_sim_rhythm(cw_day day, bool group)
{
    if (is_holiday(day))
        return group ? 0.4 : 1.25;
    return cw_date_of(day).mday >= 28 ? 1.1 : 1;
}
