/* Build tool: writes the sample file or the reference page. */
#include <string.h>

#include "config/load.h"

int main(int argc, char **argv)
{
    bool sample = argc == 3 && strcmp(argv[1], "sample") == 0;
    bool page = argc == 3 && strcmp(argv[1], "page") == 0;
    if (!sample && !page) {
        (void)fputs("usage: cw_reference sample|page FILE\n", stderr);
        return 2;
    }
    FILE *out = fopen(argv[2], "we");
    if (!out) {
        perror(argv[2]);
        return 1;
    }
    (sample ? cw_reference_sample : cw_reference_page)(out);
    if (fclose(out) != 0) {
        perror(argv[2]);
        return 1;
    }
    return 0;
}
