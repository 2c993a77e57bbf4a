/* Making, finding and changing clients, with what they take counted: lines, ids seen, profiles. */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "churnwatch/expect.h"
#include "core/line_block.h"
#include "core/past.h"
#include "core/profile.h"
#include "core/shard_state.h"
#include "core/slices.h"

enum { RECORD_BYTES = sizeof(struct cw_client) + 128 }; /* with its id and first slices, about */

/* ---- making and emptying ---- */

struct cw_client *cw_clients_find(const struct cw_shard *sh, struct cw_str id)
{
    return cw_index_find(&sh->clients, id, cw_index_hash(id));
}

void cw_client_expect(const struct cw_client *cl)
{
    cw_expect(cl, RECORD_BYTES);
}

void cw_client_expect_owned(const struct cw_client *cl)
{
    if (cl->rare.at)
        __builtin_prefetch(cw_at(cl->rare.at));
    cw_line_block_expect(cl);
}

void cw_clients_expect(const struct cw_shard *sh, uint32_t hash, unsigned step)
{
    if (step == 0) {
        cw_index_expect(&sh->clients, hash);
        return;
    }
    const cw_ref *slot = cw_index_likely(&sh->clients, hash);
    if (slot && step == 1)
        __builtin_prefetch(slot);
    else if (slot && step == 2)
        cw_client_expect(cw_at(*slot));
    else if (slot)
        cw_client_expect_owned(cw_at(*slot));
}

void cw_clients_expect_after(const struct cw_shard *sh, size_t i)
{
    enum { NEAR = 4, FAR = 2 * NEAR };
    if (i + FAR < sh->clients.n)
        cw_client_expect(cw_index_at(&sh->clients, i + FAR));
    if (i + NEAR < sh->clients.n)
        cw_client_expect_owned(cw_index_at(&sh->clients, i + NEAR));
}

/* What a client is before anything is known of it; all else is zero. */
static void set_unknown(struct cw_client *cl)
{
    cl->kind = CW_INDIVIDUAL;
    cl->class_ = CW_CLASS_NONE;
    cl->vip = CW_VIP_NONE;
    cl->policy = UINT16_MAX;
}

_Static_assert(CW_CLIENT_ID_MOST <= INT8_MAX, "its length is kept in seven bits");

static size_t record_bytes(const struct cw_client *cl)
{
    return sizeof *cl + cw_slices_begin(cl) + cw_slices_of_client();
}

static struct cw_client *new_client(struct cw_shard *sh, struct cw_str id)
{
    struct cw_client sized = {.id_n = id.n & INT8_MAX};
    struct cw_client *cl =
        id.n <= CW_CLIENT_ID_MOST ? cw_at(cw_slab_take(&sh->slab, record_bytes(&sized))) : NULL;
    if (!cl)
        return NULL;
    cl->id_n = id.n & INT8_MAX;
    memcpy(cl + 1, id.p, id.n);
    set_unknown(cl);
    return cl;
}

struct cw_client *cw_clients_get(struct cw_shard *sh, struct cw_str id)
{
    uint32_t hash = cw_index_hash(id);
    struct cw_client *cl = cw_index_find(&sh->clients, id, hash);
    if (cl)
        return cl;
    cl = new_client(sh, id);
    if (!cl || !cw_index_add(&sh->clients, cl)) {
        sh->failed = true;
        return NULL;
    }
    sh->bytes += record_bytes(cl);
    return cl;
}

/* As it is kept: its length, then its bytes. */
static size_t profile_bytes(const struct cw_client *cl)
{
    return cl->packed ? sizeof(uint32_t) + cw_client_profile(cl).n : 0;
}

static void give_profile(struct cw_shard *sh, struct cw_client *cl)
{
    sh->bytes -= profile_bytes(cl);
    cw_slab_give(&sh->slab, cl->packed, profile_bytes(cl));
    cl->packed = 0;
}

