/* See hash_json.h. */
#include "ctl/hash_json.h"

#include <string.h>

#include "core/json.h"
#include "core/locate.h"
#include "ctl/text.h"

/* Members that are not texts. What Redis holds under these names was JSON in the record. */
static const char *const coded[] = {
    "version",  "priority", "risk",     "value",          "urgency",
    "wake",     "contact",  "signals",  "talking_points", "signals_omitted",
    "settings", "why",      "desk_rev", "evidence",
};

static bool is_coded(struct cw_str name)
{
    for (size_t i = 0; i < sizeof coded / sizeof *coded; i++)
        if (strlen(coded[i]) == name.n && memcmp(coded[i], name.p, name.n) == 0)
            return true;
    return false;
}

/* Whoever can write to Redis must not be able to break what is printed here and below. */
static bool is_json(struct cw_str s)
{
    struct cw_json_room room = {0};
    const struct cw_json *v;
    struct cw_json_fault fault;
    bool is = cw_json_parse(&room, s, &v, &fault) == 0;
    cw_json_room_free(&room);
    return is;
}

static void put_text(struct cw_buf *b, struct cw_str s)
{
    struct cw_buf clean = {0};
    bool bad = cw_locate_bad_utf8(s) != CW_NOWHERE;
    if (bad)
        cw_text_clean(&clean, s);
    cw_buf_json_str(b, bad ? (struct cw_str){clean.p, clean.n} : s);
    cw_buf_free(&clean);
}

void cw_hash_value(struct cw_buf *b, struct cw_str name, struct cw_str value)
{
    if (b->n && b->p[b->n - 1] != '{')
        cw_buf_puts(b, ",");
    put_text(b, name);
    cw_buf_puts(b, ":");
    if (value.n == 0)
        cw_buf_puts(b, "null");
    else if (is_coded(name) && is_json(value))
        cw_buf_put(b, value.p, value.n);
    else
        put_text(b, value);
}

void cw_hash_raw(struct cw_buf *b, const char *name, struct cw_str value)
{
    cw_hash_member(b, name);
    if (is_json(value))
        cw_buf_put(b, value.p, value.n);
    else
        put_text(b, value);
}

void cw_hash_member(struct cw_buf *b, const char *name)
{
    if (b->n && b->p[b->n - 1] != '{')
        cw_buf_puts(b, ",");
    cw_buf_json_str(b, (struct cw_str){name, strlen(name)});
    cw_buf_puts(b, ":");
}

void cw_hash_json(struct cw_buf *b, const redisReply *hash, bool open)
{
    cw_buf_puts(b, "{");
    for (size_t i = 0; i + 1 < hash->elements; i += 2) {
        const redisReply *name = hash->element[i], *value = hash->element[i + 1];
        cw_hash_value(b, (struct cw_str){name->str, (size_t)name->len},
                      (struct cw_str){value->str, (size_t)value->len});
    }
    if (!open)
        cw_buf_puts(b, "}");
}
