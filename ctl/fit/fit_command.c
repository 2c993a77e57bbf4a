/* churnwatchctl fit: how much each detector's word counts, from who left. Reads files, writes a
 * settings file to be looked at, and changes nothing by itself. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "churnwatch/buf.h"
#include "churnwatch/settings.h"
#include "ctl/command.h"
#include "ctl/fit/fit_judge.h"
#include "ctl/fit/fit_picture.h"
#include "ctl/fit/mornings.h"
#include "ctl/fit/steps_fit.h"
#include "ctl/picture/write.h"
#include "ctl/text.h"
#include "ctl/words.h"

enum { LEAVERS_LEAST = 20 };

struct fitting {
    const struct cw_ctl *ctl;
    const struct cw_settings *s;
    struct cw_leavers leavers;
    struct cw_fit_clients clients;
    struct cw_mornings mornings;
    struct cw_weights before, after;
    struct cw_fit_steps steps;
    struct cw_fit_quality was, is;
    struct cw_errbuf eb;
};

static bool has_profiles(const struct fitting *f)
{
    return cw_args_text(f->ctl->args, "profiles") != NULL;
}

/* Mornings of clients without a task, all or those before a leaving. */
static double quiet(const struct fitting *f, bool left)
{
    double sum = 0;
    for (int kind = 0; kind < CW_FIT_KINDS; kind++)
        sum += (double)f->mornings.quiet[kind][1] + (left ? 0 : (double)f->mornings.quiet[kind][0]);
    return sum;
}

/* ---- the report ---- */

static void percent(struct cw_table *t, double share)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.2f %%", 100 * share);
    cw_table_text(t, text);
}

static void weight_of(const struct fitting *f, struct cw_table *t, unsigned d)
{
    const struct cw_weights *w = &f->after;
    struct cw_buf text = {0};
    if (w->kept[d])
        cw_buf_puts(&text, cw_word(f->s, CW_WORD_fit_kept));
    else
        cw_buf_printf(&text, "x %.2f%s", w->times[d],
                      w->held[d] ? cw_word(f->s, CW_WORD_fit_bound) : "");
    cw_table_cell(t, (struct cw_str){text.p, text.n});
    cw_buf_free(&text);
}

static void titles(const struct fitting *f, struct cw_table *t, const enum cw_word *words)
{
    for (size_t i = 0; i < t->columns; i++)
        cw_table_text(t, cw_word(f->s, words[i]));
}

static void detector_cell(const struct fitting *f, struct cw_table *t, unsigned d)
{
    const char *name = cw_detectors[d]->name;
    cw_table_cell(t, cw_word_of(f->s, CW_OF_DETECTOR, (struct cw_str){name, strlen(name)}));
}

enum { LABEL_WIDTH = 19 };

/* "base, groups       -6.15 -> -6.20" */
static void print_change(const struct fitting *f, enum cw_word word, int decimals, double was,
                         double is)
{
    const char *label = cw_word(f->s, word);
    size_t width = cw_text_width((struct cw_str){label, strlen(label)});
    (void)printf("%s%*s%.*f -> %.*f\n", label, width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 1,
                 "", decimals, was, decimals, is);
}

static void print_weights(const struct fitting *f)
{
    struct cw_table t = {.columns = 4, .right = 0xE};
    static const enum cw_word words[] = {CW_WORD_detector, CW_WORD_fit_mornings,
                                         CW_WORD_fit_before_leaving, CW_WORD_fit_weight};
    titles(f, &t, words);
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        const struct cw_weights *w = &f->after;
        detector_cell(f, &t, d);
        cw_table_count(&t, w->days[d]);
        cw_table_count(&t, w->left[d]);
        weight_of(f, &t, d);
    }
    cw_table_print(&t, cw_text_terminal(), stdout);
    cw_table_free(&t);
    (void)putchar('\n');
    print_change(f, CW_WORD_fit_base_individual, 2, f->before.base[CW_INDIVIDUAL],
                 f->after.base[CW_INDIVIDUAL]);
    print_change(f, CW_WORD_fit_base_group, 2, f->before.base[CW_GROUP], f->after.base[CW_GROUP]);
    (void)putchar('\n');
}

