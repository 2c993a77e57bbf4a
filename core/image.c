/* Images of a shard: framing, the layout of slices, the shard's own facts, rounds of rewriting. The
 * payload of a client is image_client.c. */
#include "core/image.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "churnwatch/expect.h"
#include "core/fields.h"
#include "core/slices.h"

enum { HEAD_BYTES = 5, SUM_BYTES = 4 };
enum { SLICES_MOST = (CW_IMAGE_WORDS_MOST - 256) * 4 }; /* with a record, there is room for all */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- framing ---- */

/* Opens an image and returns where it begins; close_image fills in length and checksum. */
static size_t open_image(struct cw_buf *b, enum cw_image_kind kind)
{
    size_t at = b->n;
    cw_buf_u8(b, (uint8_t)kind);
    cw_buf_u32(b, 0);
    return at;
}

static void close_image(struct cw_buf *b, size_t at)
{
    if (b->failed)
        return;
    uint32_t n = (uint32_t)(b->n - at - HEAD_BYTES);
    for (int i = 0; i < 4; i++)
        b->p[at + 1 + (size_t)i] = (char)(n >> (8 * i));
    cw_buf_u32(b, XXH32(b->p + at, b->n - at, 0));
}

size_t cw_image_length(struct cw_str images)
{
    struct cw_reader r = cw_reader(images.p, images.n);
    (void)cw_read_u8(&r);
    uint64_t n = (uint64_t)cw_read_u32(&r) + HEAD_BYTES + SUM_BYTES;
    return r.failed || n > images.n ? 0 : (size_t)n;
}

/* ---- layout ---- */

int cw_image_layout(struct cw_str images)
{
    size_t n = cw_image_length(images);
    return n > HEAD_BYTES + SUM_BYTES && images.p[0] == CW_IMAGE_LAYOUT
               ? (unsigned char)images.p[HEAD_BYTES]
               : 0;
}

static void put_layout(struct cw_buf *b)
{
    size_t at = open_image(b, CW_IMAGE_LAYOUT);
    cw_buf_u8(b, CW_IMAGE_VERSION);
    cw_buf_u8(b, CW_DETECTORS);
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        const struct cw_detector *det = cw_detectors[d];
        cw_buf_str(b, (struct cw_str){det->name, strlen(det->name)});
        cw_buf_u8(b, det->state_version);
        cw_buf_u16(b, det->state_size);
        cw_buf_u16(b, det->line_state_size);
        cw_buf_u8(b, det->rare);
    }
    cw_buf_u16(b, CW_IMAGE_RECORD);
    cw_buf_u16(b, CW_IMAGE_LINE);
    close_image(b, at);
}

static int read_layout(struct cw_shard *sh, struct cw_reader *r, struct cw_errbuf *eb)
{
    uint8_t version = cw_read_u8(r);
    if (version < 1 || version > CW_IMAGE_VERSION)
        return cw_fail(eb, CW_E_NEWER,
                       "the state was written in layout %u, this release reads 1 to %d", version,
                       CW_IMAGE_VERSION);
    if (!sh->layout)
        sh->layout = calloc(1, sizeof *sh->layout);
    struct cw_layout *l = sh->layout;
    if (!l)
        return -CW_E_NOMEM;
    l->version = version;
    l->n = cw_read_u8(r);
    if (l->n > CW_LAYOUT_MOST)
        return cw_fail(eb, CW_E_NEWER, "the state names %u detectors, at most %d are known", l->n,
                       CW_LAYOUT_MOST);
    size_t slices = 0, line_slices = 0;
    for (unsigned i = 0; i < l->n; i++) {
        int to = cw_detector_find(cw_read_str(r));
        uint8_t state_version = cw_read_u8(r);
        l->of[i].state_size = cw_read_u16(r);
        l->of[i].line_state_size = cw_read_u16(r);
        l->of[i].rare = version >= 6 && cw_read_u8(r);
        slices += l->of[i].rare ? 0 : l->of[i].state_size;
        line_slices += l->of[i].rare ? 0 : l->of[i].line_state_size;
        const struct cw_detector *det = to >= 0 ? cw_detectors[to] : NULL;
        l->of[i].to = to;
        l->of[i].version = state_version;
        l->of[i].same = det && det->state_version == state_version &&
                        det->state_size == l->of[i].state_size &&
                        det->line_state_size == l->of[i].line_state_size;
    }
    l->record = version >= 6 ? cw_read_u16(r) : 0;
    l->line = version >= 6 ? cw_read_u16(r) : 0;
    l->slices = (uint16_t)cw_slices_whole(slices);
    l->line_slices = (uint16_t)cw_slices_whole(line_slices);
    if (r->failed)
        return cw_fail(eb, CW_E_CORRUPT, "a layout image is cut short");
    if (l->record > CW_IMAGE_RECORD || l->line > CW_IMAGE_LINE || slices > SLICES_MOST ||
        line_slices > SLICES_MOST || (l->record | l->line) % 4)
        return cw_fail(eb, CW_E_NEWER, "the state's clients are larger than those of this release");
    return 0;
}

