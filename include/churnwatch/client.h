/* What a shard remembers of one client, as detectors may read it.
 *
 * Written by the core only; a detector writes nothing here but its own slices. Memory belongs to
 * the shard. A national operator has hundreds of millions of these: bench/state.c prints what one
 * takes, and each member has to be worth its bytes. So numbers are packed (churnwatch/packed.h),
 * and what most clients have nothing of lies apart (core/rare.h); functions below read both.
 *
 * The stored part of a record is written to images as it lies, see core/image_client.c: members of
 * it keep their place, new ones go to its end, and all zero is "never told".
 */
#ifndef CHURNWATCH_CLIENT_H
#define CHURNWATCH_CLIENT_H

#include "churnwatch/detector.h"
#include "churnwatch/packed.h"
#include "churnwatch/ref.h"

enum cw_line_status { CW_LINE_ACTIVE, CW_LINE_ONE_WAY, CW_LINE_TWO_WAY, CW_LINE_GONE };

/* What most clients have none of: which kinds of it there are, a bit each, and where; see
 * core/rare.h. The bits are here so that what is not there is known without looking. */
struct cw_rare {
    uint32_t there;
    cw_ref at; /* 0: nothing */
};

struct cw_line {
    cw_ref rare; /* what most have none of, which says itself what there is; 0: nothing */
    /* from here on stored */
    cw_number number __attribute__((packed, aligned(4))); /* lines lie at any four bytes */
    cw_small_money monthly_fee;                           /* of the plan now; -1 unknown */
    cw_small_day active_day; /* last day with own use (charge but the fee, call, usage) */
    uint8_t status;          /* enum cw_line_status */
    uint8_t end_reason;      /* enum cw_end_reason, when gone */
    /* then the slices of detectors whose slices are not rare */
};
#define CW_LINE_STORED offsetof(struct cw_line, number)

/* The two-part model of one channel of daily amounts; see core/baseline.h. */
struct cw_baseline {
    uint16_t p_work, p_rest; /* chance that a working day, another day, has any; of 65535 */
    int16_t level;           /* of the log amount, days with any; 1/1024 … */
    uint8_t level_rest;      /* … and 1/262144 */
    uint8_t shifted;         /* days in a row the level was far off, capped */
    uint16_t scale;          /* one own deviation of it; 1/4096 */
    int16_t weekday[7];      /* offsets of it, Monday first; 1/4096 */
    uint16_t days, days_any; /* of history, capped */
};

/* Past its warm-up, of so many days: what it expects can be trusted. */
static inline bool cw_baseline_is_warm(const struct cw_baseline *b, int64_t warmup_days)
{
    return b->days >= warmup_days && b->days_any >= 5;
}

/* Fast and slow means of the channels' days, by enum cw_channel; read by cw_clients_trend. How many
 * days they are of is what their baselines say. */
struct cw_trends {
    float fast[2], slow[2];
    uint16_t restless[2];
};

/* Sums of one open day; two days may be open at once while late events are awaited. */
struct cw_day_sums {
    float usage;          /* voice minutes + MB / 40 */
    cw_small_money spend; /* charges but the monthly fee */
    float by_hour;        /* yuan of spend by the hour that core/pace.h asks for */
};

#define CW_BILLS_KEPT 6
enum { CW_BILL_GAP = 4 /* bits */, CW_BILL_GAP_MOST = (1 << CW_BILL_GAP) - 1 };
enum { CW_LINES_MOST = (1 << 20) - 1 };
struct cw_client {
    cw_ref lines; /* by rising number, and the last event ids; 0: none */
    struct cw_rare rare;
    cw_ref packed;       /* the profile, see cw_client_profile; 0 without one */
    cw_ref older, newer; /* order of writing to the state log, then those touched since */
    uint32_t county;     /* hash of the profile's county; 0: none */
    uint32_t written;    /* commit number that last wrote it to the state log */
    struct {
        uint64_t n_lines : 20, lines_gone : 20; /* up to CW_LINES_MOST */
        uint64_t policy : 16; /* index into the shard's; UINT16_MAX = to be resolved */
        uint64_t id_n : 7;    /* bytes of the id */
        uint64_t touched : 1; /* changed since the last commit */
    } __attribute__((packed, aligned(4)));
    /* from here on stored */
    cw_small_day first_day;     /* of the first event */
    cw_small_day active_day;    /* last day with own use */
    cw_small_day contract_ends; /* as profile or events told */
    cw_small_day open_day[2];   /* by day & 1 */
    uint16_t bill_cycle;        /* of the newest bill */
    uint32_t n_bills : 3;
    uint32_t bill_gaps : 20; /* cycles from each to the next older one, 4 bits each, newest first */
    uint32_t kind : 2, class_ : 3, vip : 2; /* from the profile; individual/none/none without one */
    uint32_t snapshot : 1;
    cw_small_money bills[CW_BILLS_KEPT]; /* newest first */
    struct cw_day_sums open[2];          /* of open_day */
    struct cw_baseline spend, usage;
    struct cw_trends trends;
    /* then the id, then the slices of detectors whose slices are not rare */
};
#define CW_CLIENT_STORED offsetof(struct cw_client, first_day)

