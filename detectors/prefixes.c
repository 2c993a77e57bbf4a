/* Numbers in one shape on both sides of every comparison; see prefixes.h. */
#include "detectors/prefixes.h"

#include <string.h>

/* What may stand before a number, in the order in which it is dialled; each at most once. */
static const struct cw_str dialled_before[] = {
    CW_STR("17951"), CW_STR("12593"), CW_STR("17911"), CW_STR("17909"), CW_STR("10193"),
    CW_STR("+"),     CW_STR("00"),    CW_STR("86"),    CW_STR("0"),
};

static bool begins_with(struct cw_str s, struct cw_str with)
{
    return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

struct cw_str cw_number_plain(struct cw_str number)
{
    for (size_t i = 0; i < sizeof dialled_before / sizeof *dialled_before; i++) {
        struct cw_str code = dialled_before[i];
        if (number.n > code.n && begins_with(number, code))
            number = (struct cw_str){number.p + code.n, number.n - code.n};
    }
    return number;
}

static bool same_text(struct cw_str a, struct cw_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool cw_number_same(struct cw_str a, struct cw_str b)
{
    return same_text(cw_number_plain(a), cw_number_plain(b));
}

uint32_t cw_text_fingerprint(struct cw_str text)
{
    uint32_t h = UINT32_C(2166136261); /* FNV-1a */
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (unsigned char)text.p[i]) * UINT32_C(16777619);
    return h ? h : 1;
}

uint32_t cw_number_fingerprint(struct cw_str number)
{
    return cw_text_fingerprint(cw_number_plain(number));
}

static bool has_line(const struct cw_client *cl, const char *text, size_t n)
{
    cw_number number;
    return cw_number_parse((struct cw_str){text, n}, &number) == 0 && cw_client_line(cl, number);
}

/* Lines are kept as the events write them: with the country code, or without it. */
static bool is_own_line(const struct cw_client *cl, struct cw_str plain)
{
    char with_code[16] = "86";
    if (plain.n > sizeof with_code - 2)
        return false;
    memcpy(with_code + 2, plain.p, plain.n);
    return has_line(cl, plain.p, plain.n) || has_line(cl, with_code, plain.n + 2);
}

static size_t longest_prefix(const struct cw_list *list, struct cw_str plain)
{
    size_t longest = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct cw_str prefix =
            cw_number_plain((struct cw_str){list->items[i], strlen(list->items[i])});
        if (prefix.n > longest && begins_with(plain, prefix))
            longest = prefix.n;
    }
    return longest;
}

enum cw_target_class cw_target_class(const struct cw_settings *s, const struct cw_client *cl,
                                     struct cw_str number)
{
    struct cw_str plain = cw_number_plain(number);
    if (is_own_line(cl, plain))
        return CW_TARGET_OWN_LINE;
    size_t own = longest_prefix(&s->own_prefixes, plain);
    size_t others = longest_prefix(&s->competitor_prefixes, plain);
    if (own == 0 && others == 0)
        return CW_TARGET_OTHER;
    return others > own ? CW_TARGET_COMPETITOR : CW_TARGET_OWN_NET;
}

struct cw_str cw_target_class_name(enum cw_target_class c)
{
    static const struct cw_str names[] = {CW_STR("own_line"), CW_STR("own_net"),
                                          CW_STR("competitor"), CW_STR("other")};
    return names[c];
}

enum cw_listed cw_number_listed(const struct cw_list *list, struct cw_str number)
{
    struct cw_str plain = cw_number_plain(number);
    enum cw_listed best = CW_NOT_LISTED;
    for (size_t i = 0; i < list->n && best != CW_LISTED_EXACTLY; i++) {
        struct cw_str item = {list->items[i], strlen(list->items[i])};
        bool prefix = item.n && item.p[item.n - 1] == '*';
        item.n -= prefix;
        item = cw_number_plain(item);
        if (!prefix && same_text(plain, item))
            best = CW_LISTED_EXACTLY;
        else if (prefix && begins_with(plain, item))
            best = CW_LISTED_BY_PREFIX;
    }
    return best;
}