/* ---- the shard's own facts ---- */

#define PACE_ROW(working, like)                                                                    \
    CW_FIELD_ROW(cw_shard, pace.row[working][like], CW_F_F32, 4, CW_PACE_STEPS *CW_PACE_CELL)
#define PACE(working)                                                                              \
    PACE_ROW(working, 0), PACE_ROW(working, 1), PACE_ROW(working, 2), PACE_ROW(working, 3),        \
        PACE_ROW(working, 4), PACE_ROW(working, 5), PACE_ROW(working, 6), PACE_ROW(working, 7)
_Static_assert(CW_PACE_LIKE == 8, "more like clients need more rows in PACE");

enum { RATED_OF_4 = 2 }; /* so many scores were rated in layout 4 */
#define RATED_SINCE(which)                                                                         \
    CW_F32(cw_shard, rates.days[which]),                                                           \
        CW_FIELD_ROW(cw_shard, rates.steps[which], CW_F_F32, 4, CW_RATE_STEPS)
_Static_assert(CW_RATED == RATED_OF_4 + 1, "another score needs rows of its own at the end");

static const struct cw_field facts[] = {
    CW_I64(cw_shard, clock),
    CW_I32(cw_shard, open_day),
    CW_I64(cw_shard, closes_at),
    CW_FIELD_ROW(cw_shard, feed.open, CW_F_U32, 4, CW_CHANNELS * 2),
    CW_FIELD_ROW(cw_shard, feed.usual, CW_F_F32, 4, CW_CHANNELS * 2),
    CW_FIELD_ROW(cw_shard, feed.days, CW_F_U16, 2, CW_CHANNELS),
    CW_FIELD_ROW(cw_shard, feed.silent, CW_F_U16, 2, CW_CHANNELS),
    CW_FIELD_FIRST(cw_shard, rates.days, CW_F_F32, 4, RATED_OF_4),
    CW_FIELD_FIRST(cw_shard, rates.steps, CW_F_F32, 4, RATED_OF_4 *CW_RATE_STEPS),
    PACE(0),
    PACE(1),
    RATED_SINCE(RATED_OF_4),
};
enum {
    FACTS_OF_5 = COUNT(facts) - 2 * (CW_RATED - RATED_OF_4),
    FACTS_OF_4 = FACTS_OF_5 - 2 * CW_PACE_LIKE,
    FACTS_BEFORE_4 = FACTS_OF_4 - 2
};

/* How many rows of facts a version has. */
static size_t known_facts(unsigned version)
{
    return version < 4 ? (size_t)FACTS_BEFORE_4 : version < 5 ? (size_t)FACTS_OF_4 : COUNT(facts);
}

static void put_facts(struct cw_buf *b, const struct cw_shard *sh)
{
    size_t at = open_image(b, CW_IMAGE_FACTS);
    cw_fields_put(b, sh, facts, COUNT(facts));
    close_image(b, at);
}

/* ---- writing ---- */

static size_t put_client(struct cw_buf *b, struct cw_shard *sh, struct cw_client *cl,
                         uint32_t commit)
{
    size_t at = open_image(b, CW_IMAGE_CLIENT);
    cw_image_put_client(b, cl);
    close_image(b, at);
    cw_clients_written(sh, cl, commit);
    return b->n - at;
}

