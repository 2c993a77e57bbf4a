/* Settings as an object: made from the tables' defaults, completed by what follows from them,
 * freed.
 *
 * Runs on the thread that starts or reloads; what it makes is immutable from then on.
 */
#include "config/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/segments.h"
#include "config/text.h"
#include "config/values.h"
#include "core/mapping.h"

/* A default that cannot be read is a mistake in params.def, which a test walks. */
static int set_default(const struct cw_param *p, struct cw_settings *s)
{
    struct cw_given g = {.kind = CW_GIVEN_WORD, .text = p->dflt};
    return cw_value_read(p, &g, cw_param_field(p, s), NULL);
}

struct cw_settings *cw_settings_new(void)
{
    struct cw_settings *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->held = 1;
    s->places = cw_places_new();
    if (!s->places) {
        cw_settings_free(s);
        return NULL;
    }
    cw_threshold_defaults(&s->base);
    for (int i = 0; i < CW_PARAMS; i++)
        if (set_default(&cw_params[i], s) != 0) {
            cw_settings_free(s);
            return NULL;
        }
    return s;
}

/* A mapping that an earlier input has is freed with that one. */
static void free_mappings(struct cw_settings *s)
{
    for (int i = 0; i < CW_MAP_INPUTS; i++) {
        int first = 0;
        while (s->mappings[first] != s->mappings[i])
            first++;
        if (first == i)
            cw_mapping_free(s->mappings[i]);
    }
}

/* What live settings do not share with those beneath them. */
static void destroy(struct cw_settings *s)
{
    const struct cw_settings *beneath = s->beneath;
    for (int i = 0; i < CW_PARAMS && !beneath; i++)
        cw_value_free(&cw_params[i], cw_param_field(&cw_params[i], s));
    if (!beneath) {
        cw_calendar_free(s->workdays);
        free_mappings(s);
        cw_zone_free(s->zone);
    }
    cw_segments_free(s->segments, s->n_segments);
    cw_places_free(s->places);
    free(s);
    cw_settings_free(beneath);
}

/* The count is the one thing of settings that changes. */
static struct cw_settings *counted(const struct cw_settings *s)
{
    return (struct cw_settings *)(uintptr_t)s;
}

const struct cw_settings *cw_settings_hold(const struct cw_settings *s)
{
    (void)atomic_fetch_add(&counted(s)->held, 1);
    return s;
}

void cw_settings_free(const struct cw_settings *s)
{
    if (s && atomic_fetch_sub(&counted(s)->held, 1) == 1)
        destroy(counted(s));
}

int cw_settings_set_zone(struct cw_settings *s, struct cw_errbuf *eb)
{
    return cw_zone_load(s->time_zone, &s->zone, eb);
}

/* One file of holidays over what is known already. */
static int add_holidays(struct cw_calendar *c, const char *folder, const char *name,
                        struct cw_errbuf *eb)
{
    struct cw_buf path = {0}, json = {0};
    struct cw_errbuf why = {.text = ""};
    cw_buf_printf(&path, "%s%s", *name == '/' ? "" : folder, name);
    int err = path.failed ? -CW_E_NOMEM : cw_text_file(path.p, &json, &why);
    if (err == 0)
        err = cw_calendar_add_json(c, json.p, json.n, &why);
    if (err != 0)
        (void)cw_fail(eb, CW_E_INVALID, "%s: %s", name, why.text);
    cw_buf_free(&path);
    cw_buf_free(&json);
    return err;
}

int cw_settings_set_calendar(struct cw_settings *s, const char *folder, struct cw_errbuf *eb)
{
    s->workdays = cw_calendar_new();
    if (!s->workdays)
        return cw_fail(eb, CW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < s->calendar_files.n; i++) {
        int err = add_holidays(s->workdays, folder, s->calendar_files.items[i], eb);
        if (err != 0)
            return err;
    }
    return 0;
}

/* The embedded log has one writer, so a second thread would have nothing to do. */
void cw_settings_set_threads(struct cw_settings *s)
{
    if (s->engine_threads == 0)
        s->engine_threads =
            strcmp(s->bus, "kafka") == 0 && sysconf(_SC_NPROCESSORS_ONLN) >= 2 ? 2 : 1;
}

int cw_settings_default(struct cw_settings **ret_settings, struct cw_errbuf *eb)
{
    struct cw_settings *s = cw_settings_new();
    if (!s)
        return cw_fail(eb, CW_E_NOMEM, "out of memory");
    int err = cw_settings_set_zone(s, eb);
    if (err == 0)
        err = cw_settings_set_calendar(s, "", eb);
    if (err != 0) {
        cw_settings_free(s);
        return err;
    }
    cw_settings_set_threads(s);
    *ret_settings = s;
    return 0;
}
