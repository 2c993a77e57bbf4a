/* A compiled mapping: for each kind of message, the members to write and where each comes from.
 *
 * Private to the maker (config/mapping*.c) and the parts that apply it. Everything here lies in the
 * mapping's room and goes with it.
 */
#ifndef CW_CORE_MAPPING_RULES_H
#define CW_CORE_MAPPING_RULES_H

#include "core/decode_members.h"
#include "core/mapping.h"
#include "core/pointer.h"

#define CW_KINDS_MOST 64               /* of a profile */
#define CW_POINTERS_MOST 1024          /* of a profile, each counted once */
#define CW_MAP_PAIRS_MOST 1000         /* of a member's map */
#define CW_MAPPED_BYTES_MOST (1 << 20) /* of what is written for one message */

/* What may be measured in more than one unit. */
enum cw_quantity { CW_Q_NONE, CW_Q_MONEY, CW_Q_TIME, CW_Q_DATA };
struct cw_unit {
    const char *name;
    enum cw_quantity quantity;
    int64_t size; /* money: the power of ten to a yuan; else in ms or bytes */
};
extern const struct cw_unit cw_units[]; /* ends with a row without a name */
/* The unit the contract counts a member in; NULL: it has none. */
const struct cw_unit *cw_unit_of(const struct cw_member *m);

/* How a time is written. */
enum cw_time_way { CW_TIME_RFC3339, CW_TIME_EPOCH, CW_TIME_PATTERN };
struct cw_time_format {
    enum cw_time_way way;
    int64_t scale;       /* EPOCH: µs to one */
    const char *pattern; /* PATTERN: YYYY MM DD hh mm ss S.. Z, and what stands between them */
};
#define CW_TIME_FORMATS_MOST 8
/* "rfc3339", "epoch_s", "epoch_ms", "epoch_us", or a pattern, which is borrowed. 0, or
 * -CW_E_INVALID with the sentence in eb. */
int cw_time_format_parse(const char *text, enum cw_member_kind kind,
                         struct cw_time_format *ret_format, struct cw_errbuf *eb);
/* A civil time as a format has it. */
struct cw_civil {
    cw_day day;
    int64_t us; /* of the day */
    bool zoned; /* offset, in seconds, is known */
    int32_t offset;
};
/* Reads text by a format, whole: 0 or -CW_E_INVALID. */
int cw_time_format_read(const struct cw_time_format *f, struct cw_str text,
                        struct cw_civil *ret_civil);
/* The instant of a civil time. Where a zone's clock shows it twice, the first; where its clock
 * jumps over it, as the offset before the jump has it. */
cw_event_time cw_civil_instant(const struct cw_civil *c, const struct cw_zone *zone);

struct cw_word_pair {
    struct cw_str from, to;
};

enum cw_rule_source {
    CW_RULE_POINTERS, /* the first that finds something */
    CW_RULE_CONST,
    CW_RULE_HASH,   /* of what the pointers find; without any, of the whole message */
    CW_RULE_OBJECT, /* an object of the rules `sub` */
    CW_RULE_LIST    /* one for each element of the array; without `sub` the element itself */
};

struct cw_rule {
    const struct cw_member *member; /* what the contract says of it */
    enum cw_rule_source source;
    const struct cw_pointer *const *pointers; /* seen from the message, or from a list's element */
    size_t n_pointers;
    struct cw_str constant, otherwise, absent; /* as written in the contract; p NULL: none */
    const struct cw_word_pair *map;            /* by rising `from` */
    size_t n_map;
    const struct cw_unit *unit; /* NULL: as the contract counts it */
    const struct cw_time_format *formats;
    size_t n_formats;
    struct cw_str drop; /* taken off the text's beginning */
    bool required;      /* beyond what the contract requires */
    struct cw_rules sub;
};

struct cw_condition {
    const struct cw_pointer *at;
    const struct cw_str *is; /* one of these; none: that something is there */
    size_t n;
};

struct cw_mapped_kind {
    const char *type; /* of events; else what it is, for a trace */
    const struct cw_condition *conditions;
    size_t n_conditions;
    struct cw_rules rules;
};

struct cw_mapping {
    enum cw_mapped what;
    const struct cw_zone *zone; /* of times without an offset */
    struct cw_zone *own_zone;   /* owned; NULL when zone is borrowed */
    struct cw_mapped_kind *kinds;
    size_t n_kinds;
    struct cw_rules unknown; /* for messages that no kind takes */
    struct cw_pointer *pointers[CW_POINTERS_MOST];
    size_t n_pointers;
    struct cw_json_room room;
};

/* ---- applying, on the decoder's thread ---- */

/* What a look starts from: a value of the message, and where it begins. */
struct cw_scope {
    const struct cw_json *v;
    size_t at;
};
struct cw_scope cw_source_root(const struct cw_decoder *d);
/* The first of a rule's pointers that finds anything but null, and what; NULL for none. */
const struct cw_pointer *cw_rule_find(const struct cw_rule *r, struct cw_scope scope,
                                      const struct cw_mapping_trace *trace,
                                      const struct cw_json **ret_found);
/* A scalar's text: of a number as it is written; absent for arrays and objects. */
struct cw_str cw_scalar_text(const struct cw_decoder *d, const struct cw_pointer *p,
                             struct cw_scope scope, const struct cw_json *v);
/* Writes the value of a rule, found or not; nd is its place in what is written. */
int cw_rule_put_scalar(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                       struct cw_node *nd);
/* Begins a member of the object being written. */
void cw_mapped_name_put(struct cw_decoder *d, const char *name);
/* A text in the contract's form: quoted unless it is a number's or a bool's. */
void cw_mapped_text_put(struct cw_decoder *d, const struct cw_rule *r, struct cw_str text);

/* From a message's tree to the contract's: ret_root is the root of the former, then of the latter.
 * 0, -CW_E_REJECT, -CW_E_NOMEM. */
int cw_mapping_apply(struct cw_decoder *d, struct cw_node *ret_root);

/* For refusals: where a node of the contract's text comes from, in words for brackets ("" for what
 * needs none), and the byte of the message; CW_NOWHERE for none. */
#define CW_ORIGIN_BYTES 200
const char *cw_origin_text(struct cw_decoder *d, struct cw_node *nd, char out[CW_ORIGIN_BYTES]);
size_t cw_origin_at(struct cw_decoder *d, struct cw_node *nd);

#endif
