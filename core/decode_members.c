/* The loop over a shape's members and the reader of each kind of member.
 *
 * What the kinds decide where the contract leaves it open: null stands for an absent optional
 * member and is of the wrong type for a required one; a whole number may be written with a fraction
 * of zeros; text may hold any character but NUL. A value that has the right JSON type and cannot be
 * what it should (no date, no such word, no telephone number) is out of range.
 *
 * Runs on the decoder's thread; owns nothing.
 */
#include "core/decode_members.h"

#include <stdio.h>
#include <string.h>

#include "core/locate.h"

/* ---- strings: each kind's check and conversion ---- */

static void put(void *out, size_t at, const void *value, size_t n)
{
    memcpy((char *)out + at, value, n);
}

static bool put_text(const struct cw_member *m, struct cw_str s, void *out)
{
    if (s.n < (size_t)m->least || s.n > (size_t)m->most || memchr(s.p, '\0', s.n))
        return false;
    put(out, m->at, &s, sizeof s);
    return true;
}

static bool is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool put_id(const struct cw_member *m, struct cw_str s, void *out)
{
    if (s.n < 1 || s.n > 64)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_id_char(s.p[i]))
            return false;
    put(out, m->at, &s, sizeof s);
    return true;
}

static bool put_number(const struct cw_member *m, struct cw_str s, void *out)
{
    cw_number number;
    if (cw_number_parse(s, &number) != 0)
        return false;
    put(out, m->at, &number, sizeof number);
    if (m->also)
        put(out, m->also, &s, sizeof s);
    return true;
}

static bool put_phone(const struct cw_member *m, struct cw_str s, void *out)
{
    cw_number number;
    if (cw_number_parse(s, &number) != 0)
        return false;
    put(out, m->at, &s, sizeof s);
    return true;
}

static bool put_time(const struct cw_member *m, struct cw_str s, void *out)
{
    cw_event_time t;
    if (cw_parse_rfc3339(s, &t) != 0)
        return false;
    put(out, m->at, &t, sizeof t);
    return true;
}

static bool put_date(const struct cw_member *m, struct cw_str s, void *out)
{
    cw_day day;
    if (cw_parse_date(s, &day) != 0)
        return false;
    put(out, m->at, &day, sizeof day);
    return true;
}

static bool put_cycle(const struct cw_member *m, struct cw_str s, void *out)
{
    cw_cycle cycle;
    if (cw_parse_cycle(s, &cycle) != 0)
        return false;
    put(out, m->at, &cycle, sizeof cycle);
    return true;
}

/* Its place among the words, -1 when it is none of them. */
static int word_place(const char *const *words, struct cw_str s)
{
    for (int i = 0; words[i] && s.n; i++)
        if (*words[i] == *s.p && strlen(words[i]) == s.n && memcmp(words[i], s.p, s.n) == 0)
            return i;
    return -1;
}

static bool put_word(const struct cw_member *m, struct cw_str s, void *out)
{
    int place = word_place(m->words, s);
    if (place < 0)
        return false;
    put(out, m->at, &place, sizeof place);
    return true;
}

static bool put_name(const struct cw_member *m, struct cw_str s, void *out)
{
    if (word_place(m->words, s) < 0)
        return false;
    put(out, m->at, &s, sizeof s);
    return true;
}

static bool put_either(const struct cw_member *m, struct cw_str s, void *out)
{
    int place = word_place(m->words, s);
    bool second = place == 1;
    if (place < 0)
        return false;
    put(out, m->at, &second, sizeof second);
    return true;
}

static const struct {
    bool (*put)(const struct cw_member *m, struct cw_str s, void *out);
    const char *expected; /* NULL: told by the member's own row */
} strings[CW_M_KINDS] = {
    [CW_M_TEXT] = {put_text, NULL},
    [CW_M_ID] = {put_id, "an id of 1 to 64 characters of A-Z a-z 0-9 . _ -"},
    [CW_M_NUMBER] = {put_number, "a telephone number of 1 to 16 digits"},
    [CW_M_PHONE] = {put_phone, "a telephone number of 1 to 16 digits"},
    [CW_M_TIME] = {put_time, "an RFC 3339 time"},
    [CW_M_DATE] = {put_date, "a date YYYY-MM-DD"},
    [CW_M_CYCLE] = {put_cycle, "a cycle YYYY-MM"},
    [CW_M_WORD] = {put_word, NULL},
    [CW_M_NAME] = {put_name, NULL},
    [CW_M_EITHER] = {put_either, NULL},
};