void cw_clients_empty(struct cw_shard *sh, struct cw_client *cl)
{
    sh->n_tasks -= cw_client_task(cl) != NULL;
    sh->bytes -= cw_rare_bytes(cl->rare, false) + cw_line_block_bytes(cl);
    cw_task_free(sh, cw_client_task(cl));
    cw_past_free(sh, cw_client_past(cl));
    cw_rare_free(&sh->slab, cl->rare, false);
    cw_line_block_free(&sh->slab, cl);
    memset((char *)(cl + 1) + cw_slices_begin(cl), 0, cw_slices_of_client());
    struct cw_client kept = *cl;
    *cl = (struct cw_client){.id_n = kept.id_n,
                             .packed = kept.packed,
                             .older = kept.older,
                             .newer = kept.newer,
                             .written = kept.written,
                             .touched = kept.touched};
    set_unknown(cl);
}

/* What may be larger than the slab's small pieces is given back; all else goes with the slab. */
void cw_clients_free(struct cw_shard *sh)
{
    for (size_t i = 0; i < sh->clients.n; i++) {
        struct cw_client *cl = cw_index_at(&sh->clients, i);
        cw_line_block_free(&sh->slab, cl);
        give_profile(sh, cl);
    }
    cw_slab_free(&sh->slab);
    cw_index_free(&sh->clients);
}

/* ---- what the state log needs to know ---- */

struct cw_client *cw_clients_newer(const struct cw_client *cl)
{
    return cw_at(cl->newer);
}

static void unlink_order(struct cw_shard *sh, struct cw_client *cl)
{
    struct cw_client *older = cw_at(cl->older), *newer = cw_at(cl->newer);
    if (older)
        older->newer = cl->newer;
    else if (sh->oldest == cl)
        sh->oldest = newer;
    if (newer)
        newer->older = cl->older;
    else if (sh->newest == cl)
        sh->newest = older;
}

/* Before another one; NULL: at the newest end. */
static void insert_order(struct cw_shard *sh, struct cw_client *cl, struct cw_client *next)
{
    struct cw_client *older = next ? cw_at(next->older) : sh->newest;
    cl->older = cw_ref_of(older);
    cl->newer = cw_ref_of(next);
    if (older)
        older->newer = cw_ref_of(cl);
    else
        sh->oldest = cl;
    if (next)
        next->older = cw_ref_of(cl);
    else
        sh->newest = cl;
}

/* Those touched are the newest end of the order, so that they need no list of their own. */
void cw_clients_touch(struct cw_shard *sh, struct cw_client *cl)
{
    if (cl->touched)
        return;
    unlink_order(sh, cl);
    insert_order(sh, cl, NULL);
    cl->touched = true;
    if (!sh->touched)
        sh->touched = cl;
}

void cw_clients_written(struct cw_shard *sh, struct cw_client *cl, uint32_t commit)
{
    if (sh->touched == cl) { /* It is in its place. */
        sh->touched = cw_clients_newer(cl);
    } else {
        unlink_order(sh, cl);
        insert_order(sh, cl, sh->touched);
    }
    cl->touched = false;
    cl->written = commit;
}

/* ---- lines and repeats ---- */

struct cw_line *cw_clients_line(struct cw_shard *sh, struct cw_client *cl, cw_number number)
{
    struct cw_line *ln = cw_client_line(cl, number);
    if (ln || cl->n_lines >= (uint64_t)sh->settings->max_lines)
        return ln;
    size_t before = cw_line_block_bytes(cl);
    ln = cw_line_block_add(&sh->slab, cl, number);
    sh->bytes += cw_line_block_bytes(cl) - before;
    if (!ln) {
        sh->failed = true;
        return NULL;
    }
    ln->monthly_fee = cw_money_pack(-1);
    return ln;
}

