/* churnwatchctl dead-letters replay: messages sent in again, once their cause is mended.
 *
 * Key, value and headers are the message's own, and so is the partition; a header says whence it
 * came. When all of them are durable each is marked, so that it is not sent a second time by
 * accident. A run cut short in between leaves some unmarked: sent again they are repeats, which the
 * engine knows by their ids. One thread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/repair/dead_letters.h"
#include "ctl/words.h"

#define COMPLAINTS_MOST 10

struct replay {
    const struct cw_ctl *ctl;
    struct cw_dead_letters d;
    bool dry, again;
    struct cw_dead_place *sent; /* owned: to be marked */
    size_t n_sent, cap_sent;
    struct cw_header *headers; /* owned; of one message */
    size_t cap_headers;
    uint64_t would, replayed, unknown;
};

/* ---- sending ---- */

/* Only where our inputs are; NULL otherwise. */
static const char *input_topic(const struct cw_settings *s, struct cw_str name)
{
    const char *const inputs[] = {s->topic_billing, s->topic_service, s->topic_profiles,
                                  s->topic_managers, s->topic_outcomes};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        if (name.n == strlen(inputs[i]) && memcmp(name.p, inputs[i], name.n) == 0)
            return inputs[i];
    return NULL;
}

static int room(struct replay *r, size_t headers)
{
    if (headers > r->cap_headers) {
        struct cw_header *more = reallocarray(r->headers, headers, sizeof *more);
        if (!more)
            return -CW_E_NOMEM;
        r->headers = more;
        r->cap_headers = headers;
    }
    if (r->n_sent == r->cap_sent) {
        size_t cap = r->cap_sent ? 2 * r->cap_sent : 64;
        struct cw_dead_place *more = reallocarray(r->sent, cap, sizeof *more);
        if (!more)
            return -CW_E_NOMEM;
        r->sent = more;
        r->cap_sent = cap;
    }
    return 0;
}

static struct cw_str place_text(struct cw_dead_place p, char text[48])
{
    int n = snprintf(text, 48, "%" PRId32 ":%" PRId64, p.partition, p.offset);
    return (struct cw_str){text, (size_t)n};
}

static int send(struct replay *r, const char *topic, const struct cw_dead_letter *l)
{
    char from[48];
    size_t n = 0;
    int err = room(r, l->n_headers + 1);
    if (err)
        return err;
    for (size_t i = 0; i < l->n_headers; i++)
        if (!cw_dead_header_is_ours(l->headers[i].name))
            r->headers[n++] = l->headers[i];
    r->headers[n++] = (struct cw_header){CW_STR(CW_DEAD_FROM), place_text(l->place, from)};
    const struct cw_logs_record record = {.topic = topic,
                                          .partition = l->key.p ? -1 : l->of.partition,
                                          .key = l->key,
                                          .value = l->value,
                                          .headers = r->headers,
                                          .n_headers = n};
    err = r->d.logs->ops->append(r->d.logs, &record, &r->d.eb);
    if (!err)
        r->sent[r->n_sent++] = l->place;
    return err;
}

static int take(void *arg, const struct cw_dead_letter *l)
{
    struct replay *r = arg;
    const char *topic = input_topic(r->ctl->settings, l->topic);
    if (l->replayed && !r->again) {
        r->replayed++;
        return 0;
    }
    if (!topic) {
        if (++r->unknown <= COMPLAINTS_MOST)
            (void)cw_ctl_fail(CW_EXIT_WRONG,
                              "%d:%lld: \"%.*s\" is no input topic of these settings",
                              l->place.partition, (long long)l->place.offset, (int)l->topic.n,
                              l->topic.n ? l->topic.p : "");
        return 0;
    }
    r->would++;
    return r->dry ? 0 : send(r, topic, l);
}

