/* An explanation on its way out: for people, for machines, as a picture. One thread. */
#ifndef CW_CTL_EXPLAIN_EXPLAIN_H
#define CW_CTL_EXPLAIN_EXPLAIN_H

#include "churnwatch/explain.h"
#include "churnwatch/task.h"
#include "config/thresholds.h"
#include "core/profile.h"
#include "ctl/explain/scene.h"

/* All of it borrowed. */
struct cw_explain_view {
    const struct cw_scene *scene;
    const struct cw_explained *x;
    struct cw_profile profile; /* all unknown where the client has none */
    struct cw_profile_room room;
};

/* ---- explain_origin.c: which setting a limit comes from ---- */
struct cw_explain_origin {
    struct cw_threshold_id id;
    double value;
    const struct cw_place *at;
    const struct cw_segment *segment; /* NULL: it holds for all clients */
};
/* Of a need's threshold. */
void cw_explain_origin(const struct cw_explain_view *v, uint8_t detector, uint8_t threshold,
                       struct cw_explain_origin *ret);
bool cw_explain_in_segment(const struct cw_explain_view *v, size_t i);

/* The document of docs/explain.md, one object and no newline. Appends. */
void cw_explain_json(struct cw_buf *b, const struct cw_explain_view *v);
void cw_explain_print(const struct cw_explain_view *v, FILE *out);
/* The picture of a scene with a history. Appends. */
void cw_explain_svg(struct cw_buf *b, const struct cw_explain_view *v);

#endif
