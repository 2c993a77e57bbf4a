/* Refused messages as lines of JSON: the dead letters of a run without a server, and the shape in
 * which those of a server are shown.
 */
#ifndef CW_CTL_REPLAY_REFUSED_H
#define CW_CTL_REPLAY_REFUSED_H

#include "churnwatch/buf.h"
#include "churnwatch/event.h"

struct cw_refused {
    const struct cw_reject *reject;
    const char *topic;
    int32_t partition;
    int64_t offset;
    struct cw_str value;
};

/* Appends one line: the headers by name, then value, or value_base64 where it is not UTF-8. */
void cw_refused_json(struct cw_buf *b, const struct cw_refused *r);

#endif
