/* Live thresholds: the changes recorded in churnwatch.control, and what they add up to.
 *
 * A change is one record: key CW_LIVE_KEY, in partition 0 (so that all read one order), value
 *
 *     {"version": 13, "at": "2026-03-02T09:00:00+08:00", "author": "wang", "reason": "…",
 *      "changes": [{"key": "detectors.spend_drop.fire_score", "segment": {"class": "A1"},
 *                   "value": 9}, …]}
 *
 * segment null is everybody, value null takes the live value back. Versions count from 1; a record
 * whose version is not the last one's plus one came too late and is refused, and so is one with
 * anything wrong in it: whole, and by what stands in it and before it alone, so that every reader
 * refuses the same ones.
 *
 * Pure but for memory; each object belongs to one thread.
 */
#ifndef CW_CONFIG_LIVE_H
#define CW_CONFIG_LIVE_H

#include "config/segments.h"

#define CW_LIVE_KEY "thresholds"
#define CW_LIVE_CHANGES_MOST 1024 /* of one record */
#define CW_LIVE_RECORD_MOST (900 * 1024)
#define CW_LIVE_AUTHOR_MOST 64 /* bytes */
#define CW_LIVE_REASON_MOST 500

struct cw_live_change {
    struct cw_threshold_id id;
    char *want[CW_SEGMENT_LEVELS]; /* owned; all NULL: everybody */
    bool set;                      /* false: taken back */
    double value;                  /* of `mode`: enum cw_mode */
};
struct cw_live_record {
    int32_t version;
    char at[40], author[CW_LIVE_AUTHOR_MOST + 1], reason[CW_LIVE_REASON_MOST + 1];
    struct cw_live_change *changes; /* owned */
    size_t n;
};

/* Returns 0 with ret_record to be freed by cw_live_record_free; -CW_E_INVALID with eb, or
 * -CW_E_NOMEM. */
int cw_live_record_read(struct cw_str json, struct cw_live_record *ret_record,
                        struct cw_errbuf *eb);
void cw_live_record_write(const struct cw_live_record *r, struct cw_buf *out);
void cw_live_record_free(struct cw_live_record *r);
/* One more change, empty, or NULL when out of memory. */
struct cw_live_change *cw_live_record_add(struct cw_live_record *r);

/* "spend_drop.fire_score" with or without "detectors." before it; -CW_E_INVALID with the nearest
 * name in eb. */
int cw_live_key_read(const char *key, struct cw_threshold_id *ret_id, struct cw_errbuf *eb);

/* ---- what they add up to ---- */

struct cw_live {
    int32_t version;          /* of the last record taken; 0: none */
    struct cw_segment *parts; /* owned; for everybody, if at all, the one without conditions */
    size_t n_parts;
};
struct cw_live *cw_live_new(void); /* NULL: no memory */
void cw_live_free(struct cw_live *l);
/* Takes a record: 0; -CW_E_REFUSED or -CW_E_INVALID with eb, or -CW_E_NOMEM: nothing has changed
 * then. */
int cw_live_take(struct cw_live *l, const struct cw_live_record *r, struct cw_errbuf *eb);
/* The part of those conditions, and in a part the value of a threshold; NULL when there is none. */
const struct cw_segment *cw_live_part(const struct cw_live *l, char *const want[CW_SEGMENT_LEVELS]);
const struct cw_overlay *cw_live_value(const struct cw_segment *part, struct cw_threshold_id id);

/* Settings of files with the live ones laid over them: those for everybody over the files' for
 * everybody, a segment's over those of less particular and over the files' equal ones. Holds
 * `files` and shares its texts. 0 or -CW_E_NOMEM. */
int cw_live_lay_over(const struct cw_live *l, const struct cw_settings *files,
                     struct cw_settings **ret_settings);

#endif
