/* The detectors' declared thresholds, seen as settings. Pure. */
#ifndef CW_CONFIG_THRESHOLDS_H
#define CW_CONFIG_THRESHOLDS_H

#include "config/known.h"
#include "config/params.h"

/* One threshold, or with CW_THRESHOLDS_MOST for it the detector's `mode`. */
struct cw_threshold_id {
    uint8_t detector, threshold;
};

/* "spend_drop.drop_yuan", "spend_drop.mode": 0 or -CW_E_NOTFOUND. */
int cw_threshold_find(const char *name, struct cw_threshold_id *ret_id);
/* How many ids a detector has: its thresholds, and `mode` as the first of all. */
int cw_threshold_count(int detector);
struct cw_threshold_id cw_threshold_at(int detector, int i);
const char *cw_threshold_name(struct cw_threshold_id id);
/* As a row, of type REAL or (mode) ENUM, without path and default. */
struct cw_param cw_threshold_param(struct cw_threshold_id id);
/* "detectors.spend_drop.drop_yuan" */
void cw_threshold_path(struct cw_threshold_id id, char ret_path[CW_PATH_MOST]);
/* A value of it (of `mode`: enum cw_mode) as it is given on the command line. */
void cw_threshold_print(struct cw_threshold_id id, double value, struct cw_buf *out);
double cw_threshold_value(struct cw_threshold_id id, const struct cw_policy *p);
void *cw_threshold_field(struct cw_threshold_id id, struct cw_policy *p);
/* As declared, every detector on. */
void cw_threshold_defaults(struct cw_policy *ret_policy);

#endif
