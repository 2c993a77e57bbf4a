/* Delivery driven without servers: a Redis that answers when told to, an outbox of numbered tasks.
 *
 * The stand-in for Redis applies batches as cw_apply does (compare and set) and notes which offsets
 * took effect; whatever happens on the way, in the end that must be every offset once, in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/delivery.h"

#define SHARD 4
#define TASKS_MOST 400

/* A command that was sent: what it does to Redis, and whom to tell. */
struct command {
    char word[4][CW_EPOCH_MOST + 1];
    int64_t prev, next;
    size_t n_tasks;
    cw_reply_fn *fn;
    void *arg;
};
struct world {
    struct cw_delivery *d;
    struct cw_settings settings;
    struct command sent[64];
    size_t n_sent;
    bool connected, dropped;
    char epoch[CW_EPOCH_MOST + 1];
    char recorded[CW_EPOCH_MOST + 1];
    const char *known; /* what is recorded by the time it is looked */
    bool looking;
    int64_t stored;
    int64_t applied[2 * TASKS_MOST];
    size_t n_applied;
    const char *fail_batch; /* the error the next batch gets */
    int64_t outbox_begin, outbox_end, at;
    int64_t markers; /* so many of the last offsets hold no task */
    bool reading;
    int read_calls;
};

/* ---- the ports ---- */

static void copy_word(char to[CW_EPOCH_MOST + 1], struct cw_str s)
{
    (void)snprintf(to, CW_EPOCH_MOST + 1, "%.*s", (int)s.n, s.p);
}

static int64_t number_of(struct cw_str s)
{
    char text[CW_EPOCH_MOST + 1];
    copy_word(text, s);
    return strtoll(text, NULL, 10);
}

static int port_send(void *self, const struct cw_str *argv, size_t argc, cw_reply_fn *fn, void *arg)
{
    struct world *w = self;
    if (!w->connected || w->dropped || w->n_sent == 64)
        return -CW_E_RETRY;
    struct command *c = &w->sent[w->n_sent++];
    *c = (struct command){.fn = fn, .arg = arg};
    for (size_t i = 0; i < 4 && i < argc; i++)
        copy_word(c->word[i], argv[i]);
    if (strcmp(c->word[0], "FCALL") == 0) {
        c->prev = number_of(argv[6]);
        c->next = number_of(argv[7]);
        for (size_t i = 0; i < argc; i++)
            c->n_tasks += argv[i].n == 7 && memcmp(argv[i].p, "task_id", 7) == 0;
    }
    return 0;
}

static void port_drop(void *self, const char *why)
{
    (void)why;
    ((struct world *)self)->dropped = true;
}

static void port_read(void *self, int32_t shard, int64_t from)
{
    struct world *w = self;
    assert_int_equal(shard, SHARD);
    w->reading = true;
    w->read_calls++;
    w->at = from == CW_OFFSET_NONE ? w->outbox_begin : from;
}

static void port_leave(void *self, int32_t shard)
{
    assert_int_equal(shard, SHARD);
    ((struct world *)self)->reading = false;
}

static void port_wake(void *self)
{
    (void)self;
}

static void port_record(void *self, const char *epoch)
{
    struct world *w = self;
    (void)snprintf(w->recorded, sizeof w->recorded, "%s", epoch);
}

static void port_look(void *self)
{
    ((struct world *)self)->looking = true;
}

static cw_wall_time now(void)
{
    return INT64_C(1772388000000000);
}

static void begin(struct world *w, const char *kafka_epoch, const char *redis_epoch)
{
    static char prefix[] = "cw:";
    struct cw_errbuf eb;
    *w = (struct world){.stored = CW_OFFSET_NONE, .known = ""};
    w->settings = (struct cw_settings){.redis_prefix = prefix,
                                       .redis_batch = 3,
                                       .redis_in_flight = 2,
                                       .retention = CW_DAY,
                                       .feed_length = 100};
    assert_int_equal(cw_zone_load("UTC", &w->settings.zone, &eb), 0);
    (void)snprintf(w->epoch, sizeof w->epoch, "%s", redis_epoch);
    const struct cw_delivery_setup setup = {.settings = &w->settings,
                                            .redis = {w, port_send, port_drop},
                                            .outbox = {w, port_read, port_leave, port_wake},
                                            .control = {w, port_look, port_record},
                                            .epoch = kafka_epoch,
                                            .fresh_epoch = "fresh",
                                            .now = now};
    w->d = cw_delivery_new(&setup);
    assert_non_null(w->d);
    const int32_t shard = SHARD;
    cw_delivery_owned(w->d, &shard, 1);
}

