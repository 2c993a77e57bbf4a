/* Field mapping: messages of another shape, written anew in the contract's before they are decoded.
 *
 * A mapping is compiled once from its profile (config/mapping.h) and is immutable from then on,
 * shared by threads. What it writes goes through the decoder as any message does, so that every
 * check of the contract holds; a refusal names the contract's member and the pointer it came from,
 * and its byte is one of the message as it came.
 */
#ifndef CW_CORE_MAPPING_H
#define CW_CORE_MAPPING_H

#include "core/decode.h"

struct cw_mapping; /* opaque here; core/mapping_rules.h for who makes and applies one */
struct cw_pointer;
struct cw_json;

/* What a profile is for. */
enum cw_mapped { CW_MAPPED_EVENTS, CW_MAPPED_PROFILES, CW_MAPPED_MANAGERS, CW_MAPPED_COUNT };
const char *cw_mapped_name(enum cw_mapped what); /* "events", as profiles write it */
enum cw_mapped cw_mapping_what(const struct cw_mapping *m);
/* Times that tell no offset are of this zone, unless the profile names one of its own. Borrowed. */
void cw_mapping_bind(struct cw_mapping *m, const struct cw_zone *zone);
/* Accepts NULL. */
void cw_mapping_free(struct cw_mapping *m);

/* All later messages of the decoder are mapped first; NULL: none. Borrowed until it is set anew. It
 * must be one for what is decoded. The value alone is mapped: attributes in headers are not read.
 */
void cw_decoder_map(struct cw_decoder *d, const struct cw_mapping *m);
/* The contract's text of the last message, as far as it was written; absent when it was not mapped.
 * Valid until the decoder's next call. */
struct cw_str cw_decoder_mapped(const struct cw_decoder *d);

/* For who writes a profile: which of its pointers find something, and what of the messages nothing
 * points at. Called on the way; borrowed. */
struct cw_mapping_trace {
    void *arg;
    /* One look; found is NULL when nothing was there. */
    void (*looked)(void *arg, const struct cw_pointer *p, const struct cw_json *found);
    /* The end of a message: its tree, valid for the call, and the type of its kind, or NULL where
     * no kind of the profile takes it. */
    void (*ended)(void *arg, const struct cw_json *root, const char *type);
};
void cw_decoder_trace(struct cw_decoder *d, const struct cw_mapping_trace *t);
/* Calls back with each pointer of the mapping, in the profile's order. */
void cw_mapping_pointers(const struct cw_mapping *m,
                         void (*fn)(void *arg, const struct cw_pointer *p), void *arg);

#endif
