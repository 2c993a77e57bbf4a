/* Clients by profile; see clients.h. */
#include "ctl/fit/clients.h"

#include <stdlib.h>
#include <string.h>

#include "churnwatch/client.h"
#include "ctl/lines/json_lines.h"

static int take(void *arg, json_t *profile, struct cw_errbuf *eb)
{
    struct cw_fit_clients *c = arg;
    const char *client = cw_json_text(profile, "client_id");
    if (!*client)
        return cw_fail(eb, CW_E_INVALID, "a profile without its client_id");
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 1024;
        struct cw_fit_client *p = realloc(c->all, c->cap * sizeof *p);
        if (!p)
            return -CW_E_NOMEM;
        c->all = p;
    }
    char *copy = strdup(client);
    if (!copy)
        return -CW_E_NOMEM;
    bool group = strcmp(cw_json_text(profile, "kind"), "group") == 0;
    c->all[c->n] = (struct cw_fit_client){copy, c->n, group ? CW_GROUP : CW_INDIVIDUAL};
    c->n++;
    return 0;
}

static int by_client_and_order(const void *a, const void *b)
{
    const struct cw_fit_client *x = a, *y = b;
    int c = strcmp(x->client, y->client);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

/* A client's last profile alone. */
static void settle(struct cw_fit_clients *c)
{
    size_t n = 0;
    if (c->n)
        qsort(c->all, c->n, sizeof *c->all, by_client_and_order);
    for (size_t i = 0; i < c->n; i++) {
        if (n && strcmp(c->all[n - 1].client, c->all[i].client) == 0)
            free(c->all[--n].client);
        c->all[n++] = c->all[i];
    }
    c->n = n;
}

int cw_fit_clients_read(const char *path, struct cw_fit_clients *ret, struct cw_errbuf *eb)
{
    *ret = (struct cw_fit_clients){0};
    int err = cw_json_lines(path, take, ret, eb);
    settle(ret);
    return err;
}

void cw_fit_clients_free(struct cw_fit_clients *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->all[i].client);
    free(c->all);
    *c = (struct cw_fit_clients){0};
}
