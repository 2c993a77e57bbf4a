/* A client's open task and what earlier calls left behind, as bytes: members by table, then texts,
 * then signals one after the other.
 *
 * Rows are only ever added, at the end of a table; how many an older version had is a row of
 * `known`, so that a state written by an older build restores.
 */
#include <string.h>

#include "core/evidence.h"
#include "core/fields.h"
#include "core/image.h"
#include "core/past.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
enum { TEXT_MOST = 64 * 1024 }; /* bytes; the contract's ids have 64 */

/* ---- what is stored; a change here raises CW_IMAGE_VERSION ---- */

static const struct cw_field task_fields[] = {
    CW_U64(cw_task, id),
    CW_I64(cw_task, created_at),
    CW_I64(cw_task, updated_at),
    CW_I64(cw_task, due_at),
    CW_F32(cw_task, risk),
    CW_F32(cw_task, value),
    CW_F32(cw_task, urgency),
    CW_F32(cw_task, risk_told),
    CW_I32(cw_task, version),
    CW_I32(cw_task, priority),
    CW_I32(cw_task, priority_told),
    CW_U32(cw_task, signals_omitted),
    CW_U8(cw_task, state),
    CW_U8(cw_task, method),
    CW_U8(cw_task, wake),
    CW_U8(cw_task, escalated),
    /* since version 2 */
    CW_U8(cw_task, asked_up),
    CW_I64(cw_task, claimed_until),
    CW_I64(cw_task, snoozed_until),
    CW_I64(cw_task, noted_at),
    CW_F32(cw_task, risk_snoozed),
    CW_FIELD_ROW(cw_task, moves, CW_F_U8, 1, CW_ACTIONS),
};

static const struct cw_field signal_fields[] = {
    CW_U8(cw_task_signal, s.slot),
    CW_U8(cw_task_signal, s.step),
    CW_U8(cw_task_signal, s.holds),
    CW_U64(cw_task_signal, s.line),
    CW_F32(cw_task_signal, s.severity),
    CW_F32(cw_task_signal, s.leave),
    CW_F32(cw_task_signal, s.incident),
    CW_F32(cw_task_signal, s.half_life_days),
    CW_F32(cw_task_signal, s.due_hours),
    CW_I64(cw_task_signal, at),
    CW_I64(cw_task_signal, cleared_at),
    CW_I64(cw_task_signal, offset),
    CW_I32(cw_task_signal, partition),
    CW_U8(cw_task_signal, topic),
    /* since version 2 */
    CW_I32(cw_task_signal, version),
};

/* How many rows of each table a version has. */
static const struct {
    size_t task, signal;
} known[] = {[1] = {16, 14},
             [2] = {22, 15},
             [3] = {COUNT(task_fields), COUNT(signal_fields)},
             [4] = {COUNT(task_fields), COUNT(signal_fields)},
             [5] = {COUNT(task_fields), COUNT(signal_fields)},
             [6] = {COUNT(task_fields), COUNT(signal_fields)},
             [7] = {COUNT(task_fields), COUNT(signal_fields)}};
_Static_assert(COUNT(known) == CW_IMAGE_VERSION + 1, "a new version needs a row in known");

/* ---- writing ---- */

static void put_signal(struct cw_buf *b, const struct cw_task_signal *g)
{
    cw_buf_u8(b, g->s.detector);
    cw_fields_put(b, g, signal_fields, COUNT(signal_fields));
    cw_buf_u8(b, g->n_facts);
    cw_buf_put(b, cw_at(g->facts), g->facts_bytes);
}

void cw_image_put_task(struct cw_buf *b, const struct cw_task *t)
{
    cw_fields_put(b, t, task_fields, COUNT(task_fields));
    cw_buf_str(b, t->manager);
    cw_buf_str(b, t->escalated_to);
    cw_buf_u8(b, t->n_signals);
    for (unsigned i = 0; i < t->n_signals; i++)
        put_signal(b, &t->signals[i]);
    cw_buf_str(b, t->claimed_by);
    cw_buf_str(b, t->reassigned_to);
}

static void put_heard_id(struct cw_buf *b, const struct cw_heard_id *x)
{
    cw_buf_u64(b, x->source);
    cw_buf_u64(b, x->ms);
    cw_buf_u64(b, x->seq);
}

static void put_heard(struct cw_buf *b, const struct cw_heard *h)
{
    unsigned oldest = CW_HEARD_LAST + h->next - (unsigned)h->n;
    cw_buf_u8(b, h->n);
    for (unsigned i = 0; i < h->n; i++)
        put_heard_id(b, &h->last[(oldest + i) % CW_HEARD_LAST]);
    cw_buf_u8(b, h->n_marks);
    for (unsigned i = 0; i < h->n_marks; i++)
        put_heard_id(b, &h->marks[i]);
    put_heard_id(b, &h->rest);
}

