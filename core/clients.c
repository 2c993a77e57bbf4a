/* Making, finding and changing clients: the shard's table, lines, profiles, ids seen, and the facts
 * an event leaves behind. */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/past.h"
#include "core/profile.h"
#include "core/shard_state.h"

enum { FIRST_SLOTS = 1024, RING_CLIENT = 8, RING_LINE = 8 };

/* ---- the table ---- */

static bool same(const struct cw_client *cl, uint64_t hash, struct cw_str id)
{
    return cl->hash == hash && cl->id.n == id.n && memcmp(cl->id.p, id.p, id.n) == 0;
}

static size_t slot_of(const struct cw_shard *sh, uint64_t hash, struct cw_str id)
{
    size_t at = (size_t)hash & (sh->n_slots - 1);
    while (sh->slots[at] && !same(sh->slots[at], hash, id))
        at = (at + 1) & (sh->n_slots - 1);
    return at;
}

static bool grow_slots(struct cw_shard *sh)
{
    size_t n = sh->n_slots ? sh->n_slots * 2 : FIRST_SLOTS;
    struct cw_client **slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < sh->n_clients; i++) {
        size_t at = (size_t)sh->all[i]->hash & (n - 1);
        while (slots[at])
            at = (at + 1) & (n - 1);
        slots[at] = sh->all[i];
    }
    free(sh->slots);
    sh->slots = slots;
    sh->n_slots = n;
    return true;
}

static bool grow_list(struct cw_client ***list, size_t *cap)
{
    size_t n = *cap ? *cap * 2 : FIRST_SLOTS;
    struct cw_client **p = realloc(*list, n * sizeof *p);
    if (!p)
        return false;
    *list = p;
    *cap = n;
    return true;
}

struct cw_client *cw_clients_find(const struct cw_shard *sh, struct cw_str id)
{
    return sh->n_slots ? sh->slots[slot_of(sh, XXH3_64bits(id.p, id.n), id)] : NULL;
}

/* All but its place in the slab. */
static void free_client(struct cw_client *cl)
{
    cw_task_free(cl->task);
    cw_past_free(cl->past);
    free((void *)(uintptr_t)cl->profile.p);
    free(cl->lines);
    free(cl->seen);
}

/* What a client is before anything is known of it; all else is zero. */
static void set_unknown(struct cw_client *cl)
{
    cl->kind = CW_INDIVIDUAL;
    cl->class_ = CW_CLASS_NONE;
    cl->vip = CW_VIP_NONE;
    cl->phones = -1;
    cl->contract_ends = cl->first_day = cl->active_day = CW_NO_DAY;
    cl->last_event = cl->owed_since = cl->owed_at = cl->contract_at = CW_NO_TIME;
    cl->open[0].day = cl->open[1].day = CW_NO_DAY;
    cl->policy = UINT32_MAX;
}

static size_t client_bytes(struct cw_str id)
{
    return sizeof(struct cw_client) + cw_client_slices_size() + id.n + 1;
}

static struct cw_client *new_client(struct cw_shard *sh, struct cw_str id, uint64_t hash)
{
    struct cw_client *cl = cw_slab_take(&sh->slab, client_bytes(id));
    if (!cl)
        return NULL;
    cl->slices = (unsigned char *)(cl + 1);
    char *text = (char *)cl->slices + cw_client_slices_size();
    memcpy(text, id.p, id.n);
    cl->id = (struct cw_str){text, id.n};
    cl->hash = hash;
    set_unknown(cl);
    return cl;
}

struct cw_client *cw_clients_get(struct cw_shard *sh, struct cw_str id)
{
    uint64_t hash = XXH3_64bits(id.p, id.n);
    if (sh->n_slots) {
        struct cw_client *cl = sh->slots[slot_of(sh, hash, id)];
        if (cl)
            return cl;
    }
    bool room = (sh->n_clients + 1) * 4 <= sh->n_slots * 3 || grow_slots(sh);
    room = room && (sh->n_clients < sh->cap_all || grow_list(&sh->all, &sh->cap_all));
    struct cw_client *cl = room ? new_client(sh, id, hash) : NULL;
    if (!cl) {
        sh->failed = true;
        return NULL;
    }
    sh->slots[slot_of(sh, hash, id)] = cl;
    sh->all[sh->n_clients++] = cl;
    sh->bytes += client_bytes(id) + 3 * sizeof cl;
    return cl;
}

