/* Reading and recording the epoch. See epoch.h. */
#include "delivery/epoch.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define KEY "epoch"

static int take(void *arg, const struct cw_message *m)
{
    char *epoch = arg;
    if (m->key.n != strlen(KEY) || memcmp(m->key.p, KEY, m->key.n) != 0 || !m->value.p)
        return 0;
    json_t *root = json_loadb(m->value.p, m->value.n, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(root, KEY));
    if (text && strlen(text) <= CW_EPOCH_MOST)
        (void)snprintf(epoch, CW_EPOCH_MOST + 1, "%s", text);
    json_decref(root);
    return 0;
}

int cw_epoch_read(struct cw_logs *logs, const struct cw_settings *s,
                  char ret_epoch[CW_EPOCH_MOST + 1], struct cw_errbuf *eb)
{
    ret_epoch[0] = '\0';
    return cw_logs_read_whole(logs, s->topic_control, take, ret_epoch, eb);
}

struct cw_logs_record cw_epoch_record_of(const struct cw_settings *s, const char *epoch,
                                         char json[CW_EPOCH_JSON_MOST])
{
    int n = snprintf(json, CW_EPOCH_JSON_MOST, "{\"epoch\":\"%s\"}", epoch);
    return (struct cw_logs_record){
        .topic = s->topic_control, .key = CW_STR(KEY), .value = {json, (size_t)n}};
}

int cw_epoch_record(struct cw_logs *logs, const struct cw_settings *s, const char *epoch,
                    struct cw_errbuf *eb)
{
    char json[CW_EPOCH_JSON_MOST];
    const struct cw_logs_record record = cw_epoch_record_of(s, epoch, json);
    int err = logs->ops->append(logs, &record, eb);
    return err ? err : logs->ops->flush(logs, eb);
}

int cw_epoch_draw(const char *prefix, char ret_word[CW_EPOCH_MOST + 1], struct cw_errbuf *eb)
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return cw_fail(eb, CW_E_IO, "no randomness");
    size_t n = (size_t)snprintf(ret_word, CW_EPOCH_MOST + 1, "%s", prefix);
    for (size_t i = 0; i < sizeof bytes; i++, n += 2)
        (void)snprintf(ret_word + n, CW_EPOCH_MOST + 1 - n, "%02x", bytes[i]);
    return 0;
}
