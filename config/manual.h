/* The parts of churnwatch.conf(5) that the tables know, as mdoc. */
#ifndef CW_CONFIG_MANUAL_H
#define CW_CONFIG_MANUAL_H

#include <stdio.h>

/* A text of mdoc, broken between words where its lines grow long: what would be read as markup is
 * escaped. */
void cw_manual_text(FILE *out, const char *text);

/* Items of a list, one for each setting, threshold or condition of a segment. */
void cw_manual_settings(FILE *out);
void cw_manual_thresholds(FILE *out);
void cw_manual_conditions(FILE *out);

#endif
