/* Writes the load as files for churnwatchctl's replay and ingest:
 *
 *   bench_load CLIENTS EVENTS DAYS DIR [LINES]
 *
 * LINES of each client are 1 where nothing is said. The events' last is now, so that what is fed
 * later at the wall clock's time follows them. */
#include <stdlib.h>
#include <time.h>

#include "bench/load_text.h"

static FILE *create(const char *directory, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "we");
    if (!f) {
        perror(path);
        exit(1);
    }
    return f;
}

static void finish(FILE *f)
{
    int bad = ferror(f);
    if (fclose(f) != 0 || bad) {
        perror("bench_load: writing");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct load_line line;
    uint64_t lines = argc == 6 ? strtoull(argv[5], NULL, 10) : 1;
    if ((argc != 5 && argc != 6) || lines == 0 || lines > LOAD_LINES_MOST) {
        (void)fputs("usage: bench_load CLIENTS EVENTS DAYS DIR [LINES]\n", stderr);
        return 2;
    }
    struct load l = {.seed = 1,
                     .clients = strtoull(argv[1], NULL, 10),
                     .events = strtoull(argv[2], NULL, 10),
                     .lines = lines,
                     .to_us = (int64_t)time(NULL) * 1000000};
    l.from_us = l.to_us - strtoll(argv[3], NULL, 10) * 86400 * 1000000;
    FILE *profiles = create(argv[4], "profiles.ndjson"), *events = create(argv[4], "events.ndjson");
    for (uint64_t c = 0; c < l.clients; c++) {
        load_profile(&l, c, &line);
        (void)fprintf(profiles, "%s\n", line.text);
    }
    for (uint64_t i = 0; i < l.events; i++) {
        load_event(&l, i, &line);
        (void)fprintf(events, "%s\n", line.text);
    }
    finish(profiles);
    finish(events);
    return 0;
}