void cw_clients_empty(struct cw_shard *sh, struct cw_client *cl)
{
    if (cl->task) {
        sh->n_tasks--;
        sh->bytes -= sizeof *cl->task + cl->task->cap_signals * sizeof *cl->task->signals;
    }
    sh->bytes -= cw_past_bytes(cl->past);
    cw_task_free(cl->task);
    cw_past_free(cl->past);
    memset(cl->slices, 0, cw_client_slices_size());
    struct cw_client kept = *cl;
    *cl = (struct cw_client){.id = kept.id,
                             .hash = kept.hash,
                             .profile = kept.profile,
                             .lines = kept.lines,
                             .lines_cap = kept.lines_cap,
                             .slices = kept.slices,
                             .seen = kept.seen,
                             .seen_cap = kept.seen_cap,
                             .older = kept.older,
                             .newer = kept.newer,
                             .written = kept.written,
                             .touched = kept.touched};
    set_unknown(cl);
}

void cw_clients_free(struct cw_shard *sh)
{
    for (size_t i = 0; i < sh->n_clients; i++)
        free_client(sh->all[i]);
    cw_slab_free(&sh->slab);
    free(sh->all);
    free(sh->slots);
    free(sh->touched);
}

static int by_id(const void *a, const void *b)
{
    const struct cw_client *x = *(struct cw_client *const *)a, *y = *(struct cw_client *const *)b;
    size_t n = x->id.n < y->id.n ? x->id.n : y->id.n;
    int c = memcmp(x->id.p, y->id.p, n);
    return c ? c : (x->id.n > y->id.n) - (x->id.n < y->id.n);
}

void cw_clients_sort(struct cw_shard *sh)
{
    if (sh->n_sorted == sh->n_clients)
        return;
    qsort(sh->all, sh->n_clients, sizeof *sh->all, by_id);
    sh->n_sorted = sh->n_clients;
}

/* ---- what the state log needs to know ---- */

void cw_clients_touch(struct cw_shard *sh, struct cw_client *cl)
{
    if (cl->touched)
        return;
    if (sh->n_touched == sh->cap_touched && !grow_list(&sh->touched, &sh->cap_touched)) {
        sh->failed = true;
        return;
    }
    cl->touched = true;
    sh->touched[sh->n_touched++] = cl;
}

static void unlink_order(struct cw_shard *sh, struct cw_client *cl)
{
    if (cl->older)
        cl->older->newer = cl->newer;
    else if (sh->oldest == cl)
        sh->oldest = cl->newer;
    if (cl->newer)
        cl->newer->older = cl->older;
    else if (sh->newest == cl)
        sh->newest = cl->older;
}

void cw_clients_written(struct cw_shard *sh, struct cw_client *cl, uint32_t commit)
{
    unlink_order(sh, cl);
    cl->older = sh->newest;
    cl->newer = NULL;
    if (sh->newest)
        sh->newest->newer = cl;
    else
        sh->oldest = cl;
    sh->newest = cl;
    cl->written = commit;
}

/* ---- lines ---- */

