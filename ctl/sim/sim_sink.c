/* Where a simulated county goes. See sim_sink.h. */
#include "ctl/sim/sim_sink.h"

#include <errno.h>
#include <string.h>

/* ---- sending ---- */

static double seconds_since(const struct timespec *t)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

/* Until the next message is due. */
static void pace(struct cw_sim_sink *s)
{
    if (s->rate <= 0)
        return;
    double ahead = (double)s->sent / s->rate - seconds_since(&s->since);
    if (ahead <= 0)
        return;
    struct timespec wait = {(time_t)ahead, (long)((ahead - (double)(time_t)ahead) * 1e9)};
    while (nanosleep(&wait, &wait) != 0 && errno == EINTR)
        ;
}

static bool send_line(struct cw_sim_sink *s, struct cw_str line)
{
    struct cw_address a = cw_address_of(s->settings, line, &s->room);
    const struct cw_logs_record record = {
        .topic = a.topic, .partition = -1, .key = a.key, .value = line};
    if (s->sent == 0)
        (void)clock_gettime(CLOCK_MONOTONIC, &s->since);
    pace(s);
    s->sent++;
    return s->logs->ops->append(s->logs, &record, &s->failed) == 0;
}

/* Whole lines of what has gathered; the rest waits for its end. */
static bool send_lines(struct cw_sim_sink *s)
{
    const char *p = s->line.p, *end = s->line.p + s->line.n;
    bool good = true;
    for (const char *newline; good && (newline = memchr(p, '\n', (size_t)(end - p)));
         p = newline + 1)
        good = send_line(s, (struct cw_str){p, (size_t)(newline - p)});
    size_t rest = (size_t)(end - p);
    memmove(s->line.p, p, rest);
    s->line.n = rest;
    return good;
}

/* ---- the stream ---- */

static ssize_t write_stream(void *cookie, const char *p, size_t n)
{
    struct cw_sim_sink *s = cookie;
    if (s->file && fwrite(p, 1, n, s->file) != n)
        return 0;
    if (!s->sends)
        return (ssize_t)n;
    cw_buf_put(&s->line, p, n);
    return !s->line.failed && send_lines(s) ? (ssize_t)n : 0;
}

static int open_file(struct cw_sim_sink *s, const char *name, struct cw_errbuf *eb)
{
    int n = snprintf(s->path, sizeof s->path, "%s/%s", s->directory, name);
    if (n < 0 || (size_t)n >= sizeof s->path)
        return cw_fail(eb, CW_E_INVALID, "%s: too long a name", s->directory);
    s->file = fopen(s->path, "we");
    if (!s->file)
        return cw_fail(eb, CW_E_IO, "%s: %s", s->path, strerror(errno));
    return 0;
}

FILE *cw_sim_sink_open(struct cw_sim_sink *s, const char *name, bool sent, struct cw_errbuf *eb)
{
    s->file = NULL;
    s->sends = sent && s->logs;
    if (s->directory && open_file(s, name, eb) != 0)
        return NULL;
    FILE *stream = fopencookie(s, "w", (cookie_io_functions_t){.write = write_stream});
    if (!stream) {
        (void)cw_fail(eb, CW_E_NOMEM, "%s: no memory for a stream", name);
        if (s->file)
            (void)fclose(s->file);
        return NULL;
    }
    (void)setvbuf(stream, NULL, _IOFBF, 1 << 20);
    return stream;
}

int cw_sim_sink_close(struct cw_sim_sink *s, FILE *stream, struct cw_errbuf *eb)
{
    bool bad = ferror(stream) != 0;
    bad |= fclose(stream) != 0;
    if (s->file)
        bad |= fclose(s->file) != 0;
    if (s->failed.text[0])
        return cw_fail(eb, CW_E_IO, "%s", s->failed.text);
    if (s->sends && s->logs->ops->flush(s->logs, eb) != 0)
        return -CW_E_IO;
    return bad ? cw_fail(eb, CW_E_IO, "%s: cannot be written: %s", s->path, strerror(errno)) : 0;
}

void cw_sim_sink_free(struct cw_sim_sink *s)
{
    cw_buf_free(&s->line);
    cw_address_room_free(&s->room);
}
