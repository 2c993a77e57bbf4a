/* The bus that the setting `bus` names. */
#ifndef CW_BUS_BUS_OPEN_H
#define CW_BUS_BUS_OPEN_H

#include "bus/bus.h"
#include "churnwatch/settings.h"

/* Once, before any engine, on the main thread: the topics are checked, and made where that is
 * allowed. -CW_E_INVALID, -CW_E_IO or -CW_E_NOMEM with eb naming what is wrong and what mends it;
 * -CW_E_RETRY with eb for what passes by waiting. */
int cw_bus_prepare(const struct cw_settings *s, struct cw_errbuf *eb);
/* Opens the bus of engine thread `thread`, on that thread. Borrows the settings until close.
 * -CW_E_FATAL with eb on failure. */
int cw_bus_open(const struct cw_settings *s, int thread, struct cw_bus **ret_bus,
                struct cw_errbuf *eb);

#endif
