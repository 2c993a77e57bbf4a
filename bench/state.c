/* What a client takes of memory, by kind, and what its image takes of time and bytes:
 *
 *   bench_state CLIENTS DAYS [LINES]
 *
 * So many clients live for so many days, each with a charge and a use of each line on most of them,
 * a bill a month and a payment for it. Then all images are written nine times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "churnwatch/settings.h"
#include "churnwatch/shard.h"
#include "core/shard_state.h"
#include "core/weigh.h"

enum { ROUNDS = 9, FIRST_DAY = 20454, /* 2026-01-01 */ DAYS_OF_BILL = 30 };

static struct cw_shard *shard;
static uint64_t seed = 1, events;

static uint64_t roll(uint64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

static void on_task(void *arg, const struct cw_task_version *v)
{
    (void)arg;
    (void)v;
}

static void tell(struct cw_event ev, size_t client, size_t line, cw_day day, int minute)
{
    static const struct cw_output out = {on_task, NULL};
    char id[24], subject[24], number[24];
    struct cw_origin from = {.partition = 0, .offset = (int64_t)events};
    ev.id =
        (struct cw_str){id, (size_t)snprintf(id, sizeof id, "e%llu", (unsigned long long)events++)};
    ev.source = CW_STR("/bench");
    ev.subject =
        (struct cw_str){subject, (size_t)snprintf(subject, sizeof subject, "C%09zu", client)};
    ev.number = (struct cw_str){number, (size_t)snprintf(number, sizeof number, "86%011llu",
                                                         13500000000ULL + client * 8 + line)};
    (void)cw_number_parse(ev.number, &ev.msisdn);
    ev.time = day * CW_DAY + minute * CW_MINUTE - 8 * CW_HOUR;
    if (cw_shard_event(shard, &ev, &from, &out) != 0)
        abort();
}

static void live(size_t client, size_t lines, cw_day day)
{
    int minute = (int)(9 * 60 + roll(600));
    for (size_t line = 0; line < lines; line++) {
        if (roll(10) < 2)
            continue;
        struct cw_event use = {.type = CW_EV_USAGE}, charge = {.type = CW_EV_CHARGE};
        use.u.usage.voice_min = 5 + (double)roll(20);
        use.u.usage.data_mb = (double)roll(400);
        charge.u.charge.amount = (cw_money)(100 + roll(900)) * (CW_YUAN / 100);
        tell(use, client, line, day, minute);
        tell(charge, client, line, day, minute);
    }
    if (day % DAYS_OF_BILL != (cw_day)(client % DAYS_OF_BILL))
        return;
    struct cw_event bill = {.type = CW_EV_BILL}, payment = {.type = CW_EV_PAYMENT};
    bill.u.bill.cycle = cw_cycle_of(day) - 1;
    bill.u.bill.amount = payment.u.payment.amount = (cw_money)(5000 + roll(900)) * (CW_YUAN / 100);
    tell(bill, client, 0, day, minute);
    tell(payment, client, 0, day, minute);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void print_images(size_t clients)
{
    double took[ROUNDS];
    struct cw_buf b = {0};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t start;
        cw_buf_clear(&b);
        double before = now_ns();
        if (cw_shard_encode(shard, i + 1, 0, (uint32_t)clients, &b, &start) != 0)
            abort();
        took[i] = (now_ns() - before) / (double)clients;
    }
    qsort(took, ROUNDS, sizeof *took, by_size);
    (void)printf("image: %.0f bytes, %.0f ns (%.0f to %.0f)\n", (double)b.n / (double)clients,
                 took[ROUNDS / 2], took[0], took[ROUNDS - 1]);
    cw_buf_free(&b);
}

static void print_bytes(void)
{
    struct cw_weight sum = {0};
    size_t clients = shard->clients.n; /* those that anything was told of */
    for (size_t i = 0; i < clients; i++) {
        struct cw_weight w = cw_client_weigh(cw_index_at(&shard->clients, i));
        sum.record += w.record;
        sum.slices += w.slices;
        sum.id += w.id;
        sum.lines += w.lines;
        sum.rare += w.rare;
        sum.profile += w.profile;
        sum.task += w.task;
        sum.past += w.past;
    }
    double n = (double)clients, index = (double)cw_index_bytes(&shard->clients) / n;
    (void)printf("a client: record %.1f, slices %.1f, id %.1f, lines %.1f, rare %.1f, profile %.1f,"
                 " index %.1f: %.1f bytes; tasks %.1f, pasts %.1f\n",
                 (double)sum.record / n, (double)sum.slices / n, (double)sum.id / n,
                 (double)sum.lines / n, (double)sum.rare / n, (double)sum.profile / n, index,
                 (double)cw_weight_of(&sum) / n + index, (double)sum.task / n,
                 (double)sum.past / n);
}

int main(int argc, char **argv)
{
    size_t clients = argc >= 3 ? strtoull(argv[1], NULL, 10) : 0,
           days = argc >= 3 ? strtoull(argv[2], NULL, 10) : 0,
           lines = argc >= 4 ? strtoull(argv[3], NULL, 10) : 1;
    struct cw_settings *settings;
    if (!clients || !days || lines > 8) {
        (void)fputs("usage: bench_state CLIENTS DAYS [LINES, at most 8]\n", stderr);
        return 2;
    }
    if (cw_settings_default(&settings, NULL) != 0 || !(shard = cw_shard_new(settings, NULL)))
        return 1;
    for (size_t day = 0; day < days; day++)
        for (size_t i = 0; i < clients; i++)
            live(i, lines, FIRST_DAY + (cw_day)day);
    print_bytes();
    print_images(clients);
    cw_shard_free(shard);
    cw_settings_free(settings);
    return 0;
}
