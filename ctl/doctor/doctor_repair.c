/* Orders for the shards that are hurt. See doctor.h and engine/repair_order.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/units.h"
#include "ctl/actor.h"
#include "ctl/age.h"
#include "ctl/doctor/doctor.h"
#include "ctl/words.h"

/* How long the shard's holder may take: it reads orders twice a second and then restores. */
enum { WAIT_TRIES = 200, WAIT_MS = 100 };

/* ---- planning ---- */

static int64_t within(int64_t offset, const struct cw_doctor_range *r)
{
    if (offset == CW_OFFSET_NONE)
        return offset;
    return offset < r->first || offset > r->end ? r->first : offset;
}

/* Where a shard without state begins to read an input. Profiles are read whole: they were part of
 * the state. */
static int begin_at(struct cw_doctor *d, const struct cw_doctor_shard *sh, enum cw_input in,
                    int64_t *ret_next)
{
    const char *from = cw_args_text(d->ctl->args, "from");
    cw_event_time at;
    *ret_next = CW_OFFSET_NONE;
    if (in == CW_IN_PROFILES || (from && strcmp(from, "beginning") == 0))
        return 0;
    if (!from || strcmp(from, "committed") == 0) {
        *ret_next = within(sh->committed[in], &sh->inputs[in]);
        return 0;
    }
    if (cw_args_instant(from, d->settings->zone, &at) != 0)
        return cw_fail(&d->eb, CW_E_INVALID,
                       "--from: \"committed\", \"beginning\" or a time is wanted");
    return d->logs->ops->offset_at(d->logs, cw_doctor_topic(d, in), sh->number, at, ret_next,
                                   &d->eb);
}

static int plan(struct cw_doctor *d, const struct cw_doctor_shard *sh, struct cw_repair *ret)
{
    bool asked = cw_args_flag(d->ctl->args, "anew");
    struct cw_repair r = {.shard = sh->number, .state_end = sh->state.end};
    int err = 0;
    r.anew = asked || sh->err || !sh->found;
    memcpy(r.committed, sh->committed, sizeof r.committed);
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++) {
        if (r.anew)
            err = begin_at(d, sh, in, &r.next[in]);
        else
            r.next[in] = within(sh->position.next[in], &sh->inputs[in]);
    }
    *ret = r;
    return err;
}

/* ---- showing ---- */

static void show_offset(int64_t offset, const struct cw_doctor *d)
{
    if (offset == CW_OFFSET_NONE)
        (void)printf("%s", cw_word(d->settings, CW_WORD_the_beginning));
    else
        (void)printf("%" PRId64, offset);
}

static void show(const struct cw_doctor *d, const struct cw_doctor_shard *sh,
                 const struct cw_repair *r)
{
    (void)printf("%s %d%s%s\n", cw_word(d->settings, CW_WORD_shard), (int)r->shard,
                 cw_word(d->settings, CW_WORD_colon),
                 cw_word(d->settings, r->anew ? CW_WORD_state_anew : CW_WORD_state_kept));
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        (void)printf("  %s%s", cw_doctor_topic(d, in), cw_word(d->settings, CW_WORD_colon));
        show_offset(sh->committed[in], d);
        (void)printf(" -> ");
        show_offset(r->next[in], d);
        (void)putchar('\n');
    }
    (void)printf("  %s\n", cw_word(d->settings, r->anew ? CW_WORD_lost_anew : CW_WORD_lost_kept));
}

/* ---- ordering ---- */

static int leave(struct cw_doctor *d, const struct cw_doctor_shard *sh, const struct cw_repair *r)
{
    struct cw_buf now = {0}, json = {0};
    const char *author = cw_actor_default(), *reason = sh->err ? sh->why.text : sh->reason;
    cw_buf_time(&now, d->settings->zone, cw_age_now());
    cw_buf_put(&now, "", 1);
    cw_repair_write(&json, r, now.failed ? "" : now.p, author ? author : "?",
                    *reason ? reason : "positions");
    const struct cw_logs_record record = {.topic = d->settings->topic_control,
                                          .key = CW_STR(CW_REPAIR_KEY),
                                          .value = {json.p, json.n}};
    int err = json.failed ? -CW_E_NOMEM : d->logs->ops->append(d->logs, &record, &d->eb);
    if (!err)
        err = d->logs->ops->flush(d->logs, &d->eb);
    cw_buf_free(&now);
    cw_buf_free(&json);
    return err;
}

