/* Segments: thresholds for some of the clients, laid over the ones for all. */
#ifndef CW_CONFIG_SEGMENTS_H
#define CW_CONFIG_SEGMENTS_H

#include "config/places.h"

/* What a segment can ask for, from the general to the particular: the most particular condition of
 * a segment is its level. */
enum cw_segment_level {
    CW_BY_KIND,
    CW_BY_CLASS,
    CW_BY_VIP,
    CW_BY_COUNTY,
    CW_BY_MANAGER,
    CW_BY_CLIENT,
    CW_SEGMENT_LEVELS
};
/* The conditions as rows, `path` being the name within `match`. */
extern const struct cw_param cw_segment_conditions[CW_SEGMENT_LEVELS];

struct cw_overlay {
    struct cw_threshold_id id;
    double value; /* of `mode`: enum cw_mode */
    struct cw_place at;
};
struct cw_segment {
    char *want[CW_SEGMENT_LEVELS]; /* owned; NULL: any */
    struct cw_overlay *overlays;   /* owned */
    size_t n_overlays;
};

/* "class=A1,county=…": the conditions by rising level. */
void cw_segment_print(char *const want[CW_SEGMENT_LEVELS], struct cw_buf *out);
/* Has the text of a segment, as it is printed, a condition of that level? A value that holds a
 * comma and the condition's name counts as one. */
bool cw_segment_text_has(const char *text, enum cw_segment_level level);
/* One condition by its name, checked as the file's are: 0, -CW_E_INVALID with eb, -CW_E_NOMEM. */
int cw_segment_want(char *want[CW_SEGMENT_LEVELS], const char *name, const char *text,
                    struct cw_errbuf *eb);
/* Copies into an empty one; on failure what was copied stays in it, to be freed. */
int cw_segment_copy_want(char *const from[CW_SEGMENT_LEVELS], char *to[CW_SEGMENT_LEVELS]);
bool cw_segment_same(char *const a[CW_SEGMENT_LEVELS], char *const b[CW_SEGMENT_LEVELS]);
bool cw_segment_is_everybody(const struct cw_segment *g);
void cw_overlay_apply(const struct cw_overlay *o, struct cw_policy *p);
enum cw_segment_level cw_segment_level(const struct cw_segment *g);
/* Brings segments into the order of rising precedence; equals stay as they were. */
void cw_segments_sort(struct cw_segment *segments, size_t n);
/* Frees the array with all it owns; accepts NULL. */
void cw_segments_free(struct cw_segment *segments, size_t n);

#endif
