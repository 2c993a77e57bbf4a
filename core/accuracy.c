/* Were the detectors right? Outcomes counted by segment and detector, for whoever tunes them.
 *
 * Rows go by the text of a segment's conditions, not by its place, so that they keep their meaning
 * when the configuration is reordered. There is room for all clients and every segment; segments
 * that are configured no longer give way when it is full.
 */
#include <stdlib.h>
#include <string.h>

#include "core/profile.h"
#include "core/shard_state.h"

enum { ROWS_MOST = CW_SEGMENTS_MOST + 1 };

size_t cw_shard_accuracy(const struct cw_shard *sh, const struct cw_accuracy **ret_rows)
{
    *ret_rows = sh->accuracy;
    return sh->n_accuracy;
}

static void free_row(struct cw_shard *sh, struct cw_accuracy *row)
{
    sh->bytes -= strlen(row->segment) + 1;
    free(row->segment);
}

void cw_accuracy_free(struct cw_shard *sh)
{
    for (size_t i = 0; i < sh->n_accuracy; i++)
        free_row(sh, &sh->accuracy[i]);
    sh->bytes -= sh->cap_accuracy * sizeof *sh->accuracy;
    free(sh->accuracy);
    sh->accuracy = NULL;
    sh->n_accuracy = sh->cap_accuracy = 0;
}

/* ---- making rows ---- */

/* Is one of the first n segments so called? */
static bool is_configured(const struct cw_settings *s, size_t n, struct cw_str segment)
{
    struct cw_buf b = {0};
    bool found = false;
    for (size_t i = 0; i < n && !found; i++) {
        cw_buf_clear(&b);
        cw_settings_segment(s, i, &b);
        found = cw_kept_same((struct cw_str){b.p, b.n}, segment);
    }
    cw_buf_free(&b);
    return found;
}

static bool has_a_place(const struct cw_shard *sh, const struct cw_accuracy *row)
{
    struct cw_str segment = {row->segment, strlen(row->segment)};
    return segment.n == 0 || is_configured(sh->settings, sh->settings->n_segments, segment);
}

static void drop_unconfigured(struct cw_shard *sh)
{
    size_t kept = 0;
    for (size_t i = 0; i < sh->n_accuracy; i++)
        if (has_a_place(sh, &sh->accuracy[i]))
            sh->accuracy[kept++] = sh->accuracy[i];
        else
            free_row(sh, &sh->accuracy[i]);
    sh->n_accuracy = kept;
}

static bool have_room(struct cw_shard *sh)
{
    if (sh->n_accuracy == ROWS_MOST)
        drop_unconfigured(sh);
    if (sh->n_accuracy < sh->cap_accuracy)
        return true;
    if (sh->n_accuracy == ROWS_MOST)
        return false;
    size_t cap = sh->cap_accuracy ? sh->cap_accuracy * 2 : 4;
    struct cw_accuracy *rows = realloc(sh->accuracy, cap * sizeof *rows);
    if (!rows) {
        sh->failed = true;
        return false;
    }
    sh->bytes += (cap - sh->cap_accuracy) * sizeof *rows;
    sh->accuracy = rows;
    sh->cap_accuracy = cap;
    return true;
}

static struct cw_accuracy *add_row(struct cw_shard *sh, struct cw_str segment)
{
    char *text = have_room(sh) ? malloc(segment.n + 1) : NULL;
    if (!text) {
        sh->failed |= sh->n_accuracy < ROWS_MOST;
        return NULL;
    }
    if (segment.n)
        memcpy(text, segment.p, segment.n);
    text[segment.n] = '\0';
    sh->bytes += segment.n + 1;
    struct cw_accuracy *row = &sh->accuracy[sh->n_accuracy++];
    *row = (struct cw_accuracy){.segment = text};
    return row;
}

struct cw_accuracy *cw_accuracy_row(struct cw_shard *sh, struct cw_str segment)
{
    for (size_t i = 0; i < sh->n_accuracy; i++) {
        struct cw_accuracy *row = &sh->accuracy[i];
        if (cw_kept_same((struct cw_str){row->segment, strlen(row->segment)}, segment))
            return row;
    }
    return add_row(sh, segment);
}

/* ---- counting ---- */

/* A bit per detector with a signal that the manager had seen. */
static uint32_t behind(const struct cw_task *t, int64_t seen)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < t->n_signals; i++)
        if (t->signals[i].version <= seen)
            mask |= UINT32_C(1) << t->signals[i].s.detector;
    return mask;
}

static void count(struct cw_shard *sh, struct cw_str segment, uint32_t detectors,
                  enum cw_result result)
{
    struct cw_accuracy *row = cw_accuracy_row(sh, segment);
    for (unsigned d = 0; row && d < CW_DETECTORS; d++)
        row->tasks[d][result] += detectors >> d & 1;
}

void cw_accuracy_count(struct cw_shard *sh, struct cw_client *cl, const struct cw_task *t,
                       int64_t seen, enum cw_result result)
{
    uint64_t words[CW_SEGMENT_WORDS];
    uint32_t detectors = behind(t, seen);
    struct cw_buf text = {0};
    sh->accuracy_touched = true;
    count(sh, (struct cw_str){"", 0}, detectors, result);
    cw_clients_segments(sh, cl, words);
    for (size_t i = 0; i < sh->settings->n_segments && !sh->failed; i++) {
        if (!(words[i / 64] >> i % 64 & 1))
            continue;
        cw_buf_clear(&text);
        cw_settings_segment(sh->settings, i, &text);
        struct cw_str segment = {text.p, text.n};
        if (!is_configured(sh->settings, i, segment)) /* Two may have equal conditions. */
            count(sh, segment, detectors, result);
    }
    sh->failed |= text.failed;
    cw_buf_free(&text);
}