/* When it has changed, and when it has become the oldest that a restore needs. */
static void put_accuracy(struct cw_buf *b, struct cw_shard *sh, uint32_t commit)
{
    bool oldest = sh->oldest && sh->accuracy_written < sh->oldest->written;
    if (!sh->n_accuracy || !(sh->accuracy_touched || oldest))
        return;
    size_t at = open_image(b, CW_IMAGE_ACCURACY);
    cw_image_put_accuracy(b, sh);
    close_image(b, at);
    sh->accuracy_touched = false;
    sh->accuracy_written = commit;
}

static uint32_t round_start(const struct cw_shard *sh, uint32_t commit)
{
    uint32_t start = sh->oldest ? sh->oldest->written : commit;
    return sh->n_accuracy && sh->accuracy_written < start ? sh->accuracy_written : start;
}

/* Clients in the order of writing, some steps before their turn: they are far away by now. Each is
 * near enough a step later to tell the next one. */
struct ahead {
    const struct cw_client *far, *near; /* NULL: the order ends before */
};
enum { AHEAD = 4, PROFILE_BYTES = 192 /* of one, about */ };

static const struct cw_client *next(const struct cw_client *cl)
{
    return cl ? cw_clients_newer(cl) : NULL;
}

static void move_on(struct ahead *a)
{
    a->far = next(a->far);
    a->near = next(a->near);
    if (a->far)
        cw_client_expect(a->far);
    if (!a->near)
        return;
    cw_client_expect_owned(a->near);
    if (a->near->packed)
        cw_expect(cw_at(a->near->packed), PROFILE_BYTES);
}

static struct ahead look_ahead(const struct cw_client *from)
{
    struct ahead a = {from, from};
    for (int i = 0; i < 2 * AHEAD; i++) {
        a.far = next(a.far);
        a.near = i < AHEAD ? a.far : a.near;
    }
    return a;
}

/* Where images go: the buffer, and what empties it. */
struct flow {
    struct cw_buf *b;
    const struct cw_spout *spout;
    uint32_t commit;
};

static int pour(const struct flow *f)
{
    return f->b->n > f->spout->most ? f->spout->pour(f->spout->arg, f->b) : 0;
}

/* Those that have changed; their bytes are added to *bytes. */
static int put_touched(const struct flow *f, struct cw_shard *sh, double *bytes)
{
    struct ahead a = look_ahead(sh->touched);
    int err = 0;
    while (sh->touched && !err) {
        move_on(&a);
        *bytes += (double)put_client(f->b, sh, sh->touched, f->commit);
        err = pour(f);
    }
    return err;
}

/* Rewrites those written longest ago, so that what lies before them in the log can go. */
static int put_cold(const struct flow *f, struct cw_shard *sh, double bytes, uint32_t least)
{
    double spent = 0;
    struct ahead a = look_ahead(sh->oldest);
    int err = 0;
    for (uint32_t n = 0; !err && sh->oldest && sh->oldest->written != f->commit; n++) {
        if (n >= least && spent >= bytes)
            break;
        move_on(&a);
        spent += (double)put_client(f->b, sh, sh->oldest, f->commit);
        err = pour(f);
    }
    return err;
}

int cw_shard_pour(struct cw_shard *sh, uint32_t commit, double cold_share, uint32_t cold_least,
                  struct cw_buf *b, const struct cw_spout *spout, uint32_t *ret_round_start)
{
    const struct flow f = {b, spout, commit};
    double hot = 0;
    put_layout(b);
    put_facts(b, sh);
    int err = put_touched(&f, sh, &hot);
    put_accuracy(b, sh, commit);
    if (!err)
        err = put_cold(&f, sh, cold_share * hot, cold_least);
    if (err || b->failed)
        return err ? err : -CW_E_NOMEM;
    sh->facts_touched = false;
    *ret_round_start = round_start(sh, commit);
    return 0;
}

