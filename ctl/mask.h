/* What lists show of clients: enough to tell two apart, too little to call one. */
#ifndef CW_CTL_MASK_H
#define CW_CTL_MASK_H

#include "churnwatch/buf.h"

/* Appends an id as its first and last two characters, of what is ASCII. */
void cw_mask_id(struct cw_buf *b, struct cw_str id);
/* Appends a text in which every run of seven digits or more has lost all but its last two. */
void cw_mask_numbers(struct cw_buf *b, struct cw_str text);
/* Appends a reason of a dead letter in which all that it quotes of the message is masked: as an id,
 * or whole where it is short. What the program says by itself stays. */
void cw_mask_quoted(struct cw_buf *b, struct cw_str text);

#endif