/* Of detectors of which more than one step was seen. */
static void print_steps(const struct fitting *f)
{
    struct cw_table t = {.columns = 5, .right = 0x1E};
    static const enum cw_word words[] = {CW_WORD_detector, CW_WORD_fit_step, CW_WORD_fit_mornings,
                                         CW_WORD_fit_before_leaving, CW_WORD_fit_more};
    char text[32];
    titles(f, &t, words);
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        const struct cw_fit_step *of = f->steps.of[d];
        for (int k = 0; k < CW_FIT_STEPS && cw_fit_steps_seen(of) > 1; k++) {
            if (!of[k].mornings)
                continue;
            (void)snprintf(text, sizeof text, "%+.2f", of[k].more);
            detector_cell(f, &t, d);
            cw_table_count(&t, k);
            cw_table_count(&t, of[k].mornings);
            cw_table_count(&t, of[k].left);
            cw_table_text(&t, of[k].left < CW_FIT_LEFT_LEAST ? cw_word(f->s, CW_WORD_fit_too_little)
                                                             : text);
        }
    }
    cw_table_print(&t, cw_text_terminal(), stdout);
    cw_table_free(&t);
    (void)printf("\n");
}

static void put_steps(struct cw_buf *b, const struct cw_fit_step of[CW_FIT_STEPS])
{
    const char *between = "";
    cw_buf_puts(b, ",\"steps\":[");
    for (int k = 0; k < CW_FIT_STEPS; k++)
        if (of[k].mornings) {
            cw_buf_printf(b, "%s{\"step\":%d,\"mornings\":%u,\"before_leaving\":%u,\"more\":%.4f}",
                          between, k, of[k].mornings, of[k].left, of[k].more);
            between = ",";
        }
    cw_buf_puts(b, "]");
}

/* The bins of both are by the risk each tells, so a row compares no same clients. */
static void print_quality(const struct fitting *f)
{
    struct cw_table t = {.columns = 7, .right = 0x7E};
    static const enum cw_word words[] = {CW_WORD_fit_up_to,          CW_WORD_fit_mornings,
                                         CW_WORD_fit_told_before,    CW_WORD_fit_left_before,
                                         CW_WORD_fit_mornings_after, CW_WORD_fit_told_after,
                                         CW_WORD_fit_left_after};
    titles(f, &t, words);
    for (int k = 0; k < CW_FIT_BINS; k++) {
        const struct cw_fit_bin *of[] = {&f->was.bins[k], &f->is.bins[k]};
        percent(&t, of[0]->to);
        for (int i = 0; i < 2; i++) {
            cw_table_count(&t, (int64_t)of[i]->n);
            percent(&t, of[i]->risk);
            percent(&t, of[i]->left);
        }
    }
    cw_table_print(&t, cw_text_terminal(), stdout);
    cw_table_free(&t);
    (void)putchar('\n');
    print_change(f, CW_WORD_fit_skill, 3, f->was.brier_skill, f->is.brier_skill);
    print_change(f, CW_WORD_fit_error, 4, f->was.error, f->is.error);
    print_change(f, CW_WORD_fit_precision, 3, f->was.precision, f->is.precision);
}

static void put_quality(struct cw_buf *b, const char *name, const struct cw_fit_quality *q)
{
    cw_buf_printf(b, ",\"%s\":{\"brier_skill\":%.6f,\"calibration_error\":%.6f,\"pr_auc\":%.6f}",
                  name, q->brier_skill, q->error, q->precision);
}

