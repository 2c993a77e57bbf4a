/* Log lines on their way out, one write each. Thread-safe: the limits are under one lock, and a
 * line of this size is written whole.
 */
#include "board/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board/log_journal.h"
#include "board/log_limit.h"
#include "board/log_line.h"

#define FIELDS_MOST 1900 /* bytes of key=value pairs; what is longer is cut */

static atomic_int most_level = CW_LOG_INFO;
static atomic_int form = CW_LOG_LOGFMT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of places */
static struct cw_log_places places;

void cw_log_level_set(enum cw_log_level most)
{
    atomic_store(&most_level, (int)most);
}

void cw_log_format_set(enum cw_log_format format)
{
    if (format == CW_LOG_AUTO)
        format = cw_log_is_journal(STDERR_FILENO) ? CW_LOG_JOURNAL : CW_LOG_LOGFMT;
    if (format == CW_LOG_JOURNAL && !cw_log_journal_listens())
        format = CW_LOG_LOGFMT;
    atomic_store(&form, (int)format);
}

static int64_t clock_of(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return ts.tv_sec * CW_SECOND + ts.tv_nsec / 1000;
}

/* ---- out ---- */

/* There is nowhere to complain that complaining failed. */
static void emit(const struct cw_log_line *l)
{
    struct cw_buf b = {0};
    int as = atomic_load(&form);
    if (as == CW_LOG_JOURNAL && cw_log_to_journal(l))
        return;
    if (as == CW_LOG_JSON)
        cw_log_write_json(l, &b);
    else
        cw_log_write_logfmt(l, &b);
    cw_buf_puts(&b, "\n");
    if (!b.failed) {
        ssize_t written = write(STDERR_FILENO, b.p, b.n);
        (void)written;
    }
    cw_buf_free(&b);
}

/* ---- how often ---- */

static atomic_uint_fast64_t suppressed;

uint64_t cw_log_suppressed(void)
{
    return atomic_load(&suppressed);
}

static bool may_speak(struct cw_log_line *l)
{
    (void)pthread_mutex_lock(&lock);
    struct cw_log_place *p = cw_log_place_of(&places, l->file, l->line);
    p->level = (int)l->level;
    p->event = l->event;
    bool pass = cw_log_limit_pass(&p->limit, clock_of(CLOCK_MONOTONIC), &l->suppressed);
    (void)pthread_mutex_unlock(&lock);
    if (!pass)
        atomic_fetch_add(&suppressed, 1);
    return pass;
}

static bool take_quiet(bool all, struct cw_log_place *ret_place)
{
    (void)pthread_mutex_lock(&lock);
    bool found =
        cw_log_places_quiet(&places, all ? INT64_MAX : clock_of(CLOCK_MONOTONIC), ret_place);
    (void)pthread_mutex_unlock(&lock);
    return found;
}

void cw_log_settle(bool all)
{
    struct cw_log_place p;
    while (take_quiet(all, &p)) {
        char fields[128];
        (void)snprintf(fields, sizeof fields, "of=%s", p.event);
        emit(&(struct cw_log_line){.at = clock_of(CLOCK_REALTIME),
                                   .level = (enum cw_log_level)p.level,
                                   .file = p.file,
                                   .line = p.line,
                                   .event = "suppressed",
                                   .suppressed = p.limit.held_back,
                                   .fields = fields});
    }
}

/* ---- in ---- */

/* A line stays one line, whatever a value holds. */
static void clean(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            *text = '?';
}

void cw_log_at(enum cw_log_level level, const char *file, int line, const char *event,
               const char *fmt, ...)
{
    char fields[FIELDS_MOST];
    struct cw_log_line l = {
        .level = level, .file = file, .line = line, .event = event, .fields = fields};
    if ((int)level > atomic_load(&most_level) || !may_speak(&l))
        return;
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(fields, sizeof fields, fmt, ap) < 0)
        fields[0] = '\0';
    va_end(ap);
    clean(fields);
    l.at = clock_of(CLOCK_REALTIME);
    emit(&l);
}

const char *cw_log_quote(const char *text, char *out, size_t size)
{
    size_t n = 0;
    if (size < 3) {
        if (size)
            out[0] = '\0';
        return out;
    }
    out[n++] = '"';
    for (; *text && n + 6 < size; text++) {
        if ((unsigned char)*text < ' ') {
            n += (size_t)snprintf(out + n, size - n, "\\x%02x", (unsigned)*text);
            continue;
        }
        if (*text == '"' || *text == '\\')
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}
