/* Thresholds as settings: `detectors.<name>.<threshold>`, declared by the detectors alone. */
#include "config/thresholds.h"

#include <stdio.h>
#include <string.h>

#include "config/values.h"

#define MODE CW_THRESHOLDS_MOST

int cw_threshold_count(int detector)
{
    return 1 + cw_detectors[detector]->n_thresholds;
}

struct cw_threshold_id cw_threshold_at(int detector, int i)
{
    return (struct cw_threshold_id){(uint8_t)detector, (uint8_t)(i == 0 ? MODE : i - 1)};
}

const char *cw_threshold_name(struct cw_threshold_id id)
{
    return id.threshold == MODE ? "mode" : cw_detectors[id.detector]->thresholds[id.threshold].name;
}

int cw_threshold_find(const char *name, struct cw_threshold_id *ret_id)
{
    const char *dot = strchr(name, '.');
    if (!dot)
        return -CW_E_NOTFOUND;
    int d = cw_detector_find((struct cw_str){name, (size_t)(dot - name)});
    for (int i = 0; d >= 0 && i < cw_threshold_count(d); i++)
        if (strcmp(cw_threshold_name(cw_threshold_at(d, i)), dot + 1) == 0) {
            *ret_id = cw_threshold_at(d, i);
            return 0;
        }
    return -CW_E_NOTFOUND;
}

struct cw_param cw_threshold_param(struct cw_threshold_id id)
{
    if (id.threshold == MODE)
        return (struct cw_param){
            .type = CW_PARAM_ENUM,
            .unit = "",
            .most = CW_MODE_ON,
            .words = CW_MODE_WORDS,
            .meaning = "What becomes of its signals: on, they go into tasks; dry, they are counted "
                       "and listed only; off, not even that."};
    const struct cw_threshold *t = &cw_detectors[id.detector]->thresholds[id.threshold];
    return (struct cw_param){.type = CW_PARAM_REAL,
                             .unit = t->unit,
                             .real_least = t->least,
                             .real_most = t->most,
                             .words = "",
                             .meaning = t->meaning};
}

void cw_threshold_path(struct cw_threshold_id id, char ret_path[CW_PATH_MOST])
{
    (void)snprintf(ret_path, CW_PATH_MOST, "detectors.%s.%s", cw_detectors[id.detector]->name,
                   cw_threshold_name(id));
}

void cw_threshold_print(struct cw_threshold_id id, double value, struct cw_buf *out)
{
    struct cw_param p = cw_threshold_param(id);
    int mode = (int)value;
    cw_value_print(&p, p.type == CW_PARAM_ENUM ? (void *)&mode : (void *)&value, out);
}

double cw_threshold_value(struct cw_threshold_id id, const struct cw_policy *p)
{
    return id.threshold == MODE ? p->mode[id.detector] : p->value[id.detector][id.threshold];
}

void *cw_threshold_field(struct cw_threshold_id id, struct cw_policy *p)
{
    if (id.threshold == MODE)
        return &p->mode[id.detector];
    return &p->value[id.detector][id.threshold];
}

void cw_threshold_defaults(struct cw_policy *ret_policy)
{
    *ret_policy = (struct cw_policy){0};
    for (int d = 0; d < CW_DETECTORS; d++) {
        ret_policy->mode[d] = CW_MODE_ON;
        for (int t = 0; t < cw_detectors[d]->n_thresholds; t++)
            ret_policy->value[d][t] = cw_detectors[d]->thresholds[t].dflt;
    }
}