/* ---- the stand-in for Redis ---- */

static struct cw_reply text_or_nil(const char *text)
{
    if (!text[0])
        return (struct cw_reply){.kind = CW_REPLY_NIL};
    return (struct cw_reply){.kind = CW_REPLY_TEXT, .text = {text, strlen(text)}};
}

static struct cw_reply error(const char *text)
{
    return (struct cw_reply){.kind = CW_REPLY_ERROR, .text = {text, strlen(text)}};
}

static struct cw_reply do_batch(struct world *w, const struct command *c, char room[64])
{
    static struct cw_reply items[2];
    if (w->fail_batch) {
        struct cw_reply r = error(w->fail_batch);
        w->fail_batch = NULL;
        return r;
    }
    items[0] = items[1] = (struct cw_reply){.kind = CW_REPLY_NUMBER, .number = w->stored};
    if (c->next > w->stored) {
        if (c->prev != w->stored) {
            (void)snprintf(room, 64, "CWGAP %lld", (long long)w->stored);
            return error(room);
        }
        for (int64_t o = c->prev < 0 ? w->outbox_begin : c->prev; o < c->next; o++)
            w->applied[w->n_applied++] = o;
        w->stored = items[0].number = c->next;
        items[1].number = (int64_t)c->n_tasks;
    }
    return (struct cw_reply){.kind = CW_REPLY_LIST, .items = items, .n_items = 2};
}

static struct cw_reply execute(struct world *w, const struct command *c, char room[64])
{
    if (strcmp(c->word[0], "FCALL") == 0)
        return do_batch(w, c, room);
    if (strcmp(c->word[0], "HSETNX") == 0) {
        if (!w->epoch[0])
            (void)snprintf(w->epoch, sizeof w->epoch, "%s", c->word[3]);
        return (struct cw_reply){.kind = CW_REPLY_NUMBER, .number = 1};
    }
    assert_string_equal(c->word[0], "HGET");
    assert_string_equal(c->word[1], "cw:delivery");
    if (strcmp(c->word[2], "epoch") == 0)
        return text_or_nil(w->epoch);
    assert_string_equal(c->word[2], "4");
    (void)snprintf(room, 64, "%lld", (long long)w->stored);
    return text_or_nil(w->stored < 0 ? "" : room);
}

static struct command take_first(struct world *w)
{
    struct command c = w->sent[0];
    w->n_sent--;
    memmove(w->sent, w->sent + 1, w->n_sent * sizeof *w->sent);
    return c;
}

static void answer_one(struct world *w)
{
    char room[64];
    struct command c = take_first(w);
    struct cw_reply r = execute(w, &c, room);
    c.fn(c.arg, &r);
}

/* The connection ends: of what is out the first `done` were carried out, and nobody hears of any.
 */
static void cut(struct world *w, size_t done)
{
    const struct cw_reply unknown = {.kind = CW_REPLY_UNKNOWN};
    char room[64];
    while (w->n_sent) {
        struct command c = take_first(w);
        if (done > 0) {
            (void)execute(w, &c, room);
            done--;
        }
        c.fn(c.arg, &unknown);
    }
    w->connected = false;
    cw_delivery_redis_down(w->d);
}

static void connect_again(struct world *w)
{
    if (w->connected)
        cut(w, 0);
    w->connected = true;
    w->dropped = false;
    cw_delivery_redis_up(w->d);
}

