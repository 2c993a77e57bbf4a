/* See coverage.h. */
#include "tests/sim/coverage.h"

static const char *const calls[CALLS] = {
#define CALL(name) #name,
#include "tests/sim/mishaps.def"
#undef CALL
};
static const char *const stages[STAGES] = {
#define STAGE(name) #name,
#include "tests/sim/mishaps.def"
#undef STAGE
};
static const char *const mishaps[MISHAPS_ALL] = {
#define MISHAP(name, what) #name,
#define REDIS_MISHAP(name, what) #name,
#include "tests/sim/mishaps.def"
#undef MISHAP
#undef REDIS_MISHAP
};

const char *call_name(int call)
{
    return call >= 0 && call < CALLS ? calls[call] : "any";
}

const char *stage_name(int stage)
{
    return stage >= 0 && stage < STAGES ? stages[stage] : "any";
}

const char *mishap_name(int mishap)
{
    return mishaps[mishap];
}

/* The calls that the client library answers by itself. */
static bool is_local(int call)
{
    return call == CALL_poll || call == CALL_seek || call == CALL_pause || call == CALL_begin;
}

bool mishap_applies(int mishap, int call)
{
    switch (mishap) {
    case MISHAP_request_lost:
    case MISHAP_answer_lost:
    case MISHAP_doubled:
        return !is_local(call) && call != CALL_open;
    case MISHAP_refused:
        return call == CALL_append || call == CALL_send_positions || call == CALL_commit;
    case MISHAP_stale_fetch:
        return call == CALL_poll;
    default:
        return true;
    }
}

bool mishap_applies_to_stage(int mishap, int stage)
{
    switch (mishap) {
    case MISHAP_redis_cut:
        return stage != STAGE_down;
    case MISHAP_redis_error:
        return stage == STAGE_settling || stage == STAGE_in_flight;
    case MISHAP_redis_emptied:
        return stage != STAGE_refusing;
    default:
        return true;
    }
}

static void print_row(FILE *to, const char *name, const atomic_long *hits, int n, const bool *on)
{
    (void)fprintf(to, "%-18s", name);
    for (int i = 0; i < n; i++) {
        if (on[i])
            (void)fprintf(to, "%9ld", atomic_load(&hits[i]));
        else
            (void)fprintf(to, "%9s", "-");
    }
    (void)fputc('\n', to);
}

static void print_head(FILE *to, const char *const *names, int n)
{
    (void)fprintf(to, "%-18s", "");
    for (int i = 0; i < n; i++)
        (void)fprintf(to, " %8.8s", names[i]);
    (void)fputc('\n', to);
}

void coverage_print(FILE *to, const struct coverage *c)
{
    bool on[CALLS + STAGES];
    print_head(to, calls, CALLS);
    for (int m = 0; m < MISHAPS; m++) {
        for (int i = 0; i < CALLS; i++)
            on[i] = mishap_applies(m, i);
        print_row(to, mishaps[m], c->hits[m], CALLS, on);
    }
    print_head(to, stages, STAGES);
    for (int m = 0; m < REDIS_MISHAPS; m++) {
        for (int i = 0; i < STAGES; i++)
            on[i] = mishap_applies_to_stage(MISHAPS + m, i);
        print_row(to, mishaps[MISHAPS + m], c->redis_hits[m], STAGES, on);
    }
    (void)fprintf(to,
                  "%ld runs: %ld commits, %ld of them begun beside, %ld aborts, %ld restarts, %ld "
                  "fenced, %ld takeovers, "
                  "%ld Redis rollbacks, %ld shards stopped as torn\n",
                  atomic_load(&c->runs), atomic_load(&c->commits), atomic_load(&c->beside),
                  atomic_load(&c->aborts), atomic_load(&c->restarts), atomic_load(&c->fenced),
                  atomic_load(&c->takeovers), atomic_load(&c->rollbacks), atomic_load(&c->stopped));
}

int coverage_empty(const struct coverage *c)
{
    int empty = 0;
    for (int m = 0; m < MISHAPS; m++)
        for (int i = 0; i < CALLS; i++)
            empty += mishap_applies(m, i) && atomic_load(&c->hits[m][i]) == 0;
    for (int m = 0; m < REDIS_MISHAPS; m++)
        for (int i = 0; i < STAGES; i++)
            empty +=
                mishap_applies_to_stage(MISHAPS + m, i) && atomic_load(&c->redis_hits[m][i]) == 0;
    return empty;
}