/* The words of a row as a sentence lists them. */
static const char *list_words(const struct cw_member *m, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (int i = 0; m->words[i] && n < size; i++) {
        int more = snprintf(out + n, size - n, "%s%s", i ? ", " : "", m->words[i]);
        n += more > 0 ? (size_t)more : 0;
    }
    return out;
}

static int refuse_string(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m,
                         struct cw_str s)
{
    char quote[CW_QUOTE], words[112];
    const char *expected = strings[m->kind].expected;
    (void)cw_quote(s, quote);
    if (m->kind == CW_M_TEXT)
        return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE,
                         "expected %lld to %lld bytes of text without NUL, found %zu: \"%s\"",
                         (long long)m->least, (long long)m->most, s.n, quote);
    if (!expected)
        return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE, "expected one of %s, found \"%s\"",
                         list_words(m, words, sizeof words), quote);
    return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE, "expected %s, found \"%s\"", expected, quote);
}

int cw_read_text(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m,
                 struct cw_str text, void *out)
{
    return strings[m->kind].put(m, text, out) ? 0 : refuse_string(d, nd, m, text);
}

/* ---- readers: one for each way a member is written ---- */

static int read_string(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m,
                       void *out)
{
    if (cw_json_kind(nd->v) != CW_JSON_STRING)
        return cw_refuse_type(d, nd, "a string");
    return cw_read_text(d, nd, m, cw_json_string(nd->v), out);
}

static int read_bool(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m, void *out)
{
    enum cw_json_kind kind = cw_json_kind(nd->v);
    bool value = kind == CW_JSON_TRUE;
    if (!value && kind != CW_JSON_FALSE)
        return cw_refuse_type(d, nd, "true or false");
    put(out, m->at, &value, sizeof value);
    return 0;
}

/* A number as it is written; the library does not keep it. */
static struct cw_str number_text(struct cw_decoder *d, struct cw_node *nd)
{
    return nd->v->u.text.p ? nd->v->u.text : cw_locate_number(d->text, cw_node_at(d, nd));
}

/* Through the text: a double has not the digits for the largest amounts, and would hide a fifth
 * decimal. */
static int read_money(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m,
                      void *out)
{
    cw_money money;
    if (cw_json_kind(nd->v) != CW_JSON_NUMBER)
        return cw_refuse_type(d, nd, "a number");
    struct cw_str digits = number_text(d, nd);
    if (cw_money_parse(digits, &money) != 0)
        return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE,
                         "expected an amount of at most 4 decimals and 10^12 in size, found %.*s",
                         (int)(digits.n < 40 ? digits.n : 40), digits.p ? digits.p : "");
    if (money < m->least || money > m->most)
        return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE,
                         "expected an amount of %lld to %lld, found %.*s",
                         (long long)(m->least / CW_YUAN), (long long)(m->most / CW_YUAN),
                         (int)digits.n, digits.p);
    put(out, m->at, &money, sizeof money);
    return 0;
}

static int read_real(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m, void *out)
{
    if (cw_json_kind(nd->v) != CW_JSON_NUMBER)
        return cw_refuse_type(d, nd, "a number");
    double value = cw_json_number(nd->v);
    if (!(value >= (double)m->least && value <= (double)m->most))
        return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE, "expected %lld to %lld, found %.17g",
                         (long long)m->least, (long long)m->most, value);
    put(out, m->at, &value, sizeof value);
    return 0;
}

