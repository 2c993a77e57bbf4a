/* Orders to mend a shard, as JSON and as data. See repair_order.h. */
#include "engine/repair_order.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *const cw_repair_inputs[CW_INPUTS] = {
    [CW_IN_PROFILES] = "profiles",
    [CW_IN_BILLING] = "billing",
    [CW_IN_SERVICE] = "service",
    [CW_IN_OUTCOMES] = "outcomes",
};

/* ---- writing ---- */

static json_t *offset_json(int64_t offset)
{
    return offset == CW_OFFSET_NONE ? json_null() : json_integer(offset);
}

static json_t *offsets_json(const int64_t offsets[CW_INPUTS])
{
    json_t *object = json_object();
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        (void)json_object_set_new(object, cw_repair_inputs[in], offset_json(offsets[in]));
    return object;
}

void cw_repair_write(struct cw_buf *b, const struct cw_repair *r, const char *at,
                     const char *author, const char *reason)
{
    json_t *root = json_pack("{s:i, s:b, s:o, s:{s:I, s:o}, s:s, s:s, s:s}", "shard", r->shard,
                             "anew", r->anew, "next", offsets_json(r->next), "for", "state_end",
                             (json_int_t)r->state_end, "committed", offsets_json(r->committed),
                             "at", at, "author", author, "reason", reason);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    if (text)
        cw_buf_puts(b, text);
    else
        b->failed = true;
    free(text);
    json_decref(root);
}

/* ---- reading ---- */

static int read_offset(const json_t *value, int64_t *ret_offset)
{
    if (json_is_null(value)) {
        *ret_offset = CW_OFFSET_NONE;
        return 0;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return -CW_E_INVALID;
    *ret_offset = json_integer_value(value);
    return 0;
}

static int read_offsets(const json_t *object, int64_t ret_offsets[CW_INPUTS])
{
    int err = 0;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++)
        err = read_offset(json_object_get(object, cw_repair_inputs[in]), &ret_offsets[in]);
    return err;
}

static int read_root(const json_t *root, struct cw_repair *r)
{
    const json_t *shard = json_object_get(root, "shard"), *anew = json_object_get(root, "anew"),
                 *moment = json_object_get(root, "for");
    json_int_t number = json_integer_value(shard);
    if (!json_is_integer(shard) || number < 0 || number > INT32_MAX || !json_is_boolean(anew))
        return -CW_E_INVALID;
    r->shard = (int32_t)number;
    r->anew = json_is_true(anew);
    int err = read_offsets(json_object_get(root, "next"), r->next);
    if (!err)
        err = read_offset(json_object_get(moment, "state_end"), &r->state_end);
    return err ? err : read_offsets(json_object_get(moment, "committed"), r->committed);
}

int cw_repair_read(struct cw_str json, struct cw_repair *ret_repair, struct cw_errbuf *eb)
{
    struct cw_repair r = {0};
    json_t *root = json.p ? json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    int err = read_root(root, &r);
    json_decref(root);
    if (err)
        return cw_fail(eb, CW_E_INVALID, "an order to mend a shard that cannot be read");
    *ret_repair = r;
    return 0;
}

bool cw_repair_fits(const struct cw_repair *r, int64_t state_end,
                    const int64_t committed[CW_INPUTS])
{
    return r->state_end == state_end && memcmp(r->committed, committed, sizeof r->committed) == 0;
}
