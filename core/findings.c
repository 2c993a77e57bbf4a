/* Raising and clearing, as detectors do it: into a list that core/tasks.c folds afterwards. */
#include "core/findings.h"

#include <math.h>
#include <string.h>

#include "churnwatch/client.h"
#include "churnwatch/task.h"
#include "core/past.h"

static struct cw_finding *add(struct cw_judge *j, enum cw_finding_kind kind)
{
    struct cw_findings *f = j->out;
    if (f->n >= CW_FINDINGS_MOST + (kind == CW_FOUND_RAISE ? 0 : CW_TASK_SIGNALS_MOST)) {
        f->dropped += kind == CW_FOUND_RAISE;
        return NULL;
    }
    struct cw_finding *item = &f->items[f->n++];
    item->kind = kind;
    item->s.detector = j->self;
    return item;
}

void cw_raise(struct cw_judge *j, const struct cw_signal *s)
{
    struct cw_finding *item = add(j, CW_FOUND_RAISE);
    if (item) {
        item->s = *s;
        item->s.detector = j->self;
    }
}

void cw_clear(struct cw_judge *j, cw_number line, uint8_t slot)
{
    if (!cw_is_raised(j, line, slot))
        return;
    struct cw_finding *item = add(j, CW_FOUND_CLEAR);
    if (item) {
        item->s.line = line;
        item->s.slot = slot;
    }
}

void cw_clear_all(struct cw_judge *j)
{
    (void)add(j, CW_FOUND_CLEAR_ALL);
}

bool cw_is_raised(const struct cw_judge *j, cw_number line, uint8_t slot)
{
    const struct cw_task *task = cw_client_task(j->client);
    for (size_t i = 0; task && i < task->n_signals; i++) {
        const struct cw_task_signal *g = &task->signals[i];
        if (g->s.detector == j->self && g->s.line == line && g->s.slot == slot &&
            g->cleared_at == CW_NO_TIME)
            return true;
    }
    return cw_past_stands(j->client, j->self, line, slot);
}

static struct cw_fact *fact(struct cw_signal *s, enum cw_fact_key k)
{
    static struct cw_fact
        spare; /* Written, never read: a test checks that no detector gets here. */
    if (s->n_facts == CW_FACTS_MOST)
        return &spare;
    struct cw_fact *f = &s->facts[s->n_facts++];
    memset(f, 0, sizeof *f);
    f->key = (uint8_t)k;
    return f;
}

void cw_fact_number(struct cw_signal *s, enum cw_fact_key k, double v)
{
    fact(s, k)->u.number = v;
}

void cw_fact_money(struct cw_signal *s, enum cw_fact_key k, cw_money m)
{
    fact(s, k)->u.money = m;
}

void cw_fact_yuan(struct cw_signal *s, enum cw_fact_key k, double yuan)
{
    double most = 9e14; /* what worked-out limits of absurd amounts may exceed */
    cw_fact_money(s, k, (cw_money)llround(fmin(fmax(yuan, -most), most) * 100) * (CW_YUAN / 100));
}

void cw_fact_day(struct cw_signal *s, enum cw_fact_key k, cw_day d)
{
    fact(s, k)->u.day = d;
}

void cw_fact_text(struct cw_signal *s, enum cw_fact_key k, struct cw_str text)
{
    struct cw_fact *f = fact(s, k);
    size_t n = text.n;
    if (n > CW_FACT_TEXT - 1) {
        n = CW_FACT_TEXT - 1;
        while (n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
            n--; /* Never cut inside a character. */
    }
    if (n)
        memcpy(f->u.text, text.p, n);
    f->u.text[n] = '\0';
}
