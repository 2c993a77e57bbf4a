/* The JSON library behind the decoder: jansson, and its complaints in our codes.
 *
 * Owns nothing; a parsed tree belongs to the decoder that asked for it, on that decoder's thread.
 */
#include "core/json.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* NUL is let in so that a text nobody reads may have it; integers become reals so that a large one
 * nobody reads is no error. */
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY)

static const json_t *tree(const struct cw_json *v)
{
    return (const json_t *)v;
}

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

int cw_json_parse_in(struct cw_json_room *room, struct cw_str text, struct cw_json **ret_root,
                     struct cw_json_fault *ret_fault)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_allocator);
    room_in_use = room;
    int err = cw_json_parse(text, ret_root, ret_fault);
    room_in_use = NULL;
    return err;
}

int cw_json_parse(struct cw_str text, struct cw_json **ret_root, struct cw_json_fault *ret_fault)
{
    json_error_t e = {0};
    json_t *root = json_loadb(text.p, text.n, FLAGS, &e);
    if (root) {
        *ret_root = (struct cw_json *)root;
        return 0;
    }
    /* A failed allocation is the one fault that leaves no text. */
    if (e.text[0] == '\0' || json_error_code(&e) == json_error_out_of_memory)
        return -CW_E_NOMEM;
    ret_fault->code = code_of(&e);
    ret_fault->at = e.position > 0 ? (size_t)e.position : 0;
    copy_printable(ret_fault->text, sizeof ret_fault->text, e.text);
    return -CW_E_REJECT;
}

void cw_json_free(struct cw_json *root)
{
    json_decref((json_t *)root);
}

enum cw_json_kind cw_json_kind(const struct cw_json *v)
{
    static const enum cw_json_kind kinds[] = {
        [JSON_OBJECT] = CW_JSON_OBJECT, [JSON_ARRAY] = CW_JSON_ARRAY,
        [JSON_STRING] = CW_JSON_STRING, [JSON_INTEGER] = CW_JSON_NUMBER,
        [JSON_REAL] = CW_JSON_NUMBER,   [JSON_TRUE] = CW_JSON_TRUE,
        [JSON_FALSE] = CW_JSON_FALSE,   [JSON_NULL] = CW_JSON_NULL,
    };
    return kinds[json_typeof(tree(v))];
}

struct cw_str cw_json_string(const struct cw_json *v)
{
    return (struct cw_str){json_string_value(tree(v)), json_string_length(tree(v))};
}

double cw_json_number(const struct cw_json *v)
{
    return json_number_value(tree(v));
}

const struct cw_json *cw_json_member(const struct cw_json *v, const char *name)
{
    return (const struct cw_json *)json_object_get(tree(v), name);
}

size_t cw_json_size(const struct cw_json *v)
{
    return json_array_size(tree(v));
}

const struct cw_json *cw_json_element(const struct cw_json *v, size_t i)
{
    return (const struct cw_json *)json_array_get(tree(v), i);
}

/* The library's iterators take no const; they change nothing. */
void cw_json_each(const struct cw_json *v,
                  void (*fn)(void *arg, const char *name, const struct cw_json *member), void *arg)
{
    json_t *object = (json_t *)(uintptr_t)v;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
        fn(arg, json_object_iter_key(at), (const struct cw_json *)json_object_iter_value(at));
}
