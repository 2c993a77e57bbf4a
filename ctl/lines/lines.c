/* Lines out of blocks of bytes out of a coding out of a file. See lines.h. */
#include "ctl/lines/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/lines/coding.h"

#define RAW_BYTES (256 * 1024)
#define TEXT_LEAST (128 * 1024) /* stays in a processor's own memory until its lines are taken */

struct cw_lines {
    const char *name;
    int fd;
    int64_t size, taken; /* of the file, in bytes; size -1: not known */
    uint64_t number;
    const struct cw_coding *coding;
    void *decoder; /* of coding */
    bool raw_end;  /* the file has been read to its end */
    bool whole;    /* what was decoded so far could be all of it */
    struct cw_piece raw;
    unsigned char *raw_buf;
    char *text; /* decoded bytes: [from, to) not given out yet */
    size_t cap, from, to, searched;
};

/* ---- blocks ---- */

static int read_block(struct cw_lines *l, void *to, size_t most, size_t *ret_n,
                      struct cw_errbuf *eb)
{
    ssize_t n;
    do
        n = read(l->fd, to, most);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return cw_fail(eb, CW_E_IO, "%s: %s", l->name, strerror(errno));
    l->taken += n;
    l->raw_end = n == 0;
    *ret_n = (size_t)n;
    return 0;
}

static int read_raw(struct cw_lines *l, struct cw_errbuf *eb)
{
    size_t n = 0;
    memmove(l->raw_buf, l->raw.p, l->raw.n);
    int err = read_block(l, l->raw_buf + l->raw.n, RAW_BYTES - l->raw.n, &n, eb);
    l->raw = (struct cw_piece){l->raw_buf, l->raw.n + n};
    return err;
}

/* What is not coded is read to where its lines are taken from. */
static int read_plain(struct cw_lines *l, struct cw_errbuf *eb)
{
    size_t n = 0;
    int err = read_block(l, l->text + l->to, l->cap - l->to, &n, eb);
    l->to += n;
    return err;
}

/* Makes room behind what is left of the text. */
static int make_room(struct cw_lines *l)
{
    if (l->from > 0) {
        memmove(l->text, l->text + l->from, l->to - l->from);
        l->searched -= l->from;
        l->to -= l->from;
        l->from = 0;
    }
    if (l->to < l->cap)
        return 0;
    size_t cap = l->cap ? l->cap * 2 : TEXT_LEAST;
    char *text = realloc(l->text, cap);
    if (!text)
        return -CW_E_NOMEM;
    l->text = text;
    l->cap = cap;
    return 0;
}

/* Decodes some more text, or finds that there is none: to stays as it was and raw_end is set. */
static int more_text(struct cw_lines *l, struct cw_errbuf *eb)
{
    int err = make_room(l);
    size_t before = l->to;
    if (!err && !l->coding->open && l->raw.n == 0)
        return l->raw_end ? 0 : read_plain(l, eb);
    while (!err && l->to == before) {
        if (l->raw.n == 0 && !l->raw_end)
            err = read_raw(l, eb);
        if (err)
            break;
        size_t raw_left = l->raw.n;
        struct cw_piece_out out = {l->text + l->to, l->cap - l->to};
        if (l->coding->step(l->decoder, &l->raw, &out, &l->whole) != 0)
            return cw_fail(eb, CW_E_IO, "%s: the %s data are damaged", l->name, l->coding->name);
        l->to = l->cap - out.n;
        if (l->to == before && l->raw_end && l->raw.n == raw_left)
            break;
    }
    if (!err && l->to == before && !l->whole)
        return cw_fail(eb, CW_E_IO, "%s: the %s data are cut short", l->name, l->coding->name);
    return err;
}

/* ---- lines ---- */

/* One past the next line's last byte, or NULL when its end is not in the text yet. */
static char *line_end(struct cw_lines *l)
{
    char *end =
        l->to > l->searched ? memchr(l->text + l->searched, '\n', l->to - l->searched) : NULL;
    if (!end)
        l->searched = l->to;
    return end;
}

/* Takes the next line off the text, blank or not; 0 when there is none. */
static int take_line(struct cw_lines *l, struct cw_str *ret_line, struct cw_errbuf *eb)
{
    char *end;
    while (!(end = line_end(l))) {
        size_t before = l->to - l->from;
        int err = more_text(l, eb);
        if (err)
            return err;
        if (l->to - l->from > before)
            continue;
        if (before == 0)
            return 0;
        end = l->text + l->to; /* The last line lacks its newline. */
        break;
    }
    *ret_line = (struct cw_str){l->text + l->from, (size_t)(end - (l->text + l->from))};
    l->from += ret_line->n + (end < l->text + l->to);
    l->searched = l->from;
    l->number++;
    return 1;
}

static bool is_blank(struct cw_str line)
{
    return line.n == 0 || (line.n == 1 && line.p[0] == '\r');
}

int cw_lines_next(struct cw_lines *l, struct cw_str *ret_line, struct cw_errbuf *eb)
{
    int got;
    do
        got = take_line(l, ret_line, eb);
    while (got > 0 && is_blank(*ret_line));
    return got;
}

/* ---- opening ---- */

static int open_file(struct cw_lines *l, const char *path, struct cw_errbuf *eb)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat st;
    l->name = is_stdin ? "standard input" : path;
    l->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (l->fd < 0)
        return cw_fail(eb, CW_E_IO, "%s: %s", l->name, strerror(errno));
    l->size = fstat(l->fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
    return 0;
}

/* Reads until the first bytes tell the coding. A pipe may give one byte at a time. */
static int begin(struct cw_lines *l, struct cw_errbuf *eb)
{
    int err = 0;
    while (!err && !l->raw_end && l->raw.n < CW_CODING_MAGIC)
        err = read_raw(l, eb);
    if (err)
        return err;
    l->coding = cw_coding_of(l->raw.p, l->raw.n);
    l->whole = true;
    if (!l->coding->open)
        return 0;
    l->decoder = l->coding->open();
    return l->decoder ? 0 : -CW_E_NOMEM;
}

int cw_lines_open(const char *path, struct cw_lines **ret_lines, struct cw_errbuf *eb)
{
    struct cw_lines *l = calloc(1, sizeof *l);
    if (!l)
        return -CW_E_NOMEM;
    l->fd = -1;
    l->raw_buf = malloc(RAW_BYTES);
    l->raw.p = l->raw_buf;
    int err = l->raw_buf ? open_file(l, path, eb) : -CW_E_NOMEM;
    if (!err)
        err = begin(l, eb);
    if (err) {
        cw_lines_close(l);
        return err;
    }
    *ret_lines = l;
    return 0;
}

void cw_lines_close(struct cw_lines *l)
{
    if (!l)
        return;
    if (l->decoder)
        l->coding->close(l->decoder);
    if (l->fd > STDIN_FILENO)
        (void)close(l->fd);
    free(l->raw_buf);
    free(l->text);
    free(l);
}

uint64_t cw_lines_number(const struct cw_lines *l)
{
    return l->number;
}

const char *cw_lines_name(const struct cw_lines *l)
{
    return l->name;
}

double cw_lines_share(const struct cw_lines *l)
{
    return l->size > 0 ? (double)(l->taken - (int64_t)l->raw.n) / (double)l->size : -1;
}
