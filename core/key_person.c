/* Key persons: what the line of a person whom the group's profile names says of the group.
 *
 * A member may forward calls, port out, fall silent or give the line up for reasons of his own;
 * with the people who decide, the group follows. So such a signal weighs risk.key_person more, and
 * says whose line it is. In the shard's thread.
 */
#include <string.h>

#include "core/profile.h"
#include "core/shard_state.h"

/* Signs that a line is being left; debts and plans are mostly the group's. */
static bool is_own_sign(const struct cw_signal *s)
{
    switch (s->detector) {
    case CW_DET_call_forwarding:
    case CW_DET_watched_number:
    case CW_DET_port_out:
    case CW_DET_termination:
    case CW_DET_inactivity:
        return s->line && s->leave > 0;
    default:
        return false;
    }
}

/* The contact of that number who stands first in rank; NULL: nobody's. */
static const struct cw_contact *whose(const struct cw_profile *p, cw_number line)
{
    const struct cw_contact *best = NULL;
    for (size_t i = 0; i < p->n_contacts; i++) {
        const struct cw_contact *c = &p->contacts[i];
        cw_number number;
        if (cw_number_parse(c->msisdn, &number) == 0 && number == line &&
            (!best || c->role < best->role))
            best = c;
    }
    return best;
}

static void weigh(struct cw_signal *s, const struct cw_contact *c, double more)
{
    const char *role = cw_role_name(c->role);
    s->leave += (float)more;
    cw_fact_text(s, CW_FACT_key_person, (struct cw_str){role, strlen(role)});
}

void cw_key_person_weigh(struct cw_shard *sh, const struct cw_client *cl)
{
    struct cw_profile p;
    struct cw_profile_room room;
    bool known = false;
    if (cl->kind != CW_GROUP || !cl->packed)
        return;
    for (size_t i = 0; i < sh->findings.n; i++) {
        struct cw_finding *f = &sh->findings.items[i];
        if (f->kind != CW_FOUND_RAISE || !is_own_sign(&f->s))
            continue;
        if (!known && !cw_profile_unpack(cw_client_profile(cl), &p, &room))
            return;
        known = true;
        const struct cw_contact *c = whose(&p, f->s.line);
        if (c)
            weigh(&f->s, c, sh->settings->key_person);
    }
}
