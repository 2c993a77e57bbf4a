/* churnwatchctl map test: a profile of a field mapping tried on a file of lines, with no server.
 *
 * One thread.
 */
#include <inttypes.h>
#include <string.h>

#include "config/mapping.h"
#include "core/pointer.h"
#include "ctl/command.h"
#include "ctl/lines/lines.h"
#include "ctl/lines/map_test.h"
#include "ctl/words.h"

struct trial {
    const struct cw_ctl *ctl;
    struct cw_lines *lines;
    struct cw_map_test *test;
    struct cw_buf out;
    struct cw_errbuf eb;
    uint64_t read, refused;
};

/* ---- a line's result ---- */

static void put_text(struct cw_buf *b, const char *text)
{
    cw_buf_json_str(b, (struct cw_str){text, strlen(text)});
}

static void put_line_json(struct trial *t, uint64_t line, const struct cw_map_result *r)
{
    struct cw_buf *b = &t->out;
    cw_buf_printf(b, "{\"line\":%" PRIu64 ",\"type\":", line);
    if (r->type)
        put_text(b, r->type);
    else
        cw_buf_puts(b, "null");
    if (r->refused) {
        cw_buf_puts(b, ",\"error\":");
        put_text(b, cw_reject_code_name(r->reject.code));
        cw_buf_puts(b, ",\"detail\":");
        put_text(b, r->reject.detail);
    } else if (r->type) {
        cw_buf_puts(b, ",\"becomes\":");
        cw_buf_put(b, r->text.p, r->text.n);
    }
    cw_buf_puts(b, "}\n");
}

static void put_line(struct trial *t, uint64_t line, const struct cw_map_result *r)
{
    const struct cw_settings *s = t->ctl->settings;
    struct cw_buf *b = &t->out;
    cw_buf_printf(b, "%" PRIu64 ": ", line);
    if (r->refused)
        cw_word_say(b, s, CW_WORD_map_refused, "%s\t%s", cw_reject_code_name(r->reject.code),
                    r->reject.detail);
    else if (r->type)
        cw_buf_put(b, r->text.p, r->text.n);
    else
        cw_buf_puts(b, cw_word(s, CW_WORD_map_passed_over));
    cw_buf_puts(b, "\n");
}

/* Whatever it is, a line of output is written whole. */
static void flush(struct trial *t, FILE *to)
{
    (void)fwrite(t->out.p, 1, t->out.n, to);
    cw_buf_clear(&t->out);
}

static int try_line(struct trial *t, struct cw_str line)
{
    struct cw_map_result r;
    int err = cw_map_test_line(t->test, line, &r);
    if (err)
        return err;
    t->read++;
    t->refused += r.refused;
    (t->ctl->json ? put_line_json : put_line)(t, cw_lines_number(t->lines), &r);
    if (t->out.failed)
        return -CW_E_NOMEM;
    flush(t, stdout);
    return 0;
}

static int try_lines(struct trial *t)
{
    struct cw_str line;
    int err;
    while ((err = cw_lines_next(t->lines, &line, &t->eb)) > 0)
        if ((err = try_line(t, line)) != 0)
            break;
    return err;
}

/* ---- the summary ---- */

static void put_types(struct trial *t)
{
    size_t n;
    const struct cw_map_type *types = cw_map_test_types(t->test, &n);
    const struct cw_settings *s = t->ctl->settings;
    cw_word_say(&t->out, s, CW_WORD_map_lines, "%" PRIu64 "\t%" PRIu64, t->read, t->refused);
    cw_buf_puts(&t->out, "\n");
    for (size_t i = 0; i < n; i++) {
        cw_buf_printf(&t->out, "%8" PRIu64 " %s", types[i].lines,
                      types[i].name ? types[i].name : cw_word(s, CW_WORD_map_no_kind));
        if (types[i].refused)
            cw_word_say(&t->out, s, CW_WORD_map_type_refused, "%" PRIu64, types[i].refused);
        cw_buf_puts(&t->out, "\n");
    }
}

static void put_title(struct trial *t, bool *first, enum cw_word title)
{
    if (*first)
        cw_buf_printf(&t->out, "%s\n", cw_word(t->ctl->settings, title));
    *first = false;
}

static void put_pointers(struct trial *t)
{
    size_t n;
    const struct cw_map_pointer *p = cw_map_test_pointers(t->test, &n);
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (p[i].finds || !p[i].looks)
            continue;
        put_title(t, &first, CW_WORD_map_found_nothing);
        cw_word_say(&t->out, t->ctl->settings, CW_WORD_map_looks, "%8" PRIu64 "\t%s", p[i].looks,
                    p[i].pointer->text);
        cw_buf_puts(&t->out, "\n");
    }
}

