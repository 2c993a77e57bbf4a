/* Settings for a test on the embedded log: a file of its own in a folder of its own. */
#ifndef CW_TESTS_SQLITE_SETTINGS_H
#define CW_TESTS_SQLITE_SETTINGS_H

#include "churnwatch/settings.h"

/* Never NULL: fails the test. The file is not made. */
struct cw_settings *cw_test_sqlite_settings(int64_t partitions);
/* The file's path, in a buffer of its own that the next call uses again. */
const char *cw_test_sqlite_file(const struct cw_settings *s, const char *suffix);
/* Removes the folder with all that is in it. */
void cw_test_sqlite_dispose(const struct cw_settings *s);

#endif
