/* Writing a change, reading back what became of it, and waiting for the instances. See
 * thresholds.h.
 *
 * Who writes at the same time as another is told so: the log decides, by the order in it.
 */
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "ctl/actor.h"
#include "ctl/age.h"
#include "ctl/instances.h"
#include "ctl/tune/thresholds.h"
#include "ctl/words.h"

#define NAP_MS 100
#define SEEN_TRIES 50 /* naps until our own record is read back */
#define IN_FORCE_TRIES                                                                             \
    110                 /* and until the instances say that it is in force: what one that          \
                         * died said last is gone by then */
#define NOBODY_TRIES 40 /* and until one speaks at all: one just started does within 3 s */

static void nap(void)
{
    const struct timespec ts = {0, NAP_MS * 1000000L};
    (void)nanosleep(&ts, NULL);
}

/* ---- the record ---- */

static enum cw_exit sign(const struct cw_thresholds *t, struct cw_live_record *r)
{
    const char *author = cw_args_text(t->ctl->args, "author"),
               *reason = cw_args_text(t->ctl->args, "reason");
    struct cw_buf now = {0};
    if (!author)
        author = cw_actor_default();
    if (!author || !*author)
        return cw_ctl_misused(t->ctl, "this account has no name: --author WHO says who changes it");
    if (strlen(author) > CW_LIVE_AUTHOR_MOST || strlen(reason) > CW_LIVE_REASON_MOST)
        return cw_ctl_misused(t->ctl, "--author has at most %d bytes, --reason at most %d",
                              CW_LIVE_AUTHOR_MOST, CW_LIVE_REASON_MOST);
    cw_buf_time(&now, t->ctl->settings->zone, cw_age_now());
    r->version = t->live->version + 1;
    (void)snprintf(r->at, sizeof r->at, "%.*s", (int)now.n, now.p ? now.p : "");
    (void)snprintf(r->author, sizeof r->author, "%s", author);
    (void)snprintf(r->reason, sizeof r->reason, "%s", reason);
    cw_buf_free(&now);
    return CW_EXIT_DONE;
}

/* As every reader of the log will check it. */
static int check(const struct cw_buf *json, struct cw_errbuf *eb)
{
    struct cw_live_record r;
    int err =
        json->failed ? -CW_E_NOMEM : cw_live_record_read((struct cw_str){json->p, json->n}, &r, eb);
    if (!err)
        cw_live_record_free(&r);
    return err;
}

static int append(struct cw_thresholds *t, const struct cw_buf *json, struct cw_errbuf *eb)
{
    const struct cw_logs_record record = {.topic = t->ctl->settings->topic_control,
                                          .key = CW_STR(CW_LIVE_KEY),
                                          .value = {json->p, json->n}};
    int err = t->logs->ops->append(t->logs, &record, eb);
    return err ? err : t->logs->ops->flush(t->logs, eb);
}

/* ---- reading it back ---- */

static bool is_ours(const struct cw_thresholds_entry *e, const struct cw_buf *json)
{
    struct cw_buf text = {0};
    if (e->record.n == 0)
        return false;
    cw_live_record_write(&e->record, &text);
    bool same = !text.failed && text.n == json->n && memcmp(text.p, json->p, text.n) == 0;
    cw_buf_free(&text);
    return same;
}

/* Two of the very same words count as one: then either was taken. */
static const struct cw_thresholds_entry *find(const struct cw_thresholds *t, size_t from,
                                              const struct cw_buf *json)
{
    const struct cw_thresholds_entry *found = NULL;
    for (size_t i = from; i < t->n; i++)
        if (is_ours(&t->entries[i], json) && (!found || t->entries[i].taken))
            found = &t->entries[i];
    return found;
}

static int read_back(struct cw_thresholds *t, size_t from, const struct cw_buf *json,
                     const struct cw_thresholds_entry **ret_entry, struct cw_errbuf *eb)
{
    for (int i = 0; i < SEEN_TRIES; i++) {
        int err = cw_thresholds_read_on(t, eb);
        if (err)
            return err;
        *ret_entry = find(t, from, json);
        if (*ret_entry)
            return 0;
        nap();
    }
    return cw_fail(eb, CW_E_IO,
                   "the change was written and cannot be read back; thresholds "
                   "history says what became of it");
}

static enum cw_exit tell_refused(const struct cw_thresholds *t, const struct cw_thresholds_entry *e)
{
    const struct cw_live_record *other = cw_thresholds_version(t, e->record.version);
    if (other)
        return cw_ctl_fail(CW_EXIT_WRONG,
                           "refused: %s set version %d at the same time (\"%s\"); look at it, and "
                           "try again if you still want to",
                           other->author, (int)other->version, other->reason);
    return cw_ctl_fail(CW_EXIT_WRONG, "refused: %s", e->why.text);
}

/* ---- the instances ---- */

