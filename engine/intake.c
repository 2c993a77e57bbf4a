/* Messages decoded on arrival; see intake.h. On the engine's thread. */
#include "engine/intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/event_keep.h"
#include "engine/pending.h"

/* Spare ones of each kind, as many as may wait in a shard or two. */
enum { SPARE_MOST = 4096, SPARE_TOLD_MOST = 64 };
/* Room for the texts of nearly every event, ids of 36 bytes and all. */
enum { TEXTS_USUAL = 192 };

/* A profile or an outcome and what it points into. */
struct cw_told {
    struct cw_told *next; /* in the pool */
    struct cw_decoder *decoder;
    union {
        struct cw_profile profile;
        struct cw_outcome outcome;
    } u;
};

/* ---- made and freed, or taken from the pool and put back ---- */

static void destroy_told(struct cw_told *told)
{
    if (told)
        cw_decoder_free(told->decoder);
    free(told);
}

static void put_back_told(struct cw_taken_pool *p, struct cw_told *told)
{
    if (!told)
        return;
    if (p->n_told >= SPARE_TOLD_MOST) {
        destroy_told(told);
        return;
    }
    cw_decoder_clear(told->decoder);
    told->next = p->told;
    p->told = told;
    p->n_told++;
}

void cw_taken_free(struct cw_taken_pool *p, struct cw_taken *t)
{
    if (!t)
        return;
    cw_buf_free(&t->dead);
    put_back_told(p, t->told);
    if (t->room != TEXTS_USUAL || p->n >= SPARE_MOST) {
        free(t);
        return;
    }
    t->next = p->first;
    p->first = t;
    p->n++;
}

void cw_taken_pool_free(struct cw_taken_pool *p)
{
    while (p->first) {
        struct cw_taken *t = p->first;
        p->first = t->next;
        free(t);
    }
    while (p->told) {
        struct cw_told *told = p->told;
        p->told = told->next;
        destroy_told(told);
    }
    cw_decoder_free(p->decoder);
    *p = (struct cw_taken_pool){0};
}

static struct cw_told *obtain_told(struct cw_taken_pool *p, const struct cw_decode_limits *limits)
{
    struct cw_told *told = p->told;
    if (told) {
        p->told = told->next;
        p->n_told--;
        return told;
    }
    told = calloc(1, sizeof *told);
    if (told)
        told->decoder = cw_decoder_new(limits);
    if (told && told->decoder)
        return told;
    free(told);
    return NULL;
}

/* With everything but the texts' room zero. */
static struct cw_taken *obtain(struct cw_taken_pool *p, size_t texts)
{
    size_t room = texts > TEXTS_USUAL ? texts : TEXTS_USUAL;
    struct cw_taken *t = room == TEXTS_USUAL ? p->first : NULL;
    if (t) {
        p->first = t->next;
        p->n--;
    } else {
        t = malloc(sizeof *t + room);
    }
    if (t)
        *t = (struct cw_taken){.room = room};
    return t;
}

/* ---- taking in ---- */

/* Whether the manager is known is seen when it is judged; the message's bytes are gone by then. */
static void foresee_refusal(struct cw_taken *t, const struct cw_message *m, const char *topic)
{
    const struct cw_outcome *oc = &t->told->u.outcome;
    struct cw_reject why = {.code = CW_REJECT_NO_SUCH_MANAGER, .at_byte = -1};
    (void)snprintf(why.detail, sizeof why.detail,
                   "/to: no manager \"%.*s\" in manager.profiles; make the move again once there "
                   "is one (asked for by the desk of %.*s for task %.*s)",
                   (int)oc->to.n, oc->to.p, (int)oc->manager.n, oc->manager.p, (int)oc->task_id.n,
                   oc->task_id.p);
    t->code = why.code;
    cw_pending_pack_dead(&t->dead, m, topic, &why);
}

