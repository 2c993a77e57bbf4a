/* The onlooker's logs over the embedded log; see logs.h and sqlite_file.h. */
#ifndef CW_BUS_LOGS_SQLITE_H
#define CW_BUS_LOGS_SQLITE_H

#include "bus/logs.h"

/* As cw_logs_open. The file must be there: the daemon makes it when it starts. */
int cw_logs_sqlite_open(const struct cw_settings *s, struct cw_logs **ret_logs,
                        struct cw_errbuf *eb);

#endif
