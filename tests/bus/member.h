/* A bus as a test drives it: the adapter under test, a member of it, pieces of a transaction, and
 * what a log holds. Every function fails the test where something is not as it must be. */
#ifndef CW_TESTS_BUS_MEMBER_H
#define CW_TESTS_BUS_MEMBER_H

#include <time.h>

#include "bus/bus.h"
#include "churnwatch/settings.h"

enum { SHARDS = 3, PATIENCE_S = 60, WAIT_MS = 50, MANY = 20000 };

/* ---- the adapter under test ---- */

struct adapter {
    const char *name;
    /* Settings with topics of their own, made, of SHARDS partitions; and their end. */
    struct cw_settings *(*prepare)(const char *test);
    void (*dispose)(const struct cw_settings *s);
    int (*open)(const struct cw_settings *s, int thread, struct cw_bus **ret_bus,
                struct cw_errbuf *eb);
    /* Takes away an input's messages before this offset, as retention does. */
    void (*lose_oldest)(const struct cw_settings *s, enum cw_input in, int32_t partition,
                        int64_t before);
    bool groups;          /* it has several members, and takes shards away */
    bool aborts_are_seen; /* aborted records and markers take offsets */
};
extern const struct adapter *adapter;

struct cw_bus *opened(const struct cw_settings *s, int thread);
/* Puts messages into an input, as an operator's system would; NULL: none. */
void feed_all(const struct cw_settings *s, enum cw_input in, int32_t partition, const char *key,
              const char *value, int n);
void feed(const struct cw_settings *s, enum cw_input in, int32_t partition, const char *key,
          const char *value);

/* ---- results ---- */

extern struct cw_errbuf said; /* by the last call that failed */

#define assert_ok(call) assert_result((call), 0, __LINE__)
#define assert_fails(call, code) assert_result((call), -(code), __LINE__)
void assert_result(int got, int expected, int line);
/* Until when a condition is waited for. */
time_t deadline(void);

/* ---- a member ---- */

struct member {
    struct cw_bus *bus;
    uint64_t token;
    size_t n_shards;
    bool mine[SHARDS];
    bool assigned; /* and not revoked since */
    int revoked, lost;
};
/* One poll; what it says of assignments is noted. */
enum cw_bus_happening step(struct member *m, struct cw_bus_event *ev);
void wait_assigned(struct member *m, size_t shards);
/* The next message or end, whichever is wanted. */
void wait_for(struct member *m, enum cw_bus_happening what, struct cw_bus_event *ev);
/* Polls two members until each has its part of the shards. */
void share(struct member *a, struct member *b);
void start_reading(struct member *m, const struct cw_positions *at);
struct cw_positions from_the_beginning(int32_t shard);

/* ---- transactions and logs ---- */

void append(struct cw_bus *b, enum cw_log log, int32_t partition, const char *value);
struct cw_positions billing_at(int32_t shard, int64_t next);
/* A transaction with one state record and a position, left open. */
void begin_work(struct member *m, int32_t shard, const char *value, int64_t next);
void assert_committed(struct cw_bus *b, int32_t shard, int64_t billing);
int64_t end_of(struct cw_bus *b, enum cw_log log, int32_t partition);
/* All values read, each followed by ';'. Begin with last = -1. */
struct heard {
    char text[256];
    int64_t last;
};
int hear(void *arg, const struct cw_message *m);
void assert_log(struct cw_bus *b, enum cw_log log, int32_t partition, const char *expected);

#endif
