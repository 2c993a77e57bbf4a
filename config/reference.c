/* The sample file and the reference page, from the same tables the parser reads.
 *
 * Nothing about a setting is written here by hand but how files and segments look. In the sample,
 * "# " begins prose and "#" alone a setting at its default. Runs in the build and in tests.
 */
#include <string.h>

#include "config/load.h"
#include "config/segments.h"
#include "config/settings.h"
#include "config/values.h"

#define WIDTH 96
#define INDENT 2

/* ---- what both say of a row ---- */

typedef void printer(const struct cw_param *p, const void *field, struct cw_buf *out);

static void allowed(const struct cw_param *p, const void *field, struct cw_buf *out)
{
    (void)field;
    cw_value_allowed(p, out);
}

/* Prints by way of a buffer; a reference cut short by want of memory fails its test. */
static void put(FILE *out, printer *fn, const struct cw_param *p, const void *field)
{
    struct cw_buf text = {0};
    fn(p, field, &text);
    (void)fprintf(out, "%.*s", (int)text.n, text.n ? text.p : "");
    cw_buf_free(&text);
}

/* ---- the sample file ---- */

static void pad(FILE *out, int depth)
{
    (void)fprintf(out, "%*s", depth * INDENT, "");
}

/* Prose, broken between words. */
static void prose(FILE *out, int depth, const char *text)
{
    size_t room = WIDTH - (size_t)depth * INDENT - 2;
    while (*text) {
        size_t n = strlen(text);
        for (size_t cut = n > room ? room : 0; cut > 0; cut--)
            if (text[cut] == ' ') {
                n = cut;
                break;
            }
        pad(out, depth);
        (void)fprintf(out, "# %.*s\n", (int)n, text);
        text += n + (text[n] == ' ');
    }
}

static void sample_row(FILE *out, int depth, const char *name, const struct cw_param *p,
                       const void *field)
{
    prose(out, depth, p->meaning);
    pad(out, depth);
    (void)fprintf(out, "#%s = ", name);
    put(out, cw_value_write, p, field);
    (void)fputs("; # ", out);
    put(out, allowed, p, NULL);
    (void)fputs(p->when == CW_WHEN_RESTART ? "; after a restart\n" : "\n", out);
}

static int depth_of(const char *path)
{
    int depth = 0;
    for (; (path = strchr(path, '.')); path++)
        depth++;
    return depth;
}

/* Where the names of a path begin at that depth. */
static const char *at_depth(const char *path, int depth)
{
    for (; depth > 0; depth--)
        path = strchr(path, '.') + 1;
    return path;
}

/* How many groups two paths lie in together. */
static int shared_depth(const char *a, const char *b)
{
    int depth = 0;
    for (; *a && *a == *b; a++, b++)
        depth += *a == '.';
    return depth;
}

/* Closes the groups of the last path and opens those of the next. */
static void step(FILE *out, const char *last, const char *next)
{
    int shared = shared_depth(last, next);
    for (int depth = depth_of(last); depth > shared; depth--) {
        pad(out, depth - 1);
        (void)fputs("};\n", out);
    }
    if (depth_of(last) != shared || depth_of(next) != shared || shared == 0)
        (void)fputs("\n", out);
    for (int depth = shared; depth < depth_of(next); depth++) {
        const char *name = at_depth(next, depth);
        pad(out, depth);
        (void)fprintf(out, "%.*s = {\n", (int)strcspn(name, "."), name);
    }
}

static void sample_params(FILE *out, struct cw_settings *s)
{
    const char *last = "";
    for (int i = 0; i < CW_PARAMS; i++) {
        const struct cw_param *p = &cw_params[i];
        int depth = depth_of(p->path);
        step(out, last, p->path);
        sample_row(out, depth, at_depth(p->path, depth), p, cw_param_field(p, s));
        last = p->path;
    }
    step(out, last, "");
}

