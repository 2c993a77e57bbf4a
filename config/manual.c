/* Settings, thresholds and conditions as items of mdoc lists. Build tool and tests, one thread. */
#include "config/manual.h"

#include <string.h>

#include "config/segments.h"
#include "config/settings.h"
#include "config/values.h"

#define WIDTH 68 /* of a line; escapes and what stands before take more */

static const struct {
    const char *text, *escape;
} escapes[] = {{"\\", "\\e"}, {"…", "..."}, {"\"", "\\(dq"}, {"-", "\\-"}, {"'", "\\(aq"}};

/* Writes one character, or what stands for it; returns how many bytes of the text it was. */
static size_t put_one(FILE *out, const char *text)
{
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        size_t n = strlen(escapes[i].text);
        if (strncmp(text, escapes[i].text, n) == 0) {
            (void)fputs(escapes[i].escape, out);
            return n;
        }
    }
    (void)fputc(*text, out);
    return 1;
}

void cw_manual_text(FILE *out, const char *text)
{
    bool first = true;
    for (size_t column = 0; *text; column++) {
        if (*text == ' ' && column + strcspn(text + 1, " ") >= WIDTH) {
            (void)fputc('\n', out);
            text++;
            column = 0;
            first = true;
        }
        if (first && *text == '.')
            (void)fputs("\\&", out);
        first = false;
        text += put_one(out, text);
    }
}

/* A new sentence begins on a new line. */
static void sentences(FILE *out, const char *text)
{
    char one[1024];
    while (*text) {
        const char *end = strstr(text, ". ");
        size_t n = end ? (size_t)(end - text) + 1 : strlen(text);
        (void)snprintf(one, sizeof one, "%.*s", (int)n, text);
        cw_manual_text(out, one);
        (void)fputc('\n', out);
        text += n + (text[n] == ' ');
    }
}

static void put_value(FILE *out, const struct cw_param *p, const void *field)
{
    struct cw_buf b = {0};
    if (field)
        cw_value_write(p, field, &b);
    else
        cw_value_allowed(p, &b);
    cw_buf_put(&b, "", 1);
    if (!b.failed)
        cw_manual_text(out, b.p);
    cw_buf_free(&b);
}

/* field: that of the default; NULL where there is none. */
static void item(FILE *out, const char *name, const struct cw_param *p, const void *field)
{
    (void)fprintf(out, ".It Va %s\n", name);
    sentences(out, p->meaning);
    if (field && p->when == CW_WHEN_RESTART)
        (void)fputs("Takes effect after a restart.\n", out);
    (void)fputs("Allowed: ", out);
    put_value(out, p, NULL);
    if (field) {
        (void)fputs(".\nDefault: ", out);
        put_value(out, p, field);
    }
    (void)fputs(".\n", out);
}

void cw_manual_settings(FILE *out)
{
    struct cw_settings *s = cw_settings_new();
    if (!s)
        return;
    for (int i = 0; i < CW_PARAMS; i++)
        item(out, cw_params[i].path, &cw_params[i], cw_param_field(&cw_params[i], s));
    cw_settings_free(s);
}

void cw_manual_thresholds(FILE *out)
{
    struct cw_settings *s = cw_settings_new();
    if (!s)
        return;
    for (int d = 0; d < CW_DETECTORS; d++) {
        (void)fprintf(out, ".Ss %s\nFinds: ", cw_detectors[d]->name);
        cw_manual_text(out, cw_detectors[d]->finds);
        (void)fputs(".\n.Bl -tag -width Ds\n", out);
        for (int i = 0; i < cw_threshold_count(d); i++) {
            struct cw_threshold_id id = cw_threshold_at(d, i);
            struct cw_param p = cw_threshold_param(id);
            item(out, cw_threshold_name(id), &p, cw_threshold_field(id, &s->base));
        }
        (void)fputs(".El\n", out);
    }
    cw_settings_free(s);
}

void cw_manual_conditions(FILE *out)
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        item(out, cw_segment_conditions[level].path, &cw_segment_conditions[level], NULL);
}
