/* Log lines on standard error, one write each. Thread-safe: the limits are under one lock, and a
 * line of this size is written whole.
 */
#include "daemon/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log_limit.h"

#define LINE_MOST 2048

static const char *const levels[] = {"error", "warning", "info", "debug"};
static atomic_int most_level = CW_LOG_INFO;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of places */
static struct cw_log_places places;

void cw_log_level_set(enum cw_log_level most)
{
    atomic_store(&most_level, (int)most);
}

static cw_mono_time now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * CW_SECOND + ts.tv_nsec / 1000;
}

static bool may_speak(const char *file, int line, uint32_t *ret_held_back)
{
    (void)pthread_mutex_lock(&lock);
    bool pass = cw_log_limit_pass(cw_log_limit_of(&places, file, line), now(), ret_held_back);
    (void)pthread_mutex_unlock(&lock);
    return pass;
}

struct line {
    char text[LINE_MOST];
    size_t n; /* leaves room for the line's end */
};

static void add(struct line *l, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void add(struct line *l, const char *fmt, va_list ap)
{
    size_t left = sizeof l->text - 1 - l->n;
    int n = vsnprintf(l->text + l->n, left, fmt, ap);
    if (n > 0)
        l->n += (size_t)n < left ? (size_t)n : left - 1;
}

static void addf(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void addf(struct line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(l, fmt, ap);
    va_end(ap);
}

/* A line stays one line, whatever a value holds. */
static void finish(struct line *l)
{
    for (size_t i = 0; i < l->n; i++)
        if ((unsigned char)l->text[i] < ' ')
            l->text[i] = '?';
    l->text[l->n++] = '\n';
    /* There is nowhere to complain that complaining failed. */
    ssize_t written = write(STDERR_FILENO, l->text, l->n);
    (void)written;
}

void cw_log_at(enum cw_log_level level, const char *file, int line, const char *event,
               const char *fmt, ...)
{
    uint32_t held_back;
    if ((int)level > atomic_load(&most_level) || !may_speak(file, line, &held_back))
        return;
    struct line l = {.n = 0};
    addf(&l, "level=%s event=%s", levels[level], event);
    if (held_back)
        addf(&l, " suppressed=%u", held_back);
    if (*fmt) {
        va_list ap;
        va_start(ap, fmt);
        addf(&l, " ");
        add(&l, fmt, ap);
        va_end(ap);
    }
    finish(&l);
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
