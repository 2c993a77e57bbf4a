/* Forms of texts that are more than text: each a word of params.def, a test, and how it is told.
 *
 * Pure.
 */
#include "config/forms.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "churnwatch/civil.h"

static const char id_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static bool is_number(const char *text)
{
    struct cw_str s = {text, strlen(text)};
    cw_number ignored;
    if (s.n && s.p[s.n - 1] == '*')
        s.n--;
    return cw_number_parse(s, &ignored) == 0;
}

static bool is_prefix(const char *text)
{
    size_t n = strlen(text);
    return n >= 1 && n <= 15 && strspn(text, "0123456789") == n;
}

static bool is_bus(const char *text)
{
    return strcmp(text, "kafka") == 0 || (strncmp(text, "sqlite:", 7) == 0 && text[7]);
}

static bool is_url(const char *text)
{
    const char *scheme = strstr(text, "://");
    return scheme && scheme > text;
}

/* 1 to 65535 and nothing else. */
static bool is_port(const char *text)
{
    size_t n = strlen(text);
    long port = n <= 5 && strspn(text, "0123456789") == n ? strtol(text, NULL, 10) : 0;
    return port >= 1 && port <= UINT16_MAX;
}

static bool is_listen(const char *text)
{
    const struct sockaddr_un *a = NULL;
    const char *colon = strrchr(text, ':');
    if (strncmp(text, "unix:", 5) == 0)
        return text[5] && strlen(text + 5) < sizeof a->sun_path;
    return !*text || (colon && colon > text && strncmp(text, "[]", 2) != 0 && is_port(colon + 1));
}

/* As Kafka's brokers have it. */
static bool is_topic(const char *text)
{
    size_t n = strlen(text);
    return n >= 1 && n <= 249 && strspn(text, id_characters) == n && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

static bool is_property(const char *text)
{
    const char *equals = strchr(text, '=');
    return equals && equals > text;
}

static bool is_filled(const char *text)
{
    return *text != '\0';
}

/* What stands in a key of Redis as one word of it. */
static bool is_id(const char *text)
{
    size_t n = strlen(text);
    return n >= 1 && n <= 64 && strspn(text, id_characters) == n;
}

/* A manager's id follows, and the functions in Redis have to find where it begins. */
static bool is_key_prefix(const char *text)
{
    size_t n = strlen(text);
    return n >= 1 && !strchr(id_characters, text[n - 1]);
}

static const struct cw_form forms[] = {
    {"bus", "kafka or sqlite:PATH", is_bus, false},
    {"property", "name=value", is_property, true},
    {"url", "a URL such as redis://HOST:PORT", is_url, true},
    {"id", "1 to 64 of A-Z a-z 0-9 . _ -", is_id, false},
    {"file", "a file's name", is_filled, false},
    {"keys", "1 to 64 bytes, the last none of A-Z a-z 0-9 . _ -", is_key_prefix, false},
    {"listen", "HOST:PORT, unix:PATH or nothing", is_listen, false},
    {"number", "up to 16 of 0-9, * and #, with a trailing * for a prefix", is_number, false},
    {"topic", "1 to 249 of A-Z a-z 0-9 . _ -, neither . nor ..", is_topic, false},
    {"prefix", "1 to 15 digits", is_prefix, false},
};

const struct cw_form *cw_form_find(const char *word)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].word, word) == 0)
            return &forms[i];
    return NULL;
}