/* Rows keep their bounds within 2^53, where a double is exact. */
static int read_int(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m, void *out)
{
    double value;
    struct cw_member real = *m;
    real.at = 0;
    int err = read_real(d, nd, &real, &value);
    if (err)
        return err;
    int64_t wide = (int64_t)value;
    if ((double)wide != value)
        return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE, "expected a whole number, found %.17g",
                         value);
    int32_t narrow = (int32_t)wide;
    if (m->kind == CW_M_INT32)
        put(out, m->at, &narrow, sizeof narrow);
    else
        put(out, m->at, &wide, sizeof wide);
    return 0;
}

static int read_object(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m,
                       void *out)
{
    return cw_read_members(d, nd, m->sub, (char *)out + m->at);
}

/* A list's element is an object of the shape, or the one value of a shape without names. */
static int read_element(struct cw_decoder *d, struct cw_node *nd, const struct cw_shape *shape,
                        void *out)
{
    if (shape->members[0].name)
        return cw_read_members(d, nd, shape, out);
    return cw_read_value(d, nd, &shape->members[0], out);
}

/* Elements are located on the way, so that a long list costs one more pass over its text and not
 * one per element. */
static int read_list(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m, void *out)
{
    if (cw_json_kind(nd->v) != CW_JSON_ARRAY)
        return cw_refuse_type(d, nd, "an array");
    const struct cw_shape *shape = m->sub;
    struct cw_buf *list = &d->lists[shape->slot];
    size_t n = cw_json_size(nd->v);
    cw_buf_clear(list);
    char *to = n ? cw_buf_room(list, n * shape->size) : NULL;
    if (n && !to)
        return -CW_E_NOMEM;
    struct cw_node el = {.up = nd, .at = cw_locate_first(d->text, cw_node_at(d, nd))};
    for (el.v = cw_json_first(nd->v); el.v; el.v = el.v->next, el.index++) {
        char *item = to + el.index * shape->size;
        if (shape->blank)
            memcpy(item, shape->blank, shape->size);
        else
            memset(item, 0, shape->size);
        el.found = NULL;
        int err = read_element(d, &el, shape, item);
        if (err)
            return err;
        el.at = cw_locate_next(d->text, el.at);
    }
    put(out, m->at, &to, sizeof to);
    put(out, m->also, &n, sizeof n);
    return 0;
}

static int (*const readers[CW_M_KINDS])(struct cw_decoder *d, struct cw_node *nd,
                                        const struct cw_member *m, void *out) = {
    [CW_M_TEXT] = read_string,   [CW_M_ID] = read_string,   [CW_M_NUMBER] = read_string,
    [CW_M_PHONE] = read_string,  [CW_M_TIME] = read_string, [CW_M_DATE] = read_string,
    [CW_M_CYCLE] = read_string,  [CW_M_WORD] = read_string, [CW_M_EITHER] = read_string,
    [CW_M_NAME] = read_string,   [CW_M_BOOL] = read_bool,   [CW_M_MONEY] = read_money,
    [CW_M_INT32] = read_int,     [CW_M_INT64] = read_int,   [CW_M_REAL] = read_real,
    [CW_M_OBJECT] = read_object, [CW_M_LIST] = read_list,
};

int cw_read_value(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m, void *out)
{
    return readers[m->kind](d, nd, m, out);
}

/* ---- the loop ---- */

static int read_member(struct cw_decoder *d, struct cw_node *object, const struct cw_member *m,
                       void *out)
{
    struct cw_node nd = cw_node_member(object, m->name);
    if (!nd.v)
        return m->required ? cw_refuse_missing(d, object, m->name) : 0;
    if (!m->required && cw_json_kind(nd.v) == CW_JSON_NULL)
        return 0;
    return cw_read_value(d, &nd, m, out);
}

int cw_read_members(struct cw_decoder *d, struct cw_node *object, const struct cw_shape *shape,
                    void *out)
{
    if (cw_json_kind(object->v) != CW_JSON_OBJECT)
        return cw_refuse_type(d, object, "an object");
    for (size_t i = 0; i < shape->n; i++) {
        int err = read_member(d, object, &shape->members[i], out);
        if (err)
            return err;
    }
    return shape->check ? shape->check(d, object, out) : 0;
}
