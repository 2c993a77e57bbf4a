/* Lines to values; see json_lines.h. */
#include "ctl/lines/json_lines.h"

#include <inttypes.h>

#include "ctl/lines/lines.h"

static int at_line(const struct cw_lines *lines, int err, struct cw_errbuf *eb)
{
    struct cw_errbuf what = *eb;
    if (err != -CW_E_INVALID)
        return err;
    return cw_fail(eb, CW_E_INVALID, "%s:%" PRIu64 ": %.400s", cw_lines_name(lines),
                   cw_lines_number(lines), what.text);
}

int cw_json_lines(const char *path, int (*each)(void *arg, json_t *value, struct cw_errbuf *eb),
                  void *arg, struct cw_errbuf *eb)
{
    struct cw_lines *lines;
    struct cw_str line;
    int more = 0, err = cw_lines_open(path, &lines, eb);
    if (err)
        return err;
    while (!err && (more = cw_lines_next(lines, &line, eb)) > 0) {
        json_t *value = json_loadb(line.p, line.n, 0, NULL);
        err = value ? each(arg, value, eb) : cw_fail(eb, CW_E_INVALID, "no JSON");
        err = at_line(lines, err, eb);
        json_decref(value);
    }
    cw_lines_close(lines);
    return err ? err : more;
}

const char *cw_json_text(const json_t *of, const char *member)
{
    const char *text = json_string_value(json_object_get(of, member));
    return text ? text : "";
}
