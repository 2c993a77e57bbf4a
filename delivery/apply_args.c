/* Putting the arguments of cw_apply together. Main thread; reused from call to call. */
#include "delivery/apply_args.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Room for one element more in an array; the array as it is now, or NULL. */
static void *grown(void *p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    size_t more = *cap ? *cap * 2 : 64;
    void *q = reallocarray(p, more, size);
    if (q)
        *cap = more;
    return q;
}

static void arg(struct cw_apply_args *a, struct cw_str s)
{
    struct cw_str *argv = grown(a->argv, a->argc, &a->cap, sizeof *argv);
    if (!argv) {
        a->failed = true;
        return;
    }
    a->argv = argv;
    argv[a->argc++] = s;
}

/* The bytes of text from `at` on are the next argument. */
static void own_arg(struct cw_apply_args *a, size_t at)
{
    void *own = grown(a->own, a->n_own, &a->cap_own, sizeof *a->own);
    if (!own) {
        a->failed = true;
        return;
    }
    a->own = own;
    a->own[a->n_own].arg = a->argc;
    a->own[a->n_own].at = at;
    a->own[a->n_own++].n = a->text.n - at;
    arg(a, (struct cw_str){0});
}

static void number(struct cw_apply_args *a, int64_t v)
{
    size_t at = a->text.n;
    cw_buf_printf(&a->text, "%" PRId64, v);
    own_arg(a, at);
}

void cw_apply_begin(struct cw_apply_args *a, const struct cw_apply_head *head)
{
    const struct cw_settings *s = head->settings;
    a->argc = a->n_own = 0;
    a->failed = false;
    cw_buf_clear(&a->text);
    arg(a, CW_STR("FCALL"));
    const char *function = head->function ? head->function : "cw_apply";
    arg(a, (struct cw_str){function, strlen(function)});
    arg(a, CW_STR("1"));
    cw_buf_printf(&a->text, "%sdelivery", s->redis_prefix);
    own_arg(a, 0);
    arg(a, (struct cw_str){head->epoch, strlen(head->epoch)});
    number(a, head->shard);
    number(a, head->prev);
    number(a, head->next);
    size_t at = a->text.n;
    cw_buf_time(&a->text, s->zone, head->delivered_at);
    own_arg(a, at);
    number(a, (s->retention - head->age) / CW_SECOND);
    number(a, s->feed_length);
}

void cw_apply_add(struct cw_apply_args *a, const struct cw_task_record *r)
{
    if (r->due_s < 0)
        arg(a, CW_STR(""));
    else
        number(a, r->due_s);
    number(a, (int64_t)(r->n_pieces / 2));
    for (size_t i = 0; i < r->n_pieces; i++)
        arg(a, cw_record_piece(r, i));
}

int cw_apply_ready(struct cw_apply_args *a)
{
    if (a->failed || a->text.failed)
        return -CW_E_NOMEM;
    for (size_t i = 0; i < a->n_own; i++)
        a->argv[a->own[i].arg] = (struct cw_str){a->text.p + a->own[i].at, a->own[i].n};
    return 0;
}

void cw_apply_free(struct cw_apply_args *a)
{
    free(a->argv);
    free(a->own);
    cw_buf_free(&a->text);
    *a = (struct cw_apply_args){0};
}
