/* The embedded log: opening the file, making it, and knowing it for ours. On the thread of the
 * file's handle. */
#include "bus/sqlite_file.h"

#include <stdlib.h>
#include <string.h>

#include "bus/topic_table.h"

#define APPLICATION_ID 0x63776c67
/* How long a call waits for another process's transaction, all of which are short. */
#define BUSY_MS 5000

#define TEXT_OF(value) #value
#define NUMBER(value) TEXT_OF(value)

/* The page size and the journal are decided before the first page is written. */
static const char before_schema[] = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;";

static const char schema[] =
    "CREATE TABLE topic ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL) STRICT;"
    "CREATE TABLE partition ("
    " id INTEGER PRIMARY KEY, topic INTEGER NOT NULL REFERENCES topic, number INTEGER NOT NULL,"
    " first INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0,"
    " bytes INTEGER NOT NULL DEFAULT 0, committed INTEGER NOT NULL DEFAULT -1,"
    " clean INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, number)) STRICT;"
    "CREATE TABLE record ("
    " id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB) STRICT;"
    "CREATE TABLE latest ("
    " partition INTEGER NOT NULL, key BLOB NOT NULL, offset INTEGER NOT NULL,"
    " PRIMARY KEY (partition, key)) STRICT, WITHOUT ROWID;"
    "PRAGMA application_id = " NUMBER(APPLICATION_ID) ";"
                                                      "PRAGMA user_version = " NUMBER(
                                                          CW_SQLITE_FORMAT) ";";

/* Of each connection. A WAL that grew while a reader stood still is cut back to 32 MiB. */
static const char each_time[] = "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 33554432;"
                                "PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;";

const char *cw_sqlite_path(const struct cw_settings *s)
{
    static const char scheme[] = "sqlite:";
    size_t n = sizeof scheme - 1;
    return strncmp(s->bus, scheme, n) == 0 ? s->bus + n : NULL;
}

/* ---- small questions, asked before any statement is prepared ---- */

