/* churnwatchctl score: how surprising each value of any time series is, with no server and no
 * settings. One thread; a row is judged by those before it alone.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "churnwatch/buf.h"
#include "core/series.h"
#include "ctl/command.h"
#include "ctl/lines/lines.h"
#include "ctl/score/score_row.h"

struct scoring {
    bool json;
    struct cw_lines *lines;
    struct cw_score_columns columns;
    struct cw_series series;
    struct cw_buf out;
    struct cw_errbuf eb;
};

/* The shortest of two texts that reads back as the same number. */
static void put_number(struct cw_buf *b, double number)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.15g", number);
    if (strtod(text, NULL) != number)
        (void)snprintf(text, sizeof text, "%.17g", number);
    cw_buf_puts(b, text);
}

static void put_json(struct cw_buf *b, const struct cw_score_row *r, double score)
{
    cw_buf_puts(b, "{\"timestamp\":");
    cw_buf_json_str(b, r->timestamp);
    cw_buf_puts(b, ",\"value\":");
    put_number(b, r->number);
    cw_buf_printf(b, ",\"score\":%.6f}\n", score);
}

static void put_csv(struct cw_buf *b, const struct cw_score_row *r, double score)
{
    cw_buf_put(b, r->timestamp.p, r->timestamp.n);
    cw_buf_puts(b, ",");
    cw_buf_put(b, r->value.p, r->value.n);
    cw_buf_printf(b, ",%.6f\n", score);
}

/* A complaint of a line, with its place. */
static int misread(struct scoring *s, const char *what)
{
    return cw_fail(&s->eb, CW_E_INVALID, "%s:%" PRIu64 ": %s", cw_lines_name(s->lines),
                   cw_lines_number(s->lines), what);
}

static int score_line(struct scoring *s, struct cw_str line)
{
    struct cw_errbuf what = {""};
    struct cw_score_row row;
    if (cw_score_row(line, &s->columns, &row, &what) != 0)
        return misread(s, what.text);
    double score = cw_series_step(&s->series, row.second, row.number);
    (s->json ? put_json : put_csv)(&s->out, &row, score);
    if (s->out.failed)
        return -CW_E_NOMEM;
    (void)fwrite(s->out.p, 1, s->out.n, stdout);
    cw_buf_clear(&s->out);
    return 0;
}

static int read_header(struct scoring *s)
{
    struct cw_errbuf what = {""};
    struct cw_str line;
    int err = cw_lines_next(s->lines, &line, &s->eb);
    if (err < 0)
        return err;
    if (err == 0)
        return cw_fail(&s->eb, CW_E_INVALID, "%s: there is no header", cw_lines_name(s->lines));
    if (cw_score_header(line, &s->columns, &what) != 0)
        return misread(s, what.text);
    if (!s->json)
        (void)puts("timestamp,value,score");
    return 0;
}

static int score_lines(struct scoring *s)
{
    struct cw_str line;
    int err = read_header(s);
    if (err)
        return err;
    while ((err = cw_lines_next(s->lines, &line, &s->eb)) > 0)
        if ((err = score_line(s, line)) != 0)
            break;
    return err;
}

static enum cw_exit run_command(const struct cw_ctl *ctl)
{
    struct scoring s = {.json = ctl->json};
    int err = cw_lines_open(cw_args_text(ctl->args, "series"), &s.lines, &s.eb);
    if (!err)
        err = score_lines(&s);
    cw_lines_close(s.lines);
    cw_buf_free(&s.out);
    if (!err)
        return CW_EXIT_DONE;
    return cw_ctl_fail(CW_EXIT_WRONG, "%s", s.eb.text[0] ? s.eb.text : cw_strerror(err));
}

static const struct cw_option options[] = {
    {0, "series", "FILE", "rows of CSV with the columns timestamp and value; - is standard input",
     CW_OPTION_TEXT, true, 0, 0},
    {0},
};

const struct cw_command cw_command_score = {
    .name = "score",
    .operands = "",
    .help = "how surprising each value of a time series is, 0 to 1; an alarm from 0.5",
    .options = options,
    .run = run_command,
};
