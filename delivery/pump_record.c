/* From the fields of a move to an outcome's JSON. Whether it is a good one is what the engine's own
 * decoder says, so that the two cannot differ. Any thread; owns nothing.
 */
#include "delivery/pump_record.h"

#include <stdio.h>
#include <string.h>

#include "core/locate.h"

#define FIELD_MOST 16384 /* bytes: as much as cw_take hands out of an entry */

/* The members that come from fields, in the order of the contract; after them who acted, which the
 * engine does not ask for and a desk that is set up again does. */
static const struct member {
    const char *name;
    bool number;
} members[] = {
    {"task_id", false}, {"version", true}, {"client_id", false}, {"action", false},
    {"at", false},      {"until", false},  {"to", false},        {"method", false},
    {"result", false},  {"note", false},   {"who", false},
};

static struct cw_str field(const struct cw_pump_entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->n_fields; i++) {
        const struct cw_pump_field *f = &entry->fields[i];
        if (f->name.n == strlen(name) && memcmp(f->name.p, name, f->name.n) == 0)
            return f->value;
    }
    return (struct cw_str){0};
}

static bool is_number(struct cw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n == 1 || s.p[0] != '0';
}

static bool is_utf8(struct cw_str s)
{
    return cw_locate_bad_utf8(s) == CW_NOWHERE;
}

static int put_member(struct cw_buf *b, const struct member *m, struct cw_str value,
                      struct cw_errbuf *why)
{
    if (value.n == 0)
        return 0;
    if (m->number && !is_number(value))
        return cw_fail(why, CW_E_INVALID, "%s is no whole number", m->name);
    if (value.n > FIELD_MOST || !is_utf8(value))
        return cw_fail(why, CW_E_INVALID, "%s is too long or no UTF-8", m->name);
    cw_buf_printf(b, ",\"%s\":", m->name);
    if (m->number)
        cw_buf_put(b, value.p, value.n);
    else
        cw_buf_json_str(b, value);
    return 0;
}

static int put_all(struct cw_buf *b, const struct cw_pump_entry *e, struct cw_errbuf *why)
{
    char id[256];
    int n = snprintf(id, sizeof id, "%.*s:%.*s:%.*s", (int)e->source.n, e->source.p,
                     (int)e->manager.n, e->manager.p, (int)e->stream_id.n, e->stream_id.p);
    if (n < 0 || n >= (int)sizeof id)
        return cw_fail(why, CW_E_INVALID, "source, manager and stream id are too long for an id");
    cw_buf_puts(b, "{\"id\":");
    cw_buf_json_str(b, (struct cw_str){id, (size_t)n});
    cw_buf_puts(b, ",\"manager\":");
    cw_buf_json_str(b, e->manager);
    int err = 0;
    for (size_t i = 0; i < sizeof members / sizeof *members && !err; i++)
        err = put_member(b, &members[i], field(e, members[i].name), why);
    cw_buf_puts(b, "}");
    return err;
}

static int decode(struct cw_decoder *decoder, struct cw_str key, struct cw_str value,
                  struct cw_errbuf *why)
{
    struct cw_outcome oc;
    struct cw_reject reject;
    const struct cw_message m = {.key = key, .value = value, .timestamp_ms = -1};
    int err = cw_decode_outcome(decoder, &m, &oc, &reject);
    return err == -CW_E_REJECT ? cw_fail(why, CW_E_INVALID, "%s", reject.detail) : err;
}

int cw_pump_record(const struct cw_pump_entry *entry, struct cw_decoder *decoder,
                   struct cw_buf *json, struct cw_str *ret_client, struct cw_errbuf *why)
{
    struct cw_str client = field(entry, "client_id");
    size_t at = json->n;
    if (entry->n_fields == 0)
        return cw_fail(why, CW_E_INVALID, "the entry has no fields, or too many or too large ones");
    if (client.n == 0)
        return cw_fail(why, CW_E_INVALID, "client_id is missing");
    int err = put_all(json, entry, why);
    if (!err && json->failed)
        err = -CW_E_NOMEM;
    if (!err)
        err = decode(decoder, client, (struct cw_str){json->p + at, json->n - at}, why);
    if (err)
        json->n = at;
    else
        *ret_client = client;
    return err;
}