static void print_json(const struct fitting *f)
{
    struct cw_buf b = {0};
    cw_buf_printf(&b, "{\"versions\":%zu,\"mornings\":%zu,\"leavers\":%zu,", f->mornings.versions,
                  f->mornings.told, f->mornings.leavers);
    if (has_profiles(f))
        cw_buf_printf(&b, "\"without_task\":%.0f,\"without_task_left\":%.0f,", quiet(f, false),
                      quiet(f, true));
    cw_buf_puts(&b, "\"detectors\":[");
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        cw_buf_printf(&b,
                      "%s{\"detector\":\"%s\",\"mornings\":%u,\"before_leaving\":%u,\"times\":%.4f,"
                      "\"kept\":%s",
                      d ? "," : "", cw_detectors[d]->name, f->after.days[d], f->after.left[d],
                      f->after.times[d], f->after.kept[d] ? "true" : "false");
        put_steps(&b, f->steps.of[d]);
        cw_buf_puts(&b, "}");
    }
    cw_buf_printf(&b, "],\"base_individual\":%.4f,\"base_group\":%.4f",
                  f->after.base[CW_INDIVIDUAL], f->after.base[CW_GROUP]);
    put_quality(&b, "before", &f->was);
    put_quality(&b, "after", &f->is);
    cw_buf_puts(&b, "}\n");
    (void)fwrite(b.p, 1, b.n, stdout);
    cw_buf_free(&b);
}

/* ---- the settings file ---- */

/* Of leaving, not of an incident: those are another sum. */
static bool weighs_leaving(const struct cw_threshold *t)
{
    return strcmp(t->unit, "log-odds") == 0 && !strstr(t->name, "incident");
}

static void put_detector(const struct fitting *f, unsigned d, FILE *out)
{
    const struct cw_detector *det = cw_detectors[d];
    const struct cw_weights *w = &f->after;
    if (w->kept[d])
        return;
    (void)fprintf(out, "  # %u mornings, %u of them before a leaving: x %.2f\n  %s = {\n",
                  w->days[d], w->left[d], w->times[d], det->name);
    for (unsigned t = 0; t < det->n_thresholds; t++) {
        const struct cw_threshold *of = &det->thresholds[t];
        double was = f->s->base.value[d][t];
        double is = fmin(fmax(was * w->times[d], of->least), of->most);
        if (weighs_leaving(of))
            (void)fprintf(out, "    %s = %.3f; # was %g\n", of->name, is, was);
    }
    (void)fprintf(out, "  };\n");
}

/* Settings name no client, and the daemon, another user, is to read them. */
static FILE *open_settings(const struct fitting *f, const char *path)
{
    mode_t ours = umask(f->ctl->umask_given);
    FILE *out = fopen(path, "we");
    (void)umask(ours);
    return out;
}

static int write_settings(struct fitting *f, const char *path)
{
    FILE *out = open_settings(f, path);
    if (!out)
        return cw_fail(&f->eb, CW_E_IO, "%s: %s", path, strerror(errno));
    (void)fprintf(
        out,
        "# Fitted to %zu leavers by churnwatchctl fit: look through it, then include it.\n"
        "risk = {\n  base_individual = %.3f; # was %g\n  base_group = %.3f; # was %g\n};\n"
        "detectors = {\n",
        f->mornings.leavers, f->after.base[CW_INDIVIDUAL], f->before.base[CW_INDIVIDUAL],
        f->after.base[CW_GROUP], f->before.base[CW_GROUP]);
    for (unsigned d = 0; d < CW_DETECTORS; d++)
        put_detector(f, d, out);
    (void)fprintf(out, "};\n");
    bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad)
        return cw_fail(&f->eb, CW_E_IO, "%s: could not be written whole", path);
    return 0;
}

/* ---- the command ---- */

static int read_files(struct fitting *f)
{
    const char *outcomes = cw_args_text(f->ctl->args, "outcomes");
    const char *truth = cw_args_text(f->ctl->args, "truth");
    int err = outcomes ? cw_leavers_of_outcomes(outcomes, &f->leavers, &f->eb)
                       : cw_leavers_of_truth(truth, f->s->zone, &f->leavers, &f->eb);
    if (err)
        return err;
    if (has_profiles(f))
        err = cw_fit_clients_read(cw_args_text(f->ctl->args, "profiles"), &f->clients, &f->eb);
    if (err)
        return err;
    err =
        cw_mornings_read(cw_args_text(f->ctl->args, "tasks"), f->s->zone, &f->leavers,
                         truth != NULL, has_profiles(f) ? &f->clients : NULL, &f->mornings, &f->eb);
    if (!err && f->mornings.leavers < LEAVERS_LEAST)
        err = cw_fail(&f->eb, CW_E_INVALID,
                      "%zu clients left after a task had told of them, %d are the least: give a "
                      "longer history (the first 30 days do not count)",
                      f->mornings.leavers, LEAVERS_LEAST);
    return err;
}

