/* Is the feed alive? A shard whose events of a day fall to a small share of what is usual has a
 * feed that went quiet: one incident for operations, not a drop of every client's spend. */
#include "core/shard_state.h"

enum { LEARNING_DAYS = 7, ACCEPT_DAYS = 21 };

void cw_feed_count(struct cw_feed *f, enum cw_channel ch, cw_day day)
{
    f->open[ch][day & 1]++;
}

/* It has lasted: this is the feed now, on working days and others alike. */
static void accept(float usual[2], float share)
{
    usual[0] *= share;
    usual[1] *= share;
}

bool cw_feed_close(struct cw_feed *f, enum cw_channel ch, cw_day day, bool working,
                   const struct cw_settings *s)
{
    uint32_t seen = f->open[ch][day & 1];
    f->open[ch][day & 1] = 0;
    float *usual = &f->usual[ch][working ? 0 : 1];
    bool known = f->days[ch] >= LEARNING_DAYS && *usual >= (float)s->feed_least;
    bool silent = known && (double)seen < s->feed_share * (double)*usual;
    f->silent[ch] = silent ? (uint16_t)(f->silent[ch] + (f->silent[ch] < UINT16_MAX)) : 0;
    if (silent && f->silent[ch] <= ACCEPT_DAYS)
        return false;
    if (silent)
        accept(f->usual[ch], (float)seen / *usual);
    if (f->days[ch] < UINT16_MAX)
        f->days[ch]++;
    *usual += (*usual == 0 ? 1.0F : 0.2F) * ((float)seen - *usual);
    return true;
}