/* Of what is decoded: an event is kept in t, the others in told. */
static struct cw_taken *take_event(struct cw_taken_pool *p, const struct cw_decode_limits *limits,
                                   const struct cw_inlet *inlet, const struct cw_message *m,
                                   struct cw_reject *why)
{
    struct cw_event ev = {.type = CW_EV_COUNT};
    if (!p->decoder && !(p->decoder = cw_decoder_new(limits)))
        return NULL;
    cw_decoder_map(p->decoder, inlet->mapping);
    int err = cw_decode_event(p->decoder, m, &ev, why);
    struct cw_taken *t = obtain(p, cw_event_keep_bytes(&ev));
    if (!t)
        return NULL;
    t->err = err;
    t->event = ev;
    cw_event_keep(&t->event, t->texts);
    return t;
}

static struct cw_taken *take_told(struct cw_taken_pool *p, const struct cw_decode_limits *limits,
                                  const struct cw_inlet *inlet, const struct cw_message *m,
                                  struct cw_reject *why)
{
    struct cw_taken *t = obtain(p, 0);
    if (!t)
        return NULL;
    t->told = obtain_told(p, limits);
    if (!t->told) {
        cw_taken_free(p, t);
        return NULL;
    }
    struct cw_decoder *d = t->told->decoder;
    cw_decoder_map(d, inlet->mapping);
    t->err = inlet->in == CW_IN_PROFILES ? cw_decode_profile(d, m, &t->told->u.profile, why)
                                         : cw_decode_outcome(d, m, &t->told->u.outcome, why);
    return t;
}

static bool is_of_event(enum cw_input in)
{
    return in == CW_IN_BILLING || in == CW_IN_SERVICE;
}

int cw_taken_new(struct cw_taken_pool *p, const struct cw_decode_limits *limits,
                 const struct cw_inlet *inlet, const struct cw_message *m,
                 struct cw_taken **ret_taken)
{
    struct cw_reject why;
    struct cw_taken *t = is_of_event(inlet->in) ? take_event(p, limits, inlet, m, &why)
                                                : take_told(p, limits, inlet, m, &why);
    if (!t)
        return -CW_E_NOMEM;
    if (t->err == -CW_E_REJECT) {
        t->code = why.code;
        cw_pending_pack_dead(&t->dead, m, inlet->topic, &why);
    }
    if (!t->err && inlet->in == CW_IN_OUTCOMES && t->told->u.outcome.action == CW_DID_REASSIGN)
        foresee_refusal(t, m, inlet->topic);
    if (t->err == -CW_E_NOMEM || t->dead.failed) {
        cw_taken_free(p, t);
        return -CW_E_NOMEM;
    }
    t->bytes = t->room + t->dead.cap + (t->told ? m->value.n : 0);
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

/* ---- what was taken in ---- */

int cw_taken_judge(const struct cw_taken *t, enum cw_input in, struct cw_shard *shard,
                   const struct cw_origin *from, const struct cw_output *out)
{
    if (is_of_event(in))
        return cw_shard_event(shard, &t->event, from, out);
    return in == CW_IN_PROFILES ? cw_shard_profile(shard, &t->told->u.profile, from, out)
                                : cw_shard_outcome(shard, &t->told->u.outcome, from, out);
}

cw_event_time cw_taken_time(const struct cw_taken *t, enum cw_input in)
{
    if (in == CW_IN_PROFILES || t->err == -CW_E_REJECT)
        return CW_NO_TIME;
    return in == CW_IN_OUTCOMES ? t->told->u.outcome.at : t->event.time;
}

struct cw_str cw_taken_client(const struct cw_taken *t, enum cw_input in)
{
    if (t->err == -CW_E_REJECT)
        return (struct cw_str){0};
    if (is_of_event(in))
        return t->event.subject;
    return in == CW_IN_PROFILES ? t->told->u.profile.client_id : t->told->u.outcome.client_id;
}
