/* 三定: whom to call, how, and by when. */
#include "core/shard_state.h"

enum { OFFICE_OPENS = 9 * 3600, OFFICE_CLOSES = 18 * 3600 };

/* The hours run while the office is open: found at night, they begin in the morning. */
cw_event_time cw_plan_due(const struct cw_zone *z, cw_event_time now, float hours)
{
    cw_day day = cw_zone_day(z, now);
    int32_t second = cw_zone_second(z, now);
    cw_event_time from = now;
    if (second < OFFICE_OPENS)
        from = cw_zone_midnight(z, day) + OFFICE_OPENS * CW_SECOND;
    else if (second >= OFFICE_CLOSES)
        from = cw_zone_midnight(z, day + 1) + OFFICE_OPENS * CW_SECOND;
    return from + (cw_event_time)(hours * 3600) * CW_SECOND;
}

enum cw_method cw_plan_method(const struct cw_client *cl, const struct cw_profile *p,
                              const struct cw_task *t, cw_event_time now)
{
    if (t->due_at - now < 6 * CW_HOUR)
        return CW_BY_PHONE; /* No visit is arranged within the morning. */
    if (p->preferred_method != CW_BY_NONE)
        return p->preferred_method;
    return cl->kind == CW_GROUP && cl->class_ <= CW_CLASS_B2 ? CW_BY_VISIT : CW_BY_PHONE;
}

const struct cw_contact *cw_plan_contact(const struct cw_profile *p)
{
    const struct cw_contact *best = NULL;
    for (size_t i = 0; i < p->n_contacts; i++)
        if (!best || p->contacts[i].role < best->role)
            best = &p->contacts[i];
    return best;
}