static int mark_all(struct replay *r)
{
    const struct cw_logs_ops *ops = r->d.logs->ops;
    int err = ops->flush(r->d.logs, &r->d.eb);
    for (size_t i = 0; i < r->n_sent && !err; i++) {
        char text[48];
        const struct cw_header mark = {CW_STR(CW_DEAD_MARK), place_text(r->sent[i], text)};
        const struct cw_logs_record record = {.topic = r->ctl->settings->topic_dead_letters,
                                              .partition = r->sent[i].partition,
                                              .headers = &mark,
                                              .n_headers = 1};
        err = ops->append(r->d.logs, &record, &r->d.eb);
    }
    return err ? err : ops->flush(r->d.logs, &r->d.eb);
}

/* ---- which ---- */

static int replay_named(struct replay *r)
{
    struct cw_dead_place place;
    const char *text;
    int err = 0;
    for (size_t i = 0; !err && (text = cw_args_operand(r->ctl->args, i)); i++) {
        err = cw_dead_place_parse(text, &place);
        if (err)
            return cw_fail(&r->d.eb, CW_E_INVALID, "\"%s\" is no PARTITION:OFFSET", text);
        err = cw_dead_letters_one(&r->d, place, take, r);
    }
    return err;
}

static void say_text(const struct replay *r)
{
    const struct cw_settings *s = r->ctl->settings;
    cw_word_print(stdout, s, r->dry ? CW_WORD_letters_would_be_sent : CW_WORD_letters_sent,
                  "%" PRIu64 "\t%" PRIu64, r->would, r->replayed);
    (void)puts(r->replayed ? cw_word(s, CW_WORD_letters_again) : "");
}

static enum cw_exit say(const struct replay *r)
{
    if (r->ctl->json)
        (void)printf("{\"dry_run\":%s,\"replayed\":%" PRIu64 ",\"already\":%" PRIu64
                     ",\"unknown_topic\":%" PRIu64 "}\n",
                     r->dry ? "true" : "false", r->would, r->replayed, r->unknown);
    else
        say_text(r);
    return r->unknown ? CW_EXIT_WRONG : CW_EXIT_DONE;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct replay r = {.ctl = ctl,
                       .dry = cw_args_flag(ctl->args, "dry-run"),
                       .again = cw_args_flag(ctl->args, "again")};
    bool named = cw_args_operand(ctl->args, 0) != NULL;
    bool chosen = cw_args_text(ctl->args, "code") || cw_args_text(ctl->args, "topic") ||
                  cw_args_text(ctl->args, "since");
    if (named == chosen)
        return cw_ctl_misused(ctl,
                              "name either letters or what to choose them by: --code, --topic, "
                              "--since");
    enum cw_exit code = cw_dead_letters_open(ctl, &r.d);
    int err = 0;
    if (!code)
        err = named ? replay_named(&r) : cw_dead_letters_read(&r.d, take, &r);
    /* What was sent before something broke is marked nevertheless. */
    struct cw_errbuf eb = r.d.eb;
    int marked = code || r.dry ? 0 : mark_all(&r);
    if (err)
        r.d.eb = eb;
    if (err || marked)
        code = cw_dead_letters_fail(&r.d, err ? err : marked);
    else if (!code)
        code = say(&r);
    free(r.sent);
    free(r.headers);
    cw_dead_letters_close(&r.d);
    return code;
}

static const struct cw_option options[] = {
    {.name = "code", .value = "CODE", .kind = CW_OPTION_TEXT, .help = "all refused with this code"},
    {.name = "topic", .value = "TOPIC", .kind = CW_OPTION_TEXT, .help = "all of this input topic"},
    {.name = "since",
     .value = "AGE",
     .kind = CW_OPTION_TEXT,
     .help = "all younger than that: 2h, 7d; with the others, both must hold"},
    {.name = "again", .kind = CW_OPTION_FLAG, .help = "those that were replayed before, too"},
    {.name = "dry-run", .kind = CW_OPTION_FLAG, .help = "count, send nothing"},
    {0},
};

const struct cw_command cw_command_dead_letters_replay = {
    .name = "dead-letters replay",
    .operands = "[PARTITION:OFFSET…]",
    .help = "send refused messages in again, once what was wrong is mended",
    .options = options,
    .most = 1000,
    .needs_settings = true,
    .run = run,
};
