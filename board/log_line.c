/* The forms of a line. Pure but for the memory it writes into; owns nothing. */
#include "board/log_line.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "core/locate.h"

static const struct {
    const char *word;
    int priority; /* syslog's */
} levels[] = {
    [CW_LOG_ERROR] = {"error", 3},
    [CW_LOG_WARNING] = {"warning", 4},
    [CW_LOG_INFO] = {"info", 6},
    [CW_LOG_DEBUG] = {"debug", 7},
};

/* ---- taking pairs apart ---- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* One character of a quoted value, as cw_log_quote wrote it; returns how many bytes it took. */
static size_t unescape(const char *p, char *ret_byte)
{
    int high, low;
    *ret_byte = p[0];
    if (p[0] != '\\' || !p[1])
        return 1;
    *ret_byte = p[1];
    if (p[1] != 'x' || (high = hex(p[2])) < 0 || (low = hex(p[3])) < 0)
        return 2;
    *ret_byte = (char)(high * 16 + low);
    return 4;
}

static size_t take_quoted(const char **rest, char *room)
{
    const char *p = *rest + 1;
    size_t n = 0;
    while (*p && *p != '"')
        p += unescape(p, &room[n++]);
    p += *p == '"';
    *rest = p;
    return n;
}

static size_t take_plain(const char **rest, char *room)
{
    size_t n = strcspn(*rest, " ");
    memcpy(room, *rest, n);
    *rest += n;
    return n;
}

bool cw_log_next_field(const char **rest, struct cw_log_field *ret_field, char *room)
{
    const char *p = *rest + strspn(*rest, " ");
    struct cw_log_field f = {.key = {p, strcspn(p, " =")}, .value = room};
    if (!*p)
        return false;
    p += f.key.n;
    if (*p == '=') {
        p++;
        f.n = *p == '"' ? take_quoted(&p, room) : take_plain(&p, room);
    }
    room[f.n] = '\0';
    *rest = p;
    *ret_field = f;
    return true;
}

/* ---- logfmt ---- */

static void put_time(const struct cw_log_line *l, struct cw_buf *b)
{
    time_t seconds = (time_t)(l->at / CW_SECOND);
    struct tm t = {0};
    (void)gmtime_r(&seconds, &t);
    cw_buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1,
                  t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                  (int)(l->at % CW_SECOND / (CW_SECOND / 1000)));
}

/* What every form's text begins with: the event and what it says. */
static void put_message(const struct cw_log_line *l, struct cw_buf *b)
{
    cw_buf_printf(b, "event=%s", l->event);
    if (l->suppressed)
        cw_buf_printf(b, " suppressed=%" PRIu32, l->suppressed);
    if (*l->fields)
        cw_buf_printf(b, " %s", l->fields);
}

void cw_log_write_logfmt(const struct cw_log_line *l, struct cw_buf *b)
{
    cw_buf_puts(b, "time=");
    put_time(l, b);
    cw_buf_printf(b, " level=%s ", levels[l->level].word);
    put_message(l, b);
}

/* ---- JSON ---- */

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void put_json(struct cw_buf *b, struct cw_str s)
{
    struct cw_buf clean = {0};
    size_t bad;
    while ((bad = cw_locate_bad_utf8(s)) < s.n) {
        cw_buf_put(&clean, s.p, bad);
        cw_buf_puts(&clean, REPLACEMENT);
        s = (struct cw_str){s.p + bad + 1, s.n - bad - 1};
    }
    cw_buf_put(&clean, s.p, s.n);
    cw_buf_json_str(b, (struct cw_str){clean.p, clean.n});
    b->failed |= clean.failed;
    cw_buf_free(&clean);
}

static void put_member(struct cw_buf *b, struct cw_str key, struct cw_str value)
{
    cw_buf_puts(b, ",");
    put_json(b, key);
    cw_buf_puts(b, ":");
    put_json(b, value);
}

/* Room for the longest value there can be. */
static char *value_room(const struct cw_log_line *l, struct cw_buf *room)
{
    return cw_buf_room(room, strlen(l->fields) + 1);
}

/* Values are texts, as they are in logfmt: what one is does not hang on what it looks like. */
void cw_log_write_json(const struct cw_log_line *l, struct cw_buf *b)
{
    struct cw_buf room = {0};
    struct cw_log_field f;
    const char *rest = l->fields;
    char *value = value_room(l, &room);
    cw_buf_puts(b, "{\"time\":\"");
    put_time(l, b);
    cw_buf_puts(b, "\"");
    put_member(b, CW_STR("level"),
               (struct cw_str){levels[l->level].word, strlen(levels[l->level].word)});
    put_member(b, CW_STR("event"), (struct cw_str){l->event, strlen(l->event)});
    if (l->suppressed)
        cw_buf_printf(b, ",\"suppressed\":\"%" PRIu32 "\"", l->suppressed);
    while (value && cw_log_next_field(&rest, &f, value))
        put_member(b, f.key, (struct cw_str){f.value, f.n});
    cw_buf_puts(b, "}");
    b->failed |= !value;
    cw_buf_free(&room);
}

/* ---- the journal ---- */

/* A name of the journal is of A-Z, 0-9 and _. */
static void put_name(struct cw_buf *b, struct cw_str key)
{
    cw_buf_puts(b, "CW_");
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
            c = '_';
        cw_buf_put(b, &c, 1);
    }
}

/* The fields lie end to end in b, which moves while it grows: so ends are kept first. */
static size_t put_fields(const struct cw_log_line *l, struct cw_buf *b, char *value,
                         size_t ret_ends[CW_LOG_FIELDS_MOST])
{
    struct cw_log_field f;
    const char *rest = l->fields;
    size_t n = 0;
    cw_buf_puts(b, "MESSAGE=");
    put_message(l, b);
    ret_ends[n++] = b->n;
    cw_buf_printf(b, "PRIORITY=%d", levels[l->level].priority);
    ret_ends[n++] = b->n;
    cw_buf_printf(b, "CW_EVENT=%s", l->event);
    ret_ends[n++] = b->n;
    cw_buf_printf(b, "CODE_FILE=%s", l->file);
    ret_ends[n++] = b->n;
    cw_buf_printf(b, "CODE_LINE=%d", l->line);
    ret_ends[n++] = b->n;
    while (n < CW_LOG_FIELDS_MOST && cw_log_next_field(&rest, &f, value)) {
        put_name(b, f.key);
        cw_buf_puts(b, "=");
        cw_buf_put(b, f.value, f.n);
        ret_ends[n++] = b->n;
    }
    return n;
}

size_t cw_log_journal_fields(const struct cw_log_line *l, struct cw_buf *b,
                             struct iovec ret_fields[CW_LOG_FIELDS_MOST])
{
    struct cw_buf room = {0};
    size_t ends[CW_LOG_FIELDS_MOST], from = 0;
    char *value = value_room(l, &room);
    size_t n = value ? put_fields(l, b, value, ends) : 0;
    cw_buf_free(&room);
    if (b->failed)
        return 0;
    for (size_t i = 0; i < n; i++) {
        ret_fields[i] = (struct iovec){b->p + from, ends[i] - from};
        from = ends[i];
    }
    return n;
}
