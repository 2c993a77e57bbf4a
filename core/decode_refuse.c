/* Refusals: which member, what was found, at which byte. The text is searched for the place only
 * here and for amounts.
 *
 * Runs on the decoder's thread; owns nothing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/decode_members.h"
#include "core/locate.h"
#include "core/mapping_rules.h"

struct cw_node cw_node_member(struct cw_node *object, const char *name)
{
    return (struct cw_node){.up = object,
                            .name = name,
                            .v = cw_json_member_after(object->v, name, &object->found),
                            .at = CW_UNLOCATED};
}

/* What has been found is kept, so that the amounts of one object look for the object once. */
size_t cw_node_at(const struct cw_decoder *d, struct cw_node *nd)
{
    if (nd->at != CW_UNLOCATED)
        return nd->at;
    nd->at = nd->up ? cw_locate_member(d->text, cw_node_at(d, nd->up), nd->name)
                    : cw_locate_root(d->text);
    return nd->at;
}

/* Appends to a text that is cut where its room ends. */
static void add(struct cw_reject *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void vadd(struct cw_reject *r, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void vadd(struct cw_reject *r, const char *fmt, va_list ap)
{
    size_t n = strlen(r->detail);
    (void)vsnprintf(r->detail + n, sizeof r->detail - n, fmt, ap);
}

static void add(struct cw_reject *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vadd(r, fmt, ap);
    va_end(ap);
}

/* What stands nowhere in the value (a header, the key) is named as it is. */
static void add_pointer(struct cw_reject *r, const struct cw_node *nd)
{
    if (!nd->up) {
        add(r, "%s", nd->name ? nd->name : "");
        return;
    }
    add_pointer(r, nd->up);
    if (nd->name)
        add(r, "/%s", nd->name);
    else
        add(r, "/%zu", nd->index);
}

/* The member's pointer and, of a message that was mapped, where the member comes from. */
static void add_place(struct cw_decoder *d, struct cw_node *nd)
{
    char origin[CW_ORIGIN_BYTES];
    add_pointer(d->reject, nd);
    const char *text = d->source.root ? cw_origin_text(d, nd, origin) : "";
    if (*text)
        add(d->reject, " (%s)", text);
}

static size_t place(struct cw_decoder *d, struct cw_node *nd)
{
    return d->source.root ? cw_origin_at(d, nd) : cw_node_at(d, nd);
}

static void begin(struct cw_reject *r, enum cw_reject_code code, size_t at)
{
    r->code = code;
    r->at_byte = at == CW_NOWHERE ? -1 : (int64_t)at;
    r->detail[0] = '\0';
}

static int end(struct cw_reject *r)
{
    if (r->at_byte >= 0)
        add(r, ", at byte %lld", (long long)r->at_byte);
    /* What quotes a profile may have been cut within a character. */
    size_t cut = cw_locate_bad_utf8((struct cw_str){r->detail, strlen(r->detail)});
    if (cut != CW_NOWHERE)
        r->detail[cut] = '\0';
    return -CW_E_REJECT;
}

int cw_refuse(struct cw_decoder *d, struct cw_node *nd, enum cw_reject_code code, const char *fmt,
              ...)
{
    begin(d->reject, code, place(d, nd));
    add_place(d, nd);
    add(d->reject, "%s", d->reject->detail[0] ? ": " : "");
    va_list ap;
    va_start(ap, fmt);
    vadd(d->reject, fmt, ap);
    va_end(ap);
    return end(d->reject);
}

int cw_refuse_plain(struct cw_decoder *d, size_t at, enum cw_reject_code code, const char *fmt, ...)
{
    begin(d->reject, code, at);
    va_list ap;
    va_start(ap, fmt);
    vadd(d->reject, fmt, ap);
    va_end(ap);
    return end(d->reject);
}

int cw_refuse_missing(struct cw_decoder *d, struct cw_node *object, const char *name)
{
    struct cw_node member = {.up = object, .name = name, .at = CW_NOWHERE};
    begin(d->reject, CW_REJECT_MISSING_MEMBER, CW_NOWHERE);
    add_place(d, &member);
    add(d->reject, ": missing");
    return end(d->reject);
}

int cw_refuse_type(struct cw_decoder *d, struct cw_node *nd, const char *expected)
{
    static const char *const names[] = {
        [CW_JSON_NULL] = "null",        [CW_JSON_FALSE] = "false",     [CW_JSON_TRUE] = "true",
        [CW_JSON_NUMBER] = "a number",  [CW_JSON_STRING] = "a string", [CW_JSON_ARRAY] = "an array",
        [CW_JSON_OBJECT] = "an object",
    };
    return cw_refuse(d, nd, CW_REJECT_WRONG_TYPE, "expected %s, found %s", expected,
                     names[cw_json_kind(nd->v)]);
}

/* Whole characters, at most 40 bytes of them, and no control characters. */
const char *cw_quote(struct cw_str s, char out[CW_QUOTE])
{
    size_t n = s.n < 40 ? s.n : 40;
    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
    (void)snprintf(out + n, CW_QUOTE - n, "%s", n < s.n ? "..." : "");
    return out;
}
