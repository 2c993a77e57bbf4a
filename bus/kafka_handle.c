/* Making plain librdkafka handles. */
#include "bus/kafka_handle.h"

#include <stdio.h>
#include <string.h>

#include "board/log.h"
#include "config/places.h"
#include "config/secret.h"

/* One list of properties serves consumers and producers, and each is told of those of the other. */
static bool is_of_the_other(const char *facility, const char *text)
{
    return strcmp(facility, "CONFWARN") == 0 && strstr(text, "will be ignored by this");
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    char quoted[600];
    enum cw_log_level as = level <= 3 ? CW_LOG_ERROR : level <= 5 ? CW_LOG_WARNING : CW_LOG_DEBUG;
    (void)rk;
    if (is_of_the_other(facility, text))
        as = CW_LOG_DEBUG;
    cw_log(as, "kafka", "facility=%s text=%s", facility, cw_log_quote(text, quoted, sizeof quoted));
}

/* What librdkafka says of a bad value may quote it; of a secret nothing is to be heard. */
static int set_secret(rd_kafka_conf_t *conf, const char *property, const char *secret,
                      struct cw_errbuf *eb)
{
    struct cw_secret value;
    struct cw_errbuf why = {""};
    char said[256];
    int err = cw_secret_read(secret, &value, &why);
    if (err)
        return cw_fail(eb, CW_E_INVALID, "%s: %.400s", property, why.text);
    rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, property, value.text, said, sizeof said);
    explicit_bzero(said, sizeof said);
    cw_secret_wipe(&value);
    if (res == RD_KAFKA_CONF_OK)
        return 0;
    return cw_fail(eb, CW_E_INVALID, "%s does not take the value of %s%s", property, CW_SECRET_MARK,
                   secret);
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct cw_errbuf *eb)
{
    char said[256];
    rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, name, value, said, sizeof said);
    if (res == RD_KAFKA_CONF_OK)
        return 0;
    if (res == RD_KAFKA_CONF_INVALID && cw_secret_property(name))
        return cw_fail(eb, CW_E_INVALID, "%s does not take its value", name);
    return cw_fail(eb, CW_E_INVALID, "%s", said);
}

static int set_listed(rd_kafka_conf_t *conf, const char *property, struct cw_errbuf *eb)
{
    char name[256];
    const char *equals = strchr(property, '=');
    size_t n = equals ? (size_t)(equals - property) : 0;
    if (n == 0 || n >= sizeof name)
        return cw_fail(eb, CW_E_INVALID, "an entry is no \"name=value\"");
    memcpy(name, property, n);
    name[n] = '\0';
    const char *value = equals + 1;
    if (strncmp(value, CW_SECRET_MARK, strlen(CW_SECRET_MARK)) == 0)
        return set_secret(conf, name, value + strlen(CW_SECRET_MARK), eb);
    return set(conf, name, value, eb);
}

static int configure(rd_kafka_conf_t *conf, const struct cw_settings *s,
                     const struct cw_property *extra, struct cw_errbuf *eb)
{
    struct cw_errbuf why = {""};
    int err = set(conf, "bootstrap.servers", s->kafka_bootstrap, &why);
    for (size_t i = 0; !err && i < s->kafka_properties.n; i++)
        err = set_listed(conf, s->kafka_properties.items[i], &why);
    for (; !err && extra->name; extra++)
        err = set(conf, extra->name, extra->value, &why);
    return err ? cw_fail(eb, CW_E_INVALID, "kafka.properties: %.480s", why.text) : 0;
}

bool cw_kafka_refills_soon(rd_kafka_conf_t *conf)
{
    return rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "5", NULL, 0) == RD_KAFKA_CONF_OK;
}

/* Brokers may ask their clients for metrics (KIP-714), and a handle that would answer often waits a
 * second when it is freed, for a wake-up that came before it waited (librdkafka 2.5 to 2.8 at
 * least); older ones do not know the property. kafka.properties may turn it on. */
static void set_defaults(rd_kafka_conf_t *conf, rd_kafka_type_t type)
{
    (void)rd_kafka_conf_set(conf, "enable.metrics.push", "false", NULL, 0);
    if (type == RD_KAFKA_CONSUMER)
        (void)cw_kafka_refills_soon(conf);
}

