/* Every task of the outbox by its id: where its latest version lies, and what must be known of its
 * past to tell which of people's moves still hold.
 *
 * Records are taken in offset order, partition by partition. One thread. A task costs some 60
 * bytes; the texts stay in the outbox, which is read a second time.
 */
#ifndef CW_CTL_REPAIR_OUTBOX_INDEX_H
#define CW_CTL_REPAIR_OUTBOX_INDEX_H

#include "churnwatch/event.h"
#include "delivery/record.h"

struct cw_latest {
    uint64_t id;      /* the 16 digits of "t-…"; 0: the slot is empty */
    uint64_t manager; /* cw_outbox_manager of its manager */
    int64_t offset;
    int32_t partition;
    int32_t version;
    int32_t moved; /* the version by which it came to this manager; 0: none of those seen */
    int32_t woke;  /* the last version that woke a snoozed task; 0 none */
    bool open;
    struct cw_recall *recall; /* what people did with it; see recall.h */
};
struct cw_outbox_index {
    struct cw_latest *slots; /* owned */
    size_t cap, n, n_open;
    uint64_t records, unreadable;
    struct cw_task_record record; /* of the message taken last */
};

/* Returns 0 or -CW_E_NOMEM; a record that is no task is counted and passed over. */
int cw_outbox_index_take(struct cw_outbox_index *x, const struct cw_message *m);
/* NULL: the outbox has no such task. */
struct cw_latest *cw_outbox_index_find(const struct cw_outbox_index *x, struct cw_str task_id);
void cw_outbox_index_free(struct cw_outbox_index *x);

uint64_t cw_outbox_manager(struct cw_str manager);

#endif
