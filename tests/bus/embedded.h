/* Tests of what is the embedded log's own. */
#ifndef CW_TESTS_BUS_EMBEDDED_H
#define CW_TESTS_BUS_EMBEDDED_H

int run_embedded_tests(void); /* the number that failed */

#endif