static void read_one(struct world *w)
{
    char json[256];
    if (!w->reading || !cw_delivery_has_room(w->d))
        return;
    if (w->at < w->outbox_begin || w->at > w->outbox_end) {
        cw_delivery_lost(w->d, SHARD);
    } else if (w->at >= w->outbox_end - w->markers) {
        w->at = w->outbox_end;
        cw_delivery_end(w->d, SHARD, w->at);
    } else {
        int n = snprintf(json, sizeof json,
                         "{\"task_id\":\"t-%lld\",\"manager\":\"m\",\"state\":\"open\","
                         "\"version\":1,\"priority\":1}",
                         (long long)w->at);
        cw_delivery_task(w->d, SHARD, w->at, CW_NO_TIME, (struct cw_str){json, (size_t)n});
        w->at++;
    }
}

/* All that can happen does, until nothing is left. */
static void settle(struct world *w)
{
    for (int i = 0; i < 10000; i++) {
        if (!w->connected || w->dropped)
            connect_again(w);
        if (w->n_sent)
            answer_one(w);
        read_one(w);
        cw_delivery_flush(w->d);
        if (cw_delivery_idle(w->d) && w->at == w->outbox_end)
            return;
    }
    fail_msg("delivery never came to an end");
}

static void whole(const struct world *w)
{
    assert_int_equal(w->n_applied, w->outbox_end - w->outbox_begin);
    for (size_t i = 0; i < w->n_applied; i++)
        assert_int_equal(w->applied[i], w->outbox_begin + (int64_t)i);
}

static void end(struct world *w)
{
    if (w->n_sent)
        cut(w, 0);
    cw_delivery_free(w->d);
    cw_zone_free(w->settings.zone);
}

/* ---- the tests ---- */

static void answer_all(struct world *w)
{
    for (int i = 0; i < 100 && (w->n_sent || w->looking) && !w->dropped; i++) {
        if (w->n_sent) {
            answer_one(w);
        } else {
            w->looking = false;
            cw_delivery_epoch_known(w->d, w->known);
        }
    }
}

static void test_first_start(void **state)
{
    static const struct {
        const char *kafka, *redis, *recorded;
        enum cw_delivery_standing standing;
    } rows[] = {
        {"", "", "fresh", CW_DELIVERY_SETTLING}, /* until it is recorded */
        {"", "cut-short", "cut-short", CW_DELIVERY_SETTLING},
        {"same", "same", "", CW_DELIVERY_OPEN},
        {"kept", "", "", CW_DELIVERY_REFUSED},
        {"kept", "other", "", CW_DELIVERY_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        begin(&w, rows[i].kafka, rows[i].redis);
        connect_again(&w);
        answer_all(&w);
        assert_string_equal(w.recorded, rows[i].recorded);
        assert_int_equal(cw_delivery_standing(w.d), rows[i].standing);
        assert_int_equal(w.reading, rows[i].standing == CW_DELIVERY_OPEN);
        assert_int_equal(cw_delivery_ready(w.d, NULL), rows[i].standing == CW_DELIVERY_OPEN);
        if (rows[i].recorded[0]) {
            cw_delivery_epoch_recorded(w.d, true);
            answer_all(&w);
            assert_true(cw_delivery_ready(w.d, NULL));
        }
        end(&w);
    }
}

/* A process that started before there was an epoch finds a Redis that was filled and emptied. */
static void test_recorded_meanwhile(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "", "");
    w.known = "kept";
    connect_again(&w);
    answer_all(&w);
    assert_int_equal(cw_delivery_standing(w.d), CW_DELIVERY_REFUSED);
    assert_string_equal(w.epoch, "");
    end(&w);
    begin(&w, "", "another");
    w.known = "kept";
    connect_again(&w);
    answer_all(&w);
    assert_int_equal(cw_delivery_standing(w.d), CW_DELIVERY_REFUSED);
    assert_string_equal(w.recorded, "");
    end(&w);
    begin(&w, "", "");
    w.known = NULL;
    connect_again(&w);
    answer_all(&w);
    assert_true(w.dropped);
    assert_string_equal(w.epoch, "");
    end(&w);
}

