/* What is the embedded log's own: one daemon to a file, files that are not ours, crashes at every
 * point, a disk that is full, and retention. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/bus_sqlite.h"
#include "bus/logs.h"
#include "bus/sqlite_file.h"
#include "tests/bus/embedded.h"
#include "tests/bus/member.h"
#include "tests/support/sqlite_settings.h"

static struct member member_of(const struct cw_settings *s)
{
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    return m;
}

static void assert_said(const char *part)
{
    if (!strstr(said.text, part))
        fail_msg("'%s' does not say '%s'", said.text, part);
}

/* ---- whose file it is ---- */

static void a_second_daemon_is_refused(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("second");
    struct member first = member_of(s);
    struct cw_bus *second;
    char pid[40];
    (void)snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    assert_fails(cw_bus_sqlite_open(s, &second, &said), CW_E_FATAL);
    assert_said("is in use by another daemon");
    assert_said(pid);
    assert_fails(cw_bus_sqlite_prepare(s, &said), CW_E_IO);
    begin_work(&first, 0, "kept", 1);
    assert_ok(first.bus->ops->commit(first.bus, &said));
    first.bus->ops->close(first.bus);
    struct member heir = member_of(s);
    assert_log(heir.bus, CW_LOG_STATE, 0, "kept;");
    heir.bus->ops->close(heir.bus);
    adapter->dispose(s);
}