/* The commit that carries the order out moves the state log's end. */
static bool was_carried_out(struct cw_doctor *d, const struct cw_repair *r)
{
    const struct timespec pause = {0, WAIT_MS * 1000000L};
    struct cw_doctor_range now;
    for (int i = 0; i < WAIT_TRIES; i++) {
        if (d->logs->ops->pending(d->logs, d->settings->topic_state, r->shard, &now.first, &now.end,
                                  &now.open, &now.since, &d->eb) != 0)
            return false;
        if (now.end > r->state_end && now.open == CW_OFFSET_NONE)
            return true;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static enum cw_exit order(struct cw_doctor *d, const struct cw_doctor_shard *sh,
                          const struct cw_repair *r)
{
    int err = leave(d, sh, r);
    if (err)
        return cw_ctl_failed(err, &d->eb);
    enum cw_word said = CW_WORD_ordered;
    if (sh->holder)
        said = was_carried_out(d, r) ? CW_WORD_carried_out : CW_WORD_not_yet;
    (void)printf("%s %d%s%s\n", cw_word(d->settings, CW_WORD_shard), (int)r->shard,
                 cw_word(d->settings, CW_WORD_colon), cw_word(d->settings, said));
    return said == CW_WORD_not_yet ? CW_EXIT_WRONG : CW_EXIT_DONE;
}

/* ---- the whole ---- */

static bool is_confirmed(const struct cw_doctor *d)
{
    char answer[16];
    if (cw_args_flag(d->ctl->args, "yes"))
        return true;
    if (!isatty(STDIN_FILENO))
        return false;
    (void)printf("%s ", cw_word(d->settings, CW_WORD_type_yes));
    (void)fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && strcmp(answer, "yes\n") == 0;
}

static bool is_to_mend(const struct cw_doctor *d, const struct cw_doctor_shard *sh)
{
    if (cw_args_flag(d->ctl->args, "anew"))
        return d->only != CW_DOCTOR_ALL || sh->hurt;
    return sh->hurt && sh->err != -CW_E_NEWER;
}

/* One that is not carried out in time keeps no other from its order; where the log itself is away
 * there is nobody to order. */
static enum cw_exit order_all(struct cw_doctor *d, const struct cw_repair *plans)
{
    enum cw_exit worst = CW_EXIT_DONE;
    for (size_t i = 0; i < d->n_looked && worst != CW_EXIT_UNREACHABLE; i++) {
        if (!is_to_mend(d, &d->shards[i]))
            continue;
        enum cw_exit code = order(d, &d->shards[i], &plans[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}

/* The engine heeds orders for shards that stand still; one for a shard at work would lie in the
 * topic until somebody restores the shard, long after anyone looked. */
static enum cw_exit refuse_at_work(const struct cw_doctor *d)
{
    for (size_t i = 0; i < d->n_looked; i++) {
        const struct cw_doctor_shard *sh = &d->shards[i];
        bool at_work = sh->holder && !sh->hurt && strcmp(sh->standing, "running") == 0;
        if (at_work && is_to_mend(d, sh))
            return cw_ctl_fail(CW_EXIT_WRONG, "%s %d: %s (%s)", cw_word(d->settings, CW_WORD_shard),
                               (int)sh->number, cw_word(d->settings, CW_WORD_at_work), sh->holder);
    }
    return CW_EXIT_DONE;
}

enum cw_exit cw_doctor_repair(struct cw_doctor *d)
{
    if (refuse_at_work(d) != CW_EXIT_DONE)
        return CW_EXIT_WRONG;
    struct cw_repair *plans = calloc(d->n_looked + 1, sizeof *plans);
    size_t n = 0;
    int err = plans ? 0 : -CW_E_NOMEM;
    for (size_t i = 0; i < d->n_looked && !err; i++) {
        if (!is_to_mend(d, &d->shards[i]))
            continue;
        err = plan(d, &d->shards[i], &plans[i]);
        if (!err)
            show(d, &d->shards[i], &plans[i]);
        n++;
    }
    enum cw_exit code = CW_EXIT_DONE;
    if (err)
        code = cw_ctl_fail(CW_EXIT_WRONG, "%s", d->eb.text[0] ? d->eb.text : cw_strerror(err));
    else if (n == 0)
        (void)puts(cw_word(d->settings, CW_WORD_nothing_to_mend));
    else if (!is_confirmed(d))
        code = cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_word(d->settings, CW_WORD_not_confirmed));
    if (!code && n)
        code = order_all(d, plans);
    free(plans);
    return code ? code : n == 0 && d->wrong ? CW_EXIT_WRONG : CW_EXIT_DONE;
}
