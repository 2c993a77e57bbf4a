/* Which adapter serves an engine. See bus_open.h. */
#include "bus/bus_open.h"

#include <string.h>

#include "bus/bus_kafka.h"
#include "bus/bus_sqlite.h"
#include "bus/topics.h"

static bool is_kafka(const struct cw_settings *s)
{
    return strcmp(s->bus, "kafka") == 0;
}

int cw_bus_prepare(const struct cw_settings *s, struct cw_errbuf *eb)
{
    return is_kafka(s) ? cw_topics_check(s, eb) : cw_bus_sqlite_prepare(s, eb);
}

int cw_bus_open(const struct cw_settings *s, int thread, struct cw_bus **ret_bus,
                struct cw_errbuf *eb)
{
    return is_kafka(s) ? cw_bus_kafka_open(s, thread, ret_bus, eb)
                       : cw_bus_sqlite_open(s, ret_bus, eb);
}
