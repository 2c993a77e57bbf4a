/* The bus over one SQLite file: the embedded log, for the demo and for an office without Kafka.
 *
 * One daemon and one engine thread own the file; there are no groups, so the shards are assigned
 * once and never revoked. A transaction of the bus is a transaction of SQLite. Others (the daemon's
 * main thread, churnwatchctl) read the file and append to inputs meanwhile, by bus/logs.h.
 *
 *   bus_sqlite.c         opening and closing, polling
 *   bus_sqlite_txn.c     transactions, offsets, reading logs
 *   bus_sqlite_sweep.c   retention
 *   sqlite_*.c           the file itself; what is in it is told in sqlite_file.h
 */
#ifndef CW_BUS_BUS_SQLITE_H
#define CW_BUS_BUS_SQLITE_H

#include "bus/bus.h"
#include "churnwatch/settings.h"

/* Once, before any engine: makes the file and its topics where they are missing, and checks that
 * they fit the settings and that no other daemon has the file. -CW_E_INVALID, -CW_E_IO or
 * -CW_E_NOMEM with eb. */
int cw_bus_sqlite_prepare(const struct cw_settings *s, struct cw_errbuf *eb);
/* Opens the bus and locks the file until close. Borrows the settings. -CW_E_FATAL with eb on
 * failure. */
int cw_bus_sqlite_open(const struct cw_settings *s, struct cw_bus **ret_bus, struct cw_errbuf *eb);

#endif
