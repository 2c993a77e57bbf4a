/* The simulator's command line.
 *
 *   sim --seeds N [--from S] [--jobs J]   N runs, each with its own mishaps; then the coverage
 *   sim --seed S [--trace]                one of them again
 *   sim --points                          each call x crash before, crash after, stop, answer lost
 *   sim --pairs [--from A --to B]         two of those in one run, for each pair of calls
 *   sim --bugs [--seeds N]                each deliberate mistake has to be caught (CW_FAULTS
 * builds) sim --bug NAME --seed S [--trace]     one of them, in one run
 *
 * Ends with 1 when a run went wrong, when a mistake was not caught, or when in 20,000 runs or more
 * some mishap never hit some call.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/log.h"
#include "churnwatch/faults.h"
#include "tests/sim/plan.h"

enum { STORIES = 12, HEAP = 2300, JOBS_MOST = 64, WHOLE_COVERAGE = 20000, CATCH_WITHIN = 1000 };

/* Shared by the processes of one command. */
struct tally {
    struct coverage coverage;
    atomic_long failed; /* runs */
    atomic_long first;  /* the least seed that failed, -1 */
    char violation[600];
};

struct options {
    int64_t seeds, from, to, seed;
    int jobs;
    bool trace, points, pairs, bugs;
    const char *bug;
};

static struct story *stories[STORIES];
static struct tally *tally;

static void tell_stories(int events_least, int events_step)
{
    static const char *const batches[] = {"5", "20", "60", "200"};
    for (int i = 0; i < STORIES; i++) {
        bool heaped = i == STORIES - 1;
        stories[i] = story_new((uint64_t)i + 1, events_least + events_step * (i % 3),
                               heaped ? HEAP : 0, heaped ? "1000" : batches[i % 4]);
        if (!stories[i])
            exit(1);
    }
}

/* ---- a seed's run ---- */

static void recipe_of(struct recipe *r, uint64_t seed)
{
    struct chance c = {seed ^ UINT64_C(0xc0ffee)};
    *r = (struct recipe){.seed = seed,
                         .story = stories[chance_below(&c, STORIES)],
                         .slots = (int)chance_between(&c, 1, SLOTS_MOST),
                         .torn = chance_one_in(&c, 16)};
    plan_draw(r, (int)chance_between(&c, 30, 60), chance_between(&c, 5, 90) * CW_SECOND);
}

static void note_failure(long seed, const char *violation)
{
    long none = -1;
    atomic_fetch_add(&tally->failed, 1);
    if (atomic_compare_exchange_strong(&tally->first, &none, seed))
        (void)snprintf(tally->violation, sizeof tally->violation, "%s", violation);
}

static bool run_seed(int64_t seed, bool trace)
{
    static struct sim s;
    struct recipe r;
    recipe_of(&r, (uint64_t)seed);
    r.trace = trace;
    if (sim_run(&s, &r, &tally->coverage))
        return true;
    note_failure((long)seed, s.violation);
    return false;
}

/* ---- many runs, over processes ---- */

/* Runs each(i) for i of [from, to) on the processors; stops after the first that failed. */
static void run_all(int64_t from, int64_t to, int jobs, bool (*each)(int64_t i, bool trace))
{
    pid_t children[JOBS_MOST];
    int n = 0;
    (void)fflush(NULL);
    for (int j = 0; j < jobs && j < JOBS_MOST; j++) {
        pid_t pid = fork();
        if (pid < 0)
            exit(1);
        if (pid == 0) {
            for (int64_t i = from + j; i < to && atomic_load(&tally->failed) == 0; i += jobs)
                (void)each(i, false);
            _exit(0);
        }
        children[n++] = pid;
    }
    for (int j = 0; j < n; j++) {
        int status = 0;
        while (waitpid(children[j], &status, 0) < 0 && errno == EINTR)
            ;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            (void)fprintf(stderr, "a process of the simulator ended by signal %d\n",
                          WIFSIGNALED(status) ? WTERMSIG(status) : 0);
            note_failure(-2, "the simulator's process died");
        }
    }
}

