/* Looking at the shards. See doctor.h. */
#include <stdlib.h>
#include <string.h>

#include "bus/topic_table.h"
#include "ctl/doctor/doctor.h"
#include "delivery/epoch.h"
#include "delivery/partitions.h"
#include "engine/state_reader.h"

const char *cw_doctor_topic(const struct cw_doctor *d, enum cw_input in)
{
    return cw_topics_input(d->settings, in);
}

static int look_at_range(struct cw_doctor *d, const char *topic, int32_t partition,
                         struct cw_doctor_range *ret)
{
    return d->logs->ops->pending(d->logs, topic, partition, &ret->first, &ret->end, &ret->open,
                                 &ret->since, &d->eb);
}

/* ---- the state log ---- */

struct reading {
    struct cw_doctor *d;
    struct cw_doctor_shard *sh;
};

static int read_records(void *arg, int64_t from, int64_t to,
                        int (*each)(void *each_arg, const struct cw_message *m), void *each_arg,
                        struct cw_errbuf *eb)
{
    const struct reading *r = arg;
    struct cw_logs *l = r->d->logs;
    return l->ops->read(l, r->d->settings->topic_state, r->sh->number, from, to, each, each_arg,
                        eb);
}

static void note_record(void *arg, const struct cw_state_record *rec, const struct cw_message *m)
{
    const struct reading *r = arg;
    int layout = cw_image_layout(rec->images);
    (void)m;
    if (layout)
        r->sh->layout = layout;
}

/* As a daemon restores it, into memory that is thrown away. */
static int restore(struct cw_doctor *d, struct cw_doctor_shard *sh)
{
    struct reading r = {d, sh};
    struct cw_shard *core = cw_shard_new(d->settings, NULL);
    if (!core)
        return -CW_E_NOMEM;
    struct cw_state_reader log = {.source = {read_records, &r},
                                  .core = core,
                                  .restored = note_record,
                                  .arg = &r,
                                  .eb = &sh->why};
    int err = cw_state_find(&log, sh->state.first, sh->state.end);
    if (!err && log.found)
        err = cw_state_read(&log, sh->state.first, sh->state.end);
    sh->found = log.found;
    sh->position = log.position;
    sh->commit = log.commit;
    sh->clients = cw_shard_clients(core);
    cw_shard_free(core);
    if (err != -CW_E_CORRUPT && err != -CW_E_NEWER) {
        d->eb = sh->why;
        return err;
    }
    sh->err = err;
    return 0;
}

/* ---- the shard ---- */

static int look_at_inputs(struct cw_doctor *d, struct cw_doctor_shard *sh)
{
    int err = 0;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++) {
        const char *topic = cw_doctor_topic(d, in);
        err = d->logs->ops->committed(d->logs, topic, sh->number, &sh->committed[in], &d->eb);
        if (!err)
            err = look_at_range(d, topic, sh->number, &sh->inputs[in]);
    }
    return err;
}

static void look_at_holder(struct cw_doctor *d, struct cw_doctor_shard *sh)
{
    const json_t *said = cw_status_shard(&d->status, sh->number, &sh->holder);
    const char *stored;
    char name[16];
    sh->standing = cw_status_text(said, "standing");
    sh->reason = cw_status_text(said, "reason");
    (void)snprintf(name, sizeof name, "%d", (int)sh->number);
    stored = cw_status_text(json_object_get(d->status.redis, "delivery"), name);
    sh->stored = *stored ? strtoll(stored, NULL, 10) : CW_OFFSET_NONE;
}

/* The committed offsets first, as a restore has it: who commits meanwhile is not torn. */
static int look_at_shard(struct cw_doctor *d, struct cw_doctor_shard *sh)
{
    int err = look_at_inputs(d, sh);
    if (!err)
        err = look_at_range(d, d->settings->topic_state, sh->number, &sh->state);
    if (!err)
        err = look_at_range(d, d->settings->topic_tasks, sh->number, &sh->outbox);
    if (!err)
        err = restore(d, sh);
    look_at_holder(d, sh);
    return err;
}

/* A shard at work commits while it is looked at, and its parts are then of different moments. What
 * is torn stands still. */
static int is_moving(struct cw_doctor *d, struct cw_doctor_shard *sh)
{
    int err = 0;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++) {
        int64_t now = sh->committed[in];
        err = d->logs->ops->committed(d->logs, cw_doctor_topic(d, in), sh->number, &now, &d->eb);
        sh->moving |= now != sh->committed[in];
    }
    return err;
}

static int look_at_shards(struct cw_doctor *d)
{
    int32_t from = d->only == CW_DOCTOR_ALL ? 0 : d->only;
    int32_t to = d->only == CW_DOCTOR_ALL ? d->n_shards : d->only + 1;
    int err = 0;
    if (to > d->n_shards)
        return cw_fail(&d->eb, CW_E_INVALID, "there is no shard %d, there are %d", (int)d->only,
                       (int)d->n_shards);
    d->shards = calloc((size_t)(to - from) + 1, sizeof *d->shards);
    if (!d->shards)
        return -CW_E_NOMEM;
    for (int32_t p = from; p < to && !err; p++) {
        struct cw_doctor_shard *sh = &d->shards[d->n_looked++];
        sh->number = p;
        err = look_at_shard(d, sh);
        if (!err)
            err = is_moving(d, sh);
    }
    return err;
}

/* Shards are looked at that every topic has: where counts differ, that is a finding of its own. */
static int count_shards(struct cw_doctor *d)
{
    int err = 0;
    d->n_shards = INT32_MAX;
    for (size_t i = 0; i < CW_TOPICS && !err; i++) {
        int32_t n = 0;
        const char *topic = cw_topic_name(d->settings, &cw_topics[i]);
        err = d->logs->ops->partitions(d->logs, topic, &n, &d->eb);
        if (!err && n == 0)
            err = cw_fail(&d->eb, CW_E_INVALID, "there is no topic %s", topic);
        if (cw_topics[i].by_client && n < d->n_shards)
            d->n_shards = n;
    }
    return err;
}

int cw_doctor_look(struct cw_doctor *d)
{
    int err = count_shards(d);
    if (!err)
        err = cw_epoch_read(d->logs, d->settings, d->recorded, &d->eb);
    if (!err)
        err = cw_partitions_recorded(d->logs, d->settings, &d->began, &d->eb);
    if (err)
        return err;
    cw_status_ask_redis(&d->status);
    return look_at_shards(d);
}
