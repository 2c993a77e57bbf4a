/* Records waiting for the next commit, packed one after the other:
 *
 *     log u8 · partition i32 · key · value · headers u32 · (name · value)…
 *
 * On the engine's thread; owns the bytes.
 */
#include "engine/pending.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cw_pending_free(struct cw_pending *p)
{
    cw_buf_free(&p->bytes);
    *p = (struct cw_pending){0};
}

void cw_pending_clear(struct cw_pending *p)
{
    cw_buf_clear(&p->bytes);
    p->records = p->tasks = 0;
}

/* ---- packing ---- */

static void put_head(struct cw_buf *b, enum cw_log log, int32_t partition, struct cw_str key,
                     struct cw_str value, size_t n_headers)
{
    cw_buf_u8(b, (uint8_t)log);
    cw_buf_i32(b, partition);
    cw_buf_str(b, key);
    cw_buf_str(b, value);
    cw_buf_u32(b, (uint32_t)n_headers);
}

static void put_header(struct cw_buf *b, struct cw_str name, struct cw_str value)
{
    cw_buf_str(b, name);
    cw_buf_str(b, value);
}

void cw_pending_pack(struct cw_buf *b, const struct cw_record *r)
{
    put_head(b, r->log, r->partition, r->key, r->value, r->n_headers);
    for (size_t i = 0; i < r->n_headers; i++)
        put_header(b, r->headers[i].name, r->headers[i].value);
}

static void put_text(struct cw_buf *b, const char *name, const char *value)
{
    put_header(b, (struct cw_str){name, strlen(name)}, (struct cw_str){value, strlen(value)});
}

static void put_number(struct cw_buf *b, const char *name, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    put_text(b, name, text);
}

void cw_pending_pack_dead(struct cw_buf *b, const struct cw_message *m, const char *topic,
                          const struct cw_reject *why)
{
    put_head(b, CW_LOG_DEAD_LETTERS, -1, m->key, m->value, m->n_headers + 5);
    for (size_t i = 0; i < m->n_headers; i++)
        put_header(b, m->headers[i].name, m->headers[i].value);
    put_text(b, "cw_error", cw_reject_code_name(why->code));
    put_text(b, "cw_detail", why->detail);
    put_text(b, "cw_topic", topic);
    put_number(b, "cw_partition", m->partition);
    put_number(b, "cw_offset", m->offset);
}

void cw_pending_add(struct cw_pending *p, struct cw_str packed)
{
    cw_buf_put(&p->bytes, packed.p, packed.n);
    p->records++;
}

void cw_pending_task(struct cw_pending *p, int32_t shard, const struct cw_task_version *v)
{
    cw_pending_pack(&p->bytes, &(struct cw_record){.log = CW_LOG_TASKS,
                                                   .partition = shard,
                                                   .key = v->client_id,
                                                   .value = v->json});
    p->records++;
    p->tasks++;
}

/* ---- appending ---- */

static int append_one(struct cw_reader *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    struct cw_record rec = {.log = (enum cw_log)cw_read_u8(r)};
    rec.partition = cw_read_i32(r);
    rec.key = cw_read_str(r);
    rec.value = cw_read_str(r);
    rec.n_headers = cw_read_u32(r);
    struct cw_header *headers = rec.n_headers ? calloc(rec.n_headers, sizeof *headers) : NULL;
    if (rec.n_headers && !headers)
        return -CW_E_NOMEM;
    for (size_t i = 0; i < rec.n_headers; i++) {
        headers[i].name = cw_read_str(r);
        headers[i].value = cw_read_str(r);
    }
    rec.headers = headers;
    int err = cw_link_append(link, &rec, eb);
    free(headers);
    return err;
}

int cw_pending_append(const struct cw_pending *p, const struct cw_link *link, struct cw_errbuf *eb)
{
    if (p->bytes.failed)
        return -CW_E_NOMEM;
    struct cw_reader r = cw_reader(p->bytes.p, p->bytes.n);
    for (size_t i = 0; i < p->records; i++) {
        int err = append_one(&r, link, eb);
        if (err)
            return err;
    }
    return 0;
}
