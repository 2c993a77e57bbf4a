/* Build tool: writes docs/metrics.md. */
#include <stdio.h>

#include "daemon/metrics.h"

int main(int argc, char **argv)
{
    FILE *out = argc == 2 ? fopen(argv[1], "we") : NULL;
    if (!out) {
        (void)fputs("usage: cw_metrics_reference FILE, which must be writable\n", stderr);
        return 2;
    }
    cw_metrics_page(out);
    return fclose(out) == 0 ? 0 : 1;
}
