/* Lines through the settings' mappings. See mapped.h. One thread. */
#include "ctl/lines/mapped.h"

#include <string.h>

#include "ctl/lines/members.h"

struct cw_decoder *cw_mapped_decoder(void)
{
    static const struct cw_decode_limits limits = {SIZE_MAX, SIZE_MAX, CW_DAY};
    return cw_decoder_new(&limits);
}

static bool is_type(struct cw_str type)
{
    for (unsigned t = 0; t < CW_EV_COUNT; t++) {
        const char *name = cw_event_type_name((enum cw_event_type)t);
        if (type.n == strlen(name) && memcmp(type.p, name, type.n) == 0)
            return true;
    }
    return false;
}

/* Whether the line is good is not asked: its text is there as soon as it was mapped. */
static struct cw_mapped_line event_by(struct cw_decoder *d, const struct cw_settings *s,
                                      enum cw_mapping_input input, struct cw_str line)
{
    struct cw_message m = {.value = line, .timestamp_ms = -1};
    struct cw_mapped_line out = {.input = input, .mapping = s->mappings[input], .text = line};
    struct cw_buf room = {0};
    struct cw_event ev;
    struct cw_reject why;
    if (out.mapping) {
        cw_decoder_map(d, out.mapping);
        (void)cw_decode_event(d, &m, &ev, &why);
        out.text = cw_decoder_mapped(d);
    }
    out.known = out.text.p && is_type(cw_member_text(out.text, "type", &room));
    cw_buf_free(&room);
    if (!out.text.p)
        out.text = line;
    return out;
}

struct cw_mapped_line cw_mapped_event(struct cw_decoder *d, const struct cw_settings *s,
                                      struct cw_str line)
{
    if (!s->mappings[CW_MAP_BILLING] && !s->mappings[CW_MAP_SERVICE])
        return (struct cw_mapped_line){.text = line};
    if (s->mappings[CW_MAP_BILLING] == s->mappings[CW_MAP_SERVICE])
        return event_by(d, s, CW_MAP_BILLING, line);
    struct cw_mapped_line out = event_by(d, s, CW_MAP_BILLING, line);
    if (!out.known)
        out = event_by(d, s, CW_MAP_SERVICE, line);
    return out.known ? out : event_by(d, s, CW_MAP_BILLING, line);
}

struct cw_mapped_line cw_mapped_record(struct cw_decoder *d, const struct cw_settings *s,
                                       enum cw_mapping_input input, struct cw_str line)
{
    struct cw_message m = {.value = line, .timestamp_ms = -1};
    struct cw_mapped_line out = {.input = input, .mapping = s->mappings[input], .text = line};
    struct cw_profile profile;
    struct cw_manager manager;
    struct cw_reject why;
    if (!out.mapping)
        return out;
    cw_decoder_map(d, out.mapping);
    int err = input == CW_MAP_PROFILES ? cw_decode_profile(d, &m, &profile, &why)
                                       : cw_decode_manager(d, &m, &manager, &why);
    /* Its key is what is being asked for. */
    out.known = err == -CW_E_REJECT && why.code == CW_REJECT_KEY_MISMATCH;
    if (cw_decoder_mapped(d).p)
        out.text = cw_decoder_mapped(d);
    return out;
}
