/* Members by table: a shape lists the members of one JSON object, and one loop reads them all into
 * a plain struct, or refuses the message with the place and the reason.
 *
 * Private to the decoder. A test walks every shape.
 */
#ifndef CW_CORE_DECODE_MEMBERS_H
#define CW_CORE_DECODE_MEMBERS_H

#include "core/decode.h"
#include "core/json.h"
#include "core/mapping.h"

/* How a member is written, and the type of its field. */
enum cw_member_kind {
    CW_M_TEXT,   /* string of least to most bytes: struct cw_str */
    CW_M_ID,     /* string [A-Za-z0-9._-]{1,64}: struct cw_str */
    CW_M_NUMBER, /* telephone number: cw_number, and at `also` (if not 0) its text */
    CW_M_PHONE,  /* telephone number: struct cw_str */
    CW_M_TIME,   /* RFC 3339: cw_event_time */
    CW_M_DATE,   /* YYYY-MM-DD: cw_day */
    CW_M_CYCLE,  /* YYYY-MM: cw_cycle */
    CW_M_WORD,   /* one of `words`: int, its place */
    CW_M_NAME,   /* one of `words`: struct cw_str */
    CW_M_EITHER, /* one of two `words`: bool, true for the second */
    CW_M_BOOL,   /* true or false: bool */
    CW_M_MONEY,  /* number, least to most in 10^-4: cw_money, exact */
    CW_M_INT32,  /* whole number, least to most */
    CW_M_INT64,
    CW_M_REAL,   /* number, least to most: double */
    CW_M_OBJECT, /* object of shape `sub`: its struct, in place */
    CW_M_LIST,   /* array of `sub`: pointer, and at `also` the count */
    CW_M_KINDS
};

struct cw_shape;
struct cw_member {
    const char *name;
    enum cw_member_kind kind;
    bool required;
    size_t at, also; /* offsets in the struct */
    int64_t least, most;
    const char *const *words; /* ends with NULL */
    const struct cw_shape *sub;
};

/* One value of the message and the way to it. Located in the text only when somebody asks. */
struct cw_node {
    struct cw_node *up;          /* NULL: the root */
    const char *name;            /* of a member; NULL for an element and the root */
    size_t index;                /* of an element */
    const struct cw_json *v;     /* NULL when it is missing */
    size_t at;                   /* byte in the text; CW_UNLOCATED, or CW_NOWHERE */
    const struct cw_json *found; /* the member found last, where the next is looked for */
};
#define CW_UNLOCATED (SIZE_MAX - 1)

/* Each list of a profile or manager has a buffer of its own in the decoder. */
enum cw_list_slot {
    CW_LIST_CONTACTS,
    CW_LIST_LINES,
    CW_LIST_DATES,
    CW_LIST_INTERESTS,
    CW_LIST_ABSENCES,
    CW_LISTS
};

struct cw_shape {
    const struct cw_member *members;
    size_t n;
    /* What one member alone cannot tell; NULL for nothing. */
    int (*check)(struct cw_decoder *d, struct cw_node *object, const void *out);
    /* For lists: bytes of an element, what it holds before it is read (NULL: zero), and the buffer.
     * A list of texts has one member without a name: the element itself. */
    size_t size;
    const void *blank;
    enum cw_list_slot slot;
};

/* A message that was mapped (core/mapping.h): what it was before, which only refusals still ask. */
struct cw_rule;
struct cw_rules {
    struct cw_rule *rule;
    size_t n;
};
struct cw_source {
    struct cw_str text;
    const struct cw_json *root; /* in the room; NULL: the last message was not mapped */
    struct cw_rules rules;      /* by which its members were written */
};

/* The attributes of CloudEvents around an event's data. */
struct cw_envelope {
    int specversion;
    struct cw_str id, source, type, subject;
    cw_event_time time;
};

struct cw_decoder {
    struct cw_decode_limits limits;
    struct cw_str text; /* the value being decoded; borrowed from the message */
    struct cw_json_room room;
    const struct cw_json *root; /* in the room: what the last results point into */
    struct cw_reject *reject;   /* where a refusal goes; of the call under way */
    struct cw_buf copies;       /* what results borrow from headers and keys */
    struct cw_buf lists[CW_LISTS];

