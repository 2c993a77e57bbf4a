/* Messages decoded on arrival. On the engine's thread; each owns its decoder. */
#include "daemon/intake.h"

#include <stdlib.h>

#include "daemon/pending.h"

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

void cw_taken_free(struct cw_taken *t)
{
    if (!t)
        return;
    cw_decoder_free(t->decoder);
    cw_buf_free(&t->dead);
    free(t);
}

int cw_taken_new(const struct cw_decode_limits *limits, enum cw_input in, const char *topic,
                 const struct cw_message *m, struct cw_taken **ret_taken)
{
    struct cw_reject why;
    struct cw_taken *t = calloc(1, sizeof *t);
    if (t)
        t->decoder = cw_decoder_new(limits);
    if (!t || !t->decoder) {
        cw_taken_free(t);
        return -CW_E_NOMEM;
    }
    t->err = decode(t, in, m, &why);
    if (t->err == -CW_E_REJECT) {
        t->code = why.code;
        cw_pending_pack_dead(&t->dead, m, topic, &why);
    }
    if (t->err == -CW_E_NOMEM || t->dead.failed) {
        cw_taken_free(t);
        return -CW_E_NOMEM;
    }
    *ret_taken = t;
    return 0;
}

cw_event_time cw_taken_time(const struct cw_taken *t, enum cw_input in)
{
    if (in == CW_IN_PROFILES || t->err == -CW_E_REJECT)
        return CW_NO_TIME;
    return in == CW_IN_OUTCOMES ? t->u.outcome.at : t->u.event.time;
}
