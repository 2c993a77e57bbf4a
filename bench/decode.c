/* What reading a message costs: the parsers side by side, and the whole way to an event.
 *
 *     bench_decode EVENTS [ROUNDS]      EVENTS: a file of one event a line, as bench_load writes it
 *
 * All lines are held in memory; each round goes over all of them with each way in turn, so that the
 * ways see the same machine. Prints nanoseconds a message: median, least and most of the rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/decode.h"
#include "core/json.h"
#include "core/locate.h"

#ifdef CW_YYJSON
#include <yyjson.h>
#endif

enum { ROUNDS_MOST = 101, LINES_MOST = 200000 };

static struct cw_str *lines;
static size_t n_lines, left; /* left: by the plain reader */

/* ---- the ways ---- */

static struct cw_json_room room;

static void by_library(void)
{
    for (size_t i = 0; i < n_lines; i++) {
        const struct cw_json *root;
        struct cw_json_fault fault;
        cw_json_room_clear(&room);
        if (cw_json_library(&room, lines[i], &root, &fault) != 0)
            abort();
    }
}

static void by_plain(void)
{
    left = 0;
    for (size_t i = 0; i < n_lines; i++) {
        cw_json_room_clear(&room);
        left += cw_json_plain(&room, lines[i]) == NULL;
    }
}

#ifdef CW_YYJSON
/* With room of its own that is used again; without the checks that we would have to add. */
static void by_yyjson(void)
{
    static char pool[1 << 20];
    for (size_t i = 0; i < n_lines; i++) {
        yyjson_alc alc;
        (void)yyjson_alc_pool_init(&alc, pool, sizeof pool);
        yyjson_doc *doc =
            yyjson_read_opts((char *)(uintptr_t)lines[i].p, lines[i].n, 0, &alc, NULL);
        if (!doc)
            abort();
        yyjson_doc_free(doc);
    }
}
#endif

static struct cw_str member(struct cw_str line, const char *name)
{
    size_t at = cw_locate_member(line, cw_locate_root(line), name);
    const char *from = at == CW_NOWHERE ? "" : line.p + at + 1;
    return (struct cw_str){from, strcspn(from, "\"")};
}

static void to_events(void)
{
    static const struct cw_decode_limits limits = {65536, 921600, CW_DAY};
    static struct cw_decoder *d;
    static struct cw_str *keys;
    if (!d) {
        d = cw_decoder_new(&limits);
        keys = calloc(n_lines, sizeof *keys);
        for (size_t i = 0; keys && i < n_lines; i++)
            keys[i] = member(lines[i], "subject");
    }
    if (!d || !keys)
        abort();
    for (size_t i = 0; i < n_lines; i++) {
        struct cw_message m = {.key = keys[i], .value = lines[i], .timestamp_ms = -1};
        struct cw_event ev;
        struct cw_reject why;
        if (cw_decode_event(d, &m, &ev, &why) != 0)
            abort();
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} ways[] = {
    {"parse: jansson", by_library},
#ifdef CW_YYJSON
    {"parse: yyjson", by_yyjson},
#endif
    {"parse: ours", by_plain},
    {"message to event", to_events},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* ---- measuring ---- */

static double now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(int rounds)
{
    static double ns[WAYS][ROUNDS_MOST];
    for (int r = -1; r < rounds; r++) /* the first warms up */
        for (int w = 0; w < WAYS; w++) {
            double began = now_ns();
            ways[w].run();
            ns[w][r < 0 ? 0 : r] = (now_ns() - began) / (double)n_lines;
        }
    for (int w = 0; w < WAYS; w++) {
        qsort(ns[w], (size_t)rounds, sizeof ns[w][0], rising);
        (void)printf("%-18s %7.0f ns  (%.0f to %.0f)\n", ways[w].name, ns[w][rounds / 2], ns[w][0],
                     ns[w][rounds - 1]);
    }
    (void)printf("%zu messages, %zu of them not plain\n", n_lines, left);
}

static bool load(const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    lines = calloc(LINES_MOST, sizeof *lines);
    while (f && lines && n_lines < LINES_MOST && (n = getline(&line, &cap, f)) > 0) {
        n -= line[n - 1] == '\n';
        lines[n_lines++] = (struct cw_str){strndup(line, (size_t)n), (size_t)n};
    }
    free(line);
    return f && fclose(f) == 0 && n_lines > 0;
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 11;
    if (argc < 2 || rounds < 1 || rounds > ROUNDS_MOST || !load(argv[1])) {
        (void)fprintf(stderr, "usage: bench_decode EVENTS [ROUNDS]\n");
        return 2;
    }
    measure(rounds);
    return 0;
}
