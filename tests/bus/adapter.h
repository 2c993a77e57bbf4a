/* The tests that every adapter of the bus runs, and those of groups among them. The adapter under
 * test is set before (tests/bus/member.h). */
#ifndef CW_TESTS_BUS_ADAPTER_H
#define CW_TESTS_BUS_ADAPTER_H

/* The number that failed. A test that cannot hold on this adapter is named with the reason. */
int run_adapter_tests(void); /* bus.h */
int run_logs_tests(void);    /* logs.h */

/* groups.c */
void a_restore_waits_for_the_open_transaction(void **state);
void a_second_self_fences_the_first(void **state);
void a_second_member_takes_shards_and_the_old_token_is_void(void **state);
void a_kept_assignment_is_revoked_after_the_commit(void **state);
void a_zombies_commit_is_refused(void **state);

#endif
