/* The topics: what each is, by one table that every adapter reads.
 *
 * Constant; safe from any thread.
 */
#ifndef CW_BUS_TOPIC_TABLE_H
#define CW_BUS_TOPIC_TABLE_H

#include "bus/bus.h"
#include "churnwatch/settings.h"

/* How long a topic keeps its records. */
enum cw_keeps {
    CW_KEEPS_LATEST,  /* of each key the last one, for ever */
    CW_KEEPS_ALL,     /* for ever */
    CW_KEEPS_STATE,   /* what a restore needs */
    CW_KEEPS_TASKS,   /* tasks.retention */
    CW_KEEPS_DEFAULT, /* as the broker's operator says, or sqlite.retention */
};

struct cw_topic {
    size_t name;    /* offset of its setting, see cw_topic_name */
    bool by_client; /* keyed by client: partition counts are equal */
    bool stamped;   /* an input whose timestamps are checked against */
    enum cw_keeps keeps;
    bool larger; /* takes whatever an input takes, and headers besides */
};
/* Bytes, as Kafka's properties have it: what a larger topic takes in a record, and what producers
 * hand over. Brokers take 1,048,588 where nothing else is said, librdkafka a million. */
#define CW_RECORD_MOST "16777216"
enum { CW_TOPICS = 9 };
/* Billing comes first: what is keyed by client follows its partition count. */
extern const struct cw_topic cw_topics[CW_TOPICS];

/* The configured names; borrowed from the settings. */
const char *cw_topic_name(const struct cw_settings *s, const struct cw_topic *t);
const char *cw_topics_input(const struct cw_settings *s, enum cw_input in);
const char *cw_topics_log(const struct cw_settings *s, enum cw_log log);
/* The input of that name; false when it is none. */
bool cw_topics_input_of(const struct cw_settings *s, const char *topic, enum cw_input *ret_input);

#endif
