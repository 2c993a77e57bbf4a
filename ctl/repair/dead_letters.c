/* Reading letters and marks. See dead_letters.h. */
#include "ctl/repair/dead_letters.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/age.h"

/* ---- headers ---- */

static const char *const ours[] = {"cw_error",  "cw_detail",  "cw_topic",  "cw_partition",
                                   "cw_offset", CW_DEAD_MARK, CW_DEAD_FROM};

static bool is(struct cw_str s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

bool cw_dead_header_is_ours(struct cw_str name)
{
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (is(name, ours[i]))
            return true;
    return false;
}

/* The last one of that name: what the refusal says comes after the message's own headers. */
static struct cw_str header(const struct cw_message *m, const char *name)
{
    for (size_t i = m->n_headers; i-- > 0;)
        if (is(m->headers[i].name, name))
            return m->headers[i].value;
    return (struct cw_str){0};
}

static int64_t number_of(struct cw_str s)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%.*s", (int)(s.n < 20 ? s.n : 20), s.p ? s.p : "");
    return strtoll(text, NULL, 10);
}

int cw_dead_place_parse(const char *text, struct cw_dead_place *ret)
{
    size_t n = strspn(text, "0123456789"),
           m = text[n] == ':' ? strspn(text + n + 1, "0123456789") : 0;
    if (n == 0 || n > 9 || m == 0 || m > 18 || text[n + 1 + m])
        return -CW_E_INVALID;
    *ret = (struct cw_dead_place){(int32_t)strtol(text, NULL, 10), strtoll(text + n + 1, NULL, 10)};
    return 0;
}

/* ---- marks ---- */