static int fit(struct fitting *f)
{
    const struct cw_mornings *m = &f->mornings;
    f->before = (struct cw_weights){
        .base = {[CW_INDIVIDUAL] = f->s->risk_base_individual, [CW_GROUP] = f->s->risk_base_group}};
    for (int d = 0; d < CW_DETECTORS; d++)
        f->before.times[d] = 1;
    int err = cw_weights_fit(m->rows, m->n, f->before.base, &f->after);
    if (!err)
        cw_fit_steps(&f->after, m->rows, m->n, &f->steps);
    if (!err)
        err = cw_fit_judge(&f->before, m->rows, m->n, &f->was);
    return err ? err : cw_fit_judge(&f->after, m->rows, m->n, &f->is);
}

static void report(const struct fitting *f)
{
    if (f->ctl->json) {
        print_json(f);
        return;
    }
    cw_word_print(stdout, f->s, CW_WORD_fit_versions, "%zu\t%zu\t%zu", f->mornings.versions,
                  f->mornings.told, f->mornings.leavers);
    (void)putchar('\n');
    if (has_profiles(f)) {
        cw_word_print(stdout, f->s, CW_WORD_fit_quiet, "%.0f\t%.2f", quiet(f, false),
                      100 * quiet(f, true) / fmax(quiet(f, false), 1));
        (void)putchar('\n');
    }
    (void)putchar('\n');
    print_weights(f);
    print_steps(f);
    print_quality(f);
}

static enum cw_exit draw(const struct fitting *f, const char *path)
{
    struct cw_buf b = {0};
    cw_fit_picture(&b, f->s, &f->was, &f->is);
    enum cw_exit code = cw_picture_write(&b, path);
    cw_buf_free(&b);
    return code;
}

/* A picture on standard output stands there alone. */
static enum cw_exit show(const struct fitting *f)
{
    const char *svg = cw_args_text(f->ctl->args, "svg");
    enum cw_exit code = svg ? draw(f, svg) : CW_EXIT_DONE;
    if (!code && !(svg && strcmp(svg, "-") == 0))
        report(f);
    return code;
}

static enum cw_exit run_command(const struct cw_ctl *ctl)
{
    struct fitting f = {.ctl = ctl, .s = ctl->settings};
    const char *to = cw_args_text(ctl->args, "settings-out");
    if (!cw_args_text(ctl->args, "outcomes") == !cw_args_text(ctl->args, "truth"))
        return cw_ctl_misused(ctl, "either --outcomes or --truth says who left");
    if (has_profiles(&f) && !cw_args_text(ctl->args, "truth"))
        return cw_ctl_misused(ctl, "--profiles is of --truth: outcomes tell only of clients with "
                                   "a task");
    int err = read_files(&f);
    if (!err)
        err = fit(&f);
    if (!err && to)
        err = write_settings(&f, to);
    enum cw_exit code = err ? CW_EXIT_WRONG : show(&f);
    cw_leavers_free(&f.leavers);
    cw_fit_clients_free(&f.clients);
    cw_mornings_free(&f.mornings);
    if (!err)
        return code;
    return cw_ctl_fail(CW_EXIT_WRONG, "%s", f.eb.text[0] ? f.eb.text : cw_strerror(err));
}

static const struct cw_option options[] = {
    {.name = "tasks",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .required = true,
     .help = "task versions as NDJSON, as replay writes them, judged by the settings in force"},
    {.name = "outcomes",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "what managers recorded, as task.outcomes has it: who was lost, and when"},
    {.name = "truth",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "instead: the truth.json of sim, or one with churn.CLIENT.date; who left within 30 "
             "days after "
             "the last task has to be in it"},
    {.name = "profiles",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "with --truth: all clients there are, so that those without a task count too"},
    {.name = "svg",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "also draw calibration before and after; - for stdout"},
    {.name = "settings-out",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "where the fitted weights go, as settings to be looked at"},
    {0},
};

const struct cw_command cw_command_fit = {
    .name = "fit",
    .operands = "",
    .help = "how much each detector's word should count, from who left",
    .options = options,
    .needs_settings = true,
    .run = run_command,
};
