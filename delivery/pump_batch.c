/* Reading cw_take's answer, and what follows from it. Main thread. */
#include "delivery/pump_batch.h"

#include <string.h>

#define FIELDS_MOST 16 /* as cw_take hands out */

int cw_pump_batch_init(struct cw_pump_batch *b)
{
    /* Redis has bounded the entry; the time is compared with the message's by the engine. */
    const struct cw_decode_limits limits = {
        .max_event_bytes = 1 << 16, .max_profile_bytes = 1 << 16, .max_clock_skew = CW_DAY};
    *b = (struct cw_pump_batch){.decoder = cw_decoder_new(&limits)};
    return b->decoder ? 0 : -CW_E_NOMEM;
}

void cw_pump_batch_free(struct cw_pump_batch *b)
{
    cw_decoder_free(b->decoder);
    cw_buf_free(&b->text);
    *b = (struct cw_pump_batch){0};
}

static void clear(struct cw_pump_batch *b)
{
    b->n = b->n_refused = 0;
    cw_buf_clear(&b->text);
}

static struct cw_pump_place put(struct cw_pump_batch *b, struct cw_str s)
{
    struct cw_pump_place p = {b->text.n, s.n};
    cw_buf_put(&b->text, s.p, s.n);
    return p;
}

static struct cw_str get(const struct cw_pump_batch *b, struct cw_pump_place p)
{
    return (struct cw_str){b->text.p + p.at, p.n};
}

/* ---- reading ---- */

struct reading {
    const struct cw_reply *at, *end;
};

static bool next_text(struct reading *r, struct cw_str *ret_text)
{
    if (r->at == r->end || r->at->kind != CW_REPLY_TEXT)
        return false;
    *ret_text = r->at++->text;
    return true;
}

static bool next_fields(struct reading *r, struct cw_pump_field *fields, size_t *ret_n)
{
    if (r->at == r->end || r->at->kind != CW_REPLY_NUMBER || r->at->number < 0 ||
        r->at->number > 2 * FIELDS_MOST)
        return false;
    size_t pieces = (size_t)r->at++->number;
    for (size_t i = 0; i < pieces / 2; i++)
        if (!next_text(r, &fields[i].name) || !next_text(r, &fields[i].value))
            return false;
    *ret_n = pieces / 2;
    return pieces % 2 == 0;
}

static int take_entry(struct cw_pump_batch *b, const struct cw_pump_entry *entry)
{
    struct cw_str client;
    struct cw_errbuf why = {""};
    size_t i = b->n, at = b->text.n;
    int err = cw_pump_record(entry, b->decoder, &b->text, &client, &why);
    if (err && err != -CW_E_INVALID)
        return err;
    b->value[i] = (struct cw_pump_place){at, b->text.n - at};
    b->key[i] = put(b, err ? CW_STR("") : client);
    b->manager[i] = put(b, entry->manager);
    b->id[i] = put(b, entry->stream_id);
    b->reason[i] = put(b, (struct cw_str){why.text, err ? strlen(why.text) : 0});
    b->n_refused += err != 0;
    b->n++;
    return b->text.failed ? -CW_E_NOMEM : 0;
}

static int read_entry(struct cw_pump_batch *b, struct reading *r, struct cw_str source)
{
    struct cw_pump_field fields[FIELDS_MOST];
    struct cw_pump_entry entry = {.source = source, .fields = fields};
    if (b->n == CW_PUMP_BATCH_MOST || !next_text(r, &entry.manager) ||
        !next_text(r, &entry.stream_id) || !next_fields(r, fields, &entry.n_fields))
        return -CW_E_INVALID;
    return take_entry(b, &entry);
}

int cw_pump_batch_read(struct cw_pump_batch *b, const struct cw_reply *answer)
{
    struct reading r = {answer->items, answer->items + answer->n_items};
    struct cw_str source;
    clear(b);
    int err = next_text(&r, &source) ? 0 : -CW_E_INVALID;
    while (!err && r.at < r.end)
        err = read_entry(b, &r, source);
    if (err) {
        clear(b);
        b->text.failed = false;
    }
    return err;
}

/* ---- what follows ---- */

size_t cw_pump_batch_records(const struct cw_pump_batch *b, const char *topic,
                             struct cw_logs_record *ret_records)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        if (b->reason[i].n == 0)
            ret_records[n++] = (struct cw_logs_record){.topic = topic,
                                                       .partition = -1,
                                                       .key = get(b, b->key[i]),
                                                       .value = get(b, b->value[i])};
    return n;
}

size_t cw_pump_batch_words(const struct cw_pump_batch *b, struct cw_str *ret_words)
{
    for (size_t i = 0; i < b->n; i++) {
        ret_words[3 * i] = get(b, b->manager[i]);
        ret_words[3 * i + 1] = get(b, b->id[i]);
        ret_words[3 * i + 2] = get(b, b->reason[i]);
    }
    return 3 * b->n;
}
