/* The embedded log: one statement at a time, and what SQLite's result codes mean to us. On the
 * thread of the file's handle. */
#include "bus/sqlite_file.h"

/* ---- what went wrong ---- */

static const struct {
    int primary; /* SQLite's primary result code */
    enum cw_err err;
    const char *advice; /* to whom the text is shown */
} meanings[] = {
    {SQLITE_BUSY, CW_E_RETRY, "another process is writing"},
    {SQLITE_LOCKED, CW_E_RETRY, "another process is writing"},
    {SQLITE_FULL, CW_E_ABORT, "make room on its disk"},
    {SQLITE_IOERR, CW_E_ABORT, "look at its disk and the kernel's log"},
    {SQLITE_INTERRUPT, CW_E_ABORT, "interrupted"},
    {SQLITE_NOMEM, CW_E_NOMEM, "out of memory"},
    {SQLITE_READONLY, CW_E_FATAL, "the file and its folder must be writable"},
    {SQLITE_CANTOPEN, CW_E_FATAL, "look at the folder and its permissions"},
    {SQLITE_CORRUPT, CW_E_FATAL, "the file is damaged"},
    {SQLITE_NOTADB, CW_E_FATAL, "this is another kind of file"},
};

int cw_sqlite_failed(struct cw_sqlite *f, int rc, const char *what, struct cw_errbuf *eb)
{
    enum cw_err err = CW_E_FATAL;
    const char *advice = "";
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].primary == (rc & 0xff)) {
            err = meanings[i].err;
            advice = meanings[i].advice;
        }
    return cw_fail(eb, err, "%.200s: %s: %s%s%s", f->path, what, sqlite3_errstr(rc),
                   *advice ? "; " : "", advice);
}

/* ---- running ---- */

sqlite3_stmt *cw_sqlite_bound(struct cw_sqlite *f, enum cw_sqlite_statement s, size_t n,
                              const int64_t values[])
{
    sqlite3_stmt *st = f->statements[s];
    for (size_t i = 0; i < n; i++) /* Integers always find room. */
        (void)sqlite3_bind_int64(st, (int)i + 1, values[i]);
    return st;
}

/* The statement's first word is what was being done. */
static int stepped(struct cw_sqlite *f, sqlite3_stmt *st, int rc, struct cw_errbuf *eb)
{
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return rc == SQLITE_ROW;
    char what[16];
    size_t n = 0;
    for (const char *p = sqlite3_sql(st); n < sizeof what - 1 && *p > ' '; p++)
        what[n++] = *p;
    what[n] = '\0';
    return cw_sqlite_failed(f, rc, what, eb);
}

int cw_sqlite_row(struct cw_sqlite *f, sqlite3_stmt *st, size_t n, int64_t row[],
                  struct cw_errbuf *eb)
{
    int got = stepped(f, st, sqlite3_step(st), eb);
    for (size_t i = 0; i < n && got == 1; i++)
        row[i] = sqlite3_column_int64(st, (int)i);
    (void)sqlite3_reset(st); /* What failed was said by the step. */
    return got;
}

int cw_sqlite_run(struct cw_sqlite *f, sqlite3_stmt *st, struct cw_errbuf *eb)
{
    int got = stepped(f, st, sqlite3_step(st), eb);
    (void)sqlite3_reset(st);
    return got < 0 ? got : 0;
}