static int conclude(const char *option, bool whole)
{
    long failed = atomic_load(&tally->failed), first = atomic_load(&tally->first);
    coverage_print(stdout, &tally->coverage);
    if (failed)
        (void)printf("FAILED: %s %ld: %s\n", option, first, tally->violation);
    int empty = whole ? coverage_empty(&tally->coverage) : 0;
    if (empty)
        (void)printf("FAILED: %d cells were never hit\n", empty);
    return failed || empty ? 1 : 0;
}

/* ---- points: one mishap at one call ---- */

static const int at_bus[] = {MISHAP_crash_before, MISHAP_crash_after, MISHAP_stop,
                             MISHAP_answer_lost};
static const int at_desk[] = {MISHAP_redis_crash, MISHAP_redis_stop, MISHAP_redis_cut,
                              MISHAP_redis_killed, MISHAP_redis_rolled_back};
enum { AT_BUS = 4, AT_DESK = 5, POINT_STORIES = 3 };

/* Of each story: how many calls an undisturbed run of two makes. */
static int64_t bus_calls[POINT_STORIES], desk_calls[POINT_STORIES];

static struct recipe calm(int story)
{
    return (struct recipe){.seed = (uint64_t)story + 77, .story = stories[story], .slots = 2};
}

static void count_calls(void)
{
    static struct sim s;
    for (int i = 0; i < POINT_STORIES; i++) {
        struct recipe r = calm(i);
        /* It is met by no call, but each call that is no poll is counted by it. */
        r.plan[0] =
            (struct planned){.what = MISHAP_nap, .call = NOT_POLL, .slot = -1, .nth = 1 << 30};
        r.n_plan = 1;
        if (!sim_run(&s, &r, &tally->coverage))
            note_failure(i, s.violation);
        bus_calls[i] = (1 << 30) - s.plan[0].nth;
        desk_calls[i] = s.desk_calls;
    }
}

static int64_t points_of(int story)
{
    return bus_calls[story] * AT_BUS + desk_calls[story] * AT_DESK;
}

static struct planned point(int story, int64_t i)
{
    struct planned m = {.slot = -1, .call = NOT_POLL};
    int64_t bus = bus_calls[story] * AT_BUS;
    m.what = i < bus ? at_bus[i % AT_BUS] : at_desk[(i - bus) % AT_DESK];
    m.nth = 1 + (i < bus ? i / AT_BUS : (i - bus) / AT_DESK);
    if (i >= bus)
        m.call = -1;
    return m;
}

static bool run_points(int64_t i, bool trace)
{
    static struct sim s;
    int64_t at = i;
    int story = 0;
    while (at >= points_of(story))
        at -= points_of(story++);
    struct recipe r = calm(story);
    r.trace = trace;
    r.plan[0] = point(story, at);
    r.n_plan = 1;
    if (sim_run(&s, &r, &tally->coverage))
        return true;
    note_failure((long)i, s.violation);
    return false;
}

static bool run_pair(int64_t i, bool trace)
{
    static struct sim s;
    int64_t n = points_of(0);
    struct recipe r = calm(0);
    r.trace = trace;
    r.plan[0] = point(0, i / n);
    r.plan[1] = point(0, i % n);
    r.n_plan = 2;
    if (sim_run(&s, &r, &tally->coverage))
        return true;
    note_failure((long)i, s.violation);
    return false;
}

