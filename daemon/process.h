/* What the system says of this process. */
#ifndef CW_DAEMON_PROCESS_H
#define CW_DAEMON_PROCESS_H

#include "churnwatch/types.h"

/* -1 where the system does not say. */
struct cw_process {
    double cpu_seconds, resident_bytes, virtual_bytes, open_fds, max_fds;
};
void cw_process_read(struct cw_process *ret);

#endif
