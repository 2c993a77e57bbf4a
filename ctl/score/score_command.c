/* churnwatchctl score: how surprising each value of any time series is, with no server and no
 * settings. One thread; a row is judged by those before it alone.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "churnwatch/buf.h"
#include "core/series.h"
#include "ctl/command.h"
#include "ctl/lines/lines.h"
#include "ctl/score/daily.h"
#include "ctl/score/score_row.h"

/* A row's scores; signs only of days. */
struct judged {
    double score;
    struct cw_daily_signs signs;
};

struct scoring {
    bool json, by_day;
    struct cw_lines *lines;
    struct cw_score_columns columns;
    struct cw_series series;
    struct cw_daily daily;
    cw_day last; /* of the rows of days */
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

static void put_json(struct scoring *s, const struct cw_score_row *r, const struct judged *j)
{
    cw_buf_puts(&s->out, "{\"timestamp\":");
    cw_buf_json_str(&s->out, r->timestamp);
    cw_buf_puts(&s->out, ",\"value\":");
    put_number(&s->out, r->number);
    cw_buf_printf(&s->out, ",\"score\":%.6f", j->score);
    if (s->by_day)
        cw_buf_printf(&s->out, ",\"fall\":%.4f,\"silence\":%.4f,\"spike\":%.4f", j->signs.fall,
                      j->signs.silence, j->signs.spike);
    cw_buf_puts(&s->out, "}\n");
}

static void put_csv(struct scoring *s, const struct cw_score_row *r, const struct judged *j)
{
    cw_buf_put(&s->out, r->timestamp.p, r->timestamp.n);
    cw_buf_puts(&s->out, ",");
    cw_buf_put(&s->out, r->value.p, r->value.n);
    cw_buf_printf(&s->out, ",%.6f", j->score);
    if (s->by_day)
        cw_buf_printf(&s->out, ",%.4f,%.4f,%.4f", j->signs.fall, j->signs.silence, j->signs.spike);
    cw_buf_puts(&s->out, "\n");
}

/* A complaint of a line, with its place. */
static int misread(struct scoring *s, const char *what)
{
    return cw_fail(&s->eb, CW_E_INVALID, "%s:%" PRIu64 ": %s", cw_lines_name(s->lines),
                   cw_lines_number(s->lines), what);
}

static int judge_day(struct scoring *s, const struct cw_score_row *r, struct judged *ret_judged)
{
    if (r->number < 0)
        return misread(s, "a day's amount is below nothing");
    if (s->daily.decline.days && r->day - s->last < s->daily.step_days)
        return misread(s, s->daily.step_days == 1 ? "the day is not later than the one before"
                                                  : "less than a step after the one before");
    s->last = r->day;
    ret_judged->signs = cw_daily_step(&s->daily, r->day, r->number);
    ret_judged->score = cw_daily_score(&ret_judged->signs);
    return 0;
}

static int score_line(struct scoring *s, struct cw_str line)
{
    struct cw_errbuf what = {""};
    struct cw_score_row row;
    struct judged judged = {.score = 0};
    int err = 0;
    if (cw_score_row(line, &s->columns, &row, &what) != 0)
        return misread(s, what.text);
    if (s->by_day)
        err = judge_day(s, &row, &judged);
    else
        judged.score = cw_series_step(&s->series, row.second, row.number);
    if (err)
        return err;
    (s->json ? put_json : put_csv)(s, &row, &judged);
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
        (void)puts(s->by_day ? "timestamp,value,score,fall,silence,spike"
                             : "timestamp,value,score");
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
    struct scoring s = {.json = ctl->json, .by_day = cw_args_flag(ctl->args, "daily")};
    s.daily.step_days = cw_args_count(ctl->args, "step", 1);
    if (!s.by_day && cw_args_text(ctl->args, "step"))
        return cw_ctl_misused(ctl, "--step is of --daily");
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
    {0, "daily", NULL, "a row is a day's amount, judged as the daemon judges a client's spend",
     CW_OPTION_FLAG, false, 0, 0},
    {0, "step", "DAYS",
     "with --daily: a row is the sum of so many days, as 7 for who buys every other week; 1",
     CW_OPTION_COUNT, false, 1, 31},
    {0},
};

const struct cw_command cw_command_score = {
    .name = "score",
    .operands = "",
    .help = "how surprising each value of a time series is, 0 to 1; an alarm from 0.5",
    .options = options,
    .run = run_command,
};
