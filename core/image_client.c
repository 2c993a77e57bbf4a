/* One client as bytes, from layout 6 on: its record, slices and lines as they lie in memory, zeroes
 * left out (core/words.h), then what varies.
 *
 *     id · record · slices · what follows, a bit each
 *     profile · what lies apart · lines, each with its slices and what lies apart · ids seen
 *     task · past (image_task.c)
 *
 * A layout image says how long records and slices are. A record may grow at its end: what an
 * earlier release did not store is zero. Any other change raises CW_IMAGE_VERSION.
 */
#include <stdlib.h>
#include <string.h>

#include "core/fields.h"
#include "core/image.h"
#include "core/line_block.h"
#include "core/profile.h"
#include "core/slices.h"
#include "core/words.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are stored as they lie");
_Static_assert(CW_IMAGE_RECORD % 4 == 0 && CW_IMAGE_LINE % 4 == 0, "records are whole words");
_Static_assert(CW_IMAGE_RECORD <= 1024 && CW_IMAGE_LINE <= 1024, "there is room for records");

enum { HAS_PROFILE = 1, HAS_RARE = 2, HAS_TASK = 4, HAS_PAST = 8 };
enum { LARGE = UINT8_MAX };

/* ---- counts: mostly below 255 ---- */

static void put_count(struct cw_buf *b, uint32_t n)
{
    cw_buf_u8(b, (uint8_t)(n < LARGE ? n : LARGE));
    if (n >= LARGE)
        cw_buf_u32(b, n);
}

static uint32_t read_count(struct cw_reader *r)
{
    uint8_t n = cw_read_u8(r);
    return n < LARGE ? n : cw_read_u32(r);
}

/* ---- writing ---- */

/* Those that say something. A task and a past are written by themselves. */
static uint32_t rare_kinds(struct cw_rare rare, bool of_line)
{
    uint32_t kinds = rare.there, ret = 0;
    if (!of_line)
        kinds &= ~(UINT32_C(1) << CW_RARE_CALLS);
    for (; kinds; kinds &= kinds - 1) {
        unsigned kind = (unsigned)__builtin_ctz(kinds);
        if (!cw_all_zero(cw_rare_find(rare, kind, of_line), cw_rare_size(kind, of_line)))
            ret |= UINT32_C(1) << kind;
    }
    return ret;
}

static void put_rare(struct cw_buf *b, struct cw_rare rare, uint32_t kinds, bool of_line)
{
    cw_buf_u32(b, kinds);
    for (; kinds; kinds &= kinds - 1) {
        unsigned kind = (unsigned)__builtin_ctz(kinds);
        cw_buf_put(b, cw_rare_find(rare, kind, of_line), cw_rare_size(kind, of_line));
    }
}

static void put_lines(struct cw_buf *b, const struct cw_client *cl)
{
    put_count(b, cl->n_lines);
    for (uint32_t i = 0; i < cl->n_lines; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        struct cw_rare rare = cw_rare_of(cl, ln);
        uint32_t kinds = rare_kinds(rare, true);
        cw_words_put(b, (const char *)ln + CW_LINE_STORED, CW_IMAGE_LINE + cw_slices_of_line());
        cw_buf_u8(b, kinds ? HAS_RARE : 0);
        if (kinds)
            put_rare(b, rare, kinds, true);
    }
}

static void put_seen(struct cw_buf *b, const struct cw_client *cl)
{
    uint32_t n = cw_seen_count(cl);
    put_count(b, n);
    char *to = cw_buf_room(b, n * cw_seen_bytes(cl));
    if (!to)
        return;
    cw_seen_copy(cl, n, to);
    b->n += n * cw_seen_bytes(cl);
}

void cw_image_put_client(struct cw_buf *b, const struct cw_client *cl)
{
    struct cw_str id = cw_client_id(cl), profile = cw_client_profile(cl);
    const struct cw_task *task = cw_client_task(cl);
    const struct cw_past *past = cw_client_past(cl);
    uint32_t kinds = rare_kinds(cl->rare, false);
    cw_buf_u8(b, (uint8_t)id.n);
    cw_buf_put(b, id.p, id.n);
    cw_words_put(b, (const char *)cl + CW_CLIENT_STORED, CW_IMAGE_RECORD);
    cw_words_put(b, cw_slices_usual(cl), cw_slices_of_client());
    cw_buf_u8(b, (uint8_t)((profile.p ? HAS_PROFILE : 0) | (kinds ? HAS_RARE : 0) |
                           (task ? HAS_TASK : 0) | (past ? HAS_PAST : 0)));
    if (profile.p)
        cw_buf_str(b, profile);
    if (kinds)
        put_rare(b, cl->rare, kinds, false);
    put_lines(b, cl);
    put_seen(b, cl);
    if (task)
        cw_image_put_task(b, task);
    if (past)
        cw_image_put_past(b, past);
}

/* ---- reading ---- */

static size_t stored_size(const struct cw_layout *l, unsigned i, bool of_line)
{
    return of_line ? l->of[i].line_state_size : l->of[i].state_size;
}

void cw_image_set_slice(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln, unsigned i,
                        const void *from)
{
    const struct cw_layout *l = sh->layout;
    struct cw_lent lent;
    unsigned d = (unsigned)l->of[i].to;
    if (l->of[i].to < 0 || !(l->of[i].same || cw_detectors[d]->older))
        return;
    if (ln)
        cw_slices_lend_line(ln, d, &lent);
    else
        cw_slices_lend(cl, d, &lent);
    if (lent.slice && l->of[i].same)
        memcpy(lent.slice, from, cw_rare_size(d, ln));
    else if (lent.slice)
        (void)cw_detectors[d]->older(l->of[i].version, ln, from, stored_size(l, i, ln), lent.slice);
    int bytes = cw_slices_return(&sh->slab, cl, ln, d, &lent);
    sh->failed |= bytes < 0;
    sh->bytes += bytes > 0 ? (size_t)bytes : 0;
}

