/* What must be known of a line of NDJSON before anybody has parsed it: its key, its kind.
 *
 * Nothing is checked here. A line that is no JSON has no members, or wrong ones; the decoder, which
 * sees it next, says so.
 */
#ifndef CW_CTL_LINES_MEMBERS_H
#define CW_CTL_LINES_MEMBERS_H

#include "churnwatch/buf.h"

/* The text of a top-level member; absent when there is none or it is no string. It points into the
 * line, or into b where it had to be unescaped (b is cleared first). */
struct cw_str cw_member_text(struct cw_str line, const char *member, struct cw_buf *b);
/* The same, looked for behind a member found before it is from the first on: `beside` is its text.
 */
struct cw_str cw_member_text_beside(struct cw_str line, struct cw_str beside, const char *member,
                                    struct cw_buf *b);
bool cw_member_has(struct cw_str line, const char *member);

/* Which event topic the contract keeps this type in. */
bool cw_type_is_billing(struct cw_str type);

#endif
