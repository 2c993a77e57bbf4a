/* What is true of the simulated county, and the settings that fit it. See sim_files.h. */
#include <inttypes.h>

#include "ctl/sim/sim_files.h"
#include "ctl/sim/sim_stories.h"

static void put_story(struct cw_buf *b, const struct cw_sim_client *c)
{
    cw_buf_printf(b, "{\"kind\":\"%s\",\"from\":\"", c->story->name);
    cw_buf_day(b, c->from);
    cw_buf_puts(b, "\",\"to\":\"");
    cw_buf_day(b, c->from + c->story->days - 1);
    cw_buf_puts(b, "\",\"signs\":[");
    for (int i = 0; i < 3 && c->story->signs[i]; i++)
        cw_buf_printf(b, "%s\"%s\"", i ? "," : "", c->story->signs[i]);
    cw_buf_puts(b, "]}");
}

static void put_client(struct cw_buf *b, const struct cw_sim_client *c)
{
    cw_buf_printf(b, "{\"client_id\":\"%s\",\"kind\":\"%s\",\"stories\":[", c->id,
                  c->group ? "group" : "individual");
    if (c->story)
        put_story(b, c);
    cw_buf_puts(b, "],\"churn_day\":");
    if (c->story && c->story->leaves) {
        cw_buf_puts(b, "\"");
        cw_buf_day(b, c->from + c->story->days - 1);
        cw_buf_puts(b, "\"}");
    } else {
        cw_buf_puts(b, "null}");
    }
}

int cw_sim_write_truth(const struct cw_sim_source *from, FILE *out)
{
    const struct cw_sim_world *w = from->world;
    struct cw_buf b = {0};
    cw_buf_printf(&b, "{\"seed\":%" PRIu64 ",\"first\":\"", w->seed);
    cw_buf_day(&b, w->first);
    cw_buf_puts(&b, "\",\"last\":\"");
    cw_buf_day(&b, w->first + w->days - 1);
    cw_buf_puts(&b, "\",\"clients\":[\n");
    for (uint32_t i = 0; i < w->n_clients; i++) {
        put_client(&b, &w->clients[i]);
        cw_buf_puts(&b, i + 1 < w->n_clients ? ",\n" : "\n");
    }
    cw_buf_puts(&b, "]}\n");
    int err = b.failed ? -CW_E_NOMEM : fwrite(b.p, 1, b.n, out) != b.n ? -CW_E_IO : 0;
    cw_buf_free(&b);
    return err;
}

int cw_sim_write_conf(const struct cw_sim_source *from, FILE *out)
{
    const struct cw_settings *s = from->settings;
    (void)fprintf(out,
                  "# Settings for a simulated county.\n"
                  "language = \"%s\";\n"
                  "time = { zone = \"%s\"; };\n"
                  "# Other operators' sales lines.\n"
                  "watched_numbers = [\"10010\", \"10000\", \"10010*\"];\n"
                  "operators = {\n"
                  "  own_prefixes = [\"86137\", \"86138\", \"86139\"];\n"
                  "  competitor_prefixes = [\"86130\", \"86133\"];\n"
                  "};\n",
                  s->language == CW_ENGLISH ? "en" : "zh_CN", s->time_zone);
    return 0;
}
