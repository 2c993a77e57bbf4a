/* What the commands `thresholds …` share: the changes in churnwatch.control, in order, and the
 * settings that follow from them over this machine's files. One thread.
 */
#ifndef CW_CTL_TUNE_THRESHOLDS_H
#define CW_CTL_TUNE_THRESHOLDS_H

#include "bus/logs.h"
#include "config/live.h"
#include "ctl/command.h"

/* One record of the log. */
struct cw_thresholds_entry {
    int64_t offset;
    bool taken;
    struct cw_live_record record; /* without changes where the record cannot be read */
    struct cw_errbuf why;         /* of a refusal */
};
struct cw_thresholds {
    const struct cw_ctl *ctl;
    struct cw_logs *logs;
    int64_t next; /* offset */
    struct cw_thresholds_entry *entries;
    size_t n;
    struct cw_live *live;
};

/* Reads the log to its end; an exit code, the complaint has been printed. Close in any case. */
enum cw_exit cw_thresholds_open(const struct cw_ctl *ctl, struct cw_thresholds *ret);
void cw_thresholds_close(struct cw_thresholds *t);
/* Reads what has been added since; 0 or an error with eb. */
int cw_thresholds_read_on(struct cw_thresholds *t, struct cw_errbuf *eb);
/* The record that was taken as this version; NULL for none. */
const struct cw_live_record *cw_thresholds_version(const struct cw_thresholds *t, int32_t version);
/* The live settings as they were at a version that was taken (0: none). NULL: no memory. */
struct cw_live *cw_thresholds_at(const struct cw_thresholds *t, int32_t version);

/* "class=A1,county=…" into conditions to be freed by cw_thresholds_free_want; 0 or -CW_E_INVALID
 * with eb, or -CW_E_NOMEM, nothing to be freed then. */
int cw_thresholds_segment(const char *text, char *want[CW_SEGMENT_LEVELS], struct cw_errbuf *eb);
void cw_thresholds_free_want(char *want[CW_SEGMENT_LEVELS]);

/* ---- where a value comes from ---- */

/* One word on the way from the default to what is in force. */
struct cw_chain_link {
    double value;
    struct cw_place at;
    const struct cw_segment *segment; /* NULL: said for everybody */
};
#define CW_CHAIN_MOST (3 + CW_SEGMENTS_MOST + CW_LIVE_SEGMENTS_MOST)
/* The words on a threshold for a client of whom `is` is known (all NULL: nothing), the last one in
 * force; laid are the live settings over the files'. Returns how many, at least 1. */
size_t cw_threshold_chain(const struct cw_settings *files, const struct cw_settings *laid,
                          struct cw_threshold_id id, char *const is[CW_SEGMENT_LEVELS],
                          struct cw_chain_link out[CW_CHAIN_MOST]);
/* As in `settings list`, and of a live one who, when and why. */
void cw_chain_origin(const struct cw_thresholds *t, const struct cw_place *at, struct cw_buf *out);

/* JSON members: ,"name":"text" with the comma where one is needed; a threshold's value. */
void cw_thresholds_member(struct cw_buf *b, const char *name, const char *text);
void cw_thresholds_value(struct cw_buf *b, struct cw_threshold_id id, double value);
/* ,"segment":{…} or null. */
void cw_thresholds_segment_member(struct cw_buf *b, char *const want[CW_SEGMENT_LEVELS]);

/* ---- changing ---- */

/* Writes the changes of r as the next version, with --reason and --author, and waits until they are
 * in force, or says that they were refused. Takes r's changes. */
enum cw_exit cw_thresholds_write(struct cw_thresholds *t, struct cw_live_record *r);

#endif