static void test_refused_until_mended(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "kept", "other");
    connect_again(&w);
    answer_all(&w);
    (void)strcpy(w.epoch, "kept");
    cw_delivery_tick(w.d);
    answer_all(&w);
    assert_true(cw_delivery_ready(w.d, NULL));
    end(&w);
}

static void test_epoch_not_recorded(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "", "");
    connect_again(&w);
    answer_all(&w);
    cw_delivery_epoch_recorded(w.d, false);
    assert_true(w.dropped);
    assert_false(w.reading);
    end(&w);
}

static void test_chain_in_order(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    w.outbox_begin = 2;
    w.outbox_end = 12;
    connect_again(&w);
    answer_all(&w);
    for (int i = 0; i < 20; i++)
        read_one(&w);
    /* No more is read than can be on its way; no more is sent than settings allow. */
    assert_int_equal(w.at, 2 + 6);
    cw_delivery_flush(w.d);
    assert_int_equal(w.n_sent, 2);
    assert_int_equal(w.sent[0].prev, -1);
    assert_int_equal(w.sent[0].next, 5);
    assert_int_equal(w.sent[1].prev, 5);
    assert_int_equal(w.sent[1].next, 8);
    settle(&w);
    whole(&w);
    end(&w);
}

/* A batch's answer is not heard: carried out or not, the stored offset tells. */
static void test_unknown_outcome(void **state)
{
    (void)state;
    for (size_t done = 0; done <= 2; done++) {
        struct world w;
        begin(&w, "e", "e");
        w.outbox_end = 20;
        connect_again(&w);
        answer_all(&w);
        for (int i = 0; i < 6; i++)
            read_one(&w);
        cw_delivery_flush(w.d);
        assert_int_equal(w.n_sent, 2);
        cut(&w, done);
        assert_false(w.reading);
        assert_int_equal(w.n_sent, 0);
        settle(&w);
        whole(&w);
        end(&w);
    }
}

/* Redis went back to an earlier state without the connection telling. */
static void test_gap(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    w.outbox_end = 20;
    settle(&w);
    whole(&w);
    w.stored = 7;
    w.n_applied = 7;
    w.outbox_end = 26;
    settle(&w);
    whole(&w);
    assert_int_equal(w.read_calls, 2);
    end(&w);
}

static void test_errors_start_over(void **state)
{
    static const char *const rows[] = {"OOM command not allowed when used memory > 'maxmemory'.",
                                       "READONLY You can't write", "ERR Function not found",
                                       "CWARG what", "MISCONF disk"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        begin(&w, "e", "e");
        w.outbox_end = 20;
        w.fail_batch = rows[i];
        settle(&w);
        assert_null(w.fail_batch);
        whole(&w);
        end(&w);
    }
}

static void test_emptied_meanwhile(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    w.outbox_end = 5;
    settle(&w);
    w.outbox_end = 6;
    w.epoch[0] = '\0';
    w.fail_batch = "CWEPOCH ";
    for (int i = 0; i < 10; i++) {
        read_one(&w);
        cw_delivery_flush(w.d);
        answer_all(&w);
    }
    assert_int_equal(cw_delivery_standing(w.d), CW_DELIVERY_REFUSED);
    assert_int_equal(w.n_applied, 5);
    end(&w);
}

static void test_emptied_while_idle(void **state)
{
    static const char *const now[] = {"", "other"};
    (void)state;
    for (size_t i = 0; i < sizeof now / sizeof *now; i++) {
        struct world w;
        begin(&w, "e", "e");
        w.outbox_end = 5;
        settle(&w);
        cw_delivery_tick(w.d);
        answer_all(&w);
        assert_true(cw_delivery_ready(w.d, NULL));
        (void)strcpy(w.epoch, now[i]);
        cw_delivery_tick(w.d);
        answer_all(&w);
        assert_int_equal(cw_delivery_standing(w.d), CW_DELIVERY_REFUSED);
        assert_false(w.reading);
        (void)strcpy(w.epoch, "e");
        cw_delivery_tick(w.d);
        answer_all(&w);
        assert_true(cw_delivery_ready(w.d, NULL));
        end(&w);
    }
}

