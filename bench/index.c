/* How long the longest addition of a client takes while the index of clients grows:
 *
 *   bench_index CLIENTS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/index.h"

/* Of this thread alone: what others take of the machine is no pause of ours. */
static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* As small as a client may be for the index: it is its id and hash that matter. */
static struct cw_client *make(struct cw_slab *slab, size_t n)
{
    struct cw_client *cl = cw_at(cw_slab_take(slab, sizeof *cl + 16));
    char id[24];
    if (!cl)
        return NULL;
    cl->id_n = (unsigned)snprintf(id, sizeof id, "C%09zu", n) & INT8_MAX;
    memcpy(cl + 1, id, cl->id_n);
    return cl;
}

int main(int argc, char **argv)
{
    static struct cw_slab slab;
    size_t clients = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    struct cw_index index = {.n = 0};
    int64_t longest = 0, began = now_ns();
    if (!clients) {
        (void)fputs("usage: bench_index CLIENTS\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < clients; i++) {
        struct cw_client *cl = make(&slab, i);
        int64_t before = now_ns();
        if (!cl || !cw_index_add(&index, cl))
            return 1;
        int64_t took = now_ns() - before;
        longest = took > longest ? took : longest;
    }
    double all = (double)(now_ns() - began);
    (void)printf("%zu clients, %zu bytes of index each, %.0f ns each, longest %.3f ms\n", clients,
                 cw_index_bytes(&index) / clients, all / (double)clients, (double)longest / 1e6);
    cw_index_free(&index);
    cw_slab_free(&slab);
    return 0;
}
