/* The records of a shard's state log: each a run of images, the last of a commit with the position.
 *
 *     version u8 · release u32 length, bytes · flags u8 · commit u32 · part u16 · images u32
 * length, bytes · position (when flags says so) · XXH32 of all before
 *
 * An image that is larger than a record is the only one in its records, all but the last of which
 * say that it goes on: brokers take a megabyte, and a group of many thousand lines is more.
 *
 * Little-endian. Pure. When the frame or the position changes, raise STATELOG_VERSION in
 * statelog.c. Version and release stay where they are for good: a record of a newer version is
 * refused with -CW_E_NEWER, by the name of the release that wrote it. Version 1 had no release; in
 * 1 and 2 no image went on.
 */
#ifndef CW_ENGINE_STATELOG_H
#define CW_ENGINE_STATELOG_H

#include "bus/bus.h"
#include "churnwatch/buf.h"

#define CW_STATE_RECORD_MOST ((size_t)512 * 1024)
#define CW_CUTS_MOST 256

/* A batch collected, merged and judged as one, or a tick: where the inputs and the clock stood
 * after it. A commit may hold several, and repeating a live run needs each. */
struct cw_cut {
    int64_t next[CW_INPUTS];
    cw_event_time clock;
};

/* What a commit moves besides the clients. */
struct cw_position {
    int64_t next[CW_INPUTS];           /* next offsets; CW_OFFSET_NONE before the first message */
    cw_event_time greatest[CW_INPUTS]; /* event time of each source so far: merge times go on */
    uint64_t batch;                    /* number of the last cut */
    cw_event_time clock;               /* CW_NO_TIME before the first event */
    int32_t settings;                  /* version of the settings it was judged by */
    int64_t managers, control;         /* how far the logs read whole were read, see follow.h */
    int64_t needed;                    /* first offset of the state log a restore needs */
    uint32_t n_cuts;
    struct cw_cut cuts[CW_CUTS_MOST];
};

struct cw_state_record {
    uint32_t commit;
    uint16_t part; /* 0, 1, … within a commit */
    bool last;     /* position is set */
    bool goes_on;  /* images end within one, which the next part continues */
    struct cw_str images;
    struct cw_str release; /* that wrote it; read only, p NULL unknown */
    struct cw_position position;
};

/* Appends one record. */
void cw_statelog_encode(struct cw_buf *b, const struct cw_state_record *r);
/* images and release borrow from value. Returns 0, -CW_E_CORRUPT or -CW_E_NEWER with eb filled;
 * ret_record is untouched then. */
int cw_statelog_decode(struct cw_str value, struct cw_state_record *ret_record,
                       struct cw_errbuf *eb);
/* How many of these bytes go into one record: whole images, up to `most` bytes; of a first one that
 * is larger, `most`. within: bytes missing of the image that the last record ended in, 0 at first;
 * kept from call to call. 0 when there are none. */
size_t cw_statelog_split(struct cw_str images, size_t most, size_t *within);

#endif