/* Out of those of the usual detectors, one after the other as core/slices.c places them. */
static void set_usual(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                      const unsigned char *from)
{
    const struct cw_layout *l = sh->layout;
    for (unsigned k = 0; k < 2 * l->n; k++) {
        unsigned i = k % l->n;
        size_t n = stored_size(l, i, ln);
        if (l->of[i].rare || cw_slices_odd(n) != (k >= l->n))
            continue;
        cw_image_set_slice(sh, cl, ln, i, from);
        from += n;
    }
}

/* Of the client, where ln is NULL. */
static bool read_rare(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl,
                      struct cw_line *ln)
{
    const struct cw_layout *l = sh->layout;
    uint32_t kinds = cw_read_u32(r);
    for (; kinds && !r->failed; kinds &= kinds - 1) {
        unsigned kind = (unsigned)__builtin_ctz(kinds);
        bool fact = kind >= CW_RARE_LEAST;
        size_t n = fact ? cw_rare_size(kind, ln) : kind < l->n ? stored_size(l, kind, ln) : 0;
        const void *from = n ? cw_read(r, n) : NULL;
        if (!from || (!ln && kind == CW_RARE_CALLS))
            return false;
        if (!fact)
            cw_image_set_slice(sh, cl, ln, kind, from);
        else if (ln)
            (void)cw_clients_line_fact(sh, ln, (enum cw_rare_fact)kind, from);
        else
            (void)cw_clients_fact(sh, cl, (enum cw_rare_fact)kind, from);
    }
    return !r->failed && !sh->failed;
}

static bool read_lines(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    const struct cw_layout *l = sh->layout;
    uint32_t n = read_count(r), room[CW_IMAGE_WORDS_MOST];
    /* Each line takes more than a byte of the image: a damaged count asks for no more memory. */
    if (r->failed || n > CW_LINES_MOST || n > (size_t)(r->end - r->p) ||
        !cw_clients_lines(sh, cl, n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        struct cw_line *ln = cw_client_line_at(cl, i);
        cw_words_read(r, room, l->line + l->line_slices);
        memcpy((char *)ln + CW_LINE_STORED, room, l->line);
        set_usual(sh, cl, ln, (const unsigned char *)room + l->line);
        if (ln->status > CW_LINE_GONE || (cw_read_u8(r) == HAS_RARE && !read_rare(sh, r, cl, ln)))
            return false;
        if (ln->status == CW_LINE_GONE)
            cl->lines_gone++;
    }
    return !r->failed;
}

static bool read_seen(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    uint32_t n = read_count(r);
    if (r->failed || n > (size_t)(r->end - r->p) / cw_seen_bytes(cl))
        return false;
    const char *from = cw_read(r, n * cw_seen_bytes(cl));
    if (!from || (n && !cl->lines && !cw_clients_lines(sh, cl, 0)))
        return false;
    cw_seen_paste(cl, n, from);
    return true;
}

/* All after the id. */
static bool read_body(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl)
{
    const struct cw_layout *l = sh->layout;
    uint32_t room[CW_IMAGE_WORDS_MOST];
    cw_words_read(r, room, l->record);
    memcpy((char *)cl + CW_CLIENT_STORED, room, l->record);
    cw_words_read(r, room, l->slices);
    set_usual(sh, cl, NULL, (const unsigned char *)room);
    uint8_t follows = cw_read_u8(r);
    struct cw_str profile = follows & HAS_PROFILE ? cw_read_str(r) : (struct cw_str){0};
    if (r->failed || !cw_image_takes_profile(sh, cl, profile))
        return false;
    if (cl->n_bills > CW_BILLS_KEPT || (follows & HAS_RARE && !read_rare(sh, r, cl, NULL)))
        return false;
    if (!read_lines(sh, r, cl) || !read_seen(sh, r, cl))
        return false;
    return (!(follows & HAS_TASK) || cw_image_read_task(sh, r, cl)) &&
           (!(follows & HAS_PAST) || cw_image_read_past(sh, r, cl));
}

bool cw_image_takes_profile(struct cw_shard *sh, struct cw_client *cl, struct cw_str profile)
{
    if (cl->kind > CW_GROUP || cl->class_ > CW_CLASS_NONE)
        return false;
    if (cw_clients_set_profile(sh, cl, profile) != 0)
        sh->failed = true;
    return !sh->failed;
}

struct cw_str cw_image_client_id(const struct cw_layout *l, struct cw_reader *r)
{
    if (l->version < 6)
        return cw_read_str(r);
    uint8_t n = cw_read_u8(r);
    const char *p = cw_read(r, n);
    return p ? (struct cw_str){p, n} : (struct cw_str){0};
}

bool cw_image_read_client(struct cw_shard *sh, struct cw_reader *r, uint32_t commit)
{
    struct cw_str id = cw_image_client_id(sh->layout, r);
    if (r->failed || id.n == 0 || id.n > CW_CLIENT_ID_MOST)
        return false;
    struct cw_client *cl = cw_clients_get(sh, id);
    if (!cl)
        return false;
    cw_clients_empty(sh, cl);
    bool ok = sh->layout->version < 6 ? cw_image_read_old(sh, r, cl) : read_body(sh, r, cl);
    if (!ok)
        return false;
    cw_clients_written(sh, cl, commit);
    return !r->failed && r->p == r->end;
}
