/* The names that settings have: whether a section exists, and the nearest name to a wrong one. */
#ifndef CW_CONFIG_KNOWN_H
#define CW_CONFIG_KNOWN_H

#include "churnwatch/types.h"

/* Longer paths than any that is known; what is longer is unknown and cut. */
#define CW_PATH_MOST 256

/* Whether settings lie under that path: "kafka", "kafka.topics", "detectors.spend_drop". */
bool cw_known_section(const char *path);
/* Whether a setting or a section has that name, wherever it lies: "topics", "fire_score". */
bool cw_known_word(struct cw_str word);
/* The known name most likely meant: a section's for a section, else a setting's. False when none is
 * near. */
bool cw_known_nearest(const char *path, bool section, char ret_name[CW_PATH_MOST]);
/* How many letters must be added, left out, changed or swapped with the next to make b of a. */
size_t cw_known_distance(struct cw_str a, struct cw_str b);

#endif
