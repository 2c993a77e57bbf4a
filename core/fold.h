/* The steps of folding a finding into a task. Private to the core. */
#ifndef CW_CORE_FOLD_H
#define CW_CORE_FOLD_H

#include "core/shard_state.h"

/* OMITTED: the task is full of signals no weaker. */
enum cw_news { CW_NEWS_NONE, CW_NEWS_OMITTED, CW_NEWS_CLEARED, CW_NEWS_ADDED, CW_NEWS_CLIMBED };

/* A raise: adds, climbs, or only freshens. topic: enum cw_origin_topic. Adds one to *left_out for
 * the signal that a full task has no place for, be it the new one or a weaker one it drives out. */
enum cw_news cw_fold_raise(struct cw_shard *sh, struct cw_task *t, const struct cw_signal *s,
                           const struct cw_fold *f, uint8_t topic, unsigned *left_out);
enum cw_news cw_fold_clear(struct cw_task *t, const struct cw_finding *item, cw_event_time now);
/* A signal as it was told before, into a task, with its evidence (evidence.h: moved). No news, and
 * nothing is taken, when the same is open there. */
enum cw_news cw_fold_again(struct cw_shard *sh, struct cw_task *t, struct cw_task_signal *g,
                           cw_event_time now, unsigned *left_out);
/* Signs that are no states count as over after so many half-lives. */
bool cw_fold_faded(const struct cw_task_signal *g, double half_lives, cw_event_time now);
enum cw_news cw_fold_fade(struct cw_task *t, double half_lives, cw_event_time now);
bool cw_fold_any_open(const struct cw_task *t);

#endif