    const struct cw_mapping *mapping; /* of the messages to come; NULL: none */
    const struct cw_mapping_trace *trace;
    struct cw_source source;
    struct cw_buf mapped; /* what `text` is then */
};

/* Ends the life of the last results, takes in the value and checks what can be told of bytes.
 * Returns 0 or -CW_E_REJECT, as all below do; or -CW_E_NOMEM. */
int cw_decode_begin(struct cw_decoder *d, const struct cw_message *m, size_t most_bytes,
                    struct cw_reject *reject);
/* Parses it, and maps it where the decoder has a mapping; the root's pointer is "". */
int cw_decode_parse(struct cw_decoder *d, struct cw_node *ret_root);
/* Copies s to live as long as the results. Room for it must be in d->copies. */
struct cw_str cw_decode_keep(struct cw_decoder *d, struct cw_str s);

/* The event of the text, of structured mode and without a mapping; false says only that it has to
 * be read by way of a tree. What comes out points into the decoder's room. */
bool cw_decode_straight(struct cw_decoder *d, struct cw_envelope *ret_env, struct cw_event *ret);
/* cw_decode_event, but never straight: what tests hold the other way against. */
int cw_decode_event_by_tree(struct cw_decoder *d, const struct cw_message *m,
                            struct cw_event *ret_event, struct cw_reject *ret_reject);

int cw_read_members(struct cw_decoder *d, struct cw_node *object, const struct cw_shape *shape,
                    void *out);
/* One member's value, which is there. */
int cw_read_value(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m, void *out);
/* Reads a member from text that stood elsewhere than in JSON; nd says where, for a refusal. */
int cw_read_text(struct cw_decoder *d, struct cw_node *nd, const struct cw_member *m,
                 struct cw_str text, void *out);
struct cw_node cw_node_member(struct cw_node *object, const char *name);
/* The first byte of the node's value; CW_NOWHERE when it stands nowhere in the text. */
size_t cw_node_at(const struct cw_decoder *d, struct cw_node *nd);
bool cw_key_is(const struct cw_message *m, struct cw_str id);
/* Whether t is further ahead of the message's timestamp than allowed. */
bool cw_is_ahead(const struct cw_decoder *d, const struct cw_message *m, cw_event_time t);
/* The message's key must be the id, which was read at nd. */
int cw_check_key(struct cw_decoder *d, struct cw_node *nd, const struct cw_message *m,
                 struct cw_str id);
/* The time read at nd must not be further ahead of the message's timestamp than allowed. */
int cw_check_ahead(struct cw_decoder *d, struct cw_node *nd, const struct cw_message *m,
                   cw_event_time t);

/* Fills the reject record and returns -CW_E_REJECT: the node's pointer, the sentence, the byte. */
int cw_refuse(struct cw_decoder *d, struct cw_node *nd, enum cw_reject_code code, const char *fmt,
              ...) __attribute__((format(printf, 4, 5)));
int cw_refuse_type(struct cw_decoder *d, struct cw_node *nd, const char *expected);
int cw_refuse_missing(struct cw_decoder *d, struct cw_node *object, const char *name);
/* As above for what has no place in the tree. at: CW_NOWHERE for none. */
int cw_refuse_plain(struct cw_decoder *d, size_t at, enum cw_reject_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The start of a text as a sentence may quote it; returns out. */
#define CW_QUOTE 48
const char *cw_quote(struct cw_str s, char out[CW_QUOTE]);

/* A name of which sixteen bytes may be read. All rows of an event's shapes have such: they are
 * compared so, in decode_straight.c. */
#define CW_NAME(name) name "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* The shapes, for the decoder's parts and for the test that walks them. */
#define CW_MEMBERS(table) .members = (table), .n = sizeof(table) / sizeof *(table)
extern const struct cw_shape cw_envelope_shape; /* of struct cw_envelope */
const struct cw_shape *cw_event_shape(enum cw_event_type t);
/* CW_EV_COUNT: none of ours. */
enum cw_event_type cw_event_type_of(struct cw_str name);
extern const struct cw_shape cw_profile_shape, cw_manager_shape, cw_outcome_shape;

#endif