int cw_shard_encode(struct cw_shard *sh, uint32_t commit, double cold_share, uint32_t cold_least,
                    struct cw_buf *b, uint32_t *ret_round_start)
{
    const struct cw_spout none = {.most = SIZE_MAX};
    return cw_shard_pour(sh, commit, cold_share, cold_least, b, &none, ret_round_start);
}

bool cw_shard_clean(const struct cw_shard *sh)
{
    return !sh->touched && !sh->facts_touched && !sh->accuracy_touched;
}

/* ---- reading ---- */

void cw_shard_only(struct cw_shard *sh, struct cw_str client)
{
    sh->only = client;
}

/* r is a reader of its own: the id is only looked at. */
static bool is_wanted(const struct cw_shard *sh, struct cw_reader r)
{
    struct cw_str id = cw_image_client_id(sh->layout, &r);
    return !sh->only.p || r.failed || (id.n == sh->only.n && memcmp(id.p, sh->only.p, id.n) == 0);
}

static int read_image(struct cw_shard *sh, uint32_t commit, enum cw_image_kind kind,
                      struct cw_reader r, struct cw_errbuf *eb)
{
    if (kind != CW_IMAGE_LAYOUT && !sh->layout)
        return cw_fail(eb, CW_E_CORRUPT, "an image comes before any layout");
    switch (kind) {
    case CW_IMAGE_LAYOUT:
        return read_layout(sh, &r, eb);
    case CW_IMAGE_FACTS:
        cw_fields_read(&r, sh, facts, known_facts(sh->layout->version));
        return r.failed ? cw_fail(eb, CW_E_CORRUPT, "an image of the shard's facts is cut short")
                        : 0;
    case CW_IMAGE_CLIENT:
        if (!is_wanted(sh, r) || cw_image_read_client(sh, &r, commit))
            return 0;
        return sh->failed ? -CW_E_NOMEM : cw_fail(eb, CW_E_CORRUPT, "a client's image is damaged");
    case CW_IMAGE_ACCURACY:
        if (cw_image_read_accuracy(sh, &r, commit))
            return 0;
        return sh->failed ? -CW_E_NOMEM
                          : cw_fail(eb, CW_E_CORRUPT, "an image of outcomes is damaged");
    case CW_IMAGE_KINDS:
        break;
    }
    return cw_fail(eb, CW_E_NEWER, "an image of kind %d is not known to this release", (int)kind);
}

int cw_shard_restore(struct cw_shard *sh, uint32_t commit, struct cw_str images,
                     struct cw_errbuf *eb)
{
    sh->due_stale = true;
    while (images.n) {
        size_t n = cw_image_length(images);
        if (n == 0)
            return cw_fail(eb, CW_E_CORRUPT, "a run of images is cut short");
        struct cw_reader sum = cw_reader(images.p + n - SUM_BYTES, SUM_BYTES);
        if (XXH32(images.p, n - SUM_BYTES, 0) != cw_read_u32(&sum))
            return cw_fail(eb, CW_E_CORRUPT, "an image does not match its checksum");
        struct cw_reader r = cw_reader(images.p + HEAD_BYTES, n - HEAD_BYTES - SUM_BYTES);
        int err = read_image(sh, commit, (enum cw_image_kind)images.p[0], r, eb);
        if (err)
            return err;
        images.p += n;
        images.n -= n;
    }
    return 0;
}

void cw_image_settle(struct cw_shard *sh)
{
    if (!sh->due_stale)
        return;
    sh->due_stale = false;
    cw_image_forget(sh);
    /* The heap is what core/tasks.c keeps in it: open, not escalated, time still to come. Images
     * may have come over tasks that were in it. */
    sh->n_due = 0;
    for (size_t i = 0; i < sh->clients.n && !sh->failed; i++) {
        struct cw_task *t = cw_client_task(cw_index_at(&sh->clients, i));
        if (t)
            t->due_slot = UINT32_MAX;
        if (t && !t->escalated && t->due_at > sh->clock)
            cw_due_push(sh, cw_index_at(&sh->clients, i));
    }
}

void cw_image_forget(struct cw_shard *sh)
{
    free(sh->layout);
    sh->layout = NULL;
}
