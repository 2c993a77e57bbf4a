/* The sender's thread and its two lists: jobs to do, jobs done. Both are guarded by one lock, held
 * for a few pointers only. Main thread, but for `work` and what it calls.
 */
#include "delivery/sender.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "delivery/in_order.h"

#define CLOSE_BOUND 2 /* seconds */

struct jobs {
    struct cw_send_job *first, **last;
};
struct cw_sender {
    const struct cw_settings *settings;
    struct ev_loop *loop;
    ev_async answered;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct jobs todo, done;
    bool stopping;
    struct cw_logs *logs; /* the thread's own */
};

static void jobs_clear(struct jobs *j)
{
    *j = (struct jobs){.last = &j->first};
}

static void jobs_push(struct jobs *j, struct cw_send_job *job)
{
    job->next = NULL;
    *j->last = job;
    j->last = &job->next;
}

static struct cw_send_job *jobs_pop(struct jobs *j)
{
    struct cw_send_job *job = j->first;
    if (job)
        j->first = job->next;
    if (!j->first)
        j->last = &j->first;
    return job;
}

/* ---- the thread ---- */

static int do_job(struct cw_sender *s, struct cw_send_job *job)
{
    int err = s->logs ? 0 : cw_logs_open(s->settings, &s->logs, &job->why);
    if (!err)
        err = job->look ? job->look(s->logs, job->arg, &job->why)
                        : cw_append_in_order(s->logs, job->records, job->n_records, &job->why);
    if (err) {
        cw_logs_close(s->logs);
        s->logs = NULL;
    }
    return err;
}

/* The next job; NULL when it is time to go. */
static struct cw_send_job *wait_for_job(struct cw_sender *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (!s->todo.first && !s->stopping)
        (void)pthread_cond_wait(&s->given, &s->lock);
    struct cw_send_job *job = s->stopping ? NULL : jobs_pop(&s->todo);
    (void)pthread_mutex_unlock(&s->lock);
    return job;
}

static void *work(void *arg)
{
    struct cw_sender *s = arg;
    struct cw_send_job *job;
    while ((job = wait_for_job(s))) {
        job->err = do_job(s, job);
        (void)pthread_mutex_lock(&s->lock);
        jobs_push(&s->done, job);
        (void)pthread_mutex_unlock(&s->lock);
        ev_async_send(s->loop, &s->answered);
    }
    cw_logs_close(s->logs);
    return NULL;
}

/* ---- the loop ---- */

static void on_answered(struct ev_loop *loop, ev_async *w, int events)
{
    struct cw_sender *s = w->data;
    struct cw_send_job *job;
    (void)loop;
    (void)events;
    for (;;) {
        (void)pthread_mutex_lock(&s->lock);
        job = jobs_pop(&s->done);
        (void)pthread_mutex_unlock(&s->lock);
        if (!job)
            return;
        job->done(job->arg, job->err, &job->why);
    }
}

static void give(void *self, struct cw_send_job *job)
{
    struct cw_sender *s = self;
    job->why = (struct cw_errbuf){""};
    (void)pthread_mutex_lock(&s->lock);
    jobs_push(&s->todo, job);
    (void)pthread_cond_signal(&s->given);
    (void)pthread_mutex_unlock(&s->lock);
}

struct cw_send_port cw_sender_port(struct cw_sender *s)
{
    return (struct cw_send_port){.self = s, .give = give};
}

int cw_sender_open(const struct cw_settings *settings, struct ev_loop *loop,
                   struct cw_sender **ret_sender, struct cw_errbuf *eb)
{
    struct cw_sender *s = calloc(1, sizeof *s);
    if (!s)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the sender");
    s->settings = settings;
    s->loop = loop;
    jobs_clear(&s->todo);
    jobs_clear(&s->done);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->given, NULL);
    ev_async_init(&s->answered, on_answered);
    s->answered.data = s;
    if (pthread_create(&s->thread, NULL, work, s) != 0) {
        free(s);
        return cw_fail(eb, CW_E_IO, "the sender's thread could not be started");
    }
    ev_async_start(loop, &s->answered);
    *ret_sender = s;
    return 0;
}

bool cw_sender_close(struct cw_sender *s)
{
    struct timespec until;
    if (!s)
        return true;
    ev_async_stop(s->loop, &s->answered);
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    (void)pthread_cond_signal(&s->given);
    (void)pthread_mutex_unlock(&s->lock);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CLOSE_BOUND;
    if (pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
        return false;
    (void)pthread_cond_destroy(&s->given);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    return true;
}
