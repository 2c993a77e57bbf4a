/* The load: clients' profiles and events as JSON lines. Every text is a function of the seed and
 * its number alone, so that two runs measure the same. Not a county to judge quality by; that is
 * churnwatchctl sim. */
#ifndef CW_BENCH_LOAD_TEXT_H
#define CW_BENCH_LOAD_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { LOAD_LINES_MOST = 500 };
struct load {
    uint64_t seed, clients, events;
    uint64_t lines;         /* of each client; 0 is 1, at most LOAD_LINES_MOST */
    int64_t from_us, to_us; /* of event time, since 1970; events lie evenly between */
};

struct load_line {
    char client[24], text[64 * 1024];
    int n; /* bytes of text */
    int is_service;
};

void load_profile(const struct load *l, uint64_t client, struct load_line *ret);
void load_event(const struct load *l, uint64_t number, struct load_line *ret);
/* Event `number`, but happening at that time. */
void load_event_at(const struct load *l, uint64_t number, int64_t at_us, struct load_line *ret);
/* What makes a task at once, here and with the peers: a client never seen is suspended. Its name is
 * the time, so that who sees the task knows when the event was made. */
void load_probe(int64_t at_us, struct load_line *ret);

#endif
