/* One daemon to a file: a lock beside it, PATH-lock, held as long as the descriptor is open. The
 * kernel lets go of it when the process ends, however it ends. */
#ifndef CW_BUS_SQLITE_LOCK_H
#define CW_BUS_SQLITE_LOCK_H

#include "churnwatch/types.h"

/* The descriptor, to be closed by the caller; -CW_E_IO with eb naming the process that holds it. */
int cw_sqlite_lock(const char *path, struct cw_errbuf *eb);

#endif
