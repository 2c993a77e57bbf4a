/* The small words every part of churnwatch uses: times, days, money, numbers, text slices, errors.
 *
 * Nothing here allocates and nothing here knows of clients, Kafka or Redis.
 */
#ifndef CHURNWATCH_TYPES_H
#define CHURNWATCH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Three clocks that must never be mixed; all count microseconds.
 * Event time is what the messages say (UTC since 1970); the core knows no other.
 * Wall time is this machine's clock (UTC since 1970); monotonic time has no meaning but its
 * differences. */
typedef int64_t cw_event_time;
typedef int64_t cw_wall_time;
typedef int64_t cw_mono_time;
#define CW_NO_TIME INT64_MIN
#define CW_SECOND ((int64_t)1000000)
#define CW_MINUTE (60 * CW_SECOND)
#define CW_HOUR (60 * CW_MINUTE)
#define CW_DAY (24 * CW_HOUR)

/* A civil day in the operator's zone: days since 1970-01-01, proleptic Gregorian. */
typedef int32_t cw_day;
#define CW_NO_DAY INT32_MIN

/* A billing cycle: year * 12 + (month - 1). */
typedef int32_t cw_cycle;

/* Exact money in 1/10000 of the major unit (yuan). */
typedef int64_t cw_money;
#define CW_YUAN ((cw_money)10000)
#define CW_MONEY_MOST ((cw_money)1000000000000 * CW_YUAN)
/* Sums of many amounts end at the type's limits instead of running over. */
static inline cw_money cw_money_add(cw_money a, cw_money b)
{
    cw_money sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/* A telephone number packed four bits a character, first character in the highest nibble that is
 * used: digit d is d+1, '*' is 11, '#' is 12; at most 16 characters. 0 is "no number". */
typedef uint64_t cw_number;

/* A slice of bytes that somebody else owns; not terminated. {NULL,0} is "absent". */
struct cw_str {
    const char *p;
    size_t n;
};
#define CW_STR(literal) ((struct cw_str){(literal), sizeof(literal) - 1})

/* Functions return 0, or one of these negated. */
#define CW_ERRORS(X)                                                                               \
    X(NOMEM, "out of memory")                                                                      \
    X(INVALID, "invalid value")                                                                    \
    X(REJECT, "message refused, see the reject record")                                            \
    X(UNKNOWN_TYPE, "event type not known")                                                        \
    X(CORRUPT, "stored state is damaged")                                                          \
    X(NEWER, "stored state was written by a newer release")                                        \
    X(IO, "input or output failed")                                                                \
    X(TIMEOUT, "no answer in time")                                                                \
    X(RETRY, "not now, the same call again may succeed")                                           \
    X(ABORT, "the transaction must be aborted")                                                    \
    X(FATAL, "the process must restart to go on")                                                  \
    X(REVOKED, "the shard was taken away")                                                         \
    X(NOTFOUND, "not found")                                                                       \
    X(REFUSED, "refused by the other side")
enum cw_err {
    CW_OK = 0,
#define X(name, text) CW_E_##name,
    CW_ERRORS(X)
#undef X
};

/* One sentence for an error as returned (negative or positive). Never NULL. */
const char *cw_strerror(int err);

/* Room for one explanation; lower layers fill it and return a code, main-level code logs it. */
struct cw_errbuf {
    char text[512];
};
/* Formats into eb (which may be NULL) and returns -err, so that `return cw_fail(eb, CW_E_IO, …)`.
 */
int cw_fail(struct cw_errbuf *eb, enum cw_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
