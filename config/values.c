/* The types a setting may have: how each is read, checked against its row, printed and freed.
 *
 * One row of types[] per type. Runs on the thread that starts or reloads.
 */
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

#include "config/forms.h"
#include "config/units.h"

#define ITEM_MOST 4096 /* bytes of a list's item */

struct type {
    const char *noun;
    unsigned accepts; /* a bit per enum cw_given_kind */
    bool quoted;      /* in the file */
    int (*read)(const struct cw_param *p, const struct cw_given *g, void *field,
                struct cw_errbuf *why);
    /* The types kept in an int64_t: */
    int (*parse)(const char *text, int64_t *ret_value);
    void (*show)(struct cw_buf *b, int64_t value);
};
static const struct type types[CW_PARAM_TYPES_COUNT];

static struct cw_str slice(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

/* ---- what is wrong ---- */

static int refuse(struct cw_errbuf *why, const struct cw_param *p, const char *what)
{
    struct cw_buf allowed = {0};
    cw_value_allowed(p, &allowed);
    cw_buf_put(&allowed, "", 1);
    int err = allowed.failed ? cw_fail(why, CW_E_NOMEM, "out of memory")
                             : cw_fail(why, CW_E_INVALID, "%s; allowed: %s", what, allowed.p);
    cw_buf_free(&allowed);
    return err;
}

/* Long values are cut in messages, at a character's end. */
static int shown(const char *text)
{
    size_t n = strlen(text);
    if (n > 60)
        for (n = 60; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80;)
            n--;
    return (int)n;
}

static bool is_secret(const struct cw_param *p)
{
    const struct cw_form *form = cw_form_find(p->words);
    return form && form->secret;
}

static int not_a(const struct cw_param *p, const struct cw_given *g, struct cw_errbuf *why)
{
    static const char *const found[] = {
        [CW_GIVEN_WORD] = "",
        [CW_GIVEN_BOOL] = "",
        [CW_GIVEN_INT] = "",
        [CW_GIVEN_REAL] = "",
        [CW_GIVEN_TEXT] = "the text ",
        [CW_GIVEN_LIST] = "a list",
        [CW_GIVEN_GROUP] = "a group",
        [CW_GIVEN_MIXED] = "a list whose items are not all text in quotes",
    };
    struct cw_errbuf what;
    if (g->text && is_secret(p))
        (void)cw_fail(&what, CW_E_INVALID, "a %s where %s is wanted",
                      g->kind == CW_GIVEN_TEXT ? "text" : "value", types[p->type].noun);
    else if (g->text)
        (void)cw_fail(&what, CW_E_INVALID, "%s\"%.*s\" where %s is wanted", found[g->kind],
                      shown(g->text), g->text, types[p->type].noun);
    else
        (void)cw_fail(&what, CW_E_INVALID, "%s where %s is wanted", found[g->kind],
                      types[p->type].noun);
    return refuse(why, p, what.text);
}

static int out_of_range(const struct cw_param *p, const char *text, struct cw_errbuf *why)
{
    struct cw_errbuf what;
    (void)cw_fail(&what, CW_E_INVALID, "%.*s is out of range", shown(text), text);
    return refuse(why, p, what.text);
}

/* ---- scalars ---- */

static int read_whole(const struct cw_param *p, const struct cw_given *g, void *field,
                      struct cw_errbuf *why)
{
    int64_t value;
    if (types[p->type].parse(g->text, &value) != 0)
        return not_a(p, g, why);
    if (value < p->least || value > p->most)
        return out_of_range(p, g->text, why);
    *(int64_t *)field = value;
    return 0;
}

static int read_real(const struct cw_param *p, const struct cw_given *g, void *field,
                     struct cw_errbuf *why)
{
    double value;
    if (cw_real_parse(g->text, &value) != 0)
        return not_a(p, g, why);
    if (value < p->real_least || value > p->real_most)
        return out_of_range(p, g->text, why);
    *(double *)field = value;
    return 0;
}

static int read_bool(const struct cw_param *p, const struct cw_given *g, void *field,
                     struct cw_errbuf *why)
{
    bool value = strcmp(g->text, "true") == 0;
    if (!value && strcmp(g->text, "false") != 0)
        return not_a(p, g, why);
    *(bool *)field = value;
    return 0;
}

/* The i-th of words separated by '|', absent past the last. */
static struct cw_str word_at(const char *words, int i)
{
    for (; i > 0 && words; i--) {
        words = strchr(words, '|');
        words += words != NULL;
    }
    return words ? (struct cw_str){words, strcspn(words, "|")} : (struct cw_str){NULL, 0};
}

static int read_enum(const struct cw_param *p, const struct cw_given *g, void *field,
                     struct cw_errbuf *why)
{
    struct cw_str given = slice(g->text), word;
    for (int i = 0; (word = word_at(p->words, i)).p; i++)
        if (word.n == given.n && memcmp(word.p, given.p, word.n) == 0) {
            *(int *)field = i;
            return 0;
        }
    return not_a(p, g, why);
}

/* ---- texts and lists ---- */

/* `entry`: the item's number in its list; 0: a text of its own. */
static int check_form(const struct cw_param *p, const char *text, size_t entry,
                      struct cw_errbuf *why)
{
    const struct cw_form *form = cw_form_find(p->words);
    struct cw_errbuf what;
    if (!form || form->holds(text))
        return 0;
    if (form->secret && entry)
        (void)cw_fail(&what, CW_E_INVALID, "entry %zu is malformed", entry);
    else if (form->secret)
        (void)cw_fail(&what, CW_E_INVALID, "the text is malformed");
    else
        (void)cw_fail(&what, CW_E_INVALID, "\"%.*s\" is malformed", shown(text), text);
    return refuse(why, p, what.text);
}

static int read_text(const struct cw_param *p, const struct cw_given *g, void *field,
                     struct cw_errbuf *why)
{
    struct cw_errbuf what;
    size_t n = strlen(g->text);
    if (n < (size_t)p->least || n > (size_t)p->most) {
        (void)cw_fail(&what, CW_E_INVALID, "a text of %zu bytes", n);
        return refuse(why, p, what.text);
    }
    int err = check_form(p, g->text, 0, why);
    if (err != 0)
        return err;
    char *copy = strdup(g->text);
    if (!copy)
        return cw_fail(why, CW_E_NOMEM, "out of memory");
    free(*(char **)field);
    *(char **)field = copy;
    return 0;
}

static void free_list(struct cw_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct cw_list){0};
}

