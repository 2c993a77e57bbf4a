/* Images: a shard's memory as bytes for its state log. Private to the core.
 *
 * A run of images, each
 *
 *     kind u8 · length u32 · payload · XXH32 of kind, length and payload
 *
 * LAYOUT names the detectors whose slices follow, with the version and size of each; FACTS are the
 * shard's own; CLIENT is one client whole; ACCURACY is what outcomes said of the detectors. A run
 * begins with a LAYOUT; restoring runs in order of writing gives the shard back. A slice of an
 * unknown detector, another version or size reads as all zero: that detector begins anew for the
 * client.
 *
 * When a stored struct changes otherwise than by new members at its end, raise CW_IMAGE_VERSION. An
 * older run restores, what it did not store being as if it had never happened (image_old.c,
 * image_task.c). A newer run is refused.
 */
#ifndef CW_CORE_IMAGE_H
#define CW_CORE_IMAGE_H

#include "core/shard_state.h"

/* 2: what people do with tasks, what calls settled, how right detectors were.
 * 3: outcomes heard, by source, where 2 had the hashes of their last eight ids.
 * 4: how rare scores are.
 * 5: how much of a day is spent by an hour.
 * 6: clients as they lie in memory, packed.
 * 7: what opened a client's last task. */
enum { CW_IMAGE_VERSION = 7 };

/* Stored bytes of a client's record and of a line's. */
enum {
    CW_IMAGE_RECORD = sizeof(struct cw_client) - CW_CLIENT_STORED,
    CW_IMAGE_LINE = sizeof(struct cw_line) - CW_LINE_STORED,
    CW_IMAGE_WORDS_MOST = 1024 /* of a record, or of its slices */
};

enum cw_image_kind {
    CW_IMAGE_LAYOUT = 1,
    CW_IMAGE_FACTS,
    CW_IMAGE_CLIENT,
    CW_IMAGE_ACCURACY,
    CW_IMAGE_KINDS
};

/* The detectors as they were when the images were written. */
#define CW_LAYOUT_MOST 32
struct cw_layout {
    unsigned version; /* CW_IMAGE_VERSION of the writer */
    unsigned n;
    uint16_t record, line;        /* stored bytes; since version 6 */
    uint16_t slices, line_slices; /* of all usual detectors */
    struct {
        int to;                               /* enum cw_detector_id today, -1 gone */
        bool same;                            /* version and sizes are today's */
        uint8_t version;                      /* of the slice, as stored */
        bool rare;                            /* since version 6 */
        uint16_t state_size, line_state_size; /* as stored */
    } of[CW_LAYOUT_MOST];
};

/* image_client.c: one client's payload. read replaces the client's memory; false: damaged, or out
 * of memory (then sh->failed). */
void cw_image_put_client(struct cw_buf *b, const struct cw_client *cl);
bool cw_image_read_client(struct cw_shard *sh, struct cw_reader *r, uint32_t commit);
/* Its first piece. */
struct cw_str cw_image_client_id(const struct cw_layout *l, struct cw_reader *r);
/* For the two readers. A stored slice, by its place in the layout: of the client, where ln is NULL;
 * nothing is done with one that is none of today's. */
void cw_image_set_slice(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln, unsigned i,
                        const void *from);
/* Sets the profile of a client whose record has been read; false: one of the two is damaged, or no
 * memory. */
bool cw_image_takes_profile(struct cw_shard *sh, struct cw_client *cl, struct cw_str profile);

/* image_old.c: what follows the id, up to version 5. */
bool cw_image_read_old(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl);

/* image_task.c: the open task, and the past. read fills the client's, likewise. */
void cw_image_put_task(struct cw_buf *b, const struct cw_task *t);
bool cw_image_read_task(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl);
struct cw_past;
void cw_image_put_past(struct cw_buf *b, const struct cw_past *p);
bool cw_image_read_past(struct cw_shard *sh, struct cw_reader *r, struct cw_client *cl);

/* image_accuracy.c: read replaces the shard's. */
void cw_image_put_accuracy(struct cw_buf *b, const struct cw_shard *sh);
bool cw_image_read_accuracy(struct cw_shard *sh, struct cw_reader *r, uint32_t commit);

/* After a restore, before the first use: what is not stored is worked out anew. */
void cw_image_settle(struct cw_shard *sh);
/* Frees what a restore in progress keeps. */
void cw_image_forget(struct cw_shard *sh);

#endif
