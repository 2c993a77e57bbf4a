/* One client as bytes: members by table, then what varies: profile, slices, lines, ids seen;
 * then its task and its past, which are image_task.c.
 *
 * Slices that are all zero are left out; a bit per detector says which are there.
 */
#include <stdlib.h>
#include <string.h>

#include "core/fields.h"
#include "core/image.h"
#include "core/line_block.h"
#include "core/profile.h"
#include "core/slices.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "detectors' slices are stored as they are");
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- what is stored of each struct; a change here raises IMAGE_VERSION in image.c ---- */

#define BASELINE(channel)                                                                          \
    CW_F32(cw_client, channel.p_work), CW_F32(cw_client, channel.p_rest),                          \
        CW_F32(cw_client, channel.level), CW_F32(cw_client, channel.scale),                        \
        CW_FIELD_ROW(cw_client, channel.weekday, CW_F_F32, 4, 7), CW_U16(cw_client, channel.days), \
        CW_U16(cw_client, channel.days_any), CW_U16(cw_client, channel.shifted),                   \
        CW_U16(cw_client, channel.quiet)
_Static_assert(sizeof(struct cw_baseline) == 52, "a new member needs a row in BASELINE");

#define OPEN_DAY(i)                                                                                \
    CW_I32(cw_client, open[i].day), CW_I64(cw_client, open[i].spend),                              \
        CW_I64(cw_client, open[i].roaming), CW_I64(cw_client, open[i].roaming_night),              \
        CW_F64(cw_client, open[i].usage), CW_U16(cw_client, open[i].charges),                      \
        CW_U16(cw_client, open[i].usages), CW_F32(cw_client, open[i].by_hour)
_Static_assert(sizeof(struct cw_day_sums) == 48, "a new member needs a row in OPEN_DAY");

static const struct cw_field client_fields[] = {
    CW_U8(cw_client, kind),
    CW_U8(cw_client, class_),
    CW_U8(cw_client, vip),
    CW_U8(cw_client, snapshot),
    CW_I32(cw_client, phones),
    CW_I32(cw_client, contract_ends),
    CW_I32(cw_client, first_day),
    CW_I32(cw_client, active_day),
    CW_I64(cw_client, last_event),
    BASELINE(spend),
    BASELINE(usage),
    OPEN_DAY(0),
    OPEN_DAY(1),
    CW_I64(cw_client, cycle_spend),
    CW_I32(cw_client, cycle),
    CW_FIELD_ROW(cw_client, bills, CW_F_I64, 8, CW_BILLS_KEPT),
    CW_FIELD_ROW(cw_client, bill_cycles, CW_F_I32, 4, CW_BILLS_KEPT),
    CW_I64(cw_client, owed),
    CW_I64(cw_client, owed_since),
    CW_I64(cw_client, owed_at),
    CW_I64(cw_client, contract_at),
    CW_U32(cw_client, lines_gone),
};

static const struct cw_field line_fields[] = {
    CW_U64(cw_line, number),        CW_I64(cw_line, status_at),  CW_I64(cw_line, monthly_fee),
    CW_I32(cw_line, first_day),     CW_I32(cw_line, active_day), CW_U8(cw_line, status),
    CW_U8(cw_line, suspend_reason), CW_U8(cw_line, end_reason),  CW_U8(cw_line, in_profile),
    CW_U32(cw_line, forwarding),
};
_Static_assert(sizeof(struct cw_line) == 40 + sizeof(struct cw_rare *),
               "a new member needs a row in line_fields");

/* ---- writing ---- */

static size_t slice_size(unsigned d, bool of_line)
{
    return of_line ? cw_detectors[d]->line_state_size : cw_detectors[d]->state_size;
}

/* Of the client, where ln is NULL. */
static const void *slice_of(const struct cw_client *cl, const struct cw_line *ln, unsigned d)
{
    return ln ? cw_line_slice(ln, d) : cw_client_slice(cl, d);
}

/* One after the other, in the table's order. */
static void put_slices(struct cw_buf *b, const struct cw_client *cl, const struct cw_line *ln)
{
    size_t at = b->n;
    uint32_t mask = 0;
    cw_buf_u32(b, mask);
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        const void *slice = slice_of(cl, ln, d);
        if (!slice || cw_all_zero(slice, slice_size(d, ln)))
            continue;
        mask |= UINT32_C(1) << d;
        cw_buf_put(b, slice, slice_size(d, ln));
    }
    if (!b->failed)
        memcpy(b->p + at, &mask, sizeof mask);
}

