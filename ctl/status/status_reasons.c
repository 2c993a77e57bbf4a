/* What daemons say in English, in the operator's language. See status.h.
 *
 * An instance's status is one text for whoever reads it, whatever their language; so the words are
 * known here by their form.
 */
#include <string.h>

#include "ctl/status/status.h"
#include "ctl/words.h"

enum { PLACES = 9, NESTED_MOST = 2 };

static const struct {
    const char *said, *chinese;
} reasons[] = {
#define REASON(said, zh) {(said), (zh)},
#include "ctl/status/status_reasons.def"
#undef REASON
};

/* Does the text have this form? A place takes as little as it can. */
static bool has_form(struct cw_str text, const char *form, struct cw_str places[PLACES])
{
    const char *at = text.p, *end = text.p + text.n;
    while (*form) {
        size_t n = strcspn(form, "%");
        if (n) {
            if ((size_t)(end - at) < n || memcmp(at, form, n) != 0)
                return false;
            at += n;
            form += n;
            continue;
        }
        size_t next = strcspn(form + 2, "%");
        const char *to = next ? memmem(at, (size_t)(end - at), form + 2, next) : end;
        if (!to)
            return false;
        places[form[1] - '1'] = (struct cw_str){at, (size_t)(to - at)};
        at = to;
        form += 2;
    }
    return at == end;
}

static void put(struct cw_buf *b, struct cw_str text, int nested)
{
    struct cw_str said[PLACES] = {{"", 0}}, told[PLACES] = {{"", 0}};
    struct cw_buf parts[PLACES] = {{0}};
    size_t i = 0, n = sizeof reasons / sizeof *reasons;
    while (i < n && !has_form(text, reasons[i].said, said))
        i++;
    if (i == n || nested > NESTED_MOST) {
        cw_buf_put(b, text.p, text.n);
        return;
    }
    for (size_t k = 0; k < PLACES; k++) {
        if (said[k].n)
            put(&parts[k], said[k], nested + 1);
        told[k] = (struct cw_str){parts[k].p ? parts[k].p : "", parts[k].n};
        b->failed |= parts[k].failed;
    }
    cw_word_fill(b, reasons[i].chinese, told);
    for (size_t k = 0; k < PLACES; k++)
        cw_buf_free(&parts[k]);
}

void cw_status_reason(struct cw_buf *b, const struct cw_settings *s, const char *said)
{
    if (s->language == CW_ENGLISH)
        cw_buf_puts(b, said);
    else
        put(b, (struct cw_str){said, strlen(said)}, 0);
}

void cw_status_put_reason(struct cw_buf *b, const struct cw_ctl *ctl, const char *said)
{
    if (ctl->json)
        cw_buf_puts(b, said);
    else
        cw_status_reason(b, ctl->settings, said);
}
