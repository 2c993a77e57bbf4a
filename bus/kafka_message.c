/* Messages and headers between librdkafka and us. See kafka_message.h. */
#include "bus/kafka_message.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(struct cw_kafka_headers *h, size_t n)
{
    if (n <= h->cap)
        return true;
    struct cw_header *p = realloc(h->items, n * sizeof *p);
    if (!p)
        return false;
    h->items = p;
    h->cap = n;
    return true;
}

static int take_headers(const rd_kafka_message_t *m, struct cw_kafka_headers *room,
                        struct cw_message *ret)
{
    rd_kafka_headers_t *headers;
    ret->headers = NULL;
    ret->n_headers = 0;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    size_t n = rd_kafka_header_cnt(headers);
    if (!reserve(room, n))
        return -CW_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size) != 0)
            break;
        room->items[ret->n_headers++] =
            (struct cw_header){{name, strlen(name)}, {value, value ? size : 0}};
    }
    ret->headers = room->items;
    return 0;
}

int cw_kafka_message(const rd_kafka_message_t *from, struct cw_kafka_headers *room,
                     struct cw_message *ret_message)
{
    rd_kafka_timestamp_type_t type;
    *ret_message = (struct cw_message){.key = {from->key, from->key ? from->key_len : 0},
                                       .value = {from->payload, from->payload ? from->len : 0},
                                       .timestamp_ms = rd_kafka_message_timestamp(from, &type),
                                       .partition = from->partition,
                                       .offset = from->offset};
    return take_headers(from, room, ret_message);
}

void cw_kafka_headers_free(struct cw_kafka_headers *h)
{
    free(h->items);
    *h = (struct cw_kafka_headers){0};
}

rd_kafka_headers_t *cw_kafka_headers_of(const struct cw_header *headers, size_t n)
{
    rd_kafka_headers_t *copy = rd_kafka_headers_new(n);
    for (size_t i = 0; i < n; i++)
        (void)rd_kafka_header_add(copy, headers[i].name.p, (ssize_t)headers[i].name.n,
                                  headers[i].value.p, (ssize_t)headers[i].value.n);
    return copy;
}
