/* A plain librdkafka handle with our settings: the outbox's consumer, the control topic's reader
 * and writer. The engines' transactional clients are the bus's. */
#ifndef CW_BUS_KAFKA_HANDLE_H
#define CW_BUS_KAFKA_HANDLE_H

#include <librdkafka/rdkafka.h>

#include "churnwatch/settings.h"
#include "config/complain.h"

struct cw_property {
    const char *name, *value;
};
/* A kind of client. What it is for, `extra`, goes over kafka.properties, and those over the
 * defaults, which hook (it may be NULL) adds to, with callbacks. */
enum { CW_KAFKA_EXTRA_MOST = 9 };
struct cw_kafka_client {
    rd_kafka_type_t type;
    struct cw_property extra[CW_KAFKA_EXTRA_MOST + 1]; /* up to the first without a name */
    void (*hook)(rd_kafka_conf_t *conf, void *arg);
    void *arg; /* the hook's */
};
/* Returns the handle, freed with rd_kafka_destroy, or NULL with eb. */
rd_kafka_t *cw_kafka_handle(const struct cw_settings *s, const struct cw_kafka_client *c,
                            struct cw_errbuf *eb);
/* Would there be such a handle? The library takes some properties one by one and refuses them
 * together. No server is asked, of Kafka or of who vouches for us, and no command is run. 0, or
 * -CW_E_INVALID with eb. */
int cw_kafka_try(const struct cw_settings *s, const struct cw_kafka_client *c,
                 struct cw_errbuf *eb);
/* Makes a consumer look at full queues again after 5 ms, as every one of ours does. False where
 * librdkafka cannot (before 2.2): it does when the broker answers for another queue, or after a
 * second, for which queues have to hold enough. */
bool cw_kafka_refills_soon(rd_kafka_conf_t *conf);

/* What kafka.properties say of one, the last word of several; NULL: nothing. Not for secrets. The
 * settings' text. */
const char *cw_kafka_listed(const struct cw_settings *s, const char *name);

/* Does the library know the properties of the settings, and take their values? Secrets are read, no
 * server is asked. Complains of each that is wrong. */
void cw_kafka_check(const struct cw_settings *s, struct cw_complaints *c);

/* A topic's partitions; 0 when there is no such topic. Asks the brokers about this one alone, at
 * most `ms`. */
rd_kafka_resp_err_t cw_kafka_partitions(rd_kafka_t *rk, const char *topic, int ms, int32_t *ret_n);
/* Asks the brokers about a topic by its name, at most `ms`: who leads its partitions now. The
 * handle keeps the answer, and is best asked before it first reads or writes the topic: what it has
 * nothing kept of it asks for in a round of once a second, and of an answer about all topics it
 * keeps nothing new (librdkafka 2.8). */
rd_kafka_resp_err_t cw_kafka_ask_about(rd_kafka_t *rk, const char *topic, int ms);

#endif
