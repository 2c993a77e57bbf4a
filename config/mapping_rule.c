/* What a profile says of one member of the contract: a single value, an object or a list.
 *
 * Runs on the thread that starts or reloads.
 */
#include "config/mapping_reading.h"

static bool read_object(struct cw_reading *r, const config_setting_t *set)
{
    r->rule->source = CW_RULE_OBJECT;
    cw_mapping_check_names(r->l, set, &r->member->sub, 1, NULL);
    cw_mapping_members(r->l, set, r->member->sub, set, NULL, NULL, &r->rule->sub);
    return true;
}

/* A list of texts: its elements are the values. */
static bool read_texts(struct cw_reading *r, const config_setting_t *set)
{
    struct cw_rule *el = cw_mapping_room(r->l, sizeof *el);
    struct cw_reading element = {.l = r->l, .member = r->member->sub->members, .rule = el};
    const struct cw_pointer **self = cw_mapping_room(r->l, sizeof *self);
    if (!el || !self || !(*self = cw_mapping_pointer(r->l, set, "")))
        return false;
    el->member = element.member;
    el->pointers = self;
    el->n_pointers = 1;
    r->rule->sub = (struct cw_rules){el, 1};
    return true;
}

static bool read_list(struct cw_reading *r, const config_setting_t *set)
{
    static const char *const words[] = {"each", NULL};
    const struct cw_shape *shape = r->member->sub;
    bool texts = !shape->members[0].name;
    const config_setting_t *each = config_setting_is_group(set) ? cw_mapping_setting(set, "each")
                                   : texts                      ? set
                                                                : NULL;
    r->rule->source = CW_RULE_LIST;
    if (!each) {
        cw_mapping_complain(r->l, set,
                            "{ each = \"/pointer\"; … } is wanted: the array, and what "
                            "its elements' members are");
        return false;
    }
    if (!cw_reading_pointers(r, each, 1))
        return false;
    if (texts)
        return read_texts(r, set);
    cw_mapping_check_names(r->l, set, &shape, 1, words);
    cw_mapping_members(r->l, set, shape, set, NULL, NULL, &r->rule->sub);
    if (r->rule->sub.n == 0)
        cw_mapping_complain(r->l, set, "it says nothing of the elements' members");
    return r->rule->sub.n > 0;
}

bool cw_mapping_rule(struct cw_mapping_load *l, const config_setting_t *set,
                     const struct cw_member *member, struct cw_rule *ret_rule)
{
    struct cw_rule rule = {.member = member};
    struct cw_reading r = {.l = l, .member = member, .rule = &rule};
    bool good = member->kind == CW_M_OBJECT ? read_object(&r, set)
                : member->kind == CW_M_LIST ? read_list(&r, set)
                                            : cw_reading_value(&r, set);
    if (good)
        *ret_rule = rule;
    return good;
}