static void sample_detectors(FILE *out, struct cw_policy *base)
{
    (void)fputs("# What each detector looks for and from where on it speaks.\ndetectors = {\n",
                out);
    for (int d = 0; d < CW_DETECTORS; d++) {
        pad(out, 1);
        (void)fprintf(out, "# Finds: %s.\n  %s = {\n", cw_detectors[d]->finds,
                      cw_detectors[d]->name);
        for (int i = 0; i < cw_threshold_count(d); i++) {
            struct cw_threshold_id id = cw_threshold_at(d, i);
            struct cw_param p = cw_threshold_param(id);
            sample_row(out, 2, cw_threshold_name(id), &p, cw_threshold_field(id, base));
        }
        (void)fputs("  };\n", out);
    }
    (void)fputs("};\n", out);
}

static const char sample_head[] =
    "# churnwatch: every setting, commented out at its default, with what is allowed behind it. "
    "Take\n"
    "# the # away to change one.\n"
    "#\n"
    "# `churnwatchd -t -c FILE` checks a file. Unknown, repeated and malformed settings stop it "
    "from\n"
    "# starting. Durations are written \"20ms\", \"90s\", \"1h30m\", \"30d\"; sizes \"64KiB\"; "
    "lists\n"
    "# [\"a\", \"b\"]. docs/settings.md has the same as a page, and says how segments go "
    "together.\n"
    "#\n"
    "# The files conf.d/*.conf beside this one are laid over it. A reload (SIGHUP) puts changes "
    "in\n"
    "# force, but for what says \"after a restart\".\n"
    "#\n"
    "# This file is made from the program's own tables.\n";

static const char sample_segments[] =
    "\n"
    "# Thresholds for some of the clients. What is not named here stays as above. Where several\n"
    "# segments match a client, the more particular one wins: kind < class < vip < county < "
    "manager\n"
    "# < client, and of equals the later one.\n"
    "#\n"
    "# segments = (\n"
    "#   { match = { kind = \"group\"; class = \"A1\"; };\n"
    "#     detectors = { spend_drop = { mode = \"on\"; }; }; },\n"
    "#   { match = { client = \"g-1\"; };\n"
    "#     detectors = { spend_drop = { mode = \"dry\"; }; }; }\n"
    "# );\n"
    "#segments = ();\n";

void cw_reference_sample(FILE *out)
{
    struct cw_settings *s = cw_settings_new();
    if (!s)
        return;
    (void)fputs(sample_head, out);
    sample_params(out, s);
    sample_detectors(out, &s->base);
    (void)fputs(sample_segments, out);
    cw_settings_free(s);
}

/* ---- the reference page ---- */

static void page_row(FILE *out, const char *name, const struct cw_param *p, const void *field)
{
    struct cw_buf dflt = {0};
    cw_value_write(p, field, &dflt);
    (void)fprintf(out, "| `%s` | `%.*s` | ", name, (int)dflt.n, dflt.n ? dflt.p : "");
    put(out, allowed, p, NULL);
    (void)fprintf(out, " | %s%s |\n", p->meaning,
                  p->when == CW_WHEN_RESTART ? " Takes effect after a restart." : "");
    cw_buf_free(&dflt);
}

static void page_table(FILE *out)
{
    (void)fputs("\n| setting | default | allowed | meaning |\n|---|---|---|---|\n", out);
}

static void page_params(FILE *out, struct cw_settings *s)
{
    (void)fputs("\n## Settings\n", out);
    page_table(out);
    for (int i = 0; i < CW_PARAMS; i++)
        page_row(out, cw_params[i].path, &cw_params[i], cw_param_field(&cw_params[i], s));
}

static void page_detectors(FILE *out, struct cw_policy *base)
{
    (void)fputs("\n## Thresholds\n\nEach is set as `detectors.<detector>.<threshold>`.\n", out);
    for (int d = 0; d < CW_DETECTORS; d++) {
        (void)fprintf(out, "\n### %s\n\nFinds: %s.\n", cw_detectors[d]->name,
                      cw_detectors[d]->finds);
        page_table(out);
        for (int i = 0; i < cw_threshold_count(d); i++) {
            struct cw_threshold_id id = cw_threshold_at(d, i);
            struct cw_param p = cw_threshold_param(id);
            page_row(out, cw_threshold_name(id), &p, cw_threshold_field(id, base));
        }
    }
}