static void execute(const struct cw_settings *s, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(cw_test_sqlite_file(s, ""), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_newer_file_is_refused_by_name(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("newer");
    struct cw_logs *l;
    execute(s, "PRAGMA user_version = 2");
    assert_fails(cw_bus_sqlite_prepare(s, &said), CW_E_INVALID);
    assert_said("a newer file");
    assert_said(cw_test_sqlite_file(s, ""));
    assert_fails(cw_logs_open(s, &l, &said), CW_E_INVALID);
    adapter->dispose(s);
}

static void another_file_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct cw_settings *s = cw_test_sqlite_settings(SHARDS);
    execute(s, "CREATE TABLE somebody (elses)");
    assert_fails(cw_bus_sqlite_prepare(s, &said), CW_E_INVALID);
    assert_said("not an embedded log");
    execute(s, "SELECT elses FROM somebody");
    FILE *f = fopen(cw_test_sqlite_file(s, ""), "w");
    assert_non_null(f);
    for (int i = 0; i < 100; i++)
        assert_true(fputs("a letter, not a data base\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_fails(cw_bus_sqlite_prepare(s, &said), CW_E_IO);
    assert_said("another kind of file");
    adapter->dispose(s);
}

static void settings_must_fit_the_file(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("fit");
    s->sqlite_partitions = SHARDS + 1;
    assert_fails(cw_bus_sqlite_prepare(s, &said), CW_E_INVALID);
    assert_said("sqlite.partitions");
    s->sqlite_partitions = SHARDS;
    s->engine_threads = 2;
    assert_fails(cw_bus_sqlite_prepare(s, &said), CW_E_INVALID);
    assert_said("engine.threads");
    adapter->dispose(s);
}

static void an_onlooker_makes_no_file(void **state)
{
    (void)state;
    struct cw_settings *s = cw_test_sqlite_settings(SHARDS);
    struct cw_logs *l;
    assert_fails(cw_logs_open(s, &l, &said), CW_E_IO);
    assert_said("the daemon makes it");
    assert_int_equal(access(cw_test_sqlite_file(s, ""), F_OK), -1);
    adapter->dispose(s);
}

/* ---- crashes ---- */

/* In a child process, which must not run into this one's test runner: what goes wrong ends it. */
static void must(int err)
{
    if (err)
        _exit(3);
}

static void commit_some(struct cw_bus *b, int from, int to)
{
    static const char *const values[] = {"one", "two", "three", "four"};
    for (int i = from; i < to; i++) {
        const struct cw_positions at = billing_at(0, i + 1);
        const struct cw_record r = {.log = CW_LOG_STATE, .value = {values[i], strlen(values[i])}};
        must(b->ops->begin(b, 1, &said));
        must(b->ops->append(b, &r, &said));
        must(b->ops->send_positions(b, &at, 1, 1, &said));
        must(b->ops->commit(b, &said));
    }
}

/* A daemon that commits so often, begins once more, and is killed. */
static void live_and_be_killed(const struct cw_settings *s, int commits)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct cw_bus *b;
        struct cw_bus_event ev;
        const struct cw_record r = {.log = CW_LOG_STATE, .value = CW_STR("ghost")};
        must(cw_bus_sqlite_open(s, &b, &said));
        must(b->ops->poll(b, 0, &ev, &said));
        commit_some(b, 0, commits);
        must(b->ops->begin(b, 1, &said));
        must(b->ops->append(b, &r, &said));
        (void)kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void killed_between_append_and_commit(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("killed");
    live_and_be_killed(s, 2);
    struct member m = member_of(s);
    assert_committed(m.bus, 0, 2);
    assert_log(m.bus, CW_LOG_STATE, 0, "one;two;");
    commit_some(m.bus, 2, 3);
    assert_committed(m.bus, 0, 3);
    assert_log(m.bus, CW_LOG_STATE, 0, "one;two;three;");
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

struct bytes {
    char *p; /* owned */
    size_t n;
};

static struct bytes slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct bytes b = {malloc(1 << 20), 0};
    assert_non_null(f);
    assert_non_null(b.p);
    b.n = fread(b.p, 1, 1 << 20, f);
    assert_true(b.n > 0 && b.n < 1 << 20);
    (void)fclose(f);
    return b;
}

static void spill(const char *path, const char *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* How many transactions are there; all of each, and in their order. */
static int whole_transactions(const struct cw_settings *s)
{
    static const char *const texts[] = {"", "one;", "one;two;", "one;two;three;"};
    struct member m = member_of(s);
    struct cw_positions at;
    assert_ok(m.bus->ops->committed(m.bus, 0, &at, &said));
    int n = at.next[CW_IN_BILLING] == CW_OFFSET_NONE ? 0 : (int)at.next[CW_IN_BILLING];
    assert_in_range(n, 0, 3);
    assert_log(m.bus, CW_LOG_STATE, 0, texts[n]);
    m.bus->ops->close(m.bus);
    return n;
}

/* The machine stops while the log ahead is being written: cut at many lengths, each leaves so many
 * whole transactions, all numbers of them being met. */
static void a_torn_wal_leaves_whole_transactions(void **state)
{
    (void)state;
    enum { CUTS = 60 };
    struct cw_settings *s = adapter->prepare("torn");
    bool met[4] = {false};
    int before = 0;
    live_and_be_killed(s, 3);
    struct bytes db = slurp(cw_test_sqlite_file(s, ""));
    struct bytes wal = slurp(cw_test_sqlite_file(s, "-wal"));
    for (size_t i = 0; i <= CUTS; i++) {
        (void)unlink(cw_test_sqlite_file(s, "-shm"));
        spill(cw_test_sqlite_file(s, ""), db.p, db.n);
        spill(cw_test_sqlite_file(s, "-wal"), wal.p, wal.n * i / CUTS);
        int n = whole_transactions(s);
        assert_true(n >= before);
        met[n] = true;
        before = n;
    }
    for (int i = 0; i < 4; i++)
        assert_true(met[i]);
    free(db.p);
    free(wal.p);
    adapter->dispose(s);
}

/* ---- a full disk ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit l;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes < l.rlim_max ? bytes : l.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static int count_state(void *arg, const struct cw_message *m)
{
    assert_int_equal(m->value.p[0], (char)m->offset);
    ++*(int64_t *)arg;
    return 0;
}

/* One transaction of a large record; its first error. */
static int try_large(struct member *m, char *record, size_t n, int64_t number)
{
    const struct cw_positions at = billing_at(0, number + 1);
    record[0] = (char)number;
    const struct cw_record r = {.log = CW_LOG_STATE, .value = {record, n}};
    int err = m->bus->ops->begin(m->bus, m->token, &said);
    if (!err)
        err = m->bus->ops->append(m->bus, &r, &said);
    if (!err)
        err = m->bus->ops->send_positions(m->bus, &at, 1, m->token, &said);
    return err ? err : m->bus->ops->commit(m->bus, &said);
}

static void assert_so_many(struct member *m, int64_t n)
{
    int64_t found = 0;
    assert_committed(m->bus, 0, n);
    assert_int_equal(end_of(m->bus, CW_LOG_STATE, 0), n);
    assert_ok(m->bus->ops->read(m->bus, CW_LOG_STATE, 0, 0, n, count_state, &found, &said));
    assert_int_equal(found, n);
}

static void a_full_disk_loses_nothing_and_doubles_nothing(void **state)
{
    (void)state;
    enum { LARGE = 65536, LIMIT = 1 << 20, MOST = 100 };
    struct cw_settings *s = adapter->prepare("full");
    struct member m = member_of(s);
    char *record = calloc(1, LARGE);
    int64_t n = 0;
    int err = 0;
    assert_non_null(record);
    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files(LIMIT);
    while (n < MOST && (err = try_large(&m, record, LARGE, n)) == 0)
        n++;
    assert_int_equal(err, -CW_E_ABORT);
    assert_said(cw_test_sqlite_file(s, ""));
    assert_true(n > 1);
    for (int again = 0; again < 3; again++) {
        assert_ok(m.bus->ops->abort(m.bus, &said));
        assert_so_many(&m, n);
        assert_fails(try_large(&m, record, LARGE, n), CW_E_ABORT);
    }
    assert_ok(m.bus->ops->abort(m.bus, &said));
    limit_files(RLIM_INFINITY);
    for (int i = 0; i < 3; i++)
        assert_ok(try_large(&m, record, LARGE, n + i));
    assert_so_many(&m, n + 3);
    m.bus->ops->close(m.bus);
    m = member_of(s);
    assert_so_many(&m, n + 3);
    m.bus->ops->close(m.bus);
    free(record);
    adapter->dispose(s);
}

/* ---- others append meanwhile ---- */

enum { BY_OTHERS = 3000 };

static void *append_many(void *arg)
{
    const struct cw_settings *s = arg;
    struct cw_errbuf eb;
    struct cw_logs *l;
    char value[16];
    int err = cw_logs_open(s, &l, &eb);
    for (int i = 0; i < BY_OTHERS && !err; i++) {
        int n = snprintf(value, sizeof value, "%d", i);
        const struct cw_logs_record r = {
            .topic = s->topic_billing, .partition = 0, .value = {value, (size_t)n}};
        err = l->ops->append(l, &r, &eb);
        if (!err && i % 20 == 0)
            err = l->ops->flush(l, &eb);
    }
    if (!err)
        err = l->ops->flush(l, &eb);
    cw_logs_close(l);
    return err ? arg : NULL;
}

static void many_append_while_the_engine_commits(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("others");
    struct member m = member_of(s);
    const struct cw_positions at = from_the_beginning(0);
    struct cw_bus_event ev;
    pthread_t thread;
    void *failed;
    char expected[16];
    start_reading(&m, &at);
    assert_int_equal(pthread_create(&thread, NULL, append_many, s), 0);
    for (int64_t i = 0; i < BY_OTHERS; i++) {
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        int n = snprintf(expected, sizeof expected, "%d", (int)i);
        assert_int_equal(ev.message.offset, i);
        assert_int_equal(ev.message.value.n, n);
        assert_memory_equal(ev.message.value.p, expected, (size_t)n);
        if (i % 20 == 0) {
            begin_work(&m, 0, "state", i + 1);
            assert_ok(m.bus->ops->commit(m.bus, &said));
        }
    }
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

/* ---- retention ---- */

static void commit_input(const struct cw_settings *s, enum cw_input in, int64_t next)
{
    struct member m = member_of(s);
    struct cw_positions at = from_the_beginning(0);
    at.next[in] = next;
    assert_ok(m.bus->ops->begin(m.bus, m.token, &said));
    assert_ok(m.bus->ops->send_positions(m.bus, &at, 1, m.token, &said));
    assert_ok(m.bus->ops->commit(m.bus, &said));
    m.bus->ops->close(m.bus);
}

static int64_t first_of(const struct cw_settings *s, const char *topic)
{
    struct cw_logs *l;
    int64_t first, end;
    assert_ok(cw_logs_open(s, &l, &said));
    assert_ok(l->ops->range(l, topic, 0, &first, &end, &said));
    cw_logs_close(l);
    return first;
}

/* A daemon with nothing to do, until the topic begins there, and one sweep round more. */
static void sweep_until(const struct cw_settings *s, const char *topic, int64_t first)
{
    struct member m = member_of(s);
    struct cw_bus_event ev;
    for (time_t until = deadline(); first_of(s, topic) < first;) {
        assert_true(time(NULL) < until);
        (void)step(&m, &ev);
    }
    for (int i = 0; i < CW_INPUTS * SHARDS; i++)
        (void)step(&m, &ev);
    m.bus->ops->close(m.bus);
    assert_int_equal(first_of(s, topic), first);
}

static void retention_takes_the_oldest_that_were_read(void **state)
{
    (void)state;
    /* Key, value and header are 24 bytes: 1000 records are within the bound. */
    enum { FED = 3000, READ = 1500, KEPT = 1000 };
    struct cw_settings *s = adapter->prepare("retention");
    feed_all(s, CW_IN_BILLING, 0, "client", "event", FED);
    s->sqlite_retention_bytes = KEPT * (6 + 5 + 4 + 5 + 4 + 1);
    commit_input(s, CW_IN_BILLING, READ);
    sweep_until(s, s->topic_billing, READ); /* What is unread stays, above the bound too. */
    commit_input(s, CW_IN_BILLING, FED);
    sweep_until(s, s->topic_billing, FED - KEPT);
    s->sqlite_retention = 0; /* All is older than that now. */
    sweep_until(s, s->topic_billing, FED);
    feed(s, CW_IN_BILLING, 0, "client", "goes on");
    struct member m = member_of(s);
    struct cw_bus_event ev;
    struct cw_positions at = from_the_beginning(0);
    start_reading(&m, &at);
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.message.offset, FED);
    /* Who comes back to what is gone is told so, and does not go on as if nothing had been. */
    at.next[CW_IN_BILLING] = READ;
    assert_fails(m.bus->ops->seek(m.bus, &at, &said), CW_E_FATAL);
    assert_said("retention");
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static int64_t pages_of(const struct cw_settings *s)
{
    struct cw_sqlite *f;
    sqlite3_stmt *st;
    assert_ok(cw_sqlite_open(s, false, &f, &said));
    assert_int_equal(sqlite3_prepare_v2(f->db, "PRAGMA page_count", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    cw_sqlite_close(f);
    return n;
}

static void the_file_does_not_grow_for_ever(void **state)
{
    (void)state;
    enum { ROUNDS = 8, FED = 1000 };
    struct cw_settings *s = adapter->prepare("bound");
    char value[1001];
    int64_t pages = 0;
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    s->sqlite_retention = 0;
    for (int i = 1; i <= ROUNDS; i++) {
        feed_all(s, CW_IN_SERVICE, 0, "client", value, FED);
        commit_input(s, CW_IN_SERVICE, i * FED);
        sweep_until(s, s->topic_service, i * FED);
        if (i == 2)
            pages = pages_of(s);
    }
    assert_true(pages > 0);
    assert_in_range(pages_of(s), 1, pages + pages / 10);
    adapter->dispose(s);
}

static void of_profiles_the_last_is_kept(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("latest");
    static const char *const rows[][2] = {{"a", "a1"}, {"b", "b1"}, {"a", "a2"},
                                          {"c", "c1"}, {"a", NULL}, {"b", "b2"}};
    struct cw_bus_event ev;
    for (size_t i = 0; i < 6; i++)
        feed(s, CW_IN_PROFILES, 0, rows[i][0], rows[i][1]);
    commit_input(s, CW_IN_PROFILES, 5); /* The last is unread: b1 stays. */
    struct cw_logs *l;
    struct heard h;
    struct member m = member_of(s);
    assert_ok(cw_logs_open(s, &l, &said));
    time_t until = deadline();
    do {
        assert_true(time(NULL) < until);
        (void)step(&m, &ev);
        h = (struct heard){.last = -1};
        assert_ok(l->ops->read(l, s->topic_profiles, 0, 0, 6, hear, &h, &said));
    } while (strcmp(h.text, "b1;c1;;b2;") != 0);
    struct cw_positions at = from_the_beginning(0);
    start_reading(&m, &at);
    for (int64_t offset = 0; offset < 6; offset++) {
        if (offset == 0 || offset == 2)
            continue;
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        assert_int_equal(ev.message.offset, offset);
    }
    cw_logs_close(l);
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

static void the_state_log_is_trimmed(void **state)
{
    (void)state;
    struct cw_settings *s = adapter->prepare("trim");
    struct member m = member_of(s);
    struct cw_bus_event ev;
    struct heard h = {.last = -1};
    int64_t first = 0, end;
    for (int i = 0; i < 5; i++) {
        begin_work(&m, 0, "state", i);
        assert_ok(m.bus->ops->commit(m.bus, &said));
    }
    m.bus->ops->trim(m.bus, 0, 3);
    for (time_t until = deadline(); first < 3;) {
        assert_true(time(NULL) < until);
        (void)step(&m, &ev);
        assert_ok(m.bus->ops->end(m.bus, CW_LOG_STATE, 0, &first, &end, &said));
    }
    assert_int_equal(first, 3);
    assert_int_equal(end, 5);
    assert_ok(m.bus->ops->read(m.bus, CW_LOG_STATE, 0, first, end, hear, &h, &said));
    assert_string_equal(h.text, "state;state;");
    m.bus->ops->close(m.bus);
    adapter->dispose(s);
}

int run_embedded_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_daemon_is_refused),
        cmocka_unit_test(a_newer_file_is_refused_by_name),
        cmocka_unit_test(another_file_is_refused_and_left_alone),
        cmocka_unit_test(settings_must_fit_the_file),
        cmocka_unit_test(an_onlooker_makes_no_file),
        cmocka_unit_test(killed_between_append_and_commit),
        cmocka_unit_test(a_torn_wal_leaves_whole_transactions),
        cmocka_unit_test(a_full_disk_loses_nothing_and_doubles_nothing),
        cmocka_unit_test(many_append_while_the_engine_commits),
        cmocka_unit_test(retention_takes_the_oldest_that_were_read),
        cmocka_unit_test(the_file_does_not_grow_for_ever),
        cmocka_unit_test(of_profiles_the_last_is_kept),
        cmocka_unit_test(the_state_log_is_trimmed),
    };
    return cmocka_run_group_tests_name("embedded", tests, NULL, NULL);
}
