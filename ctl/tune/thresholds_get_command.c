/* churnwatchctl thresholds get KEY: all that was said of a threshold, from its default to what is
 * in force, for everybody, for a segment or for one client. */
#include <stdlib.h>
#include <string.h>

#include "churnwatch/shard.h"
#include "config/values.h"
#include "core/decode.h"
#include "core/mapping.h"
#include "ctl/text.h"
#include "ctl/tune/thresholds.h"
#include "ctl/words.h"

struct asking {
    const struct cw_ctl *ctl;
    struct cw_thresholds log;
    struct cw_settings *laid;
    char *is[CW_SEGMENT_LEVELS]; /* owned; what is known of the client */
    struct cw_threshold_id id;
};

/* ---- what is known of a client: the last profile of its partition ---- */

struct looking {
    struct asking *a;
    struct cw_decoder *decoder;
    struct cw_str client;
};

static bool keep(char **field, const char *text, size_t n)
{
    free(*field);
    *field = text ? strndup(text, n) : NULL;
    return !text || *field;
}

static bool keep_word(char **field, const char *word)
{
    const char *text = word ? word : "none";
    return keep(field, text, strlen(text));
}

static int take_profile(void *arg, const struct cw_message *m)
{
    struct looking *k = arg;
    struct cw_profile p;
    struct cw_reject why;
    char **is = k->a->is;
    if (m->key.n != k->client.n || memcmp(m->key.p, k->client.p, m->key.n) != 0 ||
        cw_decode_profile(k->decoder, m, &p, &why) != 0)
        return 0;
    bool kept = keep_word(&is[CW_BY_KIND], cw_kind_name(p.kind)) &&
                keep_word(&is[CW_BY_CLASS], cw_class_name(p.class_)) &&
                keep_word(&is[CW_BY_VIP], cw_vip_name(p.vip)) &&
                keep(&is[CW_BY_COUNTY], p.county.p, p.county.n) &&
                keep(&is[CW_BY_MANAGER], p.manager.p, p.manager.n);
    return kept ? 0 : -CW_E_NOMEM;
}

/* As the engine takes one of whom there is no profile. */
static bool know_nothing(struct asking *a, struct cw_str client)
{
    return keep_word(&a->is[CW_BY_KIND], cw_kind_name(CW_INDIVIDUAL)) &&
           keep_word(&a->is[CW_BY_CLASS], NULL) && keep_word(&a->is[CW_BY_VIP], NULL) &&
           keep(&a->is[CW_BY_CLIENT], client.p, client.n);
}

static int look_up(struct asking *a, struct cw_str client, struct cw_errbuf *eb)
{
    const struct cw_settings *s = a->ctl->settings;
    const struct cw_decode_limits limits = {(size_t)s->max_event_bytes,
                                            (size_t)s->max_profile_bytes, s->max_clock_skew};
    struct looking k = {.a = a, .decoder = cw_decoder_new(&limits), .client = client};
    struct cw_logs *logs = a->log.logs;
    int32_t n = 0;
    int64_t first = 0, end = 0;
    int err = k.decoder && know_nothing(a, client) ? 0 : -CW_E_NOMEM;
    if (k.decoder)
        cw_decoder_map(k.decoder, s->mappings[CW_MAP_PROFILES]);
    if (!err)
        err = logs->ops->partitions(logs, s->topic_profiles, &n, eb);
    int32_t partition = n > 0 ? cw_partition_of(client, n) : 0;
    if (!err && n > 0)
        err = logs->ops->range(logs, s->topic_profiles, partition, &first, &end, eb);
    if (!err && n > 0)
        err = logs->ops->read(logs, s->topic_profiles, partition, first, end, take_profile, &k, eb);
    cw_decoder_free(k.decoder);
    return err;
}

/* ---- telling ---- */

static void text_row(struct cw_table *t, const struct asking *a, const struct cw_chain_link *c,
                     bool last)
{
    struct cw_buf value = {0}, origin = {0}, whom = {0};
    cw_threshold_print(a->id, c->value, &value);
    cw_chain_origin(&a->log, &c->at, &origin);
    if (c->segment)
        cw_segment_print(c->segment->want, &whom);
    cw_table_text(t, last ? "=>" : "");
    cw_table_cell(t, (struct cw_str){value.p, value.n});
    cw_table_cell(t, (struct cw_str){whom.p ? whom.p : "", whom.n});
    cw_table_cell(t, (struct cw_str){origin.p, origin.n});
    cw_buf_free(&value);
    cw_buf_free(&origin);
    cw_buf_free(&whom);
}