/* Oldest first. */
static void put_seen(struct cw_buf *b, const struct cw_client *cl)
{
    cw_buf_u32(b, cw_seen_count(cl));
    for (uint32_t i = 0; i < cw_seen_count(cl); i++)
        cw_buf_u64(b, cw_seen_at(cl, i));
}

void cw_image_put_client(struct cw_buf *b, const struct cw_client *cl)
{
    cw_buf_str(b, cw_client_id(cl));
    cw_fields_put(b, cl, client_fields, COUNT(client_fields));
    cw_buf_str(b, cw_client_profile(cl));
    put_slices(b, cl, NULL);
    cw_buf_u32(b, cl->n_lines);
    for (uint32_t i = 0; i < cl->n_lines; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        cw_fields_put(b, ln, line_fields, COUNT(line_fields));
        put_slices(b, cl, ln);
    }
    put_seen(b, cl);
    cw_buf_u8(b, cl->task != NULL);
    if (cl->task)
        cw_image_put_task(b, cl->task);
    cw_buf_u8(b, cl->past != NULL);
    if (cl->past)
        cw_image_put_past(b, cl->past);
}

/* ---- reading ---- */

static void set_slice(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln, unsigned d,
                      const void *from)
{
    struct cw_lent lent;
    if (ln)
        cw_slices_lend_line(ln, d, &lent);
    else
        cw_slices_lend(cl, d, &lent);
    memcpy(lent.slice, from, slice_size(d, ln));
    int bytes = cw_slices_return(&sh->slab, ln ? &ln->rare : &cl->rare, d, ln, &lent);
    sh->failed |= bytes < 0;
    sh->bytes += bytes > 0 ? (size_t)bytes : 0;
}

/* Of the client, where ln is NULL. */
static void read_slices(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl,
                        struct cw_line *ln)
{
    const struct cw_layout *l = sh->layout;
    uint32_t mask = cw_read_u32(r);
    for (unsigned i = 0; i < l->n && !r->failed; i++) {
        size_t n = ln ? l->of[i].line_state_size : l->of[i].state_size;
        const void *from = mask >> i & 1 ? cw_read(r, n) : NULL;
        if (from && n && l->of[i].same)
            set_slice(sh, cl, ln, (unsigned)l->of[i].to, from);
    }
}

static bool read_lines(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    uint32_t n = cw_read_u32(r);
    /* Each line takes more than a byte of the image: a damaged count asks for no more memory. */
    if (r->failed || n > (size_t)(r->end - r->p))
        return false;
    if (!cw_clients_lines(sh, cl, n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        struct cw_line *ln = cw_client_line_at(cl, i);
        cw_fields_read(r, ln, line_fields, COUNT(line_fields));
        read_slices(sh, r, cl, ln);
    }
    return !r->failed;
}

static bool read_seen(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    uint32_t n = cw_read_u32(r);
    if (r->failed || n > (size_t)(r->end - r->p) / sizeof(uint64_t))
        return false;
    if (n && !cl->lines && !cw_clients_lines(sh, cl, 0))
        return false;
    for (uint32_t i = 0; i < n; i++)
        cw_seen_add(cl, cw_read_u64(r) & CW_SEEN_BITS);
    return !sh->failed && !r->failed;
}

bool cw_image_read_client(struct cw_shard *sh, struct cw_reader *r, uint32_t commit)
{
    struct cw_str id = cw_read_str(r);
    if (r->failed || id.n == 0 || id.n > CW_CLIENT_ID_MOST)
        return false;
    struct cw_client *cl = cw_clients_get(sh, id);
    if (!cl)
        return false;
    cw_clients_empty(sh, cl);
    cw_fields_read(r, cl, client_fields, COUNT(client_fields));
    struct cw_str profile = cw_read_str(r);
    if (r->failed || cl->kind > CW_GROUP || cl->class_ > CW_CLASS_NONE || cl->vip > CW_VIP_NONE)
        return false;
    if (cw_clients_set_profile(sh, cl, profile) != 0) {
        sh->failed = true;
        return false;
    }
    read_slices(sh, r, cl, NULL);
    if (!read_lines(sh, r, cl) || !read_seen(sh, r, cl))
        return false;
    if (cw_read_u8(r) && !cw_image_read_task(sh, r, cl))
        return false;
    if (sh->layout->version >= 2 && cw_read_u8(r) && !cw_image_read_past(sh, r, cl))
        return false;
    cw_clients_written(sh, cl, commit);
    return !r->failed && r->p == r->end;
}
