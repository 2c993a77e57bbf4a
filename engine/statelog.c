/* Encoding and decoding the records of a state log. Pure; owns nothing. */
#include "engine/statelog.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "churnwatch/shard.h"

enum { STATELOG_VERSION = 3, FLAG_LAST = 1, FLAG_GOES_ON = 2, SUM_BYTES = 4 };
/* What begins with a greater byte is no record of ours, of whatever release. */
#define VERSION_MOST 63
#define RELEASE_MOST 32

static void put_i64s(struct cw_buf *b, const int64_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cw_buf_i64(b, v[i]);
}

static void read_i64s(struct cw_reader *r, int64_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = cw_read_i64(r);
}

static void put_position(struct cw_buf *b, const struct cw_position *p)
{
    put_i64s(b, p->next, CW_INPUTS);
    put_i64s(b, p->greatest, CW_INPUTS);
    cw_buf_u64(b, p->batch);
    cw_buf_i64(b, p->clock);
    cw_buf_i32(b, p->settings);
    cw_buf_i64(b, p->managers);
    cw_buf_i64(b, p->control);
    cw_buf_i64(b, p->needed);
    cw_buf_u32(b, p->n_cuts);
    for (uint32_t i = 0; i < p->n_cuts; i++) {
        put_i64s(b, p->cuts[i].next, CW_INPUTS);
        cw_buf_i64(b, p->cuts[i].clock);
    }
}

static void read_position(struct cw_reader *r, struct cw_position *p)
{
    read_i64s(r, p->next, CW_INPUTS);
    read_i64s(r, p->greatest, CW_INPUTS);
    p->batch = cw_read_u64(r);
    p->clock = cw_read_i64(r);
    p->settings = cw_read_i32(r);
    p->managers = cw_read_i64(r);
    p->control = cw_read_i64(r);
    p->needed = cw_read_i64(r);
    p->n_cuts = cw_read_u32(r);
    if (p->n_cuts > CW_CUTS_MOST)
        r->failed = true;
    for (uint32_t i = 0; i < p->n_cuts && !r->failed; i++) {
        read_i64s(r, p->cuts[i].next, CW_INPUTS);
        p->cuts[i].clock = cw_read_i64(r);
    }
}

void cw_statelog_encode(struct cw_buf *b, const struct cw_state_record *r)
{
    size_t from = b->n;
    cw_buf_u8(b, STATELOG_VERSION);
    cw_buf_str(b, CW_STR(CW_VERSION));
    cw_buf_u8(b, (uint8_t)((r->last ? FLAG_LAST : 0) | (r->goes_on ? FLAG_GOES_ON : 0)));
    cw_buf_u32(b, r->commit);
    cw_buf_u16(b, r->part);
    cw_buf_str(b, r->images);
    if (r->last)
        put_position(b, &r->position);
    if (!b->failed)
        cw_buf_u32(b, XXH32(b->p + from, b->n - from, 0));
}

static int check_sum(struct cw_str value, struct cw_errbuf *eb)
{
    if (value.n <= SUM_BYTES)
        return cw_fail(eb, CW_E_CORRUPT, "a state record of %zu bytes is cut short", value.n);
    size_t n = value.n - SUM_BYTES;
    struct cw_reader sum = cw_reader(value.p + n, SUM_BYTES);
    if (cw_read_u32(&sum) != XXH32(value.p, n, 0))
        return cw_fail(eb, CW_E_CORRUPT, "a state record does not match its checksum");
    return 0;
}

/* Its release, as far as it can be believed: nothing else of a newer record is understood. */
static int refuse_newer(struct cw_str value, struct cw_errbuf *eb)
{
    struct cw_reader r = cw_reader(value.p + 1, value.n - 1);
    struct cw_str release = cw_read_str(&r);
    bool named = !r.failed && release.n > 0 && release.n <= RELEASE_MOST;
    for (size_t i = 0; named && i < release.n; i++)
        named = release.p[i] > ' ' && release.p[i] < 0x7f;
    if (!named)
        release = CW_STR("of a newer release");
    return cw_fail(
        eb, CW_E_NEWER,
        "written by churnwatch %.*s in records of layout %d; this is churnwatch " CW_VERSION
        ", which reads 1 to %d",
        (int)release.n, release.p, value.p[0], STATELOG_VERSION);
}

int cw_statelog_decode(struct cw_str value, struct cw_state_record *ret_record,
                       struct cw_errbuf *eb)
{
    /* The version stands before the checksum, which a newer release may take otherwise. */
    if (value.n && ((unsigned char)value.p[0] == 0 || (unsigned char)value.p[0] > VERSION_MOST))
        return cw_fail(eb, CW_E_CORRUPT, "%zu bytes that are no state record", value.n);
    if (value.n && value.p[0] > STATELOG_VERSION)
        return refuse_newer(value, eb);
    int err = check_sum(value, eb);
    if (err)
        return err;
    struct cw_reader r = cw_reader(value.p + 1, value.n - 1 - SUM_BYTES);
    struct cw_state_record rec = {0};
    if (value.p[0] > 1)
        rec.release = cw_read_str(&r);
    uint8_t flags = cw_read_u8(&r);
    rec.last = flags & FLAG_LAST;
    rec.goes_on = flags & FLAG_GOES_ON;
    rec.commit = cw_read_u32(&r);
    rec.part = cw_read_u16(&r);
    rec.images = cw_read_str(&r);
    if (rec.last)
        read_position(&r, &rec.position);
    if (r.failed || r.p != r.end)
        return cw_fail(eb, CW_E_CORRUPT, "a state record's parts do not add up");
    *ret_record = rec;
    return 0;
}

static size_t whole_images(struct cw_str images, size_t most)
{
    size_t n = 0;
    while (n < images.n) {
        size_t one = cw_image_length((struct cw_str){images.p + n, images.n - n});
        if (one == 0 || (n && n + one > most))
            break;
        n += one;
    }
    return n;
}

size_t cw_statelog_split(struct cw_str images, size_t most, size_t *within)
{
    size_t n = *within ? *within : whole_images(images, most);
    *within = n > most ? n - most : 0;
    return n - *within;
}