static int points(const struct options *o)
{
    tell_stories(60, 30);
    count_calls();
    int64_t n = 0;
    for (int i = 0; i < POINT_STORIES; i++)
        n += points_of(i);
    if (o->seed >= 0)
        return (o->pairs ? run_pair : run_points)(o->seed, o->trace) ? 0 : conclude("point", false);
    if (!o->pairs) {
        run_all(0, n, o->jobs, run_points);
        (void)printf("%lld points of %d stories\n", (long long)n, POINT_STORIES);
        return conclude("--points --seed", false);
    }
    int64_t all = points_of(0) * points_of(0), to = o->to && o->to < all ? o->to : all;
    run_all(o->from, to, o->jobs, run_pair);
    (void)printf("pairs %lld to %lld of %lld\n", (long long)o->from, (long long)to, (long long)all);
    return conclude("--pairs --seed", false);
}

/* ---- deliberate mistakes ---- */

#ifdef CW_FAULTS
static int bugs(const struct options *o)
{
    int missed = 0;
    for (int b = CW_BUG_none + 1; b < CW_BUGS; b++) {
        const char *name = cw_bug_name((enum cw_bug)b);
        memset(tally, 0, sizeof *tally);
        atomic_store(&tally->first, -1);
        cw_bug_seeded = (enum cw_bug)b;
        run_all(0, o->seeds ? o->seeds : CATCH_WITHIN, o->jobs, run_seed);
        cw_bug_seeded = CW_BUG_none;
        long runs = atomic_load(&tally->coverage.runs);
        if (atomic_load(&tally->failed))
            (void)printf("%-20s caught after %4ld runs, by %.150s\n", name, runs, tally->violation);
        else
            (void)printf("%-20s NOT CAUGHT in %ld runs\n", name, runs);
        missed += !atomic_load(&tally->failed);
        (void)fflush(stdout);
    }
    return missed ? 1 : 0;
}

static void seed_bug(const char *name)
{
    cw_bug_seeded = cw_bug_named(name);
    if (cw_bug_seeded == CW_BUG_none) {
        (void)fprintf(stderr, "sim: there is no mistake %s\n", name);
        exit(2);
    }
}
#else
static int bugs(const struct options *o)
{
    (void)o;
    (void)fputs("sim: this build has no mistakes in it; configure with CW_FAULTS=ON\n", stderr);
    return 2;
}

static void seed_bug(const char *name)
{
    (void)name;
    exit(bugs(NULL));
}
#endif

/* ---- the command line ---- */

static void parse(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {{"seeds", required_argument, NULL, 'n'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"to", required_argument, NULL, 'u'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"points", no_argument, NULL, 'p'},
                                          {"pairs", no_argument, NULL, 'P'},
                                          {"bugs", no_argument, NULL, 'b'},
                                          {"bug", required_argument, NULL, 'B'},
                                          {NULL, 0, NULL, 0}};
    *o = (struct options){.seed = -1, .jobs = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'n':
            o->seeds = strtoll(optarg, NULL, 10);
            break;
        case 'f':
            o->from = strtoll(optarg, NULL, 10);
            break;
        case 'u':
            o->to = strtoll(optarg, NULL, 10);
            break;
        case 's':
            o->seed = strtoll(optarg, NULL, 10);
            break;
        case 'j':
            o->jobs = (int)strtol(optarg, NULL, 10);
            break;
        case 't':
            o->trace = true;
            break;
        case 'p':
            o->points = true;
            break;
        case 'P':
            o->points = o->pairs = true;
            break;
        case 'b':
            o->bugs = true;
            break;
        case 'B':
            o->bug = optarg;
            break;
        default:
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct options o;
    parse(argc, argv, &o);
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED)
        return 1;
    atomic_store(&tally->first, -1);
    cw_log_level_set(o.trace ? CW_LOG_DEBUG : CW_LOG_NONE);
    if (o.points)
        return points(&o);
    tell_stories(150, 150);
    if (o.bugs)
        return bugs(&o);
    if (o.bug)
        seed_bug(o.bug);
    if (o.seed >= 0)
        return run_seed(o.seed, o.trace) ? 0 : conclude("--seed", false);
    run_all(o.from, o.from + o.seeds, o.jobs, run_seed);
    return conclude("--seed", o.seeds >= WHOLE_COVERAGE);
}
