/* Where a line goes. See address.h. */
#include "ctl/lines/address.h"

#include "ctl/lines/members.h"

static const char *event_topic(const struct cw_settings *s, struct cw_str line,
                               struct cw_address_room *room)
{
    bool billing = cw_type_is_billing(cw_member_text(line, "type", &room->type));
    return billing ? s->topic_billing : s->topic_service;
}

static const char *outcome_topic(const struct cw_settings *s, struct cw_str line,
                                 struct cw_address_room *room)
{
    (void)line, (void)room;
    return s->topic_outcomes;
}

static const char *profile_topic(const struct cw_settings *s, struct cw_str line,
                                 struct cw_address_room *room)
{
    (void)line, (void)room;
    return s->topic_profiles;
}

static const char *manager_topic(const struct cw_settings *s, struct cw_str line,
                                 struct cw_address_room *room)
{
    (void)line, (void)room;
    return s->topic_managers;
}

/* The first row whose member the line has; broken events are told by their subject. */
static const struct {
    const char *member, *key;
    const char *(*topic)(const struct cw_settings *s, struct cw_str line,
                         struct cw_address_room *room);
} kinds[] = {
    {"specversion", "subject", event_topic},   {"subject", "subject", event_topic},
    {"task_id", "client_id", outcome_topic},   {"manager_id", "manager_id", manager_topic},
    {"client_id", "client_id", profile_topic},
};

static bool maps_any(const struct cw_settings *s)
{
    for (int i = 0; i < CW_MAP_INPUTS; i++)
        if (s->mappings[i])
            return true;
    return false;
}

/* An event goes to the topic whose mapping took it; where both have one mapping, by its type. */
static struct cw_address event_address(const struct cw_settings *s, const struct cw_mapped_line *ml,
                                       struct cw_address_room *room)
{
    struct cw_address a = {.topic = event_topic(s, ml->text, room),
                           .key = cw_member_text(ml->text, "subject", &room->key)};
    if (s->mappings[CW_MAP_BILLING] != s->mappings[CW_MAP_SERVICE])
        a.topic = ml->input == CW_MAP_BILLING ? s->topic_billing : s->topic_service;
    return a;
}

/* What the settings' mappings make of a line; no topic where none of them takes it. */
static struct cw_address mapped_address(const struct cw_settings *s, struct cw_str line,
                                        struct cw_address_room *room)
{
    struct cw_mapped_line ml = cw_mapped_event(room->mapper, s, line);
    if (ml.mapping && ml.known)
        return event_address(s, &ml, room);
    ml = cw_mapped_record(room->mapper, s, CW_MAP_PROFILES, line);
    if (ml.known)
        return (struct cw_address){.topic = s->topic_profiles,
                                   .key = cw_member_text(ml.text, "client_id", &room->key)};
    ml = cw_mapped_record(room->mapper, s, CW_MAP_MANAGERS, line);
    if (ml.known)
        return (struct cw_address){.topic = s->topic_managers,
                                   .key = cw_member_text(ml.text, "manager_id", &room->key)};
    return (struct cw_address){0};
}

struct cw_address cw_address_of(const struct cw_settings *s, struct cw_str line,
                                struct cw_address_room *room)
{
    struct cw_address mapped = {0};
    if (maps_any(s) && (room->mapper || (room->mapper = cw_mapped_decoder())))
        mapped = mapped_address(s, line, room);
    if (mapped.topic)
        return mapped;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (cw_member_has(line, kinds[i].member))
            return (struct cw_address){.topic = kinds[i].topic(s, line, room),
                                       .key = cw_member_text(line, kinds[i].key, &room->key)};
    return (struct cw_address){0};
}

void cw_address_room_free(struct cw_address_room *room)
{
    cw_buf_free(&room->key);
    cw_buf_free(&room->type);
    cw_decoder_free(room->mapper);
}
