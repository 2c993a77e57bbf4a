/* The bus with patience, and the machine as the protocol sees it.
 *
 * A call the bus answers with -CW_E_RETRY is made again, with a rest in between, until the bound is
 * reached; then it is -CW_E_FATAL. So no caller ever sees -CW_E_RETRY. All else is as in bus.h.
 * What only asks (committed, end, input_range, partitions) has half a minute, which outlasts the
 * election of a leader; where the process is told to end meanwhile it is -CW_E_ABORT.
 */
#ifndef CW_ENGINE_LINK_H
#define CW_ENGINE_LINK_H

#include "bus/bus.h"
#include "engine/hand.h"

/* The clocks, so that tests and simulations set the time. */
struct cw_env {
    cw_mono_time (*mono)(void *arg);
    cw_wall_time (*wall)(void *arg);
    void (*rest)(void *arg, int ms);
    void *arg;
    void (*beat)(void *arg);     /* work that takes longer than a turn goes on; may be NULL */
    bool (*stopping)(void *arg); /* the process is told to end: wait no more; may be NULL */
    struct cw_hand *hand;        /* NULL: the thread commits by itself */
};
static inline void cw_env_beat(const struct cw_env *env)
{
    if (env->beat)
        env->beat(env->arg);
}

struct cw_link {
    struct cw_bus *bus;
    const struct cw_env *env;
    bool open; /* a transaction is; kept here */
};

int cw_link_seek(const struct cw_link *l, const struct cw_positions *at, struct cw_errbuf *eb);
int cw_link_pause(const struct cw_link *l, enum cw_input in, int32_t shard, bool paused,
                  struct cw_errbuf *eb);
int cw_link_begin(struct cw_link *l, uint64_t token, struct cw_errbuf *eb);
int cw_link_append(const struct cw_link *l, const struct cw_record *r, struct cw_errbuf *eb);
int cw_link_send_positions(const struct cw_link *l, const struct cw_positions *p, size_t n,
                           uint64_t token, struct cw_errbuf *eb);
int cw_link_commit(struct cw_link *l, struct cw_errbuf *eb);
/* Without an open transaction it does nothing. */
int cw_link_abort(struct cw_link *l, struct cw_errbuf *eb);
int cw_link_committed(const struct cw_link *l, int32_t shard, struct cw_positions *ret_at,
                      struct cw_errbuf *eb);
int cw_link_partitions(const struct cw_link *l, enum cw_log log, int32_t *ret_n,
                       struct cw_errbuf *eb);
int cw_link_end(const struct cw_link *l, enum cw_log log, int32_t partition, int64_t *ret_first,
                int64_t *ret_end, struct cw_errbuf *eb);
/* Where the bus cannot tell: ret_first 0, ret_end INT64_MAX. */
int cw_link_input_range(const struct cw_link *l, enum cw_input in, int32_t shard,
                        int64_t *ret_first, int64_t *ret_end, struct cw_errbuf *eb);

#endif
