/* A message's tree written anew in the contract's shape, rule by rule. See mapping.h.
 *
 * Runs on the decoder's thread. The message's tree and the contract's lie in the decoder's room
 * until its next call; the text between them in its buffer.
 */
#include "core/mapping.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/locate.h"
#include "core/mapping_rules.h"

const char *cw_mapped_name(enum cw_mapped what)
{
    static const char *const names[CW_MAPPED_COUNT] = {
        [CW_MAPPED_EVENTS] = "events",
        [CW_MAPPED_PROFILES] = "profiles",
        [CW_MAPPED_MANAGERS] = "managers",
    };
    return names[what];
}

enum cw_mapped cw_mapping_what(const struct cw_mapping *m)
{
    return m->what;
}

void cw_mapping_bind(struct cw_mapping *m, const struct cw_zone *zone)
{
    m->zone = m->own_zone ? m->own_zone : zone;
}

void cw_mapping_free(struct cw_mapping *m)
{
    if (!m)
        return;
    cw_json_room_free(&m->room);
    cw_zone_free(m->own_zone);
    free(m);
}

void cw_decoder_map(struct cw_decoder *d, const struct cw_mapping *m)
{
    d->mapping = m;
}

void cw_decoder_trace(struct cw_decoder *d, const struct cw_mapping_trace *t)
{
    d->trace = t;
}

struct cw_str cw_decoder_mapped(const struct cw_decoder *d)
{
    return d->source.root ? (struct cw_str){d->mapped.p, d->mapped.n} : (struct cw_str){0};
}

void cw_mapping_pointers(const struct cw_mapping *m,
                         void (*fn)(void *arg, const struct cw_pointer *p), void *arg)
{
    for (size_t i = 0; i < m->n_pointers; i++)
        fn(arg, m->pointers[i]);
}

/* ---- looking ---- */

static const struct cw_json *look(const struct cw_mapping_trace *trace, const struct cw_pointer *p,
                                  const struct cw_json *from)
{
    const struct cw_json *v = cw_pointer_find(p, from);
    if (v && cw_json_kind(v) == CW_JSON_NULL)
        v = NULL;
    if (trace)
        trace->looked(trace->arg, p, v);
    return v;
}

const struct cw_pointer *cw_rule_find(const struct cw_rule *r, struct cw_scope scope,
                                      const struct cw_mapping_trace *trace,
                                      const struct cw_json **ret_found)
{
    for (size_t i = 0; i < r->n_pointers; i++) {
        const struct cw_json *v = look(trace, r->pointers[i], scope.v);
        if (!v)
            continue;
        *ret_found = v;
        return r->pointers[i];
    }
    return NULL;
}

struct cw_scope cw_source_root(const struct cw_decoder *d)
{
    return (struct cw_scope){d->source.root, cw_locate_root(d->source.text)};
}

/* ---- the kind ---- */

static bool is_one_of(const struct cw_condition *c, struct cw_str text)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->is[i].n == text.n && memcmp(c->is[i].p, text.p, text.n) == 0)
            return true;
    return false;
}

/* What the last condition looked at: most ask for the same member, one after the other. */
struct looked {
    const struct cw_pointer *at;
    const struct cw_json *v;
    struct cw_str text;
};

static bool holds(const struct cw_decoder *d, const struct cw_condition *c, struct cw_scope root,
                  struct looked *last)
{
    if (last->at != c->at) {
        *last = (struct looked){.at = c->at, .v = look(d->trace, c->at, root.v)};
        if (last->v)
            last->text = cw_scalar_text(d, c->at, root, last->v);
    }
    if (c->n == 0)
        return last->v != NULL;
    return last->v && last->text.p && is_one_of(c, last->text);
}

