/* Where a line goes. See address.h. */
#include "ctl/address.h"

#include "ctl/members.h"

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

struct cw_address cw_address_of(const struct cw_settings *s, struct cw_str line,
                                struct cw_address_room *room)
{
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
}
