/* Marks of commits in the state log. Pure; owns nothing. */
#include "engine/trail.h"

#include <string.h>

/* Every other mark goes; the first one stays, for it is the oldest that may be asked for. */
static void thin(struct cw_trail *t)
{
    unsigned n = 0;
    for (unsigned i = 0; i < t->n; i += 2)
        t->mark[n++] = t->mark[i];
    t->n = n;
    t->spacing = (t->mark[n - 1].commit - t->mark[0].commit) / n;
}

void cw_trail_mark(struct cw_trail *t, uint32_t commit, int64_t offset)
{
    if (t->n && commit <= t->mark[t->n - 1].commit + t->spacing)
        return;
    if (t->n == CW_TRAIL_MARKS)
        thin(t);
    t->mark[t->n].commit = commit;
    t->mark[t->n].offset = offset;
    t->n++;
}

int64_t cw_trail_offset(struct cw_trail *t, uint32_t commit)
{
    unsigned past = 0;
    while (past < t->n && t->mark[past].commit <= commit)
        past++;
    if (past == 0)
        return -1;
    memmove(t->mark, t->mark + past - 1, (t->n - past + 1) * sizeof t->mark[0]);
    t->n -= past - 1;
    if (t->n < CW_TRAIL_MARKS / 4)
        t->spacing = 0;
    return t->mark[0].offset;
}