struct waiting {
    int32_t version;
    struct cw_buf there, behind; /* names, each with a space before it */
    size_t n_there, n_behind;
};

static void take_status(void *arg, const char *instance, struct cw_str text)
{
    struct waiting *w = arg;
    json_t *status = json_loadb(text.p, text.n, 0, NULL);
    bool there = json_integer_value(json_object_get(status, "settings")) >= w->version;
    cw_buf_printf(there ? &w->there : &w->behind, " %s", instance);
    w->n_there += there;
    w->n_behind += !there;
    json_decref(status);
}

/* Asks until none is behind, within a bound. False when there is nobody to be asked. */
static bool wait_for_all(const struct cw_thresholds *t, struct waiting *w)
{
    struct cw_redis redis;
    int err = cw_redis_open(t->ctl->settings, &redis) == CW_EXIT_DONE ? 0 : -CW_E_IO;
    for (int i = 0; !err && i < IN_FORCE_TRIES; i++) {
        if (i)
            nap();
        w->n_there = w->n_behind = 0;
        cw_buf_clear(&w->there);
        cw_buf_clear(&w->behind);
        err = cw_instances_each(&redis, "status", take_status, w);
        if (!w->n_behind && (w->n_there || i == NOBODY_TRIES))
            break;
    }
    cw_redis_close(&redis);
    return !err && w->n_there + w->n_behind > 0;
}

static void put_names(struct cw_buf *b, const char *name, const struct cw_buf *names)
{
    const char *before = "";
    cw_buf_printf(b, ",\"%s\":[", name);
    for (size_t at = 0; at < names->n;) {
        size_t from = ++at;
        while (at < names->n && names->p[at] != ' ')
            at++;
        cw_buf_puts(b, before);
        cw_buf_json_str(b, (struct cw_str){names->p + from, at - from});
        before = ",";
    }
    cw_buf_puts(b, "]");
}

static void tell_json(const struct waiting *w, bool known)
{
    struct cw_buf b = {0};
    cw_buf_printf(&b, "{\"version\":%d,\"verified\":%s", (int)w->version,
                  known && !w->n_behind ? "true" : "false");
    put_names(&b, "in_force", &w->there);
    put_names(&b, "waiting", &w->behind);
    (void)printf("%.*s}\n", (int)b.n, b.p ? b.p : "");
    cw_buf_free(&b);
}

static enum cw_exit tell_behind(const struct cw_settings *s, const struct waiting *w)
{
    struct cw_buf b = {0};
    cw_word_say(&b, s, CW_WORD_not_in_force, "%d\t%.*s", IN_FORCE_TRIES * NAP_MS / 1000,
                (int)w->behind.n - 1, w->behind.p + 1);
    enum cw_exit code = cw_ctl_fail(CW_EXIT_WRONG, "%.*s", (int)b.n, b.p ? b.p : "");
    cw_buf_free(&b);
    return code;
}

static enum cw_exit tell_in_force(const struct cw_thresholds *t, int32_t version)
{
    const struct cw_settings *s = t->ctl->settings;
    struct waiting w = {.version = version};
    if (!t->ctl->json) {
        cw_word_print(stdout, s, CW_WORD_recorded, "%d", (int)version);
        (void)puts("");
        (void)fflush(stdout);
    }
    bool known = wait_for_all(t, &w);
    if (t->ctl->json)
        tell_json(&w, known);
    else if (!known)
        (void)puts(cw_word(s, CW_WORD_nobody_asked));
    else if (w.n_there) {
        cw_word_print(stdout, s, CW_WORD_in_force_on, "%.*s", (int)w.there.n - 1, w.there.p + 1);
        (void)puts("");
    }
    enum cw_exit code = known && w.n_behind ? tell_behind(s, &w) : CW_EXIT_DONE;
    cw_buf_free(&w.there);
    cw_buf_free(&w.behind);
    return code;
}

static enum cw_exit write_and_wait(struct cw_thresholds *t, const struct cw_live_record *r)
{
    struct cw_buf json = {0};
    struct cw_errbuf eb = {""};
    const struct cw_thresholds_entry *entry = NULL;
    size_t from = t->n;
    int32_t version = r->version;
    cw_live_record_write(r, &json);
    int err = check(&json, &eb);
    if (!err)
        err = append(t, &json, &eb);
    if (!err)
        err = read_back(t, from, &json, &entry, &eb);
    enum cw_exit code = CW_EXIT_DONE;
    if (err)
        code = cw_ctl_failed(err, &eb);
    else if (!entry->taken)
        code = tell_refused(t, entry);
    else
        code = tell_in_force(t, version);
    cw_buf_free(&json);
    return code;
}

enum cw_exit cw_thresholds_write(struct cw_thresholds *t, struct cw_live_record *r)
{
    enum cw_exit code = sign(t, r);
    if (!code)
        code = write_and_wait(t, r);
    cw_live_record_free(r);
    return code;
}
