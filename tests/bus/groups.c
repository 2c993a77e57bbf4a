/* What a bus with a group must do: several members, fencing, zombies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bus/adapter.h"
#include "tests/bus/member.h"

enum { KEPT_S = 4 }; /* more than a member needs to hear that it is to let go */

/* A property laid over the bus's defaults. */
static void add_property(struct cw_settings *s, const char *property)
{
    struct cw_list *l = &s->kafka_properties;
    char **items = realloc(l->items, (l->n + 1) * sizeof *items);
    assert_non_null(items);
    l->items = items;
    l->items[l->n] = strdup(property);
    assert_non_null(l->items[l->n++]);
}

/* ---- restoring while another commits ---- */

struct restorer {
    struct cw_bus *bus;
    atomic_bool *committing;
    struct cw_positions at;
    struct heard heard;
    bool early; /* it got an answer before the transaction was ended */
    int err;
};

/* Positions, then the end, then the records, as a restore asks for them. */
static void *restore(void *arg)
{
    struct restorer *r = arg;
    struct cw_errbuf eb;
    int64_t first, end;
    r->err = r->bus->ops->committed(r->bus, 0, &r->at, &eb);
    r->early = !atomic_load(r->committing);
    if (!r->err)
        r->err = r->bus->ops->end(r->bus, CW_LOG_STATE, 0, &first, &end, &eb);
    if (!r->err)
        r->err = r->bus->ops->read(r->bus, CW_LOG_STATE, 0, 0, end, hear, &r->heard, &eb);
    return NULL;
}

void a_restore_waits_for_the_open_transaction(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("restore");
    struct member m = {.bus = opened(s, 0)}, other = {.bus = opened(s, 1)};
    atomic_bool committing = false;
    struct restorer r = {.committing = &committing, .heard = {.last = -1}};
    pthread_t thread;
    share(&m, &other);
    r.bus = other.bus;
    begin_work(&m, 0, "open", 7);
    /* The end counts what is not committed. The record is on its way; the end will show it. */
    for (time_t until = deadline(); end_of(m.bus, CW_LOG_STATE, 0) < 1;)
        assert_true(time(NULL) < until);
    assert_int_equal(pthread_create(&thread, NULL, restore, &r), 0);
    /* Time for a reader that does not wait to be caught. */
    for (int i = 0; i < 300; i++)
        (void)end_of(m.bus, CW_LOG_STATE, 0);
    atomic_store(&committing, true);
    assert_ok(m.bus->ops->commit(m.bus, &said));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(r.err, 0);
    assert_false(r.early);
    assert_int_equal(r.at.next[CW_IN_BILLING], 7);
    assert_string_equal(r.heard.text, "open;");
    r.bus->ops->close(r.bus);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

/* ---- members against each other ---- */

void a_second_self_fences_the_first(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("fence");
    struct member old = {.bus = opened(s, 0)};
    wait_assigned(&old, SHARDS);
    begin_work(&old, 0, "ghost", 4);
    struct member new = {.bus = opened(s, 0)};
    assert_fails(old.bus->ops->commit(old.bus, &said), CW_E_FATAL);
    wait_assigned(&new, SHARDS);
    assert_committed(new.bus, 0, CW_OFFSET_NONE);
    assert_log(new.bus, CW_LOG_STATE, 0, "");
    begin_work(&new, 0, "real", 2);
    assert_ok(new.bus->ops->commit(new.bus, &said));
    assert_log(new.bus, CW_LOG_STATE, 0, "real;");
    old.bus->ops->close(old.bus);
    new.bus->ops->close(new.bus);
    adapter->dispose(s);
}

void a_second_member_takes_shards_and_the_old_token_is_void(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("revoke");
    struct member a = {.bus = opened(s, 0)}, b = {0};
    struct cw_bus_event ev;
    const struct cw_positions at = billing_at(0, 8);
    wait_assigned(&a, SHARDS);
    uint64_t old = a.token;
    begin_work(&a, 0, "ghost", 8);
    b.bus = opened(s, 1);
    for (time_t end = deadline(); a.revoked == 0;) {
        assert_true(time(NULL) < end);
        (void)step(&a, &ev);
        (void)step(&b, &ev);
    }
    assert_fails(a.bus->ops->send_positions(a.bus, &at, 1, old, &said), CW_E_REVOKED);
    assert_ok(a.bus->ops->abort(a.bus, &said));
    assert_fails(a.bus->ops->begin(a.bus, old, &said), CW_E_REVOKED);
    share(&a, &b);
    assert_true(a.token != old);
    assert_fails(a.bus->ops->begin(a.bus, old, &said), CW_E_REVOKED);
    assert_committed(b.bus, 0, CW_OFFSET_NONE);
    assert_log(b.bus, CW_LOG_STATE, 0, "");
    a.bus->ops->close(a.bus);
    b.bus->ops->close(b.bus);
    adapter->dispose(s);
}

/* While a commit is under way, whoever asks for the shards waits; then he has them, and finds it.
 */
void a_kept_assignment_is_revoked_after_the_commit(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("kept");
    struct member a = {.bus = opened(s, 0)}, b = {0};
    struct cw_bus_event ev;
    wait_assigned(&a, SHARDS);
    begin_work(&a, 0, "real", 8);
    a.bus->ops->keep(a.bus, true);
    b.bus = opened(s, 1);
    for (time_t end = time(NULL) + KEPT_S; time(NULL) < end;) {
        (void)step(&a, &ev);
        (void)step(&b, &ev);
    }
    assert_int_equal(a.revoked, 0);
    assert_ok(a.bus->ops->commit(a.bus, &said));
    a.bus->ops->keep(a.bus, false);
    share(&a, &b);
    assert_int_equal(a.revoked, 1);
    assert_committed(b.bus, 0, 8);
    assert_log(b.bus, CW_LOG_STATE, 0, "real;");
    a.bus->ops->close(a.bus);
    b.bus->ops->close(b.bus);
    adapter->dispose(s);
}

/* A member that stopped polling for so long that the group gave its shards away, and does not know:
 * its work, begun under the assignment it believes in, must not count. */
void a_zombies_commit_is_refused(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("zombie");
    add_property(s, "session.timeout.ms=6000");
    add_property(s, "max.poll.interval.ms=6000");
    struct member zombie = {.bus = opened(s, 0)}, heir = {0};
    wait_assigned(&zombie, SHARDS);
    heir.bus = opened(s, 1);
    wait_assigned(&heir, SHARDS);
    begin_work(&heir, 0, "real", 6);
    assert_ok(heir.bus->ops->commit(heir.bus, &said));

    const struct cw_positions stale = billing_at(0, 2);
    assert_int_equal(zombie.revoked, 0);
    assert_ok(zombie.bus->ops->begin(zombie.bus, zombie.token, &said));
    append(zombie.bus, CW_LOG_STATE, 0, "ghost");
    int err = zombie.bus->ops->send_positions(zombie.bus, &stale, 1, zombie.token, &said);
    if (err != -CW_E_REVOKED && err != -CW_E_ABORT)
        fail_msg("a zombie's positions: %s: %s", cw_strerror(err), err ? said.text : "accepted");
    assert_ok(zombie.bus->ops->abort(zombie.bus, &said));
    assert_committed(heir.bus, 0, 6);
    assert_log(heir.bus, CW_LOG_STATE, 0, "real;");
    zombie.bus->ops->close(zombie.bus);
    heir.bus->ops->close(heir.bus);
    adapter->dispose(s);
}
