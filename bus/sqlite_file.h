/* The embedded log: all topics in one SQLite file, in WAL mode. Private to bus/.
 *
 *   application_id   0x63776c67 ("cwlg"); user_version   the format, CW_SQLITE_FORMAT
 *
 *   topic      id, name, partitions (fixed when the topic is made)
 *   partition  id, topic, number
 *              first, next   its records' offsets are [first, next); what is before was swept
 *              bytes         of its keys, values and headers
 *              committed     the daemon's position in an input, -1 for none
 *              clean         of a compacted topic: superseded records before this offset are gone
 *   record     id            partition.id << 40 | offset: a partition's records lie together
 *              at_ms         the wall clock when it was appended
 *              key, value    NULL: none
 *              headers       NULL: none; else name and value in turn, each a little-endian u32
 *                            length and the bytes, length 0xFFFFFFFF for an absent value
 *   latest     partition, key, offset: of a compacted topic, below `clean`
 *
 * A file belongs to one daemon at a time (bus/sqlite_lock.h); others read it, and append to it, at
 * the same time. A handle belongs to one thread. What is committed is on the disk
 * (synchronous=FULL).
 *
 * Errors are the bus's: -CW_E_RETRY another has the write lock; -CW_E_ABORT the disk is full or
 * failed, the transaction is to be rolled back; -CW_E_FATAL the file cannot be worked with;
 * -CW_E_NOMEM. eb names the file.
 */
#ifndef CW_BUS_SQLITE_FILE_H
#define CW_BUS_SQLITE_FILE_H

#include <sqlite3.h>

#include "bus/bus.h"
#include "churnwatch/buf.h"
#include "churnwatch/settings.h"

#define CW_SQLITE_FORMAT 1
#define CW_SQLITE_OFFSET_BITS 40 /* 10^12 records of a partition */

/* Every statement, prepared once when the file is opened: name, SQL. */
#define CW_SQLITE_STATEMENTS(X)                                                                    \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(DATA_VERSION, "PRAGMA data_version")                                                         \
    X(PARTITIONS, "SELECT first, next, bytes, committed, clean FROM partition ORDER BY id")        \
    X(PARTITION, "SELECT first, next, bytes, committed, clean FROM partition WHERE id = ?1")       \
    X(ADVANCE, "UPDATE partition SET next = ?2, bytes = bytes + ?3 WHERE id = ?1")                 \
    X(SET_COMMITTED, "UPDATE partition SET committed = ?2 WHERE id = ?1")                          \
    X(INSERT, "INSERT INTO record (id, at_ms, key, value, headers) VALUES (?1, ?2, ?3, ?4, ?5)")   \
    X(READ, "SELECT id, at_ms, key, value, headers FROM record WHERE id >= ?1 AND id < ?2 "        \
            "ORDER BY id")                                                                         \
    X(AT, "SELECT id, at_ms FROM record WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1")           \
    X(SIZES, "SELECT id, at_ms, ifnull(length(key), 0) + ifnull(length(value), 0) + "              \
             "ifnull(length(headers), 0) FROM record WHERE id >= ?1 AND id < ?2 ORDER BY id")      \
    X(SWEEP, "DELETE FROM record WHERE id >= ?1 AND id < ?2")                                      \
    X(SWEPT, "UPDATE partition SET first = ?2, bytes = bytes - ?3 WHERE id = ?1")                  \
    X(LATEST, "SELECT offset FROM latest WHERE partition = ?1 AND key = ?2")                       \
    X(SET_LATEST, "INSERT INTO latest (partition, key, offset) VALUES (?1, ?2, ?3) "               \
                  "ON CONFLICT DO UPDATE SET offset = excluded.offset")                            \
    X(CLEANED, "UPDATE partition SET clean = ?2, bytes = bytes - ?3 WHERE id = ?1")
enum cw_sqlite_statement {
#define X(name, sql) CW_SQL_##name,
    CW_SQLITE_STATEMENTS(X)
#undef X
        CW_SQL_COUNT
};

/* A partition as it was last read. */
struct cw_sqlite_partition {
    int64_t id;
    int32_t number;
    int64_t first, next, bytes, committed, clean;
    /* In the transaction `touched`: where its next record goes, and the bytes appended. */
    uint64_t touched;
    int64_t to, added;
};
struct cw_sqlite_topic {
    char *name; /* owned */
    int32_t n_partitions;
    struct cw_sqlite_partition *partitions; /* into the file's array, by number */
};
struct cw_sqlite {
    sqlite3 *db;
    char *path; /* owned */
    sqlite3_stmt *statements[CW_SQL_COUNT];
    struct cw_sqlite_topic *topics; /* owned */
    size_t n_topics;
    struct cw_sqlite_partition *partitions; /* owned; by id, those of a topic together */
    size_t n_partitions;
    uint64_t transaction; /* its number; counts up */
};

