/* Which segments a client is in, and the thresholds that follow.
 *
 * Segments are kept in order of rising precedence, so the policy is one walk over the bits. Pure
 * and immutable once sorted: the shards ask from their own threads.
 */
#include "config/segments.h"

#include <stdlib.h>
#include <string.h>

#include "config/values.h"

#define CONDITION(name, how, longest, one_of, text)                                                \
    {                                                                                              \
        .path = (name), .type = CW_PARAM_##how, .unit = "", .least = 1, .most = (longest),         \
        .words = (one_of), .meaning = (text)                                                       \
    }
const struct cw_param cw_segment_conditions[CW_SEGMENT_LEVELS] = {
    [CW_BY_KIND] = CONDITION("kind", ENUM, 0, "individual|group", "What sort of client."),
    [CW_BY_CLASS] = CONDITION("class", ENUM, 0, "A1|A2|B1|B2|C|none", "A group's class."),
    [CW_BY_VIP] = CONDITION("vip", ENUM, 0, "diamond|gold|silver|none", "An individual's level."),
    [CW_BY_COUNTY] = CONDITION("county", TEXT, 1024, "", "The county of the profile."),
    [CW_BY_MANAGER] = CONDITION("manager", TEXT, 64, "", "The account manager's id."),
    [CW_BY_CLIENT] = CONDITION("client", TEXT, 64, "", "One client's id."),
};

void cw_segment_print(char *const want[CW_SEGMENT_LEVELS], struct cw_buf *out)
{
    const char *before = "";
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++) {
        if (!want[level])
            continue;
        cw_buf_printf(out, "%s%s=%s", before, cw_segment_conditions[level].path, want[level]);
        before = ",";
    }
}

bool cw_segment_text_has(const char *text, enum cw_segment_level level)
{
    const char *name = cw_segment_conditions[level].path;
    size_t n = strlen(name);
    for (const char *p = text; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, name, n) == 0 && p[n] == '=')
            return true;
    }
    return false;
}

/* ---- conditions ---- */

int cw_segment_want(char *want[CW_SEGMENT_LEVELS], const char *name, const char *text,
                    struct cw_errbuf *eb)
{
    const struct cw_given g = {.kind = CW_GIVEN_TEXT, .text = text};
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++) {
        const struct cw_param *p = &cw_segment_conditions[level];
        int word, err = 0;
        if (strcmp(p->path, name) != 0)
            continue;
        if (want[level])
            return cw_fail(eb, CW_E_INVALID, "%s is there twice", name);
        if (p->type == CW_PARAM_TEXT)
            return cw_value_read(p, &g, &want[level], eb);
        err = cw_value_read(p, &g, &word, eb);
        if (!err && !(want[level] = strdup(text)))
            err = -CW_E_NOMEM;
        return err;
    }
    return cw_fail(eb, CW_E_INVALID,
                   "%.60s: no such condition; allowed: kind, class, vip, county, manager, client",
                   name);
}

int cw_segment_copy_want(char *const from[CW_SEGMENT_LEVELS], char *to[CW_SEGMENT_LEVELS])
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        if (from[level] && !(to[level] = strdup(from[level])))
            return -CW_E_NOMEM;
    return 0;
}

bool cw_segment_same(char *const a[CW_SEGMENT_LEVELS], char *const b[CW_SEGMENT_LEVELS])
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        if (a[level] && b[level] ? strcmp(a[level], b[level]) != 0 : a[level] != b[level])
            return false;
    return true;
}

bool cw_segment_is_everybody(const struct cw_segment *g)
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        if (g->want[level])
            return false;
    return true;
}

enum cw_segment_level cw_segment_level(const struct cw_segment *g)
{
    int level = CW_SEGMENT_LEVELS - 1;
    while (level > 0 && !g->want[level])
        level--;
    return (enum cw_segment_level)level;
}

/* By insertion, which is stable; there are at most CW_SEGMENTS_MOST. */
void cw_segments_sort(struct cw_segment *segments, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct cw_segment moved = segments[i];
        size_t at = i;
        for (; at > 0 && cw_segment_level(&segments[at - 1]) > cw_segment_level(&moved); at--)
            segments[at] = segments[at - 1];
        segments[at] = moved;
    }
}

void cw_segments_free(struct cw_segment *segments, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
            free(segments[i].want[level]);
        free(segments[i].overlays);
    }
    free(segments);
}

static struct cw_str word(const char *text)
{
    const char *p = text ? text : "none";
    return (struct cw_str){p, strlen(p)};
}

static bool equal(const char *want, struct cw_str is)
{
    return strlen(want) == is.n && (is.n == 0 || memcmp(want, is.p, is.n) == 0);
}

static bool matches(const struct cw_segment *g, const struct cw_str is[CW_SEGMENT_LEVELS])
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        if (g->want[level] && !equal(g->want[level], is[level]))
            return false;
    return true;
}

void cw_settings_segment(const struct cw_settings *s, size_t i, struct cw_buf *b)
{
    cw_segment_print(s->segments[i].want, b);
}

void cw_settings_match(const struct cw_settings *s, const struct cw_segment_key *key,
                       uint64_t words[CW_SEGMENT_WORDS])
{
    const struct cw_str is[CW_SEGMENT_LEVELS] = {
        [CW_BY_KIND] = word(cw_kind_name(key->kind)),
        [CW_BY_CLASS] = word(cw_class_name(key->class_)),
        [CW_BY_VIP] = word(cw_vip_name(key->vip)),
        [CW_BY_COUNTY] = key->county,
        [CW_BY_MANAGER] = key->manager,
        [CW_BY_CLIENT] = key->client,
    };
    memset(words, 0, CW_SEGMENT_WORDS * sizeof words[0]);
    for (size_t i = 0; i < s->n_segments; i++)
        if (matches(&s->segments[i], is))
            words[i / 64] |= UINT64_C(1) << i % 64;
}

void cw_overlay_apply(const struct cw_overlay *o, struct cw_policy *p)
{
    if (o->id.threshold == CW_THRESHOLDS_MOST)
        p->mode[o->id.detector] = (int)o->value;
    else
        p->value[o->id.detector][o->id.threshold] = o->value;
}

static void lay_over(const struct cw_segment *g, struct cw_policy *p)
{
    for (size_t i = 0; i < g->n_overlays; i++)
        cw_overlay_apply(&g->overlays[i], p);
}

void cw_settings_policy(const struct cw_settings *s, const uint64_t words[CW_SEGMENT_WORDS],
                        struct cw_policy *ret_policy)
{
    *ret_policy = s->base;
    for (size_t i = 0; i < s->n_segments; i++)
        if (words[i / 64] >> i % 64 & 1)
            lay_over(&s->segments[i], ret_policy);
}