static void tell_text(const struct asking *a, const struct cw_chain_link *chain, size_t n)
{
    const struct cw_settings *s = a->ctl->settings;
    struct cw_param p = cw_threshold_param(a->id);
    struct cw_table t = {.columns = 4};
    struct cw_buf allowed = {0};
    char path[CW_PATH_MOST];
    cw_threshold_path(a->id, path);
    cw_word_allowed(&allowed, s, &p);
    const char *colon = cw_word(s, CW_WORD_colon);
    (void)printf("%s%s%s\n%s%s%.*s\n\n", path, colon, cw_word_meaning(s, a->id),
                 cw_word(s, CW_WORD_allowed), colon, (int)allowed.n, allowed.p);
    cw_table_text(&t, "");
    cw_table_text(&t, cw_word(s, CW_WORD_setting_value));
    cw_table_text(&t, cw_word(s, CW_WORD_segment));
    cw_table_text(&t, cw_word(s, CW_WORD_origin));
    for (size_t i = 0; i < n; i++)
        text_row(&t, a, &chain[i], i + 1 == n);
    cw_table_print(&t, 0, stdout);
    cw_table_free(&t);
    cw_buf_free(&allowed);
}

static void json_link(struct cw_buf *b, const struct asking *a, const struct cw_chain_link *c)
{
    static char *const everybody[CW_SEGMENT_LEVELS];
    const struct cw_live_record *r = cw_thresholds_version(&a->log, c->at.live);
    struct cw_buf origin = {0};
    cw_place_print(&c->at, &origin);
    cw_buf_put(&origin, "", 1);
    cw_buf_puts(b, "{\"value\":");
    cw_thresholds_value(b, a->id, c->value);
    cw_thresholds_segment_member(b, c->segment ? c->segment->want : everybody);
    cw_thresholds_member(b, "origin", origin.failed ? "" : origin.p);
    if (r) {
        cw_buf_printf(b, ",\"version\":%d", (int)r->version);
        cw_thresholds_member(b, "author", r->author);
        cw_thresholds_member(b, "at", r->at);
        cw_thresholds_member(b, "reason", r->reason);
    }
    cw_buf_puts(b, "}");
    cw_buf_free(&origin);
}

static void tell_json(const struct asking *a, const struct cw_chain_link *chain, size_t n)
{
    struct cw_buf b = {0};
    char path[CW_PATH_MOST];
    cw_threshold_path(a->id, path);
    cw_buf_puts(&b, "{");
    cw_thresholds_member(&b, "key", path);
    cw_buf_puts(&b, ",\"value\":");
    cw_thresholds_value(&b, a->id, chain[n - 1].value);
    cw_buf_puts(&b, ",\"chain\":[");
    for (size_t i = 0; i < n; i++) {
        cw_buf_puts(&b, i ? "," : "");
        json_link(&b, a, &chain[i]);
    }
    cw_buf_puts(&b, "]}");
    (void)printf("%.*s\n", (int)b.n, b.p ? b.p : "");
    cw_buf_free(&b);
}

static enum cw_exit get(struct asking *a)
{
    struct cw_chain_link chain[CW_CHAIN_MOST];
    struct cw_errbuf eb = {""};
    const char *client = cw_args_text(a->ctl->args, "client");
    int err = client ? look_up(a, (struct cw_str){client, strlen(client)}, &eb) : 0;
    if (!err)
        err = cw_live_lay_over(a->log.live, a->ctl->settings, &a->laid);
    if (err)
        return cw_ctl_failed(err, &eb);
    size_t n = cw_threshold_chain(a->ctl->settings, a->laid, a->id, a->is, chain);
    (a->ctl->json ? tell_json : tell_text)(a, chain, n);
    return CW_EXIT_DONE;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct asking a = {.ctl = ctl};
    struct cw_errbuf eb = {""};
    const char *segment = cw_args_text(ctl->args, "segment");
    if (segment && cw_args_text(ctl->args, "client"))
        return cw_ctl_misused(ctl, "either --client or --segment is wanted");
    if (cw_live_key_read(cw_args_operand(ctl->args, 0), &a.id, &eb) != 0)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", eb.text);
    if (segment && cw_thresholds_segment(segment, a.is, &eb) != 0)
        return cw_ctl_misused(ctl, "--segment: %s", eb.text);
    enum cw_exit code = cw_thresholds_open(ctl, &a.log);
    if (!code)
        code = get(&a);
    cw_settings_free(a.laid);
    cw_thresholds_close(&a.log);
    cw_thresholds_free_want(a.is);
    return code;
}

static const struct cw_option options[] = {
    {.name = "client", .value = "C", .kind = CW_OPTION_TEXT, .help = "as it is for this client"},
    {.name = "segment",
     .value = "S",
     .kind = CW_OPTION_TEXT,
     .help = "as it is for such clients: class=A1 or kind=group,county=…"},
    {0},
};

const struct cw_command cw_command_thresholds_get = {
    .name = "thresholds get",
    .operands = "KEY",
    .help = "all that was said of a threshold, the last of it in force",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