static int execute(struct cw_sqlite *f, const char *sql, const char *what, struct cw_errbuf *eb)
{
    int rc = sqlite3_exec(f->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : cw_sqlite_failed(f, rc, what, eb);
}

static int ask(struct cw_sqlite *f, const char *sql, int64_t *ret_answer, struct cw_errbuf *eb)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(f->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *ret_answer = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    return rc == SQLITE_ROW ? 0 : cw_sqlite_failed(f, rc, "it cannot be read", eb);
}

/* ---- is it ours? ---- */

/* blank: nothing was ever stored in it. */
static int identify(struct cw_sqlite *f, bool *ret_blank, struct cw_errbuf *eb)
{
    int64_t application = 0, format = 0, tables = 0;
    int err = ask(f, "PRAGMA application_id", &application, eb);
    if (!err)
        err = ask(f, "PRAGMA user_version", &format, eb);
    if (!err)
        err = ask(f, "SELECT count(*) FROM sqlite_schema", &tables, eb);
    if (err)
        return err;
    *ret_blank = tables == 0 && application == 0;
    if (*ret_blank)
        return 0;
    if (application != APPLICATION_ID)
        return cw_fail(eb, CW_E_INVALID, "%.200s: an SQLite file, but not an embedded log",
                       f->path);
    if (format > CW_SQLITE_FORMAT)
        return cw_fail(eb, CW_E_INVALID,
                       "%.200s: a newer file: its format is %lld, this release knows %d; use the "
                       "release that wrote it or a later one",
                       f->path, (long long)format, CW_SQLITE_FORMAT);
    return 0;
}

static int make_tables(struct cw_sqlite *f, struct cw_errbuf *eb)
{
    bool blank = false;
    int err = execute(f, before_schema, "it cannot be made", eb);
    if (!err)
        err = execute(f, "BEGIN IMMEDIATE", "it cannot be made", eb);
    if (!err)
        err = identify(f, &blank, eb); /* Another may have been quicker. */
    if (!err && blank)
        err = execute(f, schema, "it cannot be made", eb);
    return err ? err : execute(f, "COMMIT", "it cannot be made", eb);
}

/* ---- topics ---- */

/* Both statements leave alone what is there: a topic keeps the count it was made with. */
static int add_topic(struct cw_sqlite *f, const char *name, int32_t partitions,
                     struct cw_errbuf *eb)
{
    static const char sql[] =
        "INSERT INTO topic (name, partitions) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    static const char rows[] =
        "WITH RECURSIVE row (topic, number, n) AS ("
        "SELECT id, 0, partitions FROM topic WHERE name = ?1 "
        "UNION ALL SELECT topic, number + 1, n FROM row WHERE number + 1 < n) "
        "INSERT INTO partition (topic, number) SELECT topic, number FROM row WHERE true "
        "ORDER BY number ON CONFLICT DO NOTHING";
    const char *const both[] = {sql, rows};
    int rc = SQLITE_OK;
    for (size_t i = 0; i < 2 && rc == SQLITE_OK; i++) {
        sqlite3_stmt *st = NULL;
        rc = sqlite3_prepare_v2(f->db, both[i], -1, &st, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
        if (rc == SQLITE_OK && i == 0)
            rc = sqlite3_bind_int(st, 2, partitions);
        if (rc == SQLITE_OK)
            rc = sqlite3_step(st) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(f->db);
        (void)sqlite3_finalize(st);
    }
    return rc == SQLITE_OK ? 0 : cw_sqlite_failed(f, rc, "a topic cannot be made", eb);
}

static int add_topics(struct cw_sqlite *f, const struct cw_settings *s, struct cw_errbuf *eb)
{
    int err = execute(f, "BEGIN IMMEDIATE", "topics cannot be made", eb);
    for (size_t i = 0; i < CW_TOPICS && !err; i++)
        err = add_topic(f, cw_topic_name(s, &cw_topics[i]),
                        cw_topics[i].by_client ? (int32_t)s->sqlite_partitions : 1, eb);
    return err ? err : execute(f, "COMMIT", "topics cannot be made", eb);
}

static int check_counts(struct cw_sqlite *f, const struct cw_settings *s, struct cw_errbuf *eb)
{
    for (size_t i = 0; i < CW_TOPICS; i++) {
        const struct cw_sqlite_topic *t = cw_sqlite_topic(f, cw_topic_name(s, &cw_topics[i]));
        if (cw_topics[i].by_client && t->n_partitions != s->sqlite_partitions)
            return cw_fail(
                eb, CW_E_INVALID,
                "%.200s: topic %s has %d partitions and sqlite.partitions is %lld: the "
                "count is fixed when the file is made; docs/operate.md, \"More partitions\", "
                "says how to go on with another",
                f->path, t->name, t->n_partitions, (long long)s->sqlite_partitions);
    }
    return 0;
}

struct cw_sqlite_topic *cw_sqlite_topic(struct cw_sqlite *f, const char *name)
{
    for (size_t i = 0; i < f->n_topics; i++)
        if (strcmp(f->topics[i].name, name) == 0)
            return &f->topics[i];
    return NULL;
}

static bool room_for(struct cw_sqlite *f, int64_t topics, int64_t partitions)
{
    f->topics = calloc((size_t)topics + 1, sizeof *f->topics);
    f->partitions = calloc((size_t)partitions + 1, sizeof *f->partitions);
    return f->topics && f->partitions;
}

/* One row of the join: a partition, by topic and number. */
static bool take_partition(struct cw_sqlite *f, sqlite3_stmt *st)
{
    struct cw_sqlite_partition *p = &f->partitions[f->n_partitions];
    struct cw_sqlite_topic *t = f->n_topics ? &f->topics[f->n_topics - 1] : NULL;
    const char *name = (const char *)sqlite3_column_text(st, 0);
    if (!t || !name || strcmp(t->name, name) != 0) {
        t = &f->topics[f->n_topics];
        t->name = name ? strdup(name) : NULL;
        if (!t->name)
            return false;
        t->partitions = p;
        f->n_topics++;
    }
    t->n_partitions++;
    p->id = sqlite3_column_int64(st, 1);
    p->number = sqlite3_column_int(st, 2);
    f->n_partitions++;
    return true;
}

static int load_topics(struct cw_sqlite *f, struct cw_errbuf *eb)
{
    static const char sql[] =
        "SELECT topic.name, partition.id, partition.number FROM topic JOIN partition "
        "ON partition.topic = topic.id ORDER BY partition.id";
    sqlite3_stmt *st = NULL;
    int64_t topics = 0, partitions = 0;
    int rc;
    int err = ask(f, "SELECT count(*) FROM topic", &topics, eb);
    if (!err)
        err = ask(f, "SELECT count(*) FROM partition", &partitions, eb);
    if (err)
        return err;
    if (!room_for(f, topics, partitions))
        return -CW_E_NOMEM;
    rc = sqlite3_prepare_v2(f->db, sql, -1, &st, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW &&
           f->n_partitions < (size_t)partitions)
        rc = take_partition(f, st) ? SQLITE_OK : SQLITE_NOMEM;
    (void)sqlite3_finalize(st);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : cw_sqlite_failed(f, rc, "its topics", eb);
}

/* ---- opening and closing ---- */

static int prepare(struct cw_sqlite *f, struct cw_errbuf *eb)
{
    static const char *const texts[] = {
#define X(name, sql) sql,
        CW_SQLITE_STATEMENTS(X)
#undef X
    };
    for (size_t i = 0; i < CW_SQL_COUNT; i++) {
        int rc = sqlite3_prepare_v3(f->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &f->statements[i], NULL);
        if (rc != SQLITE_OK)
            return cw_sqlite_failed(f, rc, texts[i], eb);
    }
    return 0;
}

static int connect(struct cw_sqlite *f, bool make, struct cw_errbuf *eb)
{
    bool blank = false;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (make ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(f->path, &f->db, flags, NULL);
    if (rc == SQLITE_CANTOPEN && !make)
        return cw_fail(eb, CW_E_IO, "%.200s: cannot be opened; the daemon makes it when it starts",
                       f->path);
    if (rc != SQLITE_OK)
        return cw_sqlite_failed(f, rc, "it cannot be opened", eb);
    (void)sqlite3_extended_result_codes(f->db, 1);
    (void)sqlite3_busy_timeout(f->db, BUSY_MS);
    int err = identify(f, &blank, eb);
    if (!err && blank)
        err = make ? make_tables(f, eb)
                   : cw_fail(eb, CW_E_INVALID, "%.200s: the file is empty", f->path);
    return err ? err : execute(f, each_time, "it cannot be set up", eb);
}

static int open_file(struct cw_sqlite *f, const struct cw_settings *s, bool make,
                     struct cw_errbuf *eb)
{
    int err = connect(f, make, eb);
    if (!err && make)
        err = add_topics(f, s, eb);
    if (!err)
        err = load_topics(f, eb);
    if (!err && make)
        err = check_counts(f, s, eb);
    if (!err)
        err = prepare(f, eb);
    if (!err)
        err = cw_sqlite_refresh(f, eb);
    return err == -CW_E_RETRY || err == -CW_E_ABORT || err == -CW_E_FATAL ? -CW_E_IO : err;
}

int cw_sqlite_open(const struct cw_settings *s, bool make, struct cw_sqlite **ret_file,
                   struct cw_errbuf *eb)
{
    struct cw_sqlite *f = calloc(1, sizeof *f);
    if (f)
        f->path = strdup(cw_sqlite_path(s));
    if (!f || !f->path) {
        cw_sqlite_close(f);
        return cw_fail(eb, CW_E_NOMEM, "no memory for the embedded log");
    }
    int err = open_file(f, s, make, eb);
    if (err) {
        cw_sqlite_close(f);
        return err;
    }
    *ret_file = f;
    return 0;
}

void cw_sqlite_close(struct cw_sqlite *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < CW_SQL_COUNT; i++)
        (void)sqlite3_finalize(f->statements[i]);
    (void)sqlite3_close(f->db); /* Rolls back what is open. */
    for (size_t i = 0; i < f->n_topics; i++)
        free(f->topics[i].name);
    free(f->topics);
    free(f->partitions);
    free(f->path);
    free(f);
}
