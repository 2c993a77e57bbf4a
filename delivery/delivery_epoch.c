/* Is this the Redis we filled? The epoch, a word drawn once, is kept in Redis and in Kafka; how the
 * two are compared is in docs/design.md, "Delivery". Main thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "delivery/delivery_state.h"

static void ask_epoch(struct cw_delivery *d);

static void refuse(struct cw_delivery *d)
{
    d->standing = CW_DELIVERY_REFUSED;
    cw_log(CW_LOG_ERROR, "delivery_refused",
           "reason=\"this Redis is not the one that was filled: its epoch is %s, the recorded one "
           "%s\" mend=\"point redis.url at the right one, or run churnwatchctl redeliver; one that "
           "is at work shows as missing until it is through\"",
           d->redis_epoch[0] ? d->redis_epoch : "missing", d->epoch);
}

static bool epoch_of(const struct cw_reply *r, char out[CW_EPOCH_MOST + 1])
{
    if (r->kind == CW_REPLY_NIL) {
        out[0] = '\0';
        return true;
    }
    if (r->kind != CW_REPLY_TEXT || r->text.n == 0 || r->text.n > CW_EPOCH_MOST)
        return false;
    memcpy(out, r->text.p, r->text.n);
    out[r->text.n] = '\0';
    return true;
}

static void on_set(void *arg, const struct cw_reply *r)
{
    struct question *q = arg;
    struct cw_delivery *d = q->d;
    bool ours = q->session == d->session && r->kind != CW_REPLY_UNKNOWN;
    free(q);
    if (!ours)
        return;
    if (r->kind == CW_REPLY_ERROR)
        cw_delivery_wrong(d, "epoch_not_set", r);
    else
        ask_epoch(d);
}

/* Whoever is first sets it; what it is then is asked again. */
static void set_epoch(struct cw_delivery *d)
{
    char key[80];
    struct question *q = cw_delivery_question(d);
    const char *fresh = d->setup.fresh_epoch;
    const struct cw_str argv[] = {
        CW_STR("HSETNX"), cw_delivery_key(d, key), CW_STR("epoch"), {fresh, strlen(fresh)}};
    cw_log(CW_LOG_INFO, "epoch_new", "epoch=%s", fresh);
    cw_delivery_ask(d, argv, 4, on_set, q);
}

/* Before a Redis is taken for new, or for one whose epoch nobody has recorded yet, it is asked
 * again what is recorded: another process may have recorded one since this one started, and the
 * Redis it filled been emptied or exchanged. */
static void compare(struct cw_delivery *d)
{
    if (d->epoch[0] == '\0')
        d->setup.control.look(d->setup.control.self);
    else if (strcmp(d->epoch, d->redis_epoch) == 0)
        cw_delivery_opened(d);
    else
        refuse(d);
}

static void on_epoch(void *arg, const struct cw_reply *r)
{
    struct question *q = arg;
    struct cw_delivery *d = q->d;
    bool ours = q->session == d->session && r->kind != CW_REPLY_UNKNOWN;
    free(q);
    if (!ours || d->standing != CW_DELIVERY_SETTLING)
        return;
    if (epoch_of(r, d->redis_epoch))
        compare(d);
    else
        cw_delivery_wrong(d, "epoch_unreadable", r);
}

static void ask_for_epoch(struct cw_delivery *d, cw_reply_fn *fn)
{
    char key[80];
    struct question *q = cw_delivery_question(d);
    const struct cw_str argv[] = {CW_STR("HGET"), cw_delivery_key(d, key), CW_STR("epoch")};
    cw_delivery_ask(d, argv, 3, fn, q);
}

static void ask_epoch(struct cw_delivery *d)
{
    ask_for_epoch(d, on_epoch);
}

void cw_delivery_settle(struct cw_delivery *d)
{
    d->standing = CW_DELIVERY_SETTLING;
    ask_epoch(d);
}

static void on_same(void *arg, const struct cw_reply *r)
{
    struct question *q = arg;
    struct cw_delivery *d = q->d;
    bool ours = q->session == d->session && r->kind != CW_REPLY_UNKNOWN;
    free(q);
    if (!ours || d->standing != CW_DELIVERY_OPEN)
        return;
    if (!epoch_of(r, d->redis_epoch)) {
        cw_delivery_wrong(d, "epoch_unreadable", r);
    } else if (strcmp(d->epoch, d->redis_epoch) != 0) {
        cw_delivery_halt(d);
        refuse(d);
    }
}

/* A Redis that is emptied under an open connection says nothing by itself, and the next task, which
 * would show it, may be hours away. */
void cw_delivery_check_epoch(struct cw_delivery *d)
{
    ask_for_epoch(d, on_same);
}

void cw_delivery_epoch_known(struct cw_delivery *d, const char *epoch)
{
    if (epoch && d->epoch[0] == '\0')
        (void)snprintf(d->epoch, sizeof d->epoch, "%s", epoch);
    if (d->standing != CW_DELIVERY_SETTLING)
        return;
    if (!epoch)
        d->setup.redis.drop(d->setup.redis.self, "the recorded epoch could not be read");
    else if (d->epoch[0])
        compare(d);
    else if (d->redis_epoch[0])
        d->setup.control.record(d->setup.control.self, d->redis_epoch);
    else
        set_epoch(d);
}

void cw_delivery_epoch_recorded(struct cw_delivery *d, bool ok)
{
    if (ok)
        (void)snprintf(d->epoch, sizeof d->epoch, "%s", d->redis_epoch);
    if (d->standing != CW_DELIVERY_SETTLING)
        return;
    if (ok)
        ask_epoch(d);
    else
        d->setup.redis.drop(d->setup.redis.self, "the epoch could not be recorded in Kafka");
}