static void put_paths(struct trial *t)
{
    size_t n;
    const struct cw_map_path *p = cw_map_test_paths(t->test, &n);
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (p[i].used)
            continue;
        put_title(t, &first, CW_WORD_map_unused);
        cw_word_say(&t->out, t->ctl->settings, CW_WORD_map_times, "%8" PRIu64 "\t%s", p[i].seen,
                    p[i].text);
        cw_buf_puts(&t->out, "\n");
    }
}

static void put_types_json(struct trial *t)
{
    size_t n;
    const struct cw_map_type *types = cw_map_test_types(t->test, &n);
    cw_buf_printf(&t->out, "{\"lines\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"types\":[", t->read,
                  t->refused);
    for (size_t i = 0; i < n; i++) {
        cw_buf_puts(&t->out, i ? ",{\"type\":" : "{\"type\":");
        if (types[i].name)
            put_text(&t->out, types[i].name);
        else
            cw_buf_puts(&t->out, "null");
        cw_buf_printf(&t->out, ",\"lines\":%" PRIu64 ",\"refused\":%" PRIu64 "}", types[i].lines,
                      types[i].refused);
    }
    cw_buf_puts(&t->out, "]");
}

static void put_unmatched_json(struct trial *t)
{
    size_t n;
    const struct cw_map_pointer *p = cw_map_test_pointers(t->test, &n);
    const char *before = "";
    cw_buf_puts(&t->out, ",\"found_nothing\":[");
    for (size_t i = 0; i < n; i++) {
        if (p[i].finds || !p[i].looks)
            continue;
        cw_buf_puts(&t->out, before);
        put_text(&t->out, p[i].pointer->text);
        before = ",";
    }
    const struct cw_map_path *path = cw_map_test_paths(t->test, &n);
    before = "";
    cw_buf_puts(&t->out, "],\"unused\":[");
    for (size_t i = 0; i < n; i++) {
        if (path[i].used)
            continue;
        cw_buf_puts(&t->out, before);
        put_text(&t->out, path[i].text);
        before = ",";
    }
    cw_buf_puts(&t->out, "]}\n");
}

static void print_summary(struct trial *t)
{
    if (t->ctl->json) {
        put_types_json(t);
        put_unmatched_json(t);
    } else {
        put_types(t);
        put_pointers(t);
        put_paths(t);
    }
    flush(t, stderr);
}

/* ---- the command ---- */

static int load(const struct cw_ctl *ctl, struct cw_mapping **ret_mapping)
{
    struct cw_buf text = {0};
    struct cw_complaints complaints = {.out = &text};
    int err = cw_mapping_load(cw_args_operand(ctl->args, 0), ctl->settings->zone, &complaints,
                              ret_mapping);
    if (text.n)
        (void)fwrite(text.p, 1, text.n, stderr);
    else if (err)
        (void)cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_strerror(err));
    cw_buf_free(&text);
    return err;
}

static enum cw_exit run_trial(struct trial *t, const struct cw_mapping *m)
{
    const struct cw_settings *s = t->ctl->settings;
    struct cw_decode_limits limits = {(size_t)s->max_event_bytes, (size_t)s->max_profile_bytes,
                                      s->max_clock_skew};
    int err = cw_lines_open(cw_args_operand(t->ctl->args, 1), &t->lines, &t->eb);
    t->test = err ? NULL : cw_map_test_new(m, &limits);
    if (!err)
        err = t->test ? try_lines(t) : -CW_E_NOMEM;
    if (err)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", t->eb.text[0] ? t->eb.text : cw_strerror(err));
    print_summary(t);
    return t->refused ? CW_EXIT_WRONG : CW_EXIT_DONE;
}

static enum cw_exit run_command(const struct cw_ctl *ctl)
{
    struct cw_mapping *m;
    if (load(ctl, &m) != 0)
        return CW_EXIT_WRONG;
    struct trial t = {.ctl = ctl};
    enum cw_exit code = run_trial(&t, m);
    cw_lines_close(t.lines);
    cw_map_test_free(t.test);
    cw_buf_free(&t.out);
    cw_mapping_free(m);
    return code;
}

const struct cw_command cw_command_map_test = {
    .name = "map test",
    .operands = "PROFILE FILE",
    .help = "what a field mapping makes of the lines of a file, and what it leaves out",
    .least = 2,
    .most = 2,
    .needs_settings = true,
    .run = run_command,
};