/* Takes the copied item. */
static int push(struct cw_list *list, char *item)
{
    char **grown = item ? realloc(list->items, (list->n + 1) * sizeof *grown) : NULL;
    if (!grown) {
        free(item);
        return -CW_E_NOMEM;
    }
    grown[list->n++] = item;
    list->items = grown;
    return 0;
}

static int append(const struct cw_param *p, struct cw_str item, struct cw_list *list,
                  struct cw_errbuf *why)
{
    struct cw_errbuf what;
    if (list->n >= (size_t)p->most || item.n > ITEM_MOST) {
        (void)cw_fail(&what, CW_E_INVALID, "%s %zu is one too many or too long", p->unit,
                      list->n + 1);
        return refuse(why, p, what.text);
    }
    char *copy = strndup(item.p, item.n);
    int err =
        copy ? check_form(p, copy, list->n + 1, why) : cw_fail(why, CW_E_NOMEM, "out of memory");
    if (err != 0) {
        free(copy);
        return err;
    }
    return push(list, copy) == 0 ? 0 : cw_fail(why, CW_E_NOMEM, "out of memory");
}

int cw_value_append(const struct cw_param *p, const char *item, void *field, struct cw_errbuf *why)
{
    return append(p, slice(item), field, why);
}

/* A word of the command line: items separated by commas, nothing at all for none. */
static int read_commas(const struct cw_param *p, const char *text, struct cw_list *list,
                       struct cw_errbuf *why)
{
    int err = 0;
    while (*text && err == 0) {
        size_t n = strcspn(text, ",");
        err = append(p, (struct cw_str){text, n}, list, why);
        text += n + (text[n] == ',');
    }
    return err;
}