bool cw_clients_lines(struct cw_shard *sh, struct cw_client *cl, uint32_t n)
{
    size_t before = cw_line_block_bytes(cl);
    bool ok = cw_line_block_make(&sh->slab, cl, n);
    sh->failed |= !ok;
    sh->bytes += cw_line_block_bytes(cl) - before;
    return ok;
}

bool cw_clients_seen(struct cw_shard *sh, struct cw_client *cl, struct cw_str source,
                     struct cw_str id)
{
    uint64_t h = XXH3_64bits_withSeed(id.p, id.n, XXH3_64bits(source.p, source.n));
    if (cw_seen_has(cl, h))
        return true;
    cw_clients_touch(sh, cl);
    if (cl->lines || cw_clients_lines(sh, cl, 0))
        cw_seen_add(cl, h);
    return false;
}

/* ---- what lies apart ---- */

static bool put_fact(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln, unsigned kind,
                     const void *bytes)
{
    int more = cw_rare_put(&sh->slab, cl, ln, kind, bytes);
    sh->failed |= more < 0;
    sh->bytes += more > 0 ? (size_t)more : 0;
    return more >= 0;
}

bool cw_clients_fact(struct cw_shard *sh, struct cw_client *cl, enum cw_rare_fact fact,
                     const void *bytes)
{
    return put_fact(sh, cl, NULL, fact, bytes);
}

bool cw_clients_line_fact(struct cw_shard *sh, struct cw_line *ln, enum cw_rare_fact fact,
                          const void *bytes)
{
    return put_fact(sh, NULL, ln, fact, bytes);
}

static bool set_calls(struct cw_shard *sh, struct cw_client *cl, struct cw_calls calls)
{
    return cw_clients_fact(sh, cl, CW_RARE_CALLS, &calls);
}

bool cw_clients_set_task(struct cw_shard *sh, struct cw_client *cl, struct cw_task *t)
{
    return set_calls(sh, cl, (struct cw_calls){cw_ref_of(t), cw_ref_of(cw_client_past(cl))});
}

bool cw_clients_set_past(struct cw_shard *sh, struct cw_client *cl, struct cw_past *p)
{
    return set_calls(sh, cl, (struct cw_calls){cw_ref_of(cw_client_task(cl)), cw_ref_of(p)});
}

/* ---- profile and policy ---- */

static bool replace_profile(struct cw_shard *sh, struct cw_client *cl, struct cw_str packed)
{
    uint32_t n = (uint32_t)packed.n;
    cw_ref ref = packed.p ? cw_slab_take(&sh->slab, sizeof n + packed.n) : 0;
    char *copy = cw_at(ref);
    if (packed.p && !copy)
        return false;
    give_profile(sh, cl);
    if (!packed.p)
        return true;
    memcpy(copy, &n, sizeof n);
    memcpy(copy + sizeof n, packed.p, packed.n);
    cl->packed = ref;
    sh->bytes += profile_bytes(cl);
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
    bool same = packed.p && cl->packed && cw_kept_same(packed, cw_client_profile(cl));
    if (!same && !replace_profile(sh, cl, packed))
        return -CW_E_NOMEM;
    cl->county = county_of(packed);
    cl->policy = UINT16_MAX;
    return 0;
}

void cw_clients_forget_policies(struct cw_shard *sh)
{
    sh->n_policies = 0;
    for (size_t i = 0; i < sh->clients.n; i++)
        cw_index_at(&sh->clients, i)->policy = UINT16_MAX;
}

