/* The table of topics and its look-ups. See topic_table.h. */
#include "bus/topic_table.h"

#include <string.h>

#define NAMED(field) offsetof(struct cw_settings, topic_##field)

const struct cw_topic cw_topics[CW_TOPICS] = {
    {NAMED(billing), true, true, CW_KEEPS_DEFAULT, false},
    {NAMED(service), true, true, CW_KEEPS_DEFAULT, false},
    {NAMED(profiles), true, false, CW_KEEPS_LATEST, false},
    {NAMED(outcomes), true, false, CW_KEEPS_TASKS, false},
    {NAMED(tasks), true, false, CW_KEEPS_TASKS, false},
    {NAMED(state), true, false, CW_KEEPS_STATE, false},
    {NAMED(dead_letters), true, false, CW_KEEPS_DEFAULT, true},
    {NAMED(managers), false, false, CW_KEEPS_LATEST, false},
    {NAMED(control), false, false, CW_KEEPS_ALL, false},
};

const char *cw_topic_name(const struct cw_settings *s, const struct cw_topic *t)
{
    return *(char *const *)(const void *)((const char *)s + t->name);
}

const char *cw_topics_input(const struct cw_settings *s, enum cw_input in)
{
    const char *const names[] = {
        [CW_IN_PROFILES] = s->topic_profiles,
        [CW_IN_BILLING] = s->topic_billing,
        [CW_IN_SERVICE] = s->topic_service,
        [CW_IN_OUTCOMES] = s->topic_outcomes,
    };
    return names[in];
}

const char *cw_topics_log(const struct cw_settings *s, enum cw_log log)
{
    const char *const names[] = {
        [CW_LOG_STATE] = s->topic_state,
        [CW_LOG_TASKS] = s->topic_tasks,
        [CW_LOG_DEAD_LETTERS] = s->topic_dead_letters,
        [CW_LOG_MANAGERS] = s->topic_managers,
        [CW_LOG_CONTROL] = s->topic_control,
    };
    return names[log];
}

bool cw_topics_input_of(const struct cw_settings *s, const char *topic, enum cw_input *ret_input)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        if (strcmp(topic, cw_topics_input(s, in)) == 0) {
            *ret_input = in;
            return true;
        }
    return false;
}
