/* Cells of a line; see csv.h. */
#include "ctl/score/csv.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct cw_str bare(struct cw_str s)
{
    for (; s.n && is_blank(*s.p); s.p++)
        s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        return (struct cw_str){s.p + 1, s.n - 2};
    return s;
}

bool cw_csv_take(struct cw_str *line, struct cw_str *ret_cell)
{
    if (!line->p)
        return false;
    size_t n = 0;
    for (bool quoted = false; n < line->n && (quoted || line->p[n] != ','); n++)
        quoted ^= line->p[n] == '"';
    *ret_cell = bare((struct cw_str){line->p, n});
    *line = n < line->n ? (struct cw_str){line->p + n + 1, line->n - n - 1} : (struct cw_str){0};
    return true;
}