static inline struct cw_str cw_client_id(const struct cw_client *cl)
{
    return (struct cw_str){(const char *)(cl + 1), cl->id_n};
}
/* Packed, see core/profile.h; absent without one. */
struct cw_str cw_client_profile(const struct cw_client *cl);
struct cw_line *cw_client_line_at(const struct cw_client *cl, uint32_t i);
/* NULL when the client has no such line. */
struct cw_line *cw_client_line(const struct cw_client *cl, cw_number number);
/* A detector's slice to be read; zeroes where there is nothing in it, NULL if it declares none. */
const void *cw_client_slice(const struct cw_client *cl, unsigned detector);
const void *cw_line_slice(const struct cw_line *ln, unsigned detector);

/* The judged detector's slice of a line: of the one that is being judged, as it is now. */
static inline const void *cw_slice_of_line(const struct cw_judge *j, const struct cw_line *ln)
{
    return ln == j->line ? j->line_state : cw_line_slice(ln, j->self);
}

/* ---- facts that lie apart ---- */

struct cw_owed {
    cw_money amount;         /* as the events tell; 0 = nothing */
    cw_event_time since, at; /* to the second; CW_NO_TIME when nothing, when never told */
    /* Of the latest event that told what is owed, where `at` may be a later payment's; likewise. */
    cw_event_time stated;
};
struct cw_owed cw_client_owed(const struct cw_client *cl);
/* Of the latest event that told of a contract, to the second; CW_NO_TIME: none did. */
cw_event_time cw_client_contract_at(const struct cw_client *cl);
/* From the profile; -1 unknown. */
int32_t cw_client_phones(const struct cw_client *cl);
/* The open retention task, or NULL; and what earlier calls settled, see core/past.h, likewise. */
struct cw_task *cw_client_task(const struct cw_client *cl);
struct cw_past *cw_client_past(const struct cw_client *cl);
/* Of roaming, by day and from 0 to 6 o'clock; nothing of a day that is not open. */
struct cw_roaming {
    cw_money all, night;
};
struct cw_roaming cw_client_roaming(const struct cw_client *cl, cw_day day);
/* When the status was last told, to the second; CW_NO_TIME if never. */
cw_event_time cw_line_status_at(const struct cw_line *ln);
/* Of a line that is gone: since when, however often that was told. */
cw_event_time cw_line_gone_at(const struct cw_line *ln);

/* ---- what is reckoned from them ---- */

/* Of the i-th newest; 0: there are not so many. */
cw_cycle cw_client_bill_cycle(const struct cw_client *cl, int i);
static inline cw_money cw_client_bill(const struct cw_client *cl, int i)
{
    return cw_money_unpack(cl->bills[i]);
}
/* Days since it was last active in any way. */
static inline int32_t cw_client_quiet_days(const struct cw_client *cl, cw_day day)
{
    cw_day active = cw_day_unpack(cl->active_day);
    return active == CW_NO_DAY || active >= day ? 0 : day - active;
}
/* Lines that are not gone. */
static inline uint32_t cw_client_lines_left(const struct cw_client *cl)
{
    return cl->n_lines - cl->lines_gone;
}
/* True when the client has lines and none is in use: all two-way suspended or gone. */
bool cw_client_all_stopped(const struct cw_client *cl);
/* The mean of the last bills, at most n of them, not counting the newest `skip`; -1 for none. */
cw_money cw_client_usual_bill(const struct cw_client *cl, int skip, int n);
/* Sum of known monthly fees of lines not gone. */
cw_money cw_client_fees(const struct cw_client *cl);

#endif
