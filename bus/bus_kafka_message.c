/* The Kafka bus: a message of librdkafka as one of ours. On its engine's thread. */
#include <stdlib.h>
#include <string.h>

#include "bus/bus_kafka_state.h"

static bool room_for_headers(struct cw_bus_kafka *k, size_t n)
{
    if (n <= k->cap_headers)
        return true;
    struct cw_header *p = realloc(k->headers, n * sizeof *p);
    if (!p)
        return false;
    k->headers = p;
    k->cap_headers = n;
    return true;
}

static int take_headers(struct cw_bus_kafka *k, const rd_kafka_message_t *m, struct cw_message *ret)
{
    rd_kafka_headers_t *headers;
    ret->headers = NULL;
    ret->n_headers = 0;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    size_t n = rd_kafka_header_cnt(headers);
    if (!room_for_headers(k, n))
        return -CW_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size) != 0)
            break;
        k->headers[ret->n_headers++] =
            (struct cw_header){{name, strlen(name)}, {value, value ? size : 0}};
    }
    ret->headers = k->headers;
    return 0;
}

int cw_bus_kafka_message(struct cw_bus_kafka *k, const rd_kafka_message_t *from,
                         struct cw_message *ret)
{
    rd_kafka_timestamp_type_t type;
    *ret = (struct cw_message){.key = {from->key, from->key ? from->key_len : 0},
                               .value = {from->payload, from->payload ? from->len : 0},
                               .timestamp_ms = rd_kafka_message_timestamp(from, &type),
                               .partition = from->partition,
                               .offset = from->offset};
    return take_headers(k, from, ret);
}
