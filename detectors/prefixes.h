/* Numbers as people dial them, compared alike: whose range a number is in, and whether it is on a
 * list. Pure; the lists are the settings'. */
#ifndef CW_DETECTORS_PREFIXES_H
#define CW_DETECTORS_PREFIXES_H

#include "churnwatch/client.h"
#include "churnwatch/settings.h"

/* The number without what is dialled before it: IP-call codes (17951, 12593 and their like), +, 00,
 * the country code 86, a trunk 0. Borrows from the number; never empty unless the number is. */
struct cw_str cw_number_plain(struct cw_str number);
bool cw_number_same(struct cw_str a, struct cw_str b);
/* Stand for a text, for a number in any of its shapes, where its text has no room; never 0. */
uint32_t cw_text_fingerprint(struct cw_str text);
uint32_t cw_number_fingerprint(struct cw_str number);

enum cw_target_class {
    CW_TARGET_OWN_LINE,
    CW_TARGET_OWN_NET,
    CW_TARGET_COMPETITOR,
    CW_TARGET_OTHER
};
/* A line of the client itself; else by the longest prefix in the settings that fits. */
enum cw_target_class cw_target_class(const struct cw_settings *s, const struct cw_client *cl,
                                     struct cw_str number);
struct cw_str cw_target_class_name(enum cw_target_class c); /* "own_line", "own_net" … */

enum cw_listed { CW_NOT_LISTED, CW_LISTED_BY_PREFIX, CW_LISTED_EXACTLY };
/* An item with a trailing * is a prefix; an exact one counts more. */
enum cw_listed cw_number_listed(const struct cw_list *list, struct cw_str number);

#endif