const char *cw_kafka_listed(const struct cw_settings *s, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = s->kafka_properties.n; i-- > 0;) {
        const char *entry = s->kafka_properties.items[i];
        if (strncmp(entry, name, n) == 0 && entry[n] == '=')
            return entry + n + 1;
    }
    return NULL;
}

/* The list has one place. What an -o adds is no place of the other entries. */
static struct cw_place place_of(const struct cw_settings *s, const char *entry)
{
    static const char adds[] = "kafka.properties.";
    struct cw_place at = s->places->params[CW_ROW_kafka_properties];
    bool added = at.override && strncmp(at.override, adds, strlen(adds)) == 0;
    if (added && strcmp(at.override + strlen(adds), entry) != 0)
        at = (struct cw_place){0};
    return at;
}

void cw_kafka_check(const struct cw_settings *s, struct cw_complaints *c)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct cw_errbuf why = {""};
    int err = set(conf, "bootstrap.servers", s->kafka_bootstrap, &why);
    cw_complain_of(c, &s->places->params[CW_ROW_kafka_bootstrap],
                   cw_params[CW_ROW_kafka_bootstrap].path, err, &why);
    for (size_t i = 0; i < s->kafka_properties.n; i++) {
        struct cw_place at = place_of(s, s->kafka_properties.items[i]);
        err = set_listed(conf, s->kafka_properties.items[i], &why);
        cw_complain_of(c, &at, cw_params[CW_ROW_kafka_properties].path, err, &why);
    }
    rd_kafka_conf_destroy(conf);
}

/* NULL with eb where a property is wrong by itself. */
static rd_kafka_conf_t *configured(const struct cw_settings *s, const struct cw_kafka_client *c,
                                   struct cw_errbuf *eb)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    set_defaults(conf, c->type);
    if (c->hook)
        c->hook(conf, c->arg);
    if (configure(conf, s, c->extra, eb) == 0)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* Takes conf. */
static rd_kafka_t *made(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct cw_errbuf *eb)
{
    char said[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, said, sizeof said);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        (void)cw_fail(eb, CW_E_INVALID, "Kafka client: %s", said);
    }
    return rk;
}

rd_kafka_t *cw_kafka_handle(const struct cw_settings *s, const struct cw_kafka_client *c,
                            struct cw_errbuf *eb)
{
    rd_kafka_conf_t *conf = configured(s, c, eb);
    return conf ? made(c->type, conf, eb) : NULL;
}

static void on_log_of_trial(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

static void give_no_token(rd_kafka_t *rk, const char *config, void *arg)
{
    (void)rk, (void)config, (void)arg;
}

/* A handle asks for its ticket or token as soon as it is made, by a command (kinit) or of a server.
 * One that is tried does not: it is never to renew its ticket, and a callback of ours, which is not
 * called, stands for the library's own, while what belongs to that is still looked at. */
static void ask_nobody(rd_kafka_conf_t *conf)
{
    char method[16];
    size_t n = sizeof method;
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", NULL, NULL, 0);
    (void)rd_kafka_conf_set(conf, "sasl.kerberos.min.time.before.relogin", "0", NULL, 0);
    if (rd_kafka_conf_get(conf, "sasl.oauthbearer.method", method, &n) == RD_KAFKA_CONF_OK &&
        strcmp(method, "oidc") == 0)
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, give_no_token);
}

int cw_kafka_try(const struct cw_settings *s, const struct cw_kafka_client *c, struct cw_errbuf *eb)
{
    rd_kafka_conf_t *conf = configured(s, c, eb);
    if (!conf)
        return -CW_E_INVALID;
    ask_nobody(conf);
    rd_kafka_conf_set_log_cb(conf, on_log_of_trial);
    rd_kafka_t *rk = made(c->type, conf, eb);
    if (rk)
        rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return rk ? 0 : -CW_E_INVALID;
}

rd_kafka_resp_err_t cw_kafka_partitions(rd_kafka_t *rk, const char *topic, int ms, int32_t *ret_n)
{
    const struct rd_kafka_metadata *answer;
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
    if (!t)
        return rd_kafka_last_error();
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, t, &answer, ms);
    rd_kafka_topic_destroy(t);
    if (err)
        return err;
    bool known = answer->topic_cnt == 1 && !answer->topics[0].err;
    *ret_n = known ? answer->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(answer);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t cw_kafka_ask_about(rd_kafka_t *rk, const char *topic, int ms)
{
    int32_t ignored;
    return cw_kafka_partitions(rk, topic, ms, &ignored);
}
