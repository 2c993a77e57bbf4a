/* Fuzz target of field mappings: the first line is a profile, the rest a message. Whatever they
 * are, the profile compiles or is complained of, and the message becomes a result or a whole reject
 * record, twice the same. Run by libFuzzer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/mapping.h"
#include "core/locate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* libconfig's own: the text of a string that the file's end cuts short. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig\n";
}

static const struct cw_decode_limits limits = {65536, 921600, 600 * CW_SECOND};

/* The loader reads files; this one is in memory. */
static struct cw_mapping *compile(const uint8_t *text, size_t n)
{
    struct cw_buf said = {0};
    struct cw_complaints complaints = {.out = &said};
    struct cw_mapping *m = NULL;
    static struct cw_zone *utc;
    char path[64];
    int fd = memfd_create("profile", MFD_CLOEXEC);
    if (!utc && cw_zone_load("UTC", &utc, NULL) != 0)
        abort();
    if (fd < 0 || write(fd, text, n) != (ssize_t)n)
        abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int err = cw_mapping_load(path, utc, &complaints, &m);
    (void)close(fd);
    if ((err == -CW_E_INVALID) != (complaints.n > 0) || (err == 0) != (m != NULL))
        abort();
    cw_buf_free(&said);
    return m;
}

static int decode(struct cw_decoder *d, const struct cw_mapping *m, const struct cw_message *msg,
                  struct cw_reject *why)
{
    struct cw_event ev;
    struct cw_profile p;
    struct cw_manager mgr;
    switch (cw_mapping_what(m)) {
    case CW_MAPPED_PROFILES:
        return cw_decode_profile(d, msg, &p, why);
    case CW_MAPPED_MANAGERS:
        return cw_decode_manager(d, msg, &mgr, why);
    default:
        return cw_decode_event(d, msg, &ev, why);
    }
}

static void check(int err, const struct cw_reject *r, size_t n)
{
    if (err == 0 || err == -CW_E_UNKNOWN_TYPE)
        return;
    if (err != -CW_E_REJECT || r->code >= CW_REJECT_COUNT || r->at_byte > (int64_t)n ||
        !memchr(r->detail, '\0', sizeof r->detail) || r->detail[0] == '\0' ||
        cw_locate_bad_utf8((struct cw_str){r->detail, strlen(r->detail)}) != CW_NOWHERE)
        abort();
}

static void map(const struct cw_mapping *m, const struct cw_message *msg)
{
    struct cw_reject first = {.detail = ""}, again = {.detail = ""};
    struct cw_decoder *d = cw_decoder_new(&limits);
    if (!d)
        return;
    cw_decoder_map(d, m);
    int err = decode(d, m, msg, &first);
    check(err, &first, msg->value.n);
    if (decode(d, m, msg, &again) != err || strcmp(first.detail, again.detail) != 0)
        abort();
    cw_decoder_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *end = n ? memchr(bytes, '\n', n) : NULL;
    size_t of_profile = end ? (size_t)(end - bytes) : n;
    struct cw_mapping *m = compile(bytes, of_profile);
    if (m && end) {
        struct cw_message msg = {.key = CW_STR("g"),
                                 .value = {(const char *)end + 1, n - of_profile - 1},
                                 .timestamp_ms = -1};
        map(m, &msg);
    }
    cw_mapping_free(m);
    return 0;
}
