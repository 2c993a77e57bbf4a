/* Messages decoded on arrival. On the engine's thread; each owns its decoder. */
#include "engine/intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/pending.h"

enum { SPARE_MOST = 4096 };

static int decode(struct cw_taken *t, enum cw_input in, const struct cw_message *m,
                  struct cw_reject *why)
{
    switch (in) {
    case CW_IN_PROFILES:
        return cw_decode_profile(t->decoder, m, &t->u.profile, why);
    case CW_IN_OUTCOMES:
        return cw_decode_outcome(t->decoder, m, &t->u.outcome, why);
    case CW_IN_BILLING:
    case CW_IN_SERVICE:
    case CW_INPUTS:
        break;
    }
    return cw_decode_event(t->decoder, m, &t->u.event, why);
}

/* ---- made and freed, or taken from the pool and put back ---- */

static void destroy(struct cw_taken *t)
{
    cw_decoder_free(t->decoder);
    cw_buf_free(&t->dead);
    free(t);
}

void cw_taken_free(struct cw_taken_pool *p, struct cw_taken *t)
{
    if (!t)
        return;
    /* A profile's room may be large, and profiles are rare. */
    if (!t->of_event || p->n >= SPARE_MOST) {
        destroy(t);
        return;
    }
    cw_decoder_clear(t->decoder);
    cw_buf_free(&t->dead);
    t->next = p->first;
    p->first = t;
    p->n++;
}

void cw_taken_pool_free(struct cw_taken_pool *p)
{
    while (p->first) {
        struct cw_taken *t = p->first;
        p->first = t->next;
        destroy(t);
    }
    p->n = 0;
}

static struct cw_taken *make(const struct cw_decode_limits *limits)
{
    struct cw_taken *t = calloc(1, sizeof *t);
    if (t)
        t->decoder = cw_decoder_new(limits);
    if (t && t->decoder)
        return t;
    free(t);
    return NULL;
}

static struct cw_taken *obtain(struct cw_taken_pool *p, const struct cw_decode_limits *limits,
                               bool of_event)
{
    struct cw_taken *t = of_event ? p->first : NULL;
    if (t) {
        p->first = t->next;
        p->n--;
    } else {
        t = make(limits);
    }
    if (t)
        t->of_event = of_event;
    return t;
}

/* ---- taking in ---- */

/* Whether the manager is known is seen when it is judged; the message's bytes are gone by then. */
static void foresee_refusal(struct cw_taken *t, const struct cw_message *m, const char *topic)
{
    const struct cw_outcome *oc = &t->u.outcome;
    struct cw_reject why = {.code = CW_REJECT_NO_SUCH_MANAGER, .at_byte = -1};
    (void)snprintf(why.detail, sizeof why.detail,
                   "/to: no manager \"%.*s\" in manager.profiles; make the move again once there "
                   "is one (asked for by the desk of %.*s for task %.*s)",
                   (int)oc->to.n, oc->to.p, (int)oc->manager.n, oc->manager.p, (int)oc->task_id.n,
                   oc->task_id.p);
    t->code = why.code;
    cw_pending_pack_dead(&t->dead, m, topic, &why);
}

int cw_taken_new(struct cw_taken_pool *p, const struct cw_decode_limits *limits,
                 const struct cw_inlet *inlet, const struct cw_message *m,
                 struct cw_taken **ret_taken)
{
    struct cw_reject why;
    struct cw_taken *t =
        obtain(p, limits, inlet->in == CW_IN_BILLING || inlet->in == CW_IN_SERVICE);
    if (!t)
        return -CW_E_NOMEM;
    cw_decoder_map(t->decoder, inlet->mapping);
    t->err = decode(t, inlet->in, m, &why);
    if (t->err == -CW_E_REJECT) {
        t->code = why.code;
        cw_pending_pack_dead(&t->dead, m, inlet->topic, &why);
    }
    if (!t->err && inlet->in == CW_IN_OUTCOMES && t->u.outcome.action == CW_DID_REASSIGN)
        foresee_refusal(t, m, inlet->topic);
    if (t->err == -CW_E_NOMEM || t->dead.failed) {
        cw_taken_free(p, t);
        return -CW_E_NOMEM;
    }
    *ret_taken = t;
    return 0;
}

struct cw_inlet cw_inlet_of(const struct cw_settings *s, enum cw_input in)
{
    switch (in) {
    case CW_IN_PROFILES:
        return (struct cw_inlet){in, s->topic_profiles, s->mappings[CW_MAP_PROFILES]};
    case CW_IN_BILLING:
        return (struct cw_inlet){in, s->topic_billing, s->mappings[CW_MAP_BILLING]};
    case CW_IN_SERVICE:
        return (struct cw_inlet){in, s->topic_service, s->mappings[CW_MAP_SERVICE]};
    case CW_IN_OUTCOMES:
    case CW_INPUTS:
        break;
    }
    return (struct cw_inlet){in, s->topic_outcomes, NULL};
}

int cw_taken_judge(const struct cw_taken *t, enum cw_input in, struct cw_shard *shard,
                   const struct cw_origin *from, const struct cw_output *out)
{
    switch (in) {
    case CW_IN_PROFILES:
        return cw_shard_profile(shard, &t->u.profile, from, out);
    case CW_IN_OUTCOMES:
        return cw_shard_outcome(shard, &t->u.outcome, from, out);
    case CW_IN_BILLING:
    case CW_IN_SERVICE:
    case CW_INPUTS:
        break;
    }
    return cw_shard_event(shard, &t->u.event, from, out);
}

cw_event_time cw_taken_time(const struct cw_taken *t, enum cw_input in)
{
    if (in == CW_IN_PROFILES || t->err == -CW_E_REJECT)
        return CW_NO_TIME;
    return in == CW_IN_OUTCOMES ? t->u.outcome.at : t->u.event.time;
}