static void page_conditions(FILE *out)
{
    (void)fputs("\n| condition | allowed | meaning |\n|---|---|---|\n", out);
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++) {
        const struct cw_param *p = &cw_segment_conditions[level];
        (void)fprintf(out, "| `%s` | ", p->path);
        put(out, allowed, p, NULL);
        (void)fprintf(out, " | %s |\n", p->meaning);
    }
}

static const char page_head[] =
    "# Settings\n"
    "\n"
    "This page is made from the program's own tables, and so is `config/churnwatch.conf`, the "
    "sample\n"
    "file: after a change of a table run `cmake --build BUILD --target reference`.\n"
    "\n"
    "The file is read by libconfig: groups are written `kafka = { group = \"churnwatch\"; };`, "
    "and\n"
    "`kafka.group` below means just that. Without `-c` the file is\n"
    "`/etc/churnwatch/churnwatch.conf` if it exists.\n"
    "\n"
    "A value comes from the last of these that names it; `churnwatchctl settings list` shows "
    "which:\n"
    "\n"
    "1. the default below;\n"
    "2. the file;\n"
    "3. the files `conf.d/*.conf` in the folder beside the file, in byte order of their names (a "
    "list\n"
    "   replaces the earlier one, segments are added; hidden files are not read);\n"
    "4. `-o kafka.group=churnwatch` on the command line, of several such the last one;\n"
    "5. thresholds only: `churnwatchctl thresholds set`, on every instance, kept in\n"
    "   `churnwatch.control`. A live change wins over `-o`: it is the later word, it is "
    "everybody's, "
    "and\n"
    "   who said it and why is on record.\n"
    "\n"
    "A reload (SIGHUP) reads files and command line anew: a mistake leaves all as it was, and is "
    "logged;\n"
    "else the new settings are in force between two batches, but for those below that take effect "
    "after\n"
    "a restart: the log names the ones that were changed, and they stay as they were until then.\n"
    "\n"
    "| written as | in the file | on the command line |\n"
    "|---|---|---|\n"
    "| duration, of d h m s ms us | `\"1h30m\"` | `1h30m` |\n"
    "| size, of B KiB MiB GiB | `\"64KiB\"` or `65536` | `64KiB` |\n"
    "| amount of yuan | `12.5` | `12.5` |\n"
    "| list of texts | `[\"a\", \"b\"]` | `a,b` |\n"
    "\n"
    "A file with a mistake is refused whole, and each mistake is named with its line: unknown and\n"
    "repeated settings, wrong types, values out of range, a zone or a calendar file that is not\n"
    "there, one topic under two names. No message quotes what may be a password. `@include` is "
    "not\n"
    "read. `churnwatchd -t -c FILE` checks a file, with Redis's address, the secrets and the\n"
    "properties of Kafka it names, and does nothing else.\n";

static const char page_segments[] =
    "\n## Segments\n\n"
    "Thresholds for some of the clients are laid over the ones above. A segment has a `match`, all "
    "of\n"
    "whose conditions must hold, and `detectors` with the thresholds that differ.\n\n"
    "```\n"
    "segments = (\n"
    "  { match = { kind = \"group\"; class = \"A1\"; };\n"
    "    detectors = { spend_drop = { mode = \"on\"; }; }; },\n"
    "  { match = { client = \"g-1\"; };\n"
    "    detectors = { spend_drop = { mode = \"dry\"; }; }; }\n"
    ");\n"
    "```\n\n"
    "Where several match a client, each threshold comes from the most particular one that names "
    "it:\n"
    "default < kind < class < vip < county < manager < client. A segment with several conditions\n"
    "counts by its most particular one, and of equals the later in the file wins. A county comes\n"
    "after a class because what is usual at a place holds for all classes there; a manager works\n"
    "within a county. Segments stand in files; `churnwatchctl thresholds set --segment class=A1` "
    "is "
    "the\n"
    "live way, and counts as the latest among its equals.\n";

void cw_reference_page(FILE *out)
{
    struct cw_settings *s = cw_settings_new();
    if (!s)
        return;
    (void)fputs(page_head, out);
    page_params(out, s);
    page_detectors(out, &s->base);
    (void)fputs(page_segments, out);
    page_conditions(out);
    cw_settings_free(s);
}
