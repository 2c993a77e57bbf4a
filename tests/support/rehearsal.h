/* A shard under rehearsal: events as the contract writes them go in, task versions come out.
 *
 * For tests only. Everything wrong with the test's own input ends the test at once, with the place.
 * Times are "YYYY-MM-DD HH:MM" in Asia/Shanghai; data is the JSON of the event's data, with ' for "
 * so that rows stay readable.
 */
#ifndef CW_TESTS_REHEARSAL_H
#define CW_TESTS_REHEARSAL_H

#include <jansson.h>

#include "churnwatch/shard.h"

struct rehearsal;

/* settings: "path=value" texts as for -o, ended by NULL; may be NULL for the defaults in English.
 */
struct rehearsal *r_new(const char *const *settings);
/* The same over a configuration file. */
struct rehearsal *r_new_from(const char *file, const char *const *settings);
void r_free(struct rehearsal *r);

/* Each gets the next id, unless it is given one. Returns the cw_shard_event's result, which is 0;
 * a message refused by the decoder fails the test. */
void r_event(struct rehearsal *r, const char *type, const char *time, const char *client,
             const char *data);
void r_event_id(struct rehearsal *r, const char *id, const char *type, const char *time,
                const char *client, const char *data);
/* A whole profile or manager as JSON (' for "). */
void r_profile(struct rehearsal *r, const char *json);
void r_manager(struct rehearsal *r, const char *json);
/* What a manager did with the client's last task: the members that the action needs besides (' for
 * "), as "'version':1,'result':'retained'", or "". It is done on the desk where the task lies. */
void r_outcome(struct rehearsal *r, const char *time, const char *client, const char *action,
               const char *members);
void r_outcome_of(struct rehearsal *r, const char *id, const char *task_id, const char *time,
                  const char *client, const char *action, const char *members);
/* The same on a desk that the task has left, or never was on. */
void r_outcome_at(struct rehearsal *r, const char *desk, const char *time, const char *client,
                  const char *action, const char *members);
/* Moves the clock, closing days. */
void r_tick(struct rehearsal *r, const char *time);
/* "2026-03-01", 5 -> "2026-03-06"; and with a time: r_at("2026-03-01", 5, "10:00"). In a ring of
 * eight buffers. */
const char *r_day(const char *day, int later);
const char *r_at(const char *day, int later, const char *hhmm);

/* The last version of the client's last task; NULL when there never was one. Borrowed until the
 * next call that moves the shard. */
json_t *r_task(const struct rehearsal *r, const char *client);
/* The client's open task's uncleared signal of a detector (the first), or NULL; line "" asks for
 * one of the client as a whole, NULL for any. */
json_t *r_signal(const struct rehearsal *r, const char *client, const char *detector,
                 const char *line);
/* evidence member of a signal as a number; fails when it is not there. */
double r_evidence(json_t *signal, const char *member);
/* Versions written so far, of one client or (NULL) of all. */
size_t r_versions(const struct rehearsal *r, const char *client);
/* The n-th version written (0..), as its bytes. */
const char *r_version_text(const struct rehearsal *r, size_t n);
struct cw_shard *r_shard(struct rehearsal *r);
const struct cw_settings *r_settings(const struct rehearsal *r);
/* From now on the shard is restored, as by r_restore, after each message. */
void r_restore_always(struct rehearsal *r);
/* Goes on with an empty shard restored from these images. */
void r_restore_from(struct rehearsal *r, struct cw_str images);
/* Writes the shard's images, throws it away and goes on with one restored from them. */
void r_restore(struct rehearsal *r);

#endif
