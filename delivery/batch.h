/* Batches: the tasks of one shard that were read and not yet sent, the one call that the first of
 * them become, and what its answer says. Nothing is sent here, and no clock is read. Private to
 * delivery.
 */
#ifndef CW_DELIVERY_BATCH_H
#define CW_DELIVERY_BATCH_H

#include "delivery/apply_args.h"
#include "delivery/delivery.h"

/* A task read and not yet sent. */
struct cw_batch_task {
    struct cw_batch_task *next;
    int64_t offset;
    cw_wall_time written;         /* when it was appended; CW_NO_TIME unknown */
    struct cw_task_record record; /* without pieces: its text was no task record */
};

/* In the order read. Owns its tasks; all zero is empty. */
struct cw_batch_queue {
    struct cw_batch_task *first, *last;
    size_t n;
};

/* Adds a task at the end. Returns 0; -CW_E_INVALID for text that is no task record (eb says why),
 * which goes along as an offset without a task; -CW_E_NOMEM with nothing added. */
int cw_batch_add(struct cw_batch_queue *q, int64_t offset, cw_wall_time written, struct cw_str json,
                 struct cw_errbuf *eb);
/* Frees the first n, or as many as there are. */
void cw_batch_drop(struct cw_batch_queue *q, size_t n);

/* Makes the first tasks, `most` of them at most, the arguments of one call, which borrow from them;
 * sets head->next to the offset after the last of them, and leaves it where there is none. Returns
 * how many they are; cw_apply_ready says whether there was memory. */
size_t cw_batch_fill(const struct cw_batch_queue *q, size_t most, struct cw_apply_head *head,
                     struct cw_apply_args *ret_args);
/* When what the task tells of happened; CW_NO_TIME where its record does not say. */
cw_event_time cw_batch_happened(const struct cw_batch_task *t);

enum cw_batch_answer {
    CW_BATCH_APPLIED,
    CW_BATCH_GAP,        /* the stored offset is another than the batch's prev */
    CW_BATCH_EPOCH,      /* this Redis has another epoch */
    CW_BATCH_REFUSED,    /* an error that nobody foresaw */
    CW_BATCH_NOT_A_REPLY /* nothing that cw_apply ever answers */
};
/* Of APPLIED alone. */
struct cw_batch_applied {
    int64_t stored, tasks; /* the next offset; tasks written, none of them twice */
};
enum cw_batch_answer cw_batch_answer(const struct cw_reply *r, struct cw_batch_applied *ret);

#endif
