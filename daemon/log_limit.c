/* Limits on repeated log lines. Pure; owns nothing. */
#include "daemon/log_limit.h"

bool cw_log_limit_pass(struct cw_log_limit *l, cw_mono_time now, uint32_t *ret_held_back)
{
    if (l->lines == 0 || now - l->since >= CW_LOG_WINDOW) {
        l->since = now;
        l->lines = 0;
    }
    if (l->lines == CW_LOG_LINES) {
        l->held_back++;
        return false;
    }
    l->lines++;
    *ret_held_back = l->held_back;
    l->held_back = 0;
    return true;
}

struct cw_log_limit *cw_log_limit_of(struct cw_log_places *p, const char *file, int line)
{
    for (unsigned i = 0; i < p->n; i++)
        if (p->of[i].line == line && p->of[i].file == file)
            return &p->of[i].limit;
    if (p->n == CW_LOG_PLACES)
        return &p->of[CW_LOG_PLACES - 1].limit;
    p->of[p->n].file = file;
    p->of[p->n].line = line;
    return &p->of[p->n++].limit;
}
