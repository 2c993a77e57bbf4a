/* See refused.h. Headers are text in Kafka, and so they are here, numbers too. */
#include "ctl/replay/refused.h"

#include <string.h>

#include "core/locate.h"

static void base64(struct cw_buf *b, struct cw_str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n; i += 3) {
        size_t have = s.n - i < 3 ? s.n - i : 3;
        uint32_t v = (uint32_t)p[i] << 16;
        v |= have > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        v |= have > 2 ? (uint32_t)p[i + 2] : 0;
        char four[4] = {digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63], digits[v & 63]};
        memset(four + have + 1, '=', 3 - have);
        cw_buf_put(b, four, sizeof four);
    }
}

static void text(struct cw_buf *b, const char *name, const char *value)
{
    cw_buf_printf(b, "\"%s\":", name);
    cw_buf_json_str(b, (struct cw_str){value, strlen(value)});
    cw_buf_puts(b, ",");
}

void cw_refused_json(struct cw_buf *b, const struct cw_refused *r)
{
    cw_buf_puts(b, "{");
    text(b, "cw_error", cw_reject_code_name(r->reject->code));
    text(b, "cw_detail", r->reject->detail);
    text(b, "cw_topic", r->topic);
    cw_buf_printf(b, "\"cw_partition\":\"%d\",\"cw_offset\":\"%lld\",", r->partition,
                  (long long)r->offset);
    if (cw_locate_bad_utf8(r->value) == CW_NOWHERE) {
        cw_buf_puts(b, "\"value\":");
        cw_buf_json_str(b, r->value);
    } else {
        cw_buf_puts(b, "\"value_base64\":\"");
        base64(b, r->value);
        cw_buf_puts(b, "\"");
    }
    cw_buf_puts(b, "}\n");
}
