/* The parts of the plain reader (core/json_plain.c), for who reads a text without a tree of it
 * (core/decode_straight.c). Each takes the place where it begins and returns the one behind it;
 * NULL says that the text is not plain, or that there is no memory. Private to the decoder.
 */
#ifndef CW_CORE_JSON_PLAIN_H
#define CW_CORE_JSON_PLAIN_H

#include "core/json.h"
#include "core/scan.h"

struct cw_plain {
    const char *end; /* of the text's copy; NULs from here on */
    struct cw_json_room *room;
    struct cw_json *nodes; /* not given out yet */
    size_t n_nodes;
};

/* Copies the text into the room, which what is read of it points into; the first byte to read. */
char *cw_plain_begin(struct cw_plain *ret, struct cw_json_room *room, struct cw_str text);

static inline char *cw_plain_space(char *p)
{
    while ((unsigned char)*p <= ' ' && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++; /* Mostly there is none, which one comparison tells. */
    return p;
}

/* A string that began at `from`, from the first byte on that is not plain; few have any. */
char *cw_plain_mixed(const struct cw_plain *r, char *from, char *p, struct cw_str *ret);

static inline char *cw_plain_string(const struct cw_plain *r, char *p, struct cw_str *ret)
{
    if (*p != '"')
        return NULL;
    char *from = p + 1;
    p = cw_scan_plain(from);
    if (*p != '"')
        return cw_plain_mixed(r, from, p, ret);
    *ret = (struct cw_str){from, (size_t)(p - from)};
    return p + 1;
}

/* Any value; v is zero but for its name. depth: how many it lies in. */
char *cw_plain_value(struct cw_plain *r, char *p, struct cw_json *v, int depth);

#endif
