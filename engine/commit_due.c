/* How long a commit may wait, and how much may wait for it. Any thread; owns nothing. */
#include "engine/commit_due.h"

#define MS (CW_SECOND / 1000)
/* Between two commits that a task asks for: this, and so many times what the last one took. They
 * are dear to the broker, which has no time for its producers when they follow each other closely.
 */
#define COMMIT_GAP (5 * MS)
#define COMMIT_REST 3
/* In a backlog a task waits so small a part of the time by which it is late already. */
#define BEHIND_A_WAIT 1000
/* A storm of tasks is committed before what waits takes more than this, in all shards. */
#define WAITING_BYTES_MOST (16U << 20)
/* A broker that is too slow for a large transaction gets smaller ones, down to a thousandth. */
#define HALVED_MOST 10

/* While there is a backlog, the longer the further behind the events' clock is. */
static cw_mono_time interval(const struct cw_settings *s, const struct cw_commit_facts *f)
{
    if (!f->behind)
        return s->commit_interval * MS;
    cw_mono_time least = s->commit_interval_backlog * MS, most = s->commit_interval_history * MS;
    cw_mono_time far = f->clock == CW_NO_TIME ? most : (f->wall - f->clock) / BEHIND_A_WAIT;
    far = far < most ? far : most;
    return far > least ? far : least;
}

cw_mono_time cw_commit_due_at(const struct cw_settings *s, const struct cw_commit_facts *f)
{
    cw_mono_time at = f->committed_at + interval(s, f);
    cw_mono_time rest = COMMIT_REST * f->took;
    cw_mono_time soon = f->done + (rest > COMMIT_GAP ? rest : COMMIT_GAP);
    bool hurry = f->tasks && !f->more && !f->behind;
    return hurry && soon < at ? soon : at;
}

size_t cw_commit_due_room(const struct cw_settings *s, unsigned halved, size_t judged,
                          size_t waiting)
{
    size_t most = (size_t)s->batch_messages >> halved;
    most = most ? most : 1;
    return judged < most && waiting < WAITING_BYTES_MOST ? most - judged : 0;
}

unsigned cw_commit_due_halved(unsigned halved, bool failed)
{
    if (failed)
        return halved < HALVED_MOST ? halved + 1 : halved;
    return halved ? halved - 1 : 0;
}