static void test_outbox_does_not_reach(void **state)
{
    (void)state;
    for (int beyond = 0; beyond < 2; beyond++) {
        struct world w;
        begin(&w, "e", "e");
        w.outbox_begin = 10;
        w.outbox_end = 20;
        w.stored = beyond ? 21 : 9;
        connect_again(&w);
        answer_all(&w);
        read_one(&w);
        assert_false(cw_delivery_ready(w.d, NULL));
        assert_false(w.reading);
        assert_int_equal(w.n_applied, 0);
        /* redeliver has set it. */
        w.stored = 10;
        cw_delivery_tick(w.d);
        answer_all(&w);
        read_one(&w);
        assert_true(cw_delivery_ready(w.d, NULL));
        settle(&w);
        whole(&w);
        end(&w);
    }
}

static bool says_refused(const struct world *w)
{
    struct cw_delivery_shard shard;
    assert_int_equal(cw_delivery_shards(w->d, &shard, 1), 1);
    return shard.refused;
}

/* While it asks again, and until the outbox has given something, nothing is mended. */
static void test_refused_while_it_asks_again(void **state)
{
    (void)state;
    for (int64_t more = 0; more < 2; more++) {
        struct world w;
        struct cw_errbuf why;
        begin(&w, "e", "e");
        w.outbox_end = 5;
        w.stored = 9;
        connect_again(&w);
        answer_all(&w);
        assert_false(says_refused(&w));
        read_one(&w);
        for (int i = 0; i < 3; i++) {
            cw_delivery_tick(w.d);
            assert_true(says_refused(&w));
            answer_all(&w);
            assert_true(w.reading);
            assert_true(says_refused(&w));
            assert_false(cw_delivery_ready(w.d, &why));
            assert_non_null(strstr(why.text, "redeliver"));
            read_one(&w);
        }
        w.outbox_end = 9 + more; /* its end, or a task */
        cw_delivery_tick(w.d);
        answer_all(&w);
        read_one(&w);
        assert_false(says_refused(&w));
        assert_true(cw_delivery_ready(w.d, NULL));
        end(&w);
    }
}

/* It is read from the stored offset again, at the next tick; what was read in front of it is sent
 * once. */
static void test_what_cannot_be_read_is_asked_for_again(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    w.outbox_end = 8;
    connect_again(&w);
    answer_all(&w);
    read_one(&w);
    cw_delivery_flush(w.d);
    read_one(&w);
    cw_delivery_damaged(w.d, SHARD);
    assert_false(w.reading);
    assert_false(cw_delivery_ready(w.d, NULL));
    cw_delivery_task(w.d, SHARD, 5, CW_NO_TIME, CW_STR("{}")); /* from behind it */
    cw_delivery_end(w.d, SHARD, 8);
    cw_delivery_flush(w.d);
    answer_all(&w);
    assert_false(w.reading);
    assert_int_equal(w.stored, 1);
    cw_delivery_tick(w.d);
    answer_all(&w);
    assert_int_equal(w.at, 1);
    settle(&w);
    whole(&w);
    assert_true(cw_delivery_ready(w.d, NULL));
    end(&w);
}

static void test_not_ours_any_more(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    w.outbox_end = 20;
    connect_again(&w);
    answer_all(&w);
    for (int i = 0; i < 6; i++)
        read_one(&w);
    cw_delivery_flush(w.d);
    cw_delivery_owned(w.d, NULL, 0);
    assert_false(w.reading);
    const int32_t shard = SHARD;
    cw_delivery_owned(w.d, &shard, 1);
    settle(&w);
    whole(&w);
    end(&w);
}

static void test_no_task(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    w.outbox_end = 3;
    connect_again(&w);
    answer_all(&w);
    cw_delivery_task(w.d, SHARD, 0, CW_NO_TIME, CW_STR("not a task"));
    w.at = 1;
    settle(&w);
    assert_int_equal(w.stored, 3);
    end(&w);
}

