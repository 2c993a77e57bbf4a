/* The settings in force: one immutable object, built whole, checked whole, swapped whole.
 *
 * The scalar settings are rows of config/params.def, from which this struct's fields, the parser,
 * the range checks, the sample file and the reference page are made. Thresholds are not listed
 * there: each is declared once, by its detector (churnwatch/detector.h).
 */
#ifndef CHURNWATCH_SETTINGS_H
#define CHURNWATCH_SETTINGS_H

#include <stdatomic.h>

#include "churnwatch/civil.h"
#include "churnwatch/detector.h"
#include "churnwatch/event.h"

/* Types a row of params.def may have, and the C type of its field:
 *   BOOL bool · INT int64_t · REAL double · TEXT char * · LIST struct cw_list (texts)
 *   TIME int64_t µs, written as a duration ("2h", "1h30m", "20ms") · SIZE int64_t bytes ("64KiB")
 *   MONEY cw_money in yuan · ENUM int, one of a list of words */
struct cw_list {
    char **items; /* owned */
    size_t n;
};

/* The words of the setting `language`, and the order of every table of texts by language. */
enum cw_language { CW_CHINESE, CW_ENGLISH, CW_LANGUAGES };

/* What becomes of a detector's signals. It is asked, and learns, in every mode. */
enum cw_mode {
    CW_MODE_OFF, /* they are counted as held back */
    CW_MODE_DRY, /* they are counted and listed (cw_shard_dry), and go into no task */
    CW_MODE_ON
};
#define CW_MODE_WORDS "off|dry|on"

/* The thresholds and detector modes of one set of clients, all resolved: no lookup by name is left
 * for the judging. value[d][t] is in the unit its declaration names. */
struct cw_policy {
    double value[CW_DETECTORS][CW_THRESHOLDS_MOST];
    int mode[CW_DETECTORS]; /* enum cw_mode; an int, as a setting of type ENUM is */
};

/* What a segment is chosen by. */
struct cw_segment_key {
    struct cw_str client, manager, county;
    enum cw_class class_;
    enum cw_vip vip;
    enum cw_kind kind;
};

/* What may come in another shape than the contract's: see core/mapping.h and docs/mapping.md. */
enum cw_mapping_input {
    CW_MAP_BILLING,
    CW_MAP_SERVICE,
    CW_MAP_PROFILES,
    CW_MAP_MANAGERS,
    CW_MAP_INPUTS
};
struct cw_mapping;

struct cw_settings {
    int32_t version; /* of the live settings; 0 = the file's */
    atomic_int held; /* by how many */
    /* Live settings are laid over those of the files, which they hold and whose texts, zone and
     * calendar they share; NULL in those. */
    const struct cw_settings *beneath;
    struct cw_places *places; /* where each value comes from: config/places.h; owned */
#define CW_FIELD_BOOL bool
#define CW_FIELD_INT int64_t
#define CW_FIELD_REAL double
#define CW_FIELD_TEXT char *
#define CW_FIELD_LIST struct cw_list
#define CW_FIELD_TIME int64_t
#define CW_FIELD_SIZE int64_t
#define CW_FIELD_MONEY cw_money
#define CW_FIELD_ENUM int
#define PARAM(field, path, type, when, unit, least, most, dflt, words, meaning)                    \
    CW_FIELD_##type field;
#include "config/params.def"
#undef PARAM
    struct cw_zone *zone;         /* of time_zone; owned */
    struct cw_calendar *workdays; /* of calendar; owned */
    /* Of input.mapping.*; NULL: the input has the contract's shape. Owned; two inputs with one
     * profile have one mapping. */
    struct cw_mapping *mappings[CW_MAP_INPUTS];
    struct cw_policy base;       /* the default policy: declarations overlaid by detectors.* */
    struct cw_segment *segments; /* owned, opaque; in order of rising precedence */
    size_t n_segments;
};

/* Built-in defaults only (zone loaded, weekends as calendar, engine threads counted out). Free with
 * cw_settings_free. */
int cw_settings_default(struct cw_settings **ret_settings, struct cw_errbuf *eb);
/* One more holder, on any thread: each keeps the object for as long as it uses it. Returns s. */
const struct cw_settings *cw_settings_hold(const struct cw_settings *s);
/* A holder's end; the last one's frees. Whoever made the object is the first. Accepts NULL. */
void cw_settings_free(const struct cw_settings *s);

/* Which segments match: bit i of words[i/64] for segment i, all words written. Two clients with
 * equal bits have equal policies. */
#define CW_SEGMENTS_MOST 256     /* of the files */
#define CW_LIVE_SEGMENTS_MOST 64 /* of the live settings */
#define CW_SEGMENT_WORDS ((CW_SEGMENTS_MOST + CW_LIVE_SEGMENTS_MOST) / 64)
void cw_settings_match(const struct cw_settings *s, const struct cw_segment_key *key,
                       uint64_t words[CW_SEGMENT_WORDS]);
/* The conditions of a segment as text, "class=A1,county=Putuo"; appended to b. */
void cw_settings_segment(const struct cw_settings *s, size_t i, struct cw_buf *b);
/* The policy for such bits: base, overlaid by the segments in order of rising precedence. That is
 * by each one's most particular condition, kind < class < vip < county < manager < client, and by
 * the order in the file where it is the same. */
void cw_settings_policy(const struct cw_settings *s, const uint64_t words[CW_SEGMENT_WORDS],
                        struct cw_policy *ret_policy);

#endif