static int read_list(const struct cw_param *p, const struct cw_given *g, void *field,
                     struct cw_errbuf *why)
{
    struct cw_list list = {0};
    int err = 0;
    if (g->kind == CW_GIVEN_WORD)
        err = read_commas(p, g->text, &list, why);
    for (size_t i = 0; i < g->n && err == 0; i++)
        err = append(p, slice(g->items[i]), &list, why);
    if (err != 0) {
        free_list(&list);
        return err;
    }
    free_list(field);
    *(struct cw_list *)field = list;
    return 0;
}

/* ---- the types ---- */

#define BIT(kind) (1U << CW_GIVEN_##kind)
static const struct type types[CW_PARAM_TYPES_COUNT] = {
    [CW_PARAM_BOOL] = {.noun = "true or false",
                       .accepts = BIT(WORD) | BIT(BOOL),
                       .read = read_bool},
    [CW_PARAM_INT] = {.noun = "a whole number",
                      .accepts = BIT(WORD) | BIT(INT),
                      .read = read_whole,
                      .parse = cw_int_parse,
                      .show = cw_int_print},
    [CW_PARAM_REAL] = {.noun = "a number",
                       .accepts = BIT(WORD) | BIT(INT) | BIT(REAL),
                       .read = read_real},
    [CW_PARAM_TEXT] = {.noun = "a text",
                       .accepts = BIT(WORD) | BIT(TEXT),
                       .quoted = true,
                       .read = read_text},
    [CW_PARAM_LIST] = {.noun = "a list", .accepts = BIT(WORD) | BIT(LIST), .read = read_list},
    [CW_PARAM_TIME] = {.noun = "a duration like \"90s\" or \"1h30m\"",
                       .accepts = BIT(WORD) | BIT(TEXT),
                       .quoted = true,
                       .read = read_whole,
                       .parse = cw_duration_parse,
                       .show = cw_duration_print},
    [CW_PARAM_SIZE] = {.noun = "a size like \"64KiB\"",
                       .accepts = BIT(WORD) | BIT(INT) | BIT(TEXT),
                       .quoted = true,
                       .read = read_whole,
                       .parse = cw_size_parse,
                       .show = cw_size_print},
    [CW_PARAM_MONEY] = {.noun = "an amount with at most 4 decimals",
                        .accepts = BIT(WORD) | BIT(INT) | BIT(REAL),
                        .read = read_whole,
                        .parse = cw_yuan_parse,
                        .show = cw_yuan_print},
    [CW_PARAM_ENUM] = {.noun = "one word of a few",
                       .accepts = BIT(WORD) | BIT(TEXT),
                       .quoted = true,
                       .read = read_enum},
};

int cw_value_read(const struct cw_param *p, const struct cw_given *g, void *field,
                  struct cw_errbuf *why)
{
    if (!(types[p->type].accepts >> g->kind & 1))
        return not_a(p, g, why);
    return types[p->type].read(p, g, field, why);
}

void cw_value_free(const struct cw_param *p, void *field)
{
    if (p->type == CW_PARAM_TEXT) {
        free(*(char **)field);
        *(char **)field = NULL;
    } else if (p->type == CW_PARAM_LIST) {
        free_list(field);
    }
}

/* ---- copying and comparing ---- */

static const size_t sizes[CW_PARAM_TYPES_COUNT] = {
#define X(name) [CW_PARAM_##name] = sizeof(CW_FIELD_##name),
    CW_PARAM_TYPES(X)
#undef X
};

static int copy_list(const struct cw_list *from, struct cw_list *ret_list)
{
    struct cw_list list = {.items = calloc(from->n + 1, sizeof(char *))};
    if (!list.items)
        return -CW_E_NOMEM;
    for (; list.n < from->n; list.n++) {
        list.items[list.n] = strdup(from->items[list.n]);
        if (!list.items[list.n]) {
            free_list(&list);
            return -CW_E_NOMEM;
        }
    }
    *ret_list = list;
    return 0;
}

