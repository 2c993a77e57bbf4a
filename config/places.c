/* The places of a settings object and the texts they point to. See places.h. */
#include "config/places.h"

#include <stdlib.h>
#include <string.h>

struct cw_places *cw_places_new(void)
{
    return calloc(1, sizeof(struct cw_places));
}

void cw_places_free(struct cw_places *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->texts.n; i++)
        free(p->texts.items[i]);
    free(p->texts.items);
    free(p);
}

const char *cw_places_text(struct cw_places *p, const char *text)
{
    for (size_t i = 0; i < p->texts.n; i++)
        if (strcmp(p->texts.items[i], text) == 0)
            return p->texts.items[i];
    char **grown = reallocarray(p->texts.items, p->texts.n + 1, sizeof *grown);
    if (!grown)
        return NULL;
    p->texts.items = grown;
    grown[p->texts.n] = strdup(text);
    return grown[p->texts.n] ? grown[p->texts.n++] : NULL;
}

void cw_place_print(const struct cw_place *at, struct cw_buf *out)
{
    if (at->live)
        cw_buf_printf(out, "live version %d", (int)at->live);
    else if (at->override)
        cw_buf_puts(out, "-o");
    else if (at->file)
        cw_buf_printf(out, "%s:%d", at->file, at->line);
    else
        cw_buf_puts(out, "default");
}
