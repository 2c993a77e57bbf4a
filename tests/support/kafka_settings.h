/* Settings for a test on a real broker: topics, group and ids of its own, so that no two tests
 * meet, nor two runs on one broker. */
#ifndef CW_TESTS_KAFKA_SETTINGS_H
#define CW_TESTS_KAFKA_SETTINGS_H

#include "churnwatch/settings.h"

enum { CW_TEST_SKIPPED = 77 };

/* The broker that CW_TEST_KAFKA names, or NULL after saying that this is skipped. */
const char *cw_test_kafka(void);

/* Never NULL: fails the test. The topics are not made. Freed with cw_settings_free. */
struct cw_settings *cw_test_kafka_settings(const char *test);

#endif
