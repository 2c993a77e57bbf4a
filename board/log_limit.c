/* Limits on repeated log lines. Pure; owns nothing. */
#include "board/log_limit.h"

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

struct cw_log_place *cw_log_place_of(struct cw_log_places *p, const char *file, int line)
{
    for (unsigned i = 0; i < p->n; i++)
        if (p->of[i].line == line && p->of[i].file == file)
            return &p->of[i];
    if (p->n == CW_LOG_PLACES)
        return &p->of[CW_LOG_PLACES - 1];
    p->of[p->n].file = file;
    p->of[p->n].line = line;
    return &p->of[p->n++];
}

bool cw_log_places_quiet(struct cw_log_places *p, cw_mono_time now, struct cw_log_place *ret_place)
{
    for (unsigned i = 0; i < p->n; i++) {
        struct cw_log_limit *l = &p->of[i].limit;
        if (l->held_back == 0 || now - l->since < CW_LOG_WINDOW)
            continue;
        *ret_place = p->of[i];
        *l = (struct cw_log_limit){0};
        return true;
    }
    return false;
}