/* Where the line is, or belongs. */
static uint32_t line_place(const struct cw_client *cl, cw_number number)
{
    uint32_t lo = 0, hi = cl->n_lines;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (cw_client_line_at(cl, mid)->number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct cw_line *cw_clients_line(struct cw_shard *sh, struct cw_client *cl, cw_number number)
{
    struct cw_line *ln = cw_client_line(cl, number);
    if (ln || cl->n_lines >= (uint64_t)sh->settings->max_lines)
        return ln;
    size_t stride = cw_line_stride();
    if (cl->n_lines == cl->lines_cap) {
        uint32_t cap = cl->lines_cap ? cl->lines_cap * 2 : 1;
        unsigned char *p = realloc(cl->lines, cap * stride);
        if (!p) {
            sh->failed = true;
            return NULL;
        }
        sh->bytes += (cap - cl->lines_cap) * stride;
        cl->lines = p;
        cl->lines_cap = cap;
    }
    uint32_t at = line_place(cl, number);
    unsigned char *p = cl->lines + at * stride;
    memmove(p + stride, p, (cl->n_lines - at) * stride);
    memset(p, 0, stride);
    cl->n_lines++;
    ln = cw_client_line_at(cl, at);
    ln->number = number;
    ln->status_at = CW_NO_TIME;
    ln->monthly_fee = -1;
    ln->first_day = ln->active_day = CW_NO_DAY;
    cw_clients_fit_ring(sh, cl);
    return ln;
}

bool cw_clients_lines(struct cw_shard *sh, struct cw_client *cl, uint32_t n)
{
    size_t stride = cw_line_stride();
    cl->n_lines = 0;
    if (n > cl->lines_cap) {
        unsigned char *lines = calloc(n, stride);
        if (!lines) {
            sh->failed = true;
            return false;
        }
        sh->bytes += (n - cl->lines_cap) * stride;
        free(cl->lines);
        cl->lines = lines;
        cl->lines_cap = n;
    } else if (n) {
        memset(cl->lines, 0, n * stride);
    }
    cl->n_lines = n;
    return true;
}

/* ---- repeats ---- */

/* How many of the last ids are looked at, and known. */
static uint32_t horizon(const struct cw_client *cl)
{
    return RING_CLIENT + RING_LINE * cl->n_lines;
}

void cw_clients_fit_ring(struct cw_shard *sh, struct cw_client *cl)
{
    uint32_t want = horizon(cl);
    if (want <= cl->seen_cap)
        return;
    uint32_t cap = cl->seen_cap * 2 > want ? cl->seen_cap * 2 : want;
    uint64_t *seen = calloc(cap, sizeof *seen);
    if (!seen) {
        sh->failed = true;
        return;
    }
    /* Oldest first, so that the ring goes on where it was. */
    for (uint32_t i = 0; i < cl->seen_n; i++)
        seen[i] = cl->seen[(cl->seen_at + cl->seen_cap - cl->seen_n + i) % cl->seen_cap];
    free(cl->seen);
    sh->bytes += (cap - cl->seen_cap) * sizeof *seen;
    cl->seen = seen;
    cl->seen_cap = cap;
    cl->seen_at = cl->seen_n % cap;
}

/* No more are known than are looked at, whatever room the ring has: it grows in steps, and a
 * restored one has had others. With a line more, both know the same. */
void cw_clients_remember(struct cw_client *cl, uint64_t id_hash)
{
    cl->seen[cl->seen_at] = id_hash;
    cl->seen_at = (cl->seen_at + 1) % cl->seen_cap;
    cl->seen_n += cl->seen_n < horizon(cl);
}

bool cw_clients_seen(struct cw_shard *sh, struct cw_client *cl, struct cw_str source,
                     struct cw_str id)
{
    uint64_t h = XXH3_64bits_withSeed(id.p, id.n, XXH3_64bits(source.p, source.n));
    for (uint32_t i = 1; i <= cl->seen_n; i++)
        if (cl->seen[(cl->seen_at + cl->seen_cap - i) % cl->seen_cap] == h)
            return true;
    cw_clients_touch(sh, cl);
    cw_clients_fit_ring(sh, cl);
    if (!sh->failed)
        cw_clients_remember(cl, h);
    return false;
}

/* ---- profile and policy ---- */

static bool replace_profile(struct cw_shard *sh, struct cw_client *cl, struct cw_str packed)
{
    char *copy = packed.p ? malloc(packed.n + 1) : NULL;
    if (packed.p && !copy)
        return false;
    if (packed.p)
        memcpy(copy, packed.p, packed.n);
    sh->bytes += packed.n - cl->profile.n;
    free((void *)(uintptr_t)cl->profile.p);
    cl->profile = (struct cw_str){copy, packed.n};
    return true;
}

static uint32_t county_of(struct cw_str packed)
{
    struct cw_profile p = {.manager = {0}};
    struct cw_profile_room room;
    if (!packed.p || !cw_profile_unpack(packed, &p, &room) || !p.county.n)
        return 0;
    return (uint32_t)XXH3_64bits(p.county.p, p.county.n) | 1;
}

int cw_clients_set_profile(struct cw_shard *sh, struct cw_client *cl, struct cw_str packed)
{
    bool same = packed.p && cl->profile.p && cw_kept_same(packed, cl->profile);
    if (!same && !replace_profile(sh, cl, packed))
        return -CW_E_NOMEM;
    cl->has_profile = packed.p != NULL;
    cl->county = county_of(packed);
    cl->policy = UINT32_MAX;
    return 0;
}

static uint32_t policy_for(struct cw_shard *sh, const uint64_t words[CW_SEGMENT_WORDS])
{
    for (size_t i = 0; i < sh->n_policies; i++)
        if (memcmp(sh->policies[i].words, words, sizeof sh->policies[i].words) == 0)
            return (uint32_t)i;
    if (sh->n_policies == sh->cap_policies) {
        size_t cap = sh->cap_policies ? sh->cap_policies * 2 : 8;
        struct cw_policy_entry *p = realloc(sh->policies, cap * sizeof *p);
        if (!p) {
            sh->failed = true;
            return UINT32_MAX;
        }
        sh->policies = p;
        sh->cap_policies = cap;
    }
    struct cw_policy_entry *e = &sh->policies[sh->n_policies];
    memcpy(e->words, words, sizeof e->words);
    cw_settings_policy(sh->settings, words, &e->policy);
    return (uint32_t)sh->n_policies++;
}

void cw_clients_segments(const struct cw_shard *sh, const struct cw_client *cl,
                         uint64_t words[CW_SEGMENT_WORDS])
{
    struct cw_profile p = {.manager = {0}};
    struct cw_profile_room room;
    if (cl->has_profile)
        (void)cw_profile_unpack(cl->profile, &p, &room);
    struct cw_segment_key key = {.client = cl->id,
                                 .manager = p.manager,
                                 .county = p.county,
                                 .class_ = (enum cw_class)cl->class_,
                                 .vip = (enum cw_vip)cl->vip,
                                 .kind = (enum cw_kind)cl->kind};
    cw_settings_match(sh->settings, &key, words);
}

const struct cw_policy *cw_clients_policy(struct cw_shard *sh, struct cw_client *cl)
{
    if (cl->policy == UINT32_MAX) {
        uint64_t words[CW_SEGMENT_WORDS] = {0};
        cw_clients_segments(sh, cl, words);
        cl->policy = policy_for(sh, words);
    }
    return cl->policy == UINT32_MAX ? &sh->settings->base : &sh->policies[cl->policy].policy;
}

/* ---- a client's day ---- */

bool cw_clients_takes_part(const struct cw_client *cl, cw_day day)
{
    return cl->first_day != CW_NO_DAY && cl->first_day <= day &&
           !(cl->n_lines && cw_client_lines_left(cl) == 0);
}

double cw_clients_amount(const struct cw_client *cl, enum cw_channel ch, cw_day day)
{
    const struct cw_day_sums *d = &cl->open[day & 1];
    if (d->day != day)
        return 0;
    return ch == CW_CH_SPEND ? (double)d->spend / CW_YUAN : d->usage;
}

const struct cw_baseline *cw_clients_baseline(const struct cw_client *cl, enum cw_channel ch)
{
    return ch == CW_CH_SPEND ? &cl->spend : &cl->usage;
}
