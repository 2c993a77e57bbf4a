/* Places in a JSON text: where a member stands, what its raw number is, how deep and how clean the
 * text is. Offsets are bytes from the start of the text; every function stays inside it.
 */
#ifndef CW_CORE_LOCATE_H
#define CW_CORE_LOCATE_H

#include "churnwatch/types.h"

#define CW_NOWHERE SIZE_MAX

/* These hold for any bytes. */

/* The first byte that is not part of well-formed UTF-8. */
size_t cw_locate_bad_utf8(struct cw_str text);
/* Length of the UTF-8 character at p, of n bytes at least one; 0 when it is malformed. */
size_t cw_utf8_length(const char *p, size_t n);
/* The bracket that opens one level more than `most`. */
size_t cw_locate_too_deep(struct cw_str text, size_t most);

/* These hold for text that a parser has accepted; on other text they find nothing or something
 * wrong, never a byte outside. `at` is the first byte of a value, or CW_NOWHERE, which gives
 * CW_NOWHERE. */

size_t cw_locate_root(struct cw_str text);
/* The value of the member of the object at `at`. */
size_t cw_locate_member(struct cw_str text, size_t at, const char *name);
/* The value of one of the members behind the member whose value is at `at`. */
size_t cw_locate_further(struct cw_str text, size_t at, const char *name);
/* The first element of the array at `at`; the value that follows the one at `at` in its array. */
size_t cw_locate_first(struct cw_str text, size_t at);
size_t cw_locate_next(struct cw_str text, size_t at);
/* The number at `at`, as it is written. */
struct cw_str cw_locate_number(struct cw_str text, size_t at);

/* Takes the escape that a string's raw content begins with, \u and its like with four digits, and
 * writes what it stands for in UTF-8; returns the bytes, 0 for malformed. Of half a pair of
 * surrogates it does not say so. */
size_t cw_locate_escape(struct cw_str *raw, char out[4]);

/* Writes the JSON Pointer of the last member name or element that begins before byte `before`, cut
 * to what fits, and returns where it begins. The text up to there must have been accepted. */
size_t cw_locate_last(struct cw_str text, size_t before, char *ret_pointer, size_t size);

#endif
