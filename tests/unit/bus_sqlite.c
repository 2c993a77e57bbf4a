/* The bus and the logs on the embedded log; no server is needed. What is its own (one daemon,
 * crashes, a full disk, retention) is in embedded.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus/bus_sqlite.h"
#include "bus/sqlite_file.h"
#include "bus/topic_table.h"
#include "tests/bus/adapter.h"
#include "tests/bus/embedded.h"
#include "tests/bus/member.h"
#include "tests/support/sqlite_settings.h"

static struct cw_settings *prepare(const char *test)
{
    struct cw_settings *s = cw_test_sqlite_settings(SHARDS);
    (void)test; /* The folder is of this test alone. */
    assert_ok(cw_bus_sqlite_prepare(s, &said));
    return s;
}

static int open_bus(const struct cw_settings *s, int thread, struct cw_bus **ret_bus,
                    struct cw_errbuf *eb)
{
    assert_int_equal(thread, 0);
    return cw_bus_sqlite_open(s, ret_bus, eb);
}

static void lose_oldest(const struct cw_settings *s, enum cw_input in, int32_t partition,
                        int64_t before)
{
    struct cw_sqlite *f;
    assert_ok(cw_sqlite_open(s, false, &f, &said));
    const struct cw_sqlite_partition *p =
        &cw_sqlite_topic(f, cw_topics_input(s, in))->partitions[partition];
    int64_t base = p->id << CW_SQLITE_OFFSET_BITS;
    assert_ok(cw_sqlite_begin(f, &said));
    assert_ok(cw_sqlite_run(f, CW_SQLITE_BOUND(f, CW_SQL_SWEEP, base, base + before), &said));
    assert_ok(cw_sqlite_run(f, CW_SQLITE_BOUND(f, CW_SQL_SWEPT, p->id, before, 0), &said));
    assert_ok(cw_sqlite_commit(f, &said));
    cw_sqlite_close(f);
}

static const struct adapter sqlite = {.name = "sqlite",
                                      .prepare = prepare,
                                      .dispose = cw_test_sqlite_dispose,
                                      .open = open_bus,
                                      .lose_oldest = lose_oldest};

int main(void)
{
    adapter = &sqlite;
    return run_adapter_tests() + run_logs_tests() + run_embedded_tests();
}