int cw_value_copy(const struct cw_param *p, const void *from, void *field)
{
    union {
        char *text;
        struct cw_list list;
    } copy;
    int err = 0;
    if (p->type == CW_PARAM_LIST)
        err = copy_list(from, &copy.list);
    else if (p->type == CW_PARAM_TEXT)
        err = (copy.text = strdup(*(char *const *)from)) ? 0 : -CW_E_NOMEM;
    if (err)
        return err;
    cw_value_free(p, field);
    bool owned = p->type == CW_PARAM_LIST || p->type == CW_PARAM_TEXT;
    memcpy(field, owned ? (const void *)&copy : from, sizes[p->type]);
    return 0;
}

static bool same_list(const struct cw_list *a, const struct cw_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

bool cw_value_equal(const struct cw_param *p, const void *a, const void *b)
{
    if (p->type == CW_PARAM_LIST)
        return same_list(a, b);
    if (p->type == CW_PARAM_TEXT)
        return strcmp(*(char *const *)a, *(char *const *)b) == 0;
    return memcmp(a, b, sizes[p->type]) == 0;
}

const char *cw_value_noun(const struct cw_param *p)
{
    return types[p->type].noun;
}

/* ---- printing ---- */

static void print_list(const struct cw_list *list, const char *quote, struct cw_buf *out)
{
    for (size_t i = 0; i < list->n; i++)
        cw_buf_printf(out, "%s%s%s%s",
                      i == 0   ? ""
                      : *quote ? ", "
                               : ",",
                      quote, list->items[i], quote);
}

void cw_value_print(const struct cw_param *p, const void *field, struct cw_buf *out)
{
    struct cw_str word;
    switch (p->type) {
    case CW_PARAM_BOOL:
        cw_buf_puts(out, *(const bool *)field ? "true" : "false");
        break;
    case CW_PARAM_REAL:
        cw_real_print(out, *(const double *)field);
        break;
    case CW_PARAM_TEXT:
        cw_buf_puts(out, *(char *const *)field);
        break;
    case CW_PARAM_LIST:
        print_list(field, "", out);
        break;
    case CW_PARAM_ENUM:
        word = word_at(p->words, *(const int *)field);
        cw_buf_put(out, word.p, word.n);
        break;
    default:
        types[p->type].show(out, *(const int64_t *)field);
    }
}

void cw_value_write(const struct cw_param *p, const void *field, struct cw_buf *out)
{
    if (p->type == CW_PARAM_LIST) {
        cw_buf_puts(out, "[");
        print_list(field, "\"", out);
        cw_buf_puts(out, "]");
        return;
    }
    const char *quote = types[p->type].quoted ? "\"" : "";
    cw_buf_puts(out, quote);
    cw_value_print(p, field, out);
    cw_buf_puts(out, quote);
}

static void allowed_words(const struct cw_param *p, struct cw_buf *out)
{
    struct cw_str word;
    for (int i = 0; (word = word_at(p->words, i)).p; i++) {
        cw_buf_puts(out, i == 0 ? "" : ", ");
        cw_buf_put(out, word.p, word.n);
    }
}

static void allowed_range(const struct cw_param *p, struct cw_buf *out)
{
    const void *least = &p->least, *most = &p->most;
    if (p->type == CW_PARAM_REAL) {
        least = &p->real_least;
        most = &p->real_most;
    }
    cw_value_print(p, least, out);
    cw_buf_puts(out, " to ");
    cw_value_print(p, most, out);
    if (p->type == CW_PARAM_INT || p->type == CW_PARAM_REAL || p->type == CW_PARAM_MONEY)
        cw_buf_printf(out, "%s%s", *p->unit ? " " : "", p->unit);
}

void cw_value_allowed(const struct cw_param *p, struct cw_buf *out)
{
    const struct cw_form *form = cw_form_find(p->words);
    if (p->type == CW_PARAM_BOOL)
        cw_buf_puts(out, "true, false");
    else if (p->type == CW_PARAM_ENUM)
        allowed_words(p, out);
    else if (p->type == CW_PARAM_TEXT && form)
        cw_buf_puts(out, form->allowed);
    else if (p->type == CW_PARAM_TEXT)
        cw_buf_printf(out, "%d to %d bytes", (int)p->least, (int)p->most);
    else if (p->type == CW_PARAM_LIST)
        cw_buf_printf(out, "at most %d %s, each %s", (int)p->most, p->unit,
                      form ? form->allowed : "a text");
    else
        allowed_range(p, out);
}