static int by_place(const void *a, const void *b)
{
    const struct cw_dead_place *x = a, *y = b;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int add_mark(struct cw_dead_letters *d, struct cw_dead_place place)
{
    if (d->n_marked == d->cap_marked) {
        size_t cap = d->cap_marked ? d->cap_marked * 2 : 64;
        struct cw_dead_place *marked = reallocarray(d->marked, cap, sizeof *marked);
        if (!marked)
            return -CW_E_NOMEM;
        d->marked = marked;
        d->cap_marked = cap;
    }
    d->marked[d->n_marked++] = place;
    return 0;
}

static int take_mark(void *arg, const struct cw_message *m)
{
    struct cw_dead_letters *d = arg;
    struct cw_dead_place place;
    char text[48];
    struct cw_str mark = m->value.p ? (struct cw_str){0} : header(m, CW_DEAD_MARK);
    (void)snprintf(text, sizeof text, "%.*s", (int)(mark.n < 40 ? mark.n : 40),
                   mark.p ? mark.p : "");
    return cw_dead_place_parse(text, &place) == 0 ? add_mark(d, place) : 0;
}

static bool is_marked(const struct cw_dead_letters *d, struct cw_dead_place place)
{
    return d->n_marked && bsearch(&place, d->marked, d->n_marked, sizeof place, by_place);
}

/* ---- letters ---- */

/* False for a mark, and for what somebody else has put into the topic. */
static bool read_letter(const struct cw_dead_letters *d, const struct cw_message *m,
                        struct cw_dead_letter *ret)
{
    *ret = (struct cw_dead_letter){
        .place = {m->partition, m->offset},
        .of = {(int32_t)number_of(header(m, "cw_partition")), number_of(header(m, "cw_offset"))},
        .at_ms = m->timestamp_ms,
        .topic = header(m, "cw_topic"),
        .code = header(m, "cw_error"),
        .detail = header(m, "cw_detail"),
        .key = m->key,
        .value = m->value,
        .headers = m->headers,
        .n_headers = m->n_headers};
    ret->replayed = is_marked(d, ret->place);
    return ret->code.n > 0;
}

static int take_letter(void *arg, const struct cw_message *m)
{
    struct cw_dead_letters *d = arg;
    struct cw_dead_letter l;
    if (!read_letter(d, m, &l) || (d->topic && !is(l.topic, d->topic)) ||
        (d->code && !is(l.code, d->code)))
        return 0;
    return d->each(d->arg, &l);
}

/* All partitions, from the age asked for. */
static int walk(struct cw_dead_letters *d, int (*take)(void *arg, const struct cw_message *m))
{
    const char *topic = d->settings->topic_dead_letters;
    const struct cw_logs_ops *ops = d->logs->ops;
    int32_t n = 0;
    int err = ops->partitions(d->logs, topic, &n, &d->eb);
    if (!err && n == 0)
        return cw_fail(&d->eb, CW_E_INVALID, "there is no topic %s", topic);
    for (int32_t p = 0; p < n && !err; p++) {
        int64_t from, to;
        err = ops->range(d->logs, topic, p, &from, &to, &d->eb);
        if (!err && d->since != CW_NO_TIME)
            err = ops->offset_at(d->logs, topic, p, d->since, &from, &d->eb);
        if (!err && from < to)
            err = ops->read(d->logs, topic, p, from, to, take, d, &d->eb);
    }
    return err;
}

int cw_dead_letters_read(struct cw_dead_letters *d,
                         int (*each)(void *arg, const struct cw_dead_letter *l), void *arg)
{
    d->each = each;
    d->arg = arg;
    return walk(d, take_letter);
}

struct one {
    struct cw_dead_letters *d;
    struct cw_dead_place place;
    bool found;
};

static int take_one(void *arg, const struct cw_message *m)
{
    struct one *o = arg;
    struct cw_dead_letter l;
    if (m->offset != o->place.offset || !read_letter(o->d, m, &l))
        return 0;
    o->found = true;
    return o->d->each(o->d->arg, &l);
}

int cw_dead_letters_one(struct cw_dead_letters *d, struct cw_dead_place place,
                        int (*each)(void *arg, const struct cw_dead_letter *l), void *arg)
{
    const char *topic = d->settings->topic_dead_letters;
    struct one o = {d, place, false};
    int32_t n = 0;
    int64_t first = 0, end = 0;
    d->each = each;
    d->arg = arg;
    int err = d->logs->ops->partitions(d->logs, topic, &n, &d->eb);
    if (!err && place.partition < n)
        err = d->logs->ops->range(d->logs, topic, place.partition, &first, &end, &d->eb);
    if (!err && place.offset >= first && place.offset < end)
        err = d->logs->ops->read(d->logs, topic, place.partition, place.offset, place.offset + 1,
                                 take_one, &o, &d->eb);
    if (err || o.found)
        return err;
    return cw_fail(&d->eb, CW_E_NOTFOUND,
                   "no dead letter at %d:%lld; churnwatchctl dead-letters "
                   "list tells where they are",
                   place.partition, (long long)place.offset);
}

/* ---- open and close ---- */

enum cw_exit cw_dead_letters_fail(struct cw_dead_letters *d, int err)
{
    return cw_ctl_failed(err, &d->eb);
}

enum cw_exit cw_dead_letters_open(const struct cw_ctl *ctl, struct cw_dead_letters *ret)
{
    *ret = (struct cw_dead_letters){.settings = ctl->settings,
                                    .topic = cw_args_text(ctl->args, "topic"),
                                    .code = cw_args_text(ctl->args, "code")};
    enum cw_exit code = cw_age_since(ctl, "since", &ret->since);
    if (code)
        return code;
    int err = cw_logs_open(ctl->settings, &ret->logs, &ret->eb);
    if (!err)
        err = walk(ret, take_mark);
    if (err)
        return cw_dead_letters_fail(ret, err);
    if (ret->n_marked)
        qsort(ret->marked, ret->n_marked, sizeof *ret->marked, by_place);
    return CW_EXIT_DONE;
}

void cw_dead_letters_close(struct cw_dead_letters *d)
{
    cw_logs_close(d->logs);
    free(d->marked);
    *d = (struct cw_dead_letters){0};
}
