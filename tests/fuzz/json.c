/* Fuzz target of the plain reader: what it takes, the library takes too, and both trees are one.
 * Run by libFuzzer. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/json_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct cw_json_room room;
    struct cw_str text = {(const char *)bytes, n};
    struct cw_json_fault fault;
    const struct cw_json *root, *plain = cw_json_plain(&room, text);
    int err = plain ? cw_json_library(&room, text, &root, &fault) : 0;
    const char *what = err     ? "whether it is JSON"
                       : plain ? cw_json_differ(text, plain, root)
                               : NULL;
    if (what && err != -CW_E_NOMEM) {
        (void)fprintf(stderr, "they differ in %s\n", what);
        abort();
    }
    cw_json_room_clear(&room);
    return 0;
}