void cw_image_put_past(struct cw_buf *b, const struct cw_past *p)
{
    cw_buf_i64(b, p->last);
    put_heard(b, &p->heard);
    cw_buf_u8(b, p->n);
    for (unsigned i = 0; i < p->n; i++) {
        cw_buf_i64(b, p->rows[i].until);
        cw_buf_u8(b, p->rows[i].reached);
        put_signal(b, &p->rows[i].signal);
    }
}

/* ---- reading ---- */

/* False: damaged. ret is all zero; it stays so for a signal of a detector that is gone, of which
 * ret_known says so. */
static bool read_signal(struct cw_shard *sh, struct cw_reader *r, struct cw_task_signal *ret,
                        bool *ret_known)
{
    const struct cw_layout *l = sh->layout;
    struct cw_task_signal g = {.topic = 0};
    struct cw_signal evidence = {.n_facts = 0};
    uint8_t detector = cw_read_u8(r);
    cw_fields_read(r, &g, signal_fields, known[l->version].signal);
    evidence.n_facts = cw_read_u8(r);
    cw_evidence_unpack(r, &evidence);
    if (r->failed || detector >= l->n)
        return false;
    *ret_known = l->of[detector].to >= 0;
    if (!*ret_known)
        return true;
    g.s.detector = (uint8_t)l->of[detector].to;
    cw_evidence_keep(sh, &g, &evidence);
    *ret = g;
    return !sh->failed;
}

static bool read_text(struct cw_shard *sh, struct cw_reader *r, struct cw_str *to)
{
    struct cw_str from = cw_read_str(r);
    if (from.n > TEXT_MOST)
        return false;
    if (from.p)
        (void)cw_kept_set(sh, to, from);
    return !sh->failed && !r->failed;
}

static bool read_signals(struct cw_shard *sh, struct cw_reader *r, struct cw_task *t)
{
    uint8_t n = cw_read_u8(r);
    bool is_known;
    if (r->failed || n > CW_TASK_SIGNALS_MOST)
        return false;
    t->signals = n ? cw_kept_take(sh, n * sizeof *t->signals) : NULL;
    if (n && !t->signals)
        return false;
    t->cap_signals = n;
    for (unsigned i = 0; i < n; i++) {
        struct cw_task_signal *g = &t->signals[t->n_signals];
        if (!read_signal(sh, r, g, &is_known))
            return false;
        /* Version 1 did not say which version first told it: as if it were the last one. */
        if (sh->layout->version < 2)
            g->version = t->version;
        t->n_signals = (uint8_t)(t->n_signals + is_known);
    }
    return true;
}

bool cw_image_read_task(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    struct cw_task *t = cw_kept_take(sh, sizeof *t);
    if (!t || !cw_clients_set_task(sh, cl, t))
        return false;
    sh->n_tasks++;
    t->due_slot = UINT32_MAX;
    t->claimed_until = t->snoozed_until = t->noted_at = CW_NO_TIME;
    cw_fields_read(r, t, task_fields, known[sh->layout->version].task);
    if (!read_text(sh, r, &t->manager) || !read_text(sh, r, &t->escalated_to) ||
        !read_signals(sh, r, t))
        return false;
    return sh->layout->version < 2 ||
           (read_text(sh, r, &t->claimed_by) && read_text(sh, r, &t->reassigned_to));
}

static bool read_settled(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    struct cw_task_signal g = {.topic = 0};
    bool is_known;
    cw_event_time until = cw_read_i64(r);
    bool reached = cw_read_u8(r);
    if (!read_signal(sh, r, &g, &is_known))
        return false;
    if (is_known)
        cw_past_settle(sh, cl, &g, until, reached);
    return !sh->failed;
}

/* Layout 2 stored hashes of whole ids, and no marks. */
static struct cw_heard_id read_heard_id(const struct cw_layout *l, struct cw_reader *r)
{
    struct cw_heard_id x = {.source = cw_read_u64(r)};
    if (l->version >= 3) {
        x.ms = cw_read_u64(r);
        x.seq = cw_read_u64(r);
    }
    return x;
}

static bool read_heard(const struct cw_layout *l, struct cw_reader *r, struct cw_heard *h)
{
    h->n = cw_read_u8(r);
    if (r->failed || h->n > CW_HEARD_LAST)
        return false;
    h->next = h->n % CW_HEARD_LAST;
    for (unsigned i = 0; i < h->n; i++)
        h->last[i] = read_heard_id(l, r);
    if (l->version < 3)
        return !r->failed;
    h->n_marks = cw_read_u8(r);
    if (r->failed || h->n_marks > CW_HEARD_SOURCES)
        return false;
    for (unsigned i = 0; i < h->n_marks; i++)
        h->marks[i] = read_heard_id(l, r);
    h->rest = read_heard_id(l, r);
    return !r->failed;
}

bool cw_image_read_past(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    struct cw_past *p = cw_past_of(sh, cl);
    if (!p)
        return false;
    cw_event_time last = cw_read_i64(r);
    if (!read_heard(sh->layout, r, &p->heard))
        return false;
    uint8_t n = cw_read_u8(r);
    if (r->failed || n > CW_SETTLED_MOST)
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!read_settled(sh, r, cl))
            return false;
    p->last = last;
    return !r->failed;
}