/* ---- sqlite_file.c: opening ---- */

/* The file that the setting `bus` names; NULL when it names none. Borrowed. */
const char *cw_sqlite_path(const struct cw_settings *s);
/* Opens the settings' file. make: makes it, and the topics of the settings that it lacks, each with
 * sqlite.partitions. -CW_E_INVALID for a file that is not ours, is newer, or does not fit the
 * settings; -CW_E_IO where there is none or it cannot be opened. Partitions are read. */
int cw_sqlite_open(const struct cw_settings *s, bool make, struct cw_sqlite **ret_file,
                   struct cw_errbuf *eb);
void cw_sqlite_close(struct cw_sqlite *f); /* accepts NULL; rolls back what is open */
/* NULL when there is no such topic. */
struct cw_sqlite_topic *cw_sqlite_topic(struct cw_sqlite *f, const char *name);

/* ---- sqlite_statement.c: one statement ---- */

/* What a result code means to the bus; eb says what was being done, on which file, and the rest. */
int cw_sqlite_failed(struct cw_sqlite *f, int rc, const char *what, struct cw_errbuf *eb);
/* The statement reset and bound to n integers, ready to be stepped or bound further. */
sqlite3_stmt *cw_sqlite_bound(struct cw_sqlite *f, enum cw_sqlite_statement s, size_t n,
                              const int64_t values[]);
#define CW_SQLITE_BOUND(f, s, ...)                                                                 \
    cw_sqlite_bound(f, s, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                      \
                    (int64_t[]){__VA_ARGS__})
/* Steps once and resets: 1 a row was there (its first columns are in row[n]), 0 none, or an error.
 */
int cw_sqlite_row(struct cw_sqlite *f, sqlite3_stmt *st, size_t n, int64_t row[],
                  struct cw_errbuf *eb);
/* Runs to the end a statement that gives no rows. */
int cw_sqlite_run(struct cw_sqlite *f, sqlite3_stmt *st, struct cw_errbuf *eb);

/* ---- sqlite_records.c: transactions and records ---- */

int cw_sqlite_begin(struct cw_sqlite *f, struct cw_errbuf *eb);
/* Within a transaction. The headers are encoded, p NULL for none. */
int cw_sqlite_append(struct cw_sqlite *f, struct cw_sqlite_partition *p, struct cw_str key,
                     struct cw_str value, struct cw_str headers, struct cw_errbuf *eb);
int cw_sqlite_commit(struct cw_sqlite *f, struct cw_errbuf *eb);
/* Does nothing where nothing is open, as after an error on which SQLite rolled back by itself. */
int cw_sqlite_rollback(struct cw_sqlite *f, struct cw_errbuf *eb);
void cw_sqlite_encode_headers(struct cw_buf *b, const struct cw_header *headers, size_t n);

/* All partitions read anew, in one look. */
int cw_sqlite_refresh(struct cw_sqlite *f, struct cw_errbuf *eb);
/* One partition read anew. */
int cw_sqlite_refresh_one(struct cw_sqlite *f, struct cw_sqlite_partition *p, struct cw_errbuf *eb);
/* Changes whenever somebody else has committed. */
int cw_sqlite_data_version(struct cw_sqlite *f, int64_t *ret_version, struct cw_errbuf *eb);

/* Records copied out of the file, so that no reading stands open while they are used. Zero it to
 * begin. */
struct cw_sqlite_batch {
    struct cw_sqlite_copy *copies; /* owned */
    size_t n, cap;
    struct cw_buf bytes;
    struct cw_header *headers; /* of the message given last; owned */
    size_t cap_headers;
};
/* Fills it with the partition's first records of [from, to), a bounded number of them; n = 0: there
 * are none. */
int cw_sqlite_fetch(struct cw_sqlite *f, const struct cw_sqlite_partition *p, int64_t from,
                    int64_t to, struct cw_sqlite_batch *b, struct cw_errbuf *eb);
/* The i-th of them; borrowed until the next call on the batch. -CW_E_NOMEM, -CW_E_CORRUPT. */
int cw_sqlite_batch_message(struct cw_sqlite_batch *b, size_t i, struct cw_message *ret_message);
void cw_sqlite_batch_free(struct cw_sqlite_batch *b);

/* Calls each with the partition's records of [from, to), as bus.h says of read. */
int cw_sqlite_read(struct cw_sqlite *f, const struct cw_sqlite_partition *p, int64_t from,
                   int64_t to, struct cw_sqlite_batch *b,
                   int (*each)(void *arg, const struct cw_message *m), void *arg,
                   struct cw_errbuf *eb);

#endif