static uint16_t policy_for(struct cw_shard *sh, const uint64_t words[CW_SEGMENT_WORDS])
{
    for (size_t i = 0; i < sh->n_policies; i++)
        if (memcmp(sh->policies[i].words, words, sizeof sh->policies[i].words) == 0)
            return (uint16_t)i;
    if (sh->n_policies ==
        UINT16_MAX) /* More cannot be told apart: those there are now begin anew. */
        cw_clients_forget_policies(sh);
    if (sh->n_policies == sh->cap_policies) {
        size_t cap = sh->cap_policies ? sh->cap_policies * 2 : 8;
        struct cw_policy_entry *p = realloc(sh->policies, cap * sizeof *p);
        if (!p) {
            sh->failed = true;
            return UINT16_MAX;
        }
        sh->policies = p;
        sh->cap_policies = cap;
    }
    struct cw_policy_entry *e = &sh->policies[sh->n_policies];
    memcpy(e->words, words, sizeof e->words);
    cw_settings_policy(sh->settings, words, &e->policy);
    return (uint16_t)sh->n_policies++;
}

void cw_clients_segments(const struct cw_shard *sh, const struct cw_client *cl,
                         uint64_t words[CW_SEGMENT_WORDS])
{
    struct cw_profile p = {.manager = {0}};
    struct cw_profile_room room;
    if (cl->packed)
        (void)cw_profile_unpack(cw_client_profile(cl), &p, &room);
    struct cw_segment_key key = {.client = cw_client_id(cl),
                                 .manager = p.manager,
                                 .county = p.county,
                                 .class_ = (enum cw_class)cl->class_,
                                 .vip = (enum cw_vip)cl->vip,
                                 .kind = (enum cw_kind)cl->kind};
    cw_settings_match(sh->settings, &key, words);
}

const struct cw_policy *cw_clients_policy(struct cw_shard *sh, struct cw_client *cl)
{
    if (cl->policy == UINT16_MAX) {
        uint64_t words[CW_SEGMENT_WORDS] = {0};
        cw_clients_segments(sh, cl, words);
        cl->policy = policy_for(sh, words);
    }
    return cl->policy == UINT16_MAX ? &sh->settings->base : &sh->policies[cl->policy].policy;
}

/* ---- a client's day ---- */

bool cw_clients_takes_part(const struct cw_client *cl, cw_day day)
{
    return cl->first_day && cw_day_unpack(cl->first_day) <= day &&
           !(cl->n_lines && cw_client_lines_left(cl) == 0);
}

double cw_clients_amount(const struct cw_client *cl, enum cw_channel ch, cw_day day)
{
    const struct cw_day_sums *d = &cl->open[day & 1];
    if (cl->open_day[day & 1] != cw_day_pack(day))
        return 0;
    return ch == CW_CH_SPEND ? (double)cw_money_unpack(d->spend) / CW_YUAN : (double)d->usage;
}

const struct cw_baseline *cw_clients_baseline(const struct cw_client *cl, enum cw_channel ch)
{
    return ch == CW_CH_SPEND ? &cl->spend : &cl->usage;
}

/* A trend takes each day that the baseline takes, but of usage the first. */
static const uint16_t left_out[] = {[CW_CH_SPEND] = 0, [CW_CH_USAGE] = 1};

struct cw_trend cw_clients_trend(const struct cw_client *cl, enum cw_channel ch)
{
    const struct cw_trends *t = &cl->trends;
    uint16_t days = cw_clients_baseline(cl, ch)->days;
    days = (uint16_t)(days > left_out[ch] ? days - left_out[ch] : 0);
    return (struct cw_trend){t->fast[ch], t->slow[ch], t->restless[ch], days};
}

void cw_clients_set_trend(struct cw_client *cl, enum cw_channel ch, const struct cw_trend *t)
{
    cl->trends.fast[ch] = t->fast;
    cl->trends.slow[ch] = t->slow;
    cl->trends.restless[ch] = t->restless;
}

struct cw_trend cw_clients_trend_day(struct cw_client *cl, enum cw_channel ch, double amount)
{
    struct cw_trend t = cw_clients_trend(cl, ch);
    if (cw_clients_baseline(cl, ch)->days >= left_out[ch])
        cw_trend_step(&t, amount);
    cw_clients_set_trend(cl, ch, &t);
    return t;
}
