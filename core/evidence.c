/* Facts packed and unpacked, and where a kept signal has them; see evidence.h. */
#include "core/evidence.h"

#include <string.h>

static const uint8_t forms[] = {
#define X(name, how) CW_FORM_##how,
    CW_FACT_KEYS(X)
#undef X
};

/* ---- as bytes ---- */

static void put_fact(struct cw_buf *b, const struct cw_fact *f)
{
    uint64_t bits;
    cw_buf_u8(b, f->key);
    switch ((enum cw_fact_form)forms[f->key]) {
    case CW_FORM_DAY:
        cw_buf_i32(b, f->u.day);
        break;
    case CW_FORM_MONEY:
        cw_buf_i64(b, f->u.money);
        break;
    case CW_FORM_TEXT:
        cw_buf_str(b, (struct cw_str){f->u.text, strlen(f->u.text)});
        break;
    case CW_FORM_NUMBER:
    case CW_FORM_COUNT:
        memcpy(&bits, &f->u.number, sizeof bits);
        cw_buf_u64(b, bits);
        break;
    }
}

void cw_evidence_pack(struct cw_buf *b, const struct cw_signal *s)
{
    for (unsigned i = 0; i < s->n_facts; i++)
        put_fact(b, &s->facts[i]);
}

static void read_fact(struct cw_reader *r, struct cw_fact *f)
{
    memset(f, 0, sizeof *f);
    f->key = cw_read_u8(r);
    if (f->key >= CW_FACT_KEYS_COUNT) {
        r->failed = true;
        return;
    }
    uint64_t bits;
    struct cw_str text;
    switch ((enum cw_fact_form)forms[f->key]) {
    case CW_FORM_DAY:
        f->u.day = cw_read_i32(r);
        break;
    case CW_FORM_MONEY:
        f->u.money = cw_read_i64(r);
        break;
    case CW_FORM_TEXT:
        text = cw_read_str(r);
        if (text.n >= sizeof f->u.text)
            r->failed = true;
        else if (text.n)
            memcpy(f->u.text, text.p, text.n);
        break;
    case CW_FORM_NUMBER:
    case CW_FORM_COUNT:
        bits = cw_read_u64(r);
        memcpy(&f->u.number, &bits, sizeof bits);
        break;
    }
}

void cw_evidence_unpack(struct cw_reader *r, struct cw_signal *s)
{
    if (s->n_facts > CW_FACTS_MOST)
        r->failed = true;
    for (unsigned i = 0; i < s->n_facts && !r->failed; i++)
        read_fact(r, &s->facts[i]);
}

/* ---- of a kept signal ---- */

/* A piece of that size: what is there already, if it is as large. */
static bool have_piece(struct cw_shard *sh, struct cw_task_signal *g, size_t n)
{
    if (n == g->facts_bytes)
        return true;
    const void *to = n ? cw_kept_take(sh, n) : NULL;
    if (n && !to)
        return false;
    cw_evidence_free(sh, g);
    g->facts = cw_ref_of(to);
    g->facts_bytes = (uint16_t)n;
    return true;
}

void cw_evidence_keep(struct cw_shard *sh, struct cw_task_signal *g, const struct cw_signal *s)
{
    char room[CW_EVIDENCE_MOST];
    struct cw_buf b = {.p = room, .cap = sizeof room}; /* never grows: there is room for all */
    cw_evidence_pack(&b, s);
    if (!have_piece(sh, g, b.n))
        return;
    if (b.n)
        memcpy(cw_at(g->facts), room, b.n);
    g->n_facts = s->n_facts;
}

void cw_evidence_free(struct cw_shard *sh, struct cw_task_signal *g)
{
    cw_kept_give(sh, cw_at(g->facts), g->facts_bytes);
    g->facts = 0;
    g->facts_bytes = g->n_facts = 0;
}

void cw_evidence_move(struct cw_shard *sh, struct cw_task_signal *to, struct cw_task_signal *from)
{
    cw_evidence_free(sh, to);
    *to = *from;
    from->facts = 0;
    from->facts_bytes = from->n_facts = 0;
}

void cw_task_signal_told(const struct cw_task_signal *g, struct cw_signal *ret)
{
    struct cw_reader r = cw_reader(cw_at(g->facts), g->facts_bytes);
    memset(ret, 0, sizeof *ret);
    ret->bare = g->s;
    ret->n_facts = g->n_facts;
    cw_evidence_unpack(&r, ret);
}
