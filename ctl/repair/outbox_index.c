/* The table of tasks. See outbox_index.h. */
#include "ctl/repair/outbox_index.h"

#include <stdlib.h>
#include <string.h>

#define CAP_LEAST 1024

/* FNV-1a: two managers of one installation do not meet in 64 bits. */
uint64_t cw_outbox_manager(struct cw_str manager)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < manager.n; i++)
        h = (h ^ (unsigned char)manager.p[i]) * UINT64_C(1099511628211);
    return h;
}

/* 0: not an id as the engine makes them. */
static uint64_t number_of(struct cw_str id)
{
    uint64_t n = 0;
    if (id.n != 18 || memcmp(id.p, "t-", 2) != 0)
        return 0;
    for (size_t i = 2; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return 0;
        n = n << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return n;
}

/* The id's slot, or the empty one where it would go. Ids are hashes, so their bits spread. */
static struct cw_latest *slot_of(const struct cw_outbox_index *x, uint64_t id)
{
    size_t i = (size_t)id & (x->cap - 1);
    while (x->slots[i].id && x->slots[i].id != id)
        i = (i + 1) & (x->cap - 1);
    return &x->slots[i];
}

static int grow(struct cw_outbox_index *x)
{
    struct cw_outbox_index more = {.cap = x->cap ? x->cap * 2 : CAP_LEAST};
    more.slots = calloc(more.cap, sizeof *more.slots);
    if (!more.slots)
        return -CW_E_NOMEM;
    for (size_t i = 0; i < x->cap; i++)
        if (x->slots[i].id)
            *slot_of(&more, x->slots[i].id) = x->slots[i];
    free(x->slots);
    x->slots = more.slots;
    x->cap = more.cap;
    return 0;
}

static bool is(const struct cw_task_record *r, const char *name, const char *value)
{
    struct cw_str v = cw_record_member(r, name);
    return v.n == strlen(value) && memcmp(v.p, value, v.n) == 0;
}

static int32_t version_of(const struct cw_task_record *r)
{
    struct cw_str v = cw_record_member(r, "version");
    int32_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n = n * 10 + (v.p[i] - '0');
    return n;
}

static void put(struct cw_outbox_index *x, struct cw_latest *e, uint64_t id,
                const struct cw_message *m)
{
    const struct cw_task_record *r = &x->record;
    uint64_t manager = cw_outbox_manager(cw_record_member(r, "manager"));
    bool fresh = !e->id;
    x->n += fresh;
    x->n_open -= e->open;
    e->id = id;
    e->version = version_of(r);
    /* The first version seen is no hand-over: with --since there were others before it. */
    if (!fresh && e->manager != manager)
        e->moved = e->version;
    if (is(r, "wake", "true"))
        e->woke = e->version;
    e->manager = manager;
    e->offset = m->offset;
    e->partition = m->partition;
    e->open = is(r, "state", "open");
    x->n_open += e->open;
}

int cw_outbox_index_take(struct cw_outbox_index *x, const struct cw_message *m)
{
    struct cw_errbuf eb;
    int err = cw_record_split(m->value, &x->record, &eb);
    uint64_t id = err ? 0 : number_of(cw_record_member(&x->record, "task_id"));
    x->records++;
    if (err == -CW_E_NOMEM)
        return err;
    if (!id) {
        x->unreadable++;
        return 0;
    }
    if (2 * (x->n + 1) > x->cap && grow(x) != 0)
        return -CW_E_NOMEM;
    struct cw_latest *e = slot_of(x, id);
    if (version_of(&x->record) > e->version)
        put(x, e, id, m);
    return 0;
}

struct cw_latest *cw_outbox_index_find(const struct cw_outbox_index *x, struct cw_str task_id)
{
    uint64_t id = number_of(task_id);
    struct cw_latest *e = id && x->cap ? slot_of(x, id) : NULL;
    return e && e->id ? e : NULL;
}

void cw_outbox_index_free(struct cw_outbox_index *x)
{
    free(x->slots);
    cw_record_free(&x->record);
    *x = (struct cw_outbox_index){0};
}
