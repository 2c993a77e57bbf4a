/* The JSON library: jansson, its tree as ours, and its complaints in our codes.
 *
 * Reads what the plain reader (core/json_plain.c) leaves, and is the one to refuse. Owns nothing; a
 * tree lies in the room it was asked for, on the thread that asked.
 */
#include "core/json.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* NUL is let in so that a text nobody reads may have it; integers become reals so that a large one
 * nobody reads is no error. */
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY)

static enum cw_reject_code code_of(const json_error_t *e)
{
    switch (json_error_code(e)) {
    case json_error_invalid_utf8:
        return CW_REJECT_NOT_UTF8;
    case json_error_stack_overflow:
        return CW_REJECT_TOO_DEEP;
    case json_error_duplicate_key:
        return CW_REJECT_DUPLICATE_MEMBER;
    case json_error_numeric_overflow:
    case json_error_null_byte_in_key:
        return CW_REJECT_OUT_OF_RANGE;
    default:
        return CW_REJECT_NOT_JSON;
    }
}

/* The library's sentence; it may quote bytes of the message, which are not ours to pass on raw. */
static void copy_printable(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (; text[n] && n + 1 < size; n++)
        out[n] = text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?';
    out[n] = '\0';
}

/* ---- a tree in a room ----
 *
 * jansson knows one allocator for the whole process. Ours serves from the room of the parse under
 * way on this thread, and from the heap at all other times; as a parse keeps nothing of its own and
 * frees nothing older, each piece goes back to where it came from. */

static _Thread_local struct cw_json_room *room_in_use;

static void *allocate(size_t n)
{
    return room_in_use ? cw_json_room_take(room_in_use, n) : malloc(n);
}

static void release(void *p)
{
    if (!room_in_use)
        free(p);
}

static void set_allocator(void)
{
    json_set_alloc_funcs(allocate, release);
}

/* ---- the library's tree to ours ---- */

static bool convert(struct cw_json_room *room, const json_t *from, struct cw_json *to);

static struct cw_json *append(struct cw_json_room *room, struct cw_json *of, struct cw_json *last)
{
    struct cw_json *v = cw_json_room_take(room, sizeof *v);
    if (!v)
        return NULL;
    *v = (struct cw_json){0};
    if (last)
        last->next = v;
    else
        of->u.of.first = v;
    of->u.of.n++;
    return v;
}

static bool convert_array(struct cw_json_room *room, const json_t *from, struct cw_json *to)
{
    struct cw_json *last = NULL;
    for (size_t i = 0; i < json_array_size(from); i++) {
        last = append(room, to, last);
        if (!last || !convert(room, json_array_get(from, i), last))
            return false;
    }
    return true;
}

/* The library's iterators take no const; they change nothing. */
static bool convert_object(struct cw_json_room *room, const json_t *from, struct cw_json *to)
{
    json_t *object = (json_t *)(uintptr_t)from;
    struct cw_json *last = NULL;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        last = append(room, to, last);
        if (!last)
            return false;
        last->name = (struct cw_str){name, strlen(name)};
        if (!convert(room, json_object_iter_value(at), last))
            return false;
    }
    return true;
}

/* Recurses as deep as the library read, which bounds it. Strings stay where it put them. */
static bool convert(struct cw_json_room *room, const json_t *from, struct cw_json *to)
{
    static const enum cw_json_kind kinds[] = {
        [JSON_OBJECT] = CW_JSON_OBJECT, [JSON_ARRAY] = CW_JSON_ARRAY,
        [JSON_STRING] = CW_JSON_STRING, [JSON_INTEGER] = CW_JSON_NUMBER,
        [JSON_REAL] = CW_JSON_NUMBER,   [JSON_TRUE] = CW_JSON_TRUE,
        [JSON_FALSE] = CW_JSON_FALSE,   [JSON_NULL] = CW_JSON_NULL,
    };
    to->kind = kinds[json_typeof(from)];
    if (to->kind == CW_JSON_OBJECT)
        return convert_object(room, from, to);
    if (to->kind == CW_JSON_ARRAY)
        return convert_array(room, from, to);
    if (to->kind == CW_JSON_STRING)
        to->u.text = (struct cw_str){json_string_value(from), json_string_length(from)};
    else if (to->kind == CW_JSON_NUMBER)
        to->number = json_number_value(from);
    return true;
}

/* ---- reading ---- */

static int refuse(const json_error_t *e, struct cw_json_fault *ret_fault)
{
    /* A failed allocation is the one fault that leaves no text. */
    if (e->text[0] == '\0' || json_error_code(e) == json_error_out_of_memory)
        return -CW_E_NOMEM;
    ret_fault->code = code_of(e);
    ret_fault->at = e->position > 0 ? (size_t)e->position : 0;
    copy_printable(ret_fault->text, sizeof ret_fault->text, e->text);
    return -CW_E_REJECT;
}

int cw_json_library(struct cw_json_room *room, struct cw_str text, const struct cw_json **ret_root,
                    struct cw_json_fault *ret_fault)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_allocator);
    json_error_t e = {0};
    struct cw_json *root = cw_json_room_take(room, sizeof *root);
    if (!root)
        return -CW_E_NOMEM;
    *root = (struct cw_json){0};
    room_in_use = room;
    json_t *tree = json_loadb(text.p, text.n, FLAGS, &e);
    room_in_use = NULL;
    if (!tree)
        return refuse(&e, ret_fault);
    *ret_root = root;
    return convert(room, tree, root) ? 0 : -CW_E_NOMEM;
}
