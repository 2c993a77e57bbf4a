/* Fuzz target of the decoder: any bytes, in every kind of message and both modes, end in a result
 * or in a whole reject record; and of events, straight and by way of a tree, in the same. Run by
 * libFuzzer. */
#include <stdlib.h>
#include <string.h>

#include "core/decode_members.h"
#include "tests/support/event_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct cw_decode_limits limits = {65536, 921600, 600 * CW_SECOND};

#define HEADER(name, value)                                                                        \
    {                                                                                              \
        {(name), sizeof(name) - 1},                                                                \
        {                                                                                          \
            (value), sizeof(value) - 1                                                             \
        }                                                                                          \
    }
static const struct cw_header headers[] = {
    HEADER("ce_specversion", "1.0"),           HEADER("ce_id", "1"),      HEADER("ce_source", "s"),
    HEADER("ce_time", "2026-03-02T02:00:00Z"), HEADER("ce_subject", "x"),
};
enum { N_HEADERS = sizeof headers / sizeof *headers };

static void check(int err, const struct cw_reject *r, size_t n)
{
    if (err == 0 || err == -CW_E_UNKNOWN_TYPE)
        return;
    if (err != -CW_E_REJECT || r->code >= CW_REJECT_COUNT || r->at_byte > (int64_t)n ||
        !memchr(r->detail, '\0', sizeof r->detail) || r->detail[0] == '\0')
        abort();
}

/* Whoever takes an event straight must take what the tree takes. */
static void both_ways(struct cw_decoder *d, const struct cw_message *m)
{
    struct cw_decoder *other = cw_decoder_new(&limits);
    struct cw_event ev, by_tree;
    struct cw_reject r, r_tree;
    if (!other)
        return;
    int err = cw_decode_event(d, m, &ev, &r);
    if (err != cw_decode_event_by_tree(other, m, &by_tree, &r_tree))
        abort();
    if (err == -CW_E_REJECT && (r.code != r_tree.code || r.at_byte != r_tree.at_byte ||
                                strcmp(r.detail, r_tree.detail) != 0))
        abort();
    if (err == 0 && cw_event_differ(&ev, &by_tree))
        abort();
    cw_decoder_free(other);
}

static void decode_structured(struct cw_decoder *d, const struct cw_message *m)
{
    struct cw_event ev;
    struct cw_profile p;
    struct cw_manager mgr;
    struct cw_outcome oc;
    struct cw_reject r = {.code = CW_REJECT_COUNT};
    both_ways(d, m);
    check(cw_decode_event(d, m, &ev, &r), &r, m->value.n);
    check(cw_decode_profile(d, m, &p, &r), &r, m->value.n);
    check(cw_decode_manager(d, m, &mgr, &r), &r, m->value.n);
    check(cw_decode_outcome(d, m, &oc, &r), &r, m->value.n);
}

/* The value as data of each type. */
static void decode_binary(struct cw_decoder *d, const struct cw_message *m)
{
    struct cw_header own[N_HEADERS + 1];
    struct cw_message binary = *m;
    memcpy(own, headers, sizeof headers);
    binary.headers = own;
    binary.n_headers = N_HEADERS + 1;
    for (unsigned t = 0; t < CW_EV_COUNT; t++) {
        const char *name = cw_event_type_name((enum cw_event_type)t);
        struct cw_event ev;
        struct cw_reject r = {.code = CW_REJECT_COUNT};
        own[N_HEADERS] = (struct cw_header){CW_STR("ce_type"), {name, strlen(name)}};
        check(cw_decode_event(d, &binary, &ev, &r), &r, m->value.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct cw_decoder *d = cw_decoder_new(&limits);
    struct cw_message m = {
        .key = CW_STR("x"), .value = {(const char *)bytes, n}, .timestamp_ms = -1};
    if (!d)
        return 0;
    decode_structured(d, &m);
    decode_binary(d, &m);
    cw_decoder_free(d);
    return 0;
}
