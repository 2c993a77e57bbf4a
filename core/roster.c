/* The managers: a small sorted table of who is whose chief. */
#include <stdlib.h>
#include <string.h>

#include "core/shard_state.h"

struct entry {
    char *id, *chief; /* owned; chief may be NULL */
};
struct cw_roster {
    struct entry *items; /* by id */
    size_t n, cap;
};

static char *copy(struct cw_str s)
{
    char *p = malloc(s.n + 1);
    if (p) {
        memcpy(p, s.p, s.n);
        p[s.n] = '\0';
    }
    return p;
}

static int order(const char *id, struct cw_str key)
{
    int c = strncmp(id, key.p, key.n);
    return c ? c : id[key.n] != '\0';
}

/* Where it is, or where it would go. */
static size_t place(const struct cw_roster *r, struct cw_str id, bool *ret_found)
{
    size_t lo = 0, hi = r->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = order(r->items[mid].id, id);
        if (c == 0) {
            *ret_found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *ret_found = false;
    return lo;
}

struct cw_roster *cw_roster_new(void)
{
    return calloc(1, sizeof(struct cw_roster));
}

static void drop(struct cw_roster *r, size_t at)
{
    free(r->items[at].id);
    free(r->items[at].chief);
    memmove(&r->items[at], &r->items[at + 1], (r->n - at - 1) * sizeof *r->items);
    r->n--;
}

static int insert(struct cw_roster *r, size_t at, struct entry e)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 64;
        struct entry *items = realloc(r->items, cap * sizeof *items);
        if (!items)
            return -CW_E_NOMEM;
        r->items = items;
        r->cap = cap;
    }
    memmove(&r->items[at + 1], &r->items[at], (r->n - at) * sizeof *r->items);
    r->items[at] = e;
    r->n++;
    return 0;
}

int cw_roster_put(struct cw_roster *r, const struct cw_manager *m)
{
    bool found;
    size_t at = place(r, m->manager_id, &found);
    if (found)
        drop(r, at);
    if (m->deleted)
        return 0;
    struct entry e = {.id = copy(m->manager_id)};
    if (m->chief_manager.p)
        e.chief = copy(m->chief_manager);
    if (!e.id || (m->chief_manager.p && !e.chief) || insert(r, at, e) != 0) {
        free(e.id);
        free(e.chief);
        return -CW_E_NOMEM;
    }
    return 0;
}

void cw_roster_free(struct cw_roster *r)
{
    while (r && r->n)
        drop(r, r->n - 1);
    if (r)
        free(r->items);
    free(r);
}

size_t cw_roster_count(const struct cw_roster *r)
{
    return r->n;
}

bool cw_roster_has(const struct cw_roster *r, struct cw_str manager)
{
    bool found;
    (void)place(r, manager, &found);
    return found;
}

struct cw_str cw_roster_at(const struct cw_roster *r, size_t i)
{
    return (struct cw_str){r->items[i].id, strlen(r->items[i].id)};
}

struct cw_str cw_roster_chief(const struct cw_roster *r, struct cw_str manager)
{
    bool found = false;
    size_t at = r ? place(r, manager, &found) : 0;
    if (!found || !r->items[at].chief)
        return (struct cw_str){0};
    return (struct cw_str){r->items[at].chief, strlen(r->items[at].chief)};
}
