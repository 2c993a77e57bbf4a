/* The Redis Functions library (the parts in delivery/functions/) as it is built into the daemon. */
#ifndef CW_DELIVERY_FUNCTIONS_H
#define CW_DELIVERY_FUNCTIONS_H

#include <stddef.h>

extern const char cw_functions_text[];
extern const size_t cw_functions_length;
/* What cw_version of this text returns; a server with a lower one is given this text. */
extern const int cw_functions_version;

#endif
