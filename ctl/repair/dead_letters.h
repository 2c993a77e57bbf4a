/* The dead letters as the commands see them: which were refused and why, and which of them have
 * been sent in again.
 *
 * A letter is named by its place in the topic, PARTITION:OFFSET. That it was sent in again is said
 * by a mark, a record without a value that follows in its partition; marks are no letters. One
 * thread.
 */
#ifndef CW_CTL_REPAIR_DEAD_LETTERS_H
#define CW_CTL_REPAIR_DEAD_LETTERS_H

#include "bus/logs.h"
#include "ctl/command.h"

struct cw_dead_place {
    int32_t partition;
    int64_t offset;
};
/* Borrowed from a message. */
struct cw_dead_letter {
    struct cw_dead_place place, of; /* of: where the message lay in its topic */
    int64_t at_ms;
    struct cw_str topic, code, detail, key, value;
    const struct cw_header *headers; /* with those that tell of the refusal */
    size_t n_headers;
    bool replayed; /* as far as was read when the marks were */
};

struct cw_dead_letters {
    const struct cw_settings *settings;
    struct cw_logs *logs;         /* owned */
    const char *topic, *code;     /* letters of that topic, that code; NULL any */
    cw_wall_time since;           /* CW_NO_TIME: all */
    struct cw_dead_place *marked; /* owned, sorted: those sent in again */
    size_t n_marked, cap_marked;
    int (*each)(void *arg, const struct cw_dead_letter *l);
    void *arg;
    struct cw_errbuf eb;
};

/* Takes --topic, --code and --since, opens the bus and reads the marks. An exit code; the complaint
 * has been printed. */
enum cw_exit cw_dead_letters_open(const struct cw_ctl *ctl, struct cw_dead_letters *ret);
void cw_dead_letters_close(struct cw_dead_letters *d);
/* Every letter asked for, partition by partition; ends early when each returns other than 0, and
 * returns that, or an error as in logs.h. */
int cw_dead_letters_read(struct cw_dead_letters *d,
                         int (*each)(void *arg, const struct cw_dead_letter *l), void *arg);
/* One letter; -CW_E_NOTFOUND where there is none, with what is there instead in eb. */
int cw_dead_letters_one(struct cw_dead_letters *d, struct cw_dead_place place,
                        int (*each)(void *arg, const struct cw_dead_letter *l), void *arg);
enum cw_exit cw_dead_letters_fail(struct cw_dead_letters *d, int err);

/* "3:41". */
int cw_dead_place_parse(const char *text, struct cw_dead_place *ret);
/* Ours, which say of the refusal: not the message's own. */
bool cw_dead_header_is_ours(struct cw_str name);

/* Marks are written as CW_DEAD_MARK: PARTITION:OFFSET, a message sent in again carries
 * CW_DEAD_FROM: PARTITION:OFFSET. */
#define CW_DEAD_MARK "cw_replayed"
#define CW_DEAD_FROM "cw_replayed_from"

#endif