static void turn(struct world *w)
{
    read_one(w);
    cw_delivery_flush(w->d);
    answer_all(w);
}

/* Where retention takes all there is, the outbox begins behind its last marker. */
static void test_markers_are_passed(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    w.outbox_end = 4;
    w.markers = 1;
    connect_again(&w);
    answer_all(&w);
    for (int i = 0; i < 5; i++)
        turn(&w);
    assert_int_equal(w.stored, 3); /* not yet: tasks have just gone */
    int ticks = 0;
    for (; w.stored == 3 && ticks < 100; ticks++) {
        cw_delivery_tick(w.d);
        turn(&w);
    }
    assert_int_equal(ticks * CW_DELIVERY_TICK, 60);
    assert_int_equal(w.stored, 4);
    /* One call for however many. */
    for (int i = 0; i < 11; i++) {
        w.outbox_end += 10;
        w.markers += 10;
        cw_delivery_tick(w.d);
        turn(&w);
        assert_int_equal(w.stored, 4);
    }
    cw_delivery_tick(w.d);
    turn(&w);
    assert_int_equal(w.stored, 114);
    /* The next task goes on from there. */
    w.outbox_end = 116;
    w.markers = 0;
    settle(&w);
    whole(&w);
    end(&w);
}

/* The last marker of a process that ends, and what was left by one that was killed. */
static void test_markers_are_passed_before_the_end_and_after_a_start(void **state)
{
    (void)state;
    for (int started = 0; started < 2; started++) {
        struct world w;
        begin(&w, "e", "e");
        w.outbox_end = 5;
        settle(&w);
        w.outbox_end = 6;
        w.markers = 1;
        turn(&w);
        assert_int_equal(w.stored, 5);
        if (started)
            connect_again(&w);
        else
            cw_delivery_read_on(w.d);
        settle(&w);
        assert_int_equal(w.stored, 6);
        w.outbox_begin = 6; /* retention */
        w.n_applied = 0;
        connect_again(&w);
        settle(&w);
        assert_true(cw_delivery_ready(w.d, NULL));
        end(&w);
    }
}

static void test_nothing_is_sent_of_an_empty_outbox(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "e", "e");
    settle(&w);
    assert_int_equal(w.stored, CW_OFFSET_NONE);
    end(&w);
}

static uint32_t dice_state;

static size_t dice(size_t sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 8) % sides;
}

static void test_any_order(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 2000; seed++) {
        struct world w;
        dice_state = seed;
        begin(&w, "e", "e");
        for (int step = 0; step < 200; step++) {
            size_t what = dice(12);
            if (!w.connected || w.dropped)
                connect_again(&w);
            if (what < 4)
                read_one(&w);
            else if (what < 7)
                cw_delivery_flush(w.d);
            else if (what < 10 && w.n_sent)
                answer_one(&w);
            else if (what == 10 && dice(4) == 0)
                cut(&w, dice(4));
            else if (what == 11 && w.outbox_end < TASKS_MOST)
                w.outbox_end += (int64_t)dice(4);
        }
        settle(&w);
        whole(&w);
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_start),
        cmocka_unit_test(test_refused_until_mended),
        cmocka_unit_test(test_recorded_meanwhile),
        cmocka_unit_test(test_epoch_not_recorded),
        cmocka_unit_test(test_chain_in_order),
        cmocka_unit_test(test_unknown_outcome),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_errors_start_over),
        cmocka_unit_test(test_emptied_meanwhile),
        cmocka_unit_test(test_emptied_while_idle),
        cmocka_unit_test(test_outbox_does_not_reach),
        cmocka_unit_test(test_refused_while_it_asks_again),
        cmocka_unit_test(test_what_cannot_be_read_is_asked_for_again),
        cmocka_unit_test(test_not_ours_any_more),
        cmocka_unit_test(test_no_task),
        cmocka_unit_test(test_markers_are_passed),
        cmocka_unit_test(test_markers_are_passed_before_the_end_and_after_a_start),
        cmocka_unit_test(test_nothing_is_sent_of_an_empty_outbox),
        cmocka_unit_test(test_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
