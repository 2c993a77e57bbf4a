/* The table of detectors, by enum cw_detector_id: made from detectors.def, so that a row there is
 * all a new detector needs to be known everywhere. Immutable, shared by threads. */
#include <string.h>

#include "churnwatch/detector.h"

#define DETECTOR(name) extern const struct cw_detector cw_det_##name;
#include "detectors/detectors.def"
#undef DETECTOR

const struct cw_detector *const cw_detectors[CW_DETECTORS] = {
#define DETECTOR(name) [CW_DET_##name] = &cw_det_##name,
#include "detectors/detectors.def"
#undef DETECTOR
};

int cw_detector_find(struct cw_str name)
{
    for (int d = 0; d < CW_DETECTORS; d++)
        if (strlen(cw_detectors[d]->name) == name.n &&
            memcmp(cw_detectors[d]->name, name.p, name.n) == 0)
            return d;
    return -1;
}