static const struct cw_mapped_kind *choose(const struct cw_decoder *d, struct cw_scope root)
{
    const struct cw_mapping *m = d->mapping;
    struct looked last = {0};
    for (size_t i = 0; i < m->n_kinds; i++) {
        const struct cw_mapped_kind *k = &m->kinds[i];
        size_t held = 0;
        while (held < k->n_conditions && holds(d, &k->conditions[held], root, &last))
            held++;
        if (held == k->n_conditions)
            return k;
    }
    return NULL;
}

/* ---- writing ---- */

static void put_comma(struct cw_buf *b)
{
    if (b->n && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
        cw_buf_puts(b, ",");
}

void cw_mapped_name_put(struct cw_decoder *d, const char *name)
{
    put_comma(&d->mapped);
    if (!name)
        return;
    cw_buf_json_str(&d->mapped, (struct cw_str){name, strlen(name)});
    cw_buf_puts(&d->mapped, ":");
}

static int write_rules(struct cw_decoder *d, const struct cw_rules *rules, struct cw_scope scope,
                       struct cw_node *nd);

static int write_const(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                       struct cw_node *nd)
{
    (void)scope, (void)nd;
    cw_mapped_name_put(d, r->member->name);
    cw_mapped_text_put(d, r, r->constant);
    return 0;
}

/* What is hashed: each value with its length, so that no two sets of values look alike. */
static int gather(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                  struct cw_node *nd, struct cw_buf *out)
{
    for (size_t i = 0; i < r->n_pointers; i++) {
        const struct cw_json *v = look(d->trace, r->pointers[i], scope.v);
        struct cw_str text = v ? cw_scalar_text(d, r->pointers[i], scope, v) : (struct cw_str){0};
        if (v && !text.p)
            return cw_refuse(d, nd, CW_REJECT_WRONG_TYPE,
                             "an array or object is no part of a hash");
        cw_buf_str(out, text);
    }
    return out->failed ? -CW_E_NOMEM : 0;
}

static int write_hash(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                      struct cw_node *nd)
{
    struct cw_buf *parts = &d->copies;
    cw_buf_clear(parts);
    int err = gather(d, r, scope, nd, parts);
    if (err)
        return err;
    const struct cw_str of = r->n_pointers ? (struct cw_str){parts->p, parts->n} : d->source.text;
    XXH128_hash_t h = XXH3_128bits(of.p, of.n);
    cw_mapped_name_put(d, r->member->name);
    cw_buf_printf(&d->mapped, "\"%016llx%016llx\"", (unsigned long long)h.high64,
                  (unsigned long long)h.low64);
    return 0;
}

static int write_object(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                        struct cw_node *nd)
{
    cw_mapped_name_put(d, r->member->name);
    cw_buf_puts(&d->mapped, "{");
    int err = write_rules(d, &r->sub, scope, nd);
    cw_buf_puts(&d->mapped, "}");
    return err;
}

/* A list of objects has rules for their members; a list of texts has one, for the element. */
static int write_element(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                         struct cw_node *nd)
{
    if (!r->sub.rule[0].member->name)
        return cw_rule_put_scalar(d, &r->sub.rule[0], scope, nd);
    put_comma(&d->mapped);
    cw_buf_puts(&d->mapped, "{");
    int err = write_rules(d, &r->sub, scope, nd);
    cw_buf_puts(&d->mapped, "}");
    return err;
}

static int check_size(struct cw_decoder *d)
{
    if (d->mapped.failed)
        return -CW_E_NOMEM;
    if (d->mapped.n > CW_MAPPED_BYTES_MOST)
        return cw_refuse_plain(d, CW_NOWHERE, CW_REJECT_TOO_LARGE,
                               "in the contract's form it has more than %d bytes",
                               CW_MAPPED_BYTES_MOST);
    return 0;
}

static int write_elements(struct cw_decoder *d, const struct cw_rule *r, const struct cw_json *v,
                          size_t at, struct cw_node *nd)
{
    int err = 0;
    struct cw_node el = {.up = nd, .at = CW_NOWHERE};
    at = cw_locate_first(d->source.text, at);
    for (v = cw_json_first(v); v && !err; v = v->next, el.index++) {
        struct cw_scope scope = {v, at};
        err = write_element(d, r, scope, &el);
        if (!err)
            err = check_size(d);
        if (err)
            break;
        at = cw_locate_next(d->source.text, at);
    }
    return err;
}

static int write_list(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                      struct cw_node *nd)
{
    const struct cw_json *v;
    const struct cw_pointer *p = cw_rule_find(r, scope, d->trace, &v);
    if (!p)
        return r->required ? cw_refuse_missing(d, nd->up, r->member->name) : 0;
    nd->v = v;
    if (cw_json_kind(v) != CW_JSON_ARRAY)
        return cw_refuse_type(d, nd, "an array");
    cw_mapped_name_put(d, r->member->name);
    cw_buf_puts(&d->mapped, "[");
    int err = write_elements(d, r, v, cw_pointer_locate(p, scope.v, d->source.text, scope.at), nd);
    cw_buf_puts(&d->mapped, "]");
    return err;
}

static int (*const writers[])(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                              struct cw_node *nd) = {
    [CW_RULE_POINTERS] = cw_rule_put_scalar,
    [CW_RULE_CONST] = write_const,
    [CW_RULE_HASH] = write_hash,
    [CW_RULE_OBJECT] = write_object,
    [CW_RULE_LIST] = write_list,
};

static int write_rules(struct cw_decoder *d, const struct cw_rules *rules, struct cw_scope scope,
                       struct cw_node *nd)
{
    int err = 0;
    for (size_t i = 0; i < rules->n && !err; i++) {
        const struct cw_rule *r = &rules->rule[i];
        struct cw_node member = {.up = nd, .name = r->member->name, .at = CW_NOWHERE};
        err = writers[r->source](d, r, scope, &member);
        if (!err)
            err = check_size(d);
    }
    return err;
}

/* ---- a message ---- */

/* What no kind takes is an event of a type nobody knows: counted and passed over. */
static int write_message(struct cw_decoder *d, const struct cw_mapped_kind *k, struct cw_node *root)
{
    cw_buf_clear(&d->mapped);
    cw_buf_puts(&d->mapped, "{");
    if (d->mapping->what == CW_MAPPED_EVENTS) {
        cw_buf_puts(&d->mapped, "\"specversion\":\"1.0\",\"type\":\"");
        cw_buf_puts(&d->mapped, k ? k->type : "unmapped");
        cw_buf_puts(&d->mapped, "\"");
    }
    int err = write_rules(d, &d->source.rules, cw_source_root(d), root);
    cw_buf_puts(&d->mapped, "}");
    if (d->trace)
        d->trace->ended(d->trace->arg, d->source.root, k ? k->type : NULL);
    return err ? err : check_size(d);
}

/* The contract's text is our own writing; what can still be wrong with it is the size of a number
 * that came as text. */
static int parse_again(struct cw_decoder *d, struct cw_node *ret_root)
{
    struct cw_json_fault fault;
    d->text = (struct cw_str){d->mapped.p, d->mapped.n};
    int err = cw_json_parse(&d->room, d->text, &d->root, &fault);
    if (err == -CW_E_REJECT)
        return cw_refuse_plain(d, CW_NOWHERE, fault.code, "in the contract's form: %s", fault.text);
    if (!err)
        *ret_root = (struct cw_node){.v = d->root, .at = CW_UNLOCATED};
    return err;
}

int cw_mapping_apply(struct cw_decoder *d, struct cw_node *ret_root)
{
    d->source = (struct cw_source){.text = d->text, .root = ret_root->v};
    const struct cw_mapped_kind *k = choose(d, cw_source_root(d));
    d->source.rules = k ? k->rules : d->mapping->unknown;
    struct cw_node root = {.at = CW_NOWHERE};
    int err = write_message(d, k, &root);
    return err ? err : parse_again(d, ret_root);
}
