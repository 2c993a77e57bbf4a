/* Who left; see leavers.h. */
#include "ctl/fit/leavers.h"

#include <stdlib.h>
#include <string.h>

#include "churnwatch/civil.h"
#include "ctl/lines/json_lines.h"
#include "ctl/lines/lines.h"

static int add(struct cw_leavers *l, const char *client, cw_event_time at)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        struct cw_leaver *p = realloc(l->all, l->cap * sizeof *p);
        if (!p)
            return -CW_E_NOMEM;
        l->all = p;
    }
    char *copy = strdup(client);
    if (!copy)
        return -CW_E_NOMEM;
    l->all[l->n++] = (struct cw_leaver){copy, at};
    return 0;
}

static int by_client(const void *a, const void *b)
{
    const struct cw_leaver *x = a, *y = b;
    int c = strcmp(x->client, y->client);
    return c ? c : (x->at > y->at) - (x->at < y->at);
}

static void settle(struct cw_leavers *l)
{
    size_t n = 0;
    if (l->n)
        qsort(l->all, l->n, sizeof *l->all, by_client);
    for (size_t i = 0; i < l->n; i++) {
        if (n && strcmp(l->all[n - 1].client, l->all[i].client) == 0)
            free(l->all[i].client);
        else
            l->all[n++] = l->all[i];
    }
    l->n = n;
}

/* ---- outcomes ---- */

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static int take_outcome(void *arg, json_t *o, struct cw_errbuf *eb)
{
    cw_event_time at;
    const char *client = cw_json_text(o, "client_id");
    if (strcmp(cw_json_text(o, "result"), "lost") != 0)
        return 0; /* Another move. */
    if (!*client || cw_parse_rfc3339(str(cw_json_text(o, "at")), &at) != 0)
        return cw_fail(eb, CW_E_INVALID, "lost, but not who, or not when (at)");
    return add(arg, client, at);
}

int cw_leavers_of_outcomes(const char *path, struct cw_leavers *ret, struct cw_errbuf *eb)
{
    *ret = (struct cw_leavers){0};
    int err = cw_json_lines(path, take_outcome, ret, eb);
    settle(ret);
    return err;
}

/* ---- the truth ---- */

static int take_day(struct cw_leavers *l, const struct cw_zone *z, const char *client,
                    const char *date, struct cw_errbuf *eb)
{
    cw_day day;
    if (!*date)
        return 0; /* It stayed. */
    if (!*client || cw_parse_date(str(date), &day) != 0)
        return cw_fail(eb, CW_E_INVALID, "client %.64s: \"%.32s\" is no day", client, date);
    return add(l, client, cw_zone_midnight(z, day));
}

static int take_truth(struct cw_leavers *l, const struct cw_zone *z, json_t *truth,
                      struct cw_errbuf *eb)
{
    json_t *clients = json_object_get(truth, "clients"), *churn = json_object_get(truth, "churn");
    const char *name;
    json_t *of;
    size_t i;
    int err = 0;
    if (json_is_object(churn)) {
        json_object_foreach(churn, name, of) err =
            err ? err : take_day(l, z, name, cw_json_text(of, "date"), eb);
    } else {
        json_array_foreach(clients, i, of) err =
            err ? err
                : take_day(l, z, cw_json_text(of, "client_id"), cw_json_text(of, "churn_day"), eb);
    }
    return err;
}

int cw_leavers_of_truth(const char *path, const struct cw_zone *z, struct cw_leavers *ret,
                        struct cw_errbuf *eb)
{
    struct cw_lines *lines;
    struct cw_str line;
    struct cw_buf whole = {0};
    int more = 0, err = cw_lines_open(path, &lines, eb);
    *ret = (struct cw_leavers){0};
    if (err)
        return err;
    while ((more = cw_lines_next(lines, &line, eb)) > 0) {
        cw_buf_put(&whole, line.p, line.n);
        cw_buf_puts(&whole, "\n");
    }
    json_t *truth = more == 0 && whole.p ? json_loadb(whole.p, whole.n, 0, NULL) : NULL;
    if (more < 0)
        err = more;
    else if (!truth)
        err = cw_fail(eb, CW_E_INVALID, "%s: no JSON", cw_lines_name(lines));
    else
        err = take_truth(ret, z, truth, eb);
    json_decref(truth);
    cw_buf_free(&whole);
    cw_lines_close(lines);
    settle(ret);
    return err;
}

/* ---- asking ---- */

cw_event_time cw_leavers_find(const struct cw_leavers *l, const char *client)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (strcmp(l->all[mid].client, client) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < l->n && strcmp(l->all[low].client, client) == 0 ? l->all[low].at : CW_NO_TIME;
}

void cw_leavers_free(struct cw_leavers *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->all[i].client);
    free(l->all);
    *l = (struct cw_leavers){0};
}
