/* Lines of inputs that are mapped, as the contract has them: for who must know a line's kind, key
 * and type before it is decoded.
 */
#ifndef CW_CTL_LINES_MAPPED_H
#define CW_CTL_LINES_MAPPED_H

#include "churnwatch/settings.h"
#include "core/mapping.h"

struct cw_mapped_line {
    enum cw_mapping_input input;
    const struct cw_mapping *mapping; /* NULL: the text is the line's own */
    struct cw_str text;               /* lives as long as the decoder's last results */
    bool known; /* where an input is mapped: the line is of a kind that the profile, or the
                 * contract, knows */
};

/* A decoder that takes lines of any length the bus would. NULL: no memory. */
struct cw_decoder *cw_mapped_decoder(void);
/* Which mapping of the settings takes a line as an event, tried in the order billing, service; with
 * neither, its text is its own. What none of them knows is left to the first. */
struct cw_mapped_line cw_mapped_event(struct cw_decoder *d, const struct cw_settings *s,
                                      struct cw_str line);
/* The line as that of a record, a profile or a manager; known: it is a good one. */
struct cw_mapped_line cw_mapped_record(struct cw_decoder *d, const struct cw_settings *s,
                                       enum cw_mapping_input input, struct cw_str line);

#endif
