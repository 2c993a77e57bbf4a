/* churnwatchctl dead-letters show: one letter whole, as it came in. Nothing is masked: whoever
 * mends a producer must see what it sent. */
#include <inttypes.h>
#include <string.h>

#include "core/locate.h"
#include "ctl/repair/dead_letters.h"
#include "ctl/text.h"
#include "ctl/words.h"

struct show {
    const struct cw_ctl *ctl;
    struct cw_buf b;
};

static void put_base64(struct cw_buf *b, struct cw_str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = 0;
        size_t n = s.n - i < 3 ? s.n - i : 3;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < n ? (unsigned char)s.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            cw_buf_put(b, k <= n ? &digits[v >> (18 - 6 * k) & 63] : "=", 1);
    }
}

static bool is_text(struct cw_str s)
{
    return cw_locate_bad_utf8(s) == CW_NOWHERE;
}

/* ---- JSON ---- */

/* NAME, or NAME_base64 for what is no text; null for what is absent. */
static void json_member(struct cw_buf *b, const char *name, struct cw_str s)
{
    cw_buf_printf(b, "%s\"%s%s\":", b->p[b->n - 1] == '{' ? "" : ",", name,
                  s.p && !is_text(s) ? "_base64" : "");
    if (!s.p) {
        cw_buf_puts(b, "null");
    } else if (is_text(s)) {
        cw_buf_json_str(b, s);
    } else {
        cw_buf_puts(b, "\"");
        put_base64(b, s);
        cw_buf_puts(b, "\"");
    }
}

/* A list, for names may come twice. */
static void json_headers(struct cw_buf *b, const struct cw_dead_letter *l)
{
    cw_buf_puts(b, ",\"headers\":[");
    for (size_t i = 0; i < l->n_headers; i++) {
        cw_buf_puts(b, i ? ",{" : "{");
        json_member(b, "name", l->headers[i].name);
        json_member(b, "value", l->headers[i].value);
        cw_buf_puts(b, "}");
    }
    cw_buf_puts(b, "]");
}

static int take_json(void *arg, const struct cw_dead_letter *l)
{
    struct show *s = arg;
    struct cw_buf *b = &s->b;
    cw_buf_printf(b, "{\"letter\":\"%" PRId32 ":%" PRId64 "\"", l->place.partition,
                  l->place.offset);
    json_member(b, "topic", l->topic);
    cw_buf_printf(b, ",\"partition\":%" PRId32 ",\"offset\":%" PRId64, l->of.partition,
                  l->of.offset);
    json_member(b, "code", l->code);
    json_member(b, "detail", l->detail);
    json_headers(b, l);
    json_member(b, "key", l->key);
    json_member(b, "value", l->value);
    cw_buf_printf(b, ",\"replayed\":%s}\n", l->replayed ? "true" : "false");
    return b->failed ? -CW_E_NOMEM : 0;
}

/* ---- for people ---- */

enum { TITLE_WIDTH = 10 };

static void print_value(const struct show *w, struct cw_str s)
{
    struct cw_buf b = {0};
    if (!s.p) {
        (void)puts(cw_word(w->ctl->settings, CW_WORD_no_value));
    } else if (is_text(s)) {
        cw_text_print(s, stdout);
        (void)putchar('\n');
    } else {
        put_base64(&b, s);
        (void)printf("(base64) %.*s\n", (int)b.n, b.p);
    }
    cw_buf_free(&b);
}

static void print_title(const struct show *w, enum cw_word word)
{
    const char *title = cw_word(w->ctl->settings, word);
    size_t width = cw_text_width((struct cw_str){title, strlen(title)});
    (void)printf("%s%*s", title, width < TITLE_WIDTH ? (int)(TITLE_WIDTH - width) : 1, "");
}

static void print_row(const struct show *w, enum cw_word title, struct cw_str value)
{
    print_title(w, title);
    print_value(w, value);
}

static int take_text(void *arg, const struct cw_dead_letter *l)
{
    const struct show *w = arg;
    const struct cw_settings *s = w->ctl->settings;
    print_title(w, CW_WORD_letter);
    (void)printf("%" PRId32 ":%" PRId64 "%s\n", l->place.partition, l->place.offset,
                 l->replayed ? cw_word(s, CW_WORD_was_replayed) : "");
    print_title(w, CW_WORD_message);
    cw_text_print(l->topic, stdout);
    cw_word_print(stdout, s, CW_WORD_message_place, "%" PRId32 "\t%" PRId64, l->of.partition,
                  l->of.offset);
    (void)putchar('\n');
    print_row(w, CW_WORD_code, l->code);
    print_row(w, CW_WORD_reason, l->detail);
    print_row(w, CW_WORD_key, l->key);
    for (size_t i = 0; i < l->n_headers; i++) {
        if (cw_dead_header_is_ours(l->headers[i].name))
            continue;
        print_title(w, CW_WORD_header);
        cw_text_print(l->headers[i].name, stdout);
        (void)fputs(" = ", stdout);
        print_value(w, l->headers[i].value);
    }
    (void)putchar('\n');
    print_value(w, l->value);
    return 0;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct show s = {.ctl = ctl};
    struct cw_dead_letters d;
    struct cw_dead_place place;
    const char *text = cw_args_operand(ctl->args, 0);
    if (cw_dead_place_parse(text, &place) != 0)
        return cw_ctl_misused(ctl, "\"%s\" is no PARTITION:OFFSET", text);
    enum cw_exit code = cw_dead_letters_open(ctl, &d);
    int err = code ? 0 : cw_dead_letters_one(&d, place, ctl->json ? take_json : take_text, &s);
    if (err)
        code = cw_dead_letters_fail(&d, err);
    if (!code && ctl->json)
        (void)fwrite(s.b.p, 1, s.b.n, stdout);
    cw_buf_free(&s.b);
    cw_dead_letters_close(&d);
    return code;
}

const struct cw_command cw_command_dead_letters_show = {
    .name = "dead-letters show",
    .operands = "PARTITION:OFFSET",
    .help = "one refused message with its headers, the reason and its value",
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
