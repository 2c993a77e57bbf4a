/* Tasks into a call, and its answer into a word; see batch.h. Main thread. */
#include "delivery/batch.h"

#include <stdlib.h>
#include <string.h>

int cw_batch_add(struct cw_batch_queue *q, int64_t offset, cw_wall_time written, struct cw_str json,
                 struct cw_errbuf *eb)
{
    struct cw_batch_task *t = calloc(1, sizeof *t);
    int err = t ? cw_record_split(json, &t->record, eb) : -CW_E_NOMEM;
    if (err == -CW_E_NOMEM) {
        free(t);
        return err;
    }
    if (err)
        cw_record_free(&t->record);
    t->offset = offset;
    t->written = written;
    if (q->last)
        q->last->next = t;
    else
        q->first = t;
    q->last = t;
    q->n++;
    return err;
}

void cw_batch_drop(struct cw_batch_queue *q, size_t n)
{
    for (; n > 0 && q->first; n--) {
        struct cw_batch_task *t = q->first;
        q->first = t->next;
        q->n--;
        cw_record_free(&t->record);
        free(t);
    }
    if (!q->first)
        q->last = NULL;
}

size_t cw_batch_fill(const struct cw_batch_queue *q, size_t most, struct cw_apply_head *head,
                     struct cw_apply_args *ret_args)
{
    size_t n = 0;
    const struct cw_batch_task *t = q->first;
    for (; t && n < most; t = t->next, n++)
        head->next = t->offset + 1;
    cw_apply_begin(ret_args, head);
    t = q->first;
    for (size_t i = 0; i < n; i++, t = t->next)
        if (t->record.n_pieces)
            cw_apply_add(ret_args, &t->record);
    return n;
}

cw_event_time cw_batch_happened(const struct cw_batch_task *t)
{
    cw_event_time at;
    return cw_parse_rfc3339(cw_record_member(&t->record, "updated_at"), &at) == 0 ? at : CW_NO_TIME;
}

static bool says(const struct cw_reply *r, const char *code)
{
    size_t n = strlen(code);
    return r->text.n >= n && memcmp(r->text.p, code, n) == 0;
}

static enum cw_batch_answer error_of(const struct cw_reply *r)
{
    if (says(r, "CWGAP "))
        return CW_BATCH_GAP;
    return says(r, "CWEPOCH ") ? CW_BATCH_EPOCH : CW_BATCH_REFUSED;
}

enum cw_batch_answer cw_batch_answer(const struct cw_reply *r, struct cw_batch_applied *ret)
{
    if (r->kind == CW_REPLY_ERROR)
        return error_of(r);
    if (r->kind != CW_REPLY_LIST || r->n_items != 2 || r->items[0].kind != CW_REPLY_NUMBER ||
        r->items[1].kind != CW_REPLY_NUMBER)
        return CW_BATCH_NOT_A_REPLY;
    *ret = (struct cw_batch_applied){r->items[0].number, r->items[1].number};
    return CW_BATCH_APPLIED;
}
