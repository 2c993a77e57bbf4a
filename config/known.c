/* All names of settings in one walk: the rows of params.def, the detectors' thresholds, segments.
 *
 * Pure. A wrong name is compared with all of them, some hundreds, which is nothing at start.
 */
#include "config/known.h"

#include <stdio.h>
#include <string.h>

#include "config/thresholds.h"

/* Calls back with each known path until one call says true; says whether one did. */
typedef bool visit(void *arg, const char *path);

static bool visit_thresholds(visit *fn, void *arg)
{
    char path[CW_PATH_MOST];
    for (int d = 0; d < CW_DETECTORS; d++)
        for (int i = 0; i < cw_threshold_count(d); i++) {
            cw_threshold_path(cw_threshold_at(d, i), path);
            if (fn(arg, path))
                return true;
        }
    return false;
}

static bool visit_all(visit *fn, void *arg)
{
    for (int i = 0; i < CW_PARAMS; i++)
        if (fn(arg, cw_params[i].path))
            return true;
    return fn(arg, "segments") || visit_thresholds(fn, arg);
}

static bool lies_under(void *arg, const char *path)
{
    const char *section = arg;
    size_t n = strlen(section);
    return strncmp(path, section, n) == 0 && path[n] == '.';
}

bool cw_known_section(const char *path)
{
    char section[CW_PATH_MOST];
    return (size_t)snprintf(section, sizeof section, "%s", path) < sizeof section &&
           visit_all(lies_under, section);
}

static bool has_word(void *arg, const char *path)
{
    const struct cw_str *word = arg;
    for (;; path++) {
        size_t n = strcspn(path, ".");
        if (n == word->n && memcmp(path, word->p, n) == 0)
            return true;
        path += n;
        if (!*path)
            return false;
    }
}

bool cw_known_word(struct cw_str word)
{
    return visit_all(has_word, &word);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment, three rows at a time. */
size_t cw_known_distance(struct cw_str a, struct cw_str b)
{
    size_t rows[3][CW_PATH_MOST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    a.n = least(a.n, CW_PATH_MOST);
    b.n = least(b.n, CW_PATH_MOST);
    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            row[j] =
                least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a.p[i - 1] != b.p[j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b.n];
}

struct nearest {
    struct cw_str wrong;
    bool section;
    size_t distance;
    char *name;
};

/* A known name within a third of the wrong one's letters, the nearest so far. */
static void consider(struct nearest *n, struct cw_str known)
{
    size_t distance = cw_known_distance(n->wrong, known);
    if (distance >= n->distance || distance > 1 + n->wrong.n / 3 || known.n >= CW_PATH_MOST)
        return;
    n->distance = distance;
    memcpy(n->name, known.p, known.n);
    n->name[known.n] = '\0';
}

static bool compare(void *arg, const char *path)
{
    struct nearest *n = arg;
    if (!n->section)
        consider(n, (struct cw_str){path, strlen(path)});
    for (const char *dot = strchr(path, '.'); dot && n->section; dot = strchr(dot + 1, '.'))
        consider(n, (struct cw_str){path, (size_t)(dot - path)});
    return false;
}

/* The right name in the wrong section, as far as it is the only one of that name. */
static bool same_leaf(void *arg, const char *path)
{
    struct nearest *n = arg;
    const char *dot = strrchr(path, '.');
    const char *leaf = dot ? dot + 1 : path;
    if (strlen(leaf) != n->wrong.n || memcmp(leaf, n->wrong.p, n->wrong.n) != 0)
        return false;
    n->distance++;
    (void)snprintf(n->name, CW_PATH_MOST, "%s", path);
    return n->distance > 1;
}

static bool find_leaf(const char *path, char ret_name[CW_PATH_MOST])
{
    const char *dot = strrchr(path, '.');
    const char *leaf = dot ? dot + 1 : path;
    char name[CW_PATH_MOST];
    struct nearest n = {.wrong = {leaf, strlen(leaf)}, .name = name};
    (void)visit_all(same_leaf, &n);
    if (n.distance != 1)
        return false;
    memcpy(ret_name, name, sizeof name);
    return true;
}

bool cw_known_nearest(const char *path, bool section, char ret_name[CW_PATH_MOST])
{
    struct nearest n = {
        .wrong = {path, strlen(path)}, .section = section, .distance = SIZE_MAX, .name = ret_name};
    if (!section && find_leaf(path, ret_name))
        return true;
    (void)visit_all(compare, &n);
    return n.distance != SIZE_MAX;
}
