/* Where a member of the contract's text comes from: the rule that wrote it, the pointer that found
 * its value, the byte of the message. Only refusals ask.
 *
 * Runs on the decoder's thread; owns nothing.
 */
#include <stdio.h>
#include <string.h>

#include "core/locate.h"
#include "core/mapping_rules.h"

/* A rule, and what its pointers are seen from. */
struct origin {
    const struct cw_rule *rule; /* NULL: none writes it */
    struct cw_scope scope;
    char base[CW_ORIGIN_BYTES / 2]; /* of a list's element: the way to it */
};

static const struct cw_rule *rule_named(const struct cw_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->n; i++)
        if (rules->rule[i].member->name && strcmp(rules->rule[i].member->name, name) == 0)
            return &rules->rule[i];
    return NULL;
}

/* From the list to one of its elements. */
static void enter_element(const struct cw_decoder *d, struct origin *o, size_t index)
{
    const struct cw_json *v;
    const struct cw_pointer *p = cw_rule_find(o->rule, o->scope, NULL, &v);
    struct cw_scope inside = {NULL, CW_NOWHERE};
    if (p) {
        inside.at = cw_pointer_locate(p, o->scope.v, d->source.text, o->scope.at);
        inside.at = cw_locate_first(d->source.text, inside.at);
        for (size_t i = 0; i < index; i++)
            inside.at = cw_locate_next(d->source.text, inside.at);
        inside.v = cw_json_element(v, index);
        (void)snprintf(o->base, sizeof o->base, "%.60s/%zu", p->text, index);
    }
    o->scope = inside;
}

/* The rule of a node, from the root down. An element of a list of texts has the list's one rule. */
static struct origin origin_of(const struct cw_decoder *d, const struct cw_node *nd)
{
    if (!nd->up)
        return (struct origin){.scope = cw_source_root(d)};
    struct origin o = origin_of(d, nd->up);
    if (nd->up->up && !o.rule)
        return o;
    const struct cw_rules *rules = nd->up->up ? &o.rule->sub : &d->source.rules;
    if (nd->name) {
        o.rule = rule_named(rules, nd->name);
    } else if (o.rule && rules->n) {
        enter_element(d, &o, nd->index);
        if (!rules->rule[0].member->name)
            o.rule = &rules->rule[0];
    }
    return o;
}

/* Whole characters only. */
static const char *clip(char *text)
{
    size_t cut = cw_locate_bad_utf8((struct cw_str){text, strlen(text)});
    if (cut != CW_NOWHERE)
        text[cut] = '\0';
    return text;
}

static const char *from_pointers(const struct origin *o, char out[CW_ORIGIN_BYTES])
{
    const struct cw_json *v;
    const struct cw_pointer *p = o->scope.v ? cw_rule_find(o->rule, o->scope, NULL, &v) : NULL;
    size_t n = (size_t)snprintf(out, CW_ORIGIN_BYTES, "from ");
    for (size_t i = 0; i < o->rule->n_pointers && n < CW_ORIGIN_BYTES; i++) {
        if (p && o->rule->pointers[i] != p)
            continue;
        n += (size_t)snprintf(out + n, CW_ORIGIN_BYTES - n, "%s%s%s", n > 5 ? " or " : "", o->base,
                              o->rule->pointers[i]->text);
    }
    return clip(out);
}

const char *cw_origin_text(struct cw_decoder *d, struct cw_node *nd, char out[CW_ORIGIN_BYTES])
{
    struct origin o = origin_of(d, nd);
    if (!nd->up || (!o.rule && !nd->name))
        return "";
    if (!o.rule)
        return "the profile gives nothing for it";
    switch (o.rule->source) {
    case CW_RULE_POINTERS:
    case CW_RULE_LIST:
        return from_pointers(&o, out);
    case CW_RULE_CONST:
        return "fixed by the profile";
    case CW_RULE_HASH:
        return "a hash, by the profile";
    case CW_RULE_OBJECT:
        break;
    }
    return "";
}

size_t cw_origin_at(struct cw_decoder *d, struct cw_node *nd)
{
    const struct cw_json *v;
    struct origin o = origin_of(d, nd);
    bool pointed = o.rule && o.scope.v &&
                   (o.rule->source == CW_RULE_POINTERS || o.rule->source == CW_RULE_LIST);
    const struct cw_pointer *p = pointed ? cw_rule_find(o.rule, o.scope, NULL, &v) : NULL;
    return p ? cw_pointer_locate(p, o.scope.v, d->source.text, o.scope.at) : CW_NOWHERE;
}
