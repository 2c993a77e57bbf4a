/* The decoder's life, and what every message goes through before its members are read: size, depth,
 * UTF-8, JSON; and the key.
 *
 * A decoder belongs to one thread. It owns the tree its last results point into and the buffers
 * that are used again for each message.
 */
#include <stdlib.h>
#include <string.h>

#include "core/decode_members.h"
#include "core/locate.h"
#include "core/mapping_rules.h"

#define DEPTH_MOST 16
#define MAPPED_KEPT (16 << 10) /* bytes of a mapped text whose room is kept */

struct cw_decoder *cw_decoder_new(const struct cw_decode_limits *limits)
{
    struct cw_decoder *d = calloc(1, sizeof *d);
    if (d)
        d->limits = *limits;
    return d;
}

void cw_decoder_clear(struct cw_decoder *d)
{
    cw_json_room_clear(&d->room);
    d->root = NULL;
    d->text = (struct cw_str){0};
    cw_buf_clear(&d->copies);
    d->source = (struct cw_source){0};
    if (d->mapped.cap > MAPPED_KEPT)
        cw_buf_free(&d->mapped);
}

void cw_decoder_free(struct cw_decoder *d)
{
    if (!d)
        return;
    cw_json_room_free(&d->room);
    cw_buf_free(&d->copies);
    cw_buf_free(&d->mapped);
    for (size_t i = 0; i < CW_LISTS; i++)
        cw_buf_free(&d->lists[i]);
    free(d);
}

int cw_decode_begin(struct cw_decoder *d, const struct cw_message *m, size_t most_bytes,
                    struct cw_reject *reject)
{
    cw_decoder_clear(d);
    d->reject = reject;
    d->text = m->value;
    if (m->value.n > most_bytes)
        return cw_refuse_plain(d, CW_NOWHERE, CW_REJECT_TOO_LARGE,
                               "the value has %zu bytes, at most %zu are taken", m->value.n,
                               most_bytes);
    return 0;
}

/* The parser's complaint, with the place put right: it says how far it had read, which is beyond
 * the byte to blame. */
static int refuse_json(struct cw_decoder *d, const struct cw_json_fault *f)
{
    char pointer[128];
    size_t at = f->at;
    if (f->code == CW_REJECT_NOT_UTF8) {
        size_t bad = cw_locate_bad_utf8(d->text);
        return cw_refuse_plain(d, bad == CW_NOWHERE ? at : bad, f->code, "not UTF-8");
    }
    if (f->code == CW_REJECT_DUPLICATE_MEMBER) {
        at = cw_locate_last(d->text, at, pointer, sizeof pointer);
        size_t cut = cw_locate_bad_utf8((struct cw_str){pointer, strlen(pointer)});
        if (cut != CW_NOWHERE)
            pointer[cut] = '\0';
        return cw_refuse_plain(d, at, f->code, "%s: a second member of this name", pointer);
    }
    return cw_refuse_plain(d, at, f->code, "%s", f->text);
}

static int parse_any(struct cw_decoder *d)
{
    struct cw_json_fault fault;
    size_t deep = cw_locate_too_deep(d->text, DEPTH_MOST);
    if (deep != CW_NOWHERE)
        return cw_refuse_plain(d, deep, CW_REJECT_TOO_DEEP, "nested deeper than %d", DEPTH_MOST);
    int err = cw_json_library(&d->room, d->text, &d->root, &fault);
    return err == -CW_E_REJECT ? refuse_json(d, &fault) : err;
}

/* What is plain is not deep. */
_Static_assert(CW_JSON_PLAIN_DEPTH <= DEPTH_MOST, "");

int cw_decode_parse(struct cw_decoder *d, struct cw_node *ret_root)
{
    if (d->text.n == 0)
        return cw_refuse_plain(d, CW_NOWHERE, CW_REJECT_EMPTY, "the value is empty");
    d->root = cw_json_plain(&d->room, d->text);
    int err = d->root ? 0 : parse_any(d);
    if (err)
        return err;
    *ret_root = (struct cw_node){.v = d->root, .at = CW_UNLOCATED};
    return d->mapping ? cw_mapping_apply(d, ret_root) : 0;
}

struct cw_str cw_decode_keep(struct cw_decoder *d, struct cw_str s)
{
    size_t at = d->copies.n;
    cw_buf_put(&d->copies, s.p, s.n);
    return (struct cw_str){d->copies.p + at, s.n};
}

bool cw_key_is(const struct cw_message *m, struct cw_str id)
{
    return m->key.p && m->key.n == id.n && memcmp(m->key.p, id.p, id.n) == 0;
}

int cw_check_key(struct cw_decoder *d, struct cw_node *nd, const struct cw_message *m,
                 struct cw_str id)
{
    char key[CW_QUOTE], quote[CW_QUOTE];
    if (cw_key_is(m, id))
        return 0;
    if (!m->key.p)
        return cw_refuse(d, nd, CW_REJECT_KEY_MISMATCH, "\"%s\", but the message has no key",
                         cw_quote(id, quote));
    if (cw_locate_bad_utf8(m->key) != CW_NOWHERE)
        return cw_refuse(d, nd, CW_REJECT_KEY_MISMATCH, "\"%s\", but the message's key is no UTF-8",
                         cw_quote(id, quote));
    return cw_refuse(d, nd, CW_REJECT_KEY_MISMATCH, "\"%s\", but the message's key is \"%s\"",
                     cw_quote(id, quote), cw_quote(m->key, key));
}

bool cw_is_ahead(const struct cw_decoder *d, const struct cw_message *m, cw_event_time t)
{
    int64_t stamp;
    if (m->timestamp_ms < 0 || __builtin_mul_overflow(m->timestamp_ms, 1000, &stamp))
        return false;
    return t - d->limits.max_clock_skew > stamp;
}

int cw_check_ahead(struct cw_decoder *d, struct cw_node *nd, const struct cw_message *m,
                   cw_event_time t)
{
    if (!cw_is_ahead(d, m, t))
        return 0;
    int64_t stamp = m->timestamp_ms * 1000;
    return cw_refuse(d, nd, CW_REJECT_TIME_AHEAD,
                     "%lld ms ahead of the message's timestamp, at most %lld are allowed",
                     (long long)((t - stamp) / 1000), (long long)(d->limits.max_clock_skew / 1000));
}
