/* Profiles of the simulated county's clients and managers. See sim_files.h. */
#include <inttypes.h>

#include "ctl/sim/sim_files.h"
#include "ctl/sim/sim_names.h"

enum { STREAM_PROFILES = 1, STREAM_MANAGERS }; /* of the seed's complement */

int cw_sim_write_managers(const struct cw_sim_source *from, FILE *out)
{
    struct cw_sim_random r;
    cw_sim_seed(&r, ~from->world->seed, STREAM_MANAGERS);
    for (uint32_t i = 0; i < from->world->n_managers; i++) {
        char id[16], chief[16], name[32];
        cw_sim_manager_id(i, id);
        cw_sim_chief_id(i, chief);
        cw_sim_person(&r, name, sizeof name);
        (void)fprintf(out,
                      "{\"manager_id\":\"%s\",\"name\":\"%s\",\"county\":\"%s\","
                      "\"chief_manager\":\"%s\",\"absences\":[],\"daily_capacity\":%u}\n",
                      id, name, cw_sim_county(&r), chief, 6 + cw_sim_below(&r, 5));
    }
    return 0;
}

/* People speak for themselves. */
static void put_contact(struct cw_buf *b, struct cw_sim_random *r, const struct cw_sim_client *c,
                        const char *role, uint64_t number)
{
    char stranger[32];
    cw_sim_person(r, stranger, sizeof stranger);
    const char *name = c->group ? stranger : c->name;
    cw_buf_printf(b,
                  "{\"role\":\"%s\",\"name\":\"%s\",\"msisdn\":\"%" PRIu64 "\","
                  "\"birthday\":\"%u-%02u-%02u\",\"lunar\":%s}",
                  role, name, number, 1955 + cw_sim_below(r, 45), 1 + cw_sim_below(r, 12),
                  1 + cw_sim_below(r, 28), cw_sim_chance(r, 0.2) ? "true" : "false");
}

static void put_contacts(struct cw_buf *b, struct cw_sim_random *r, const struct cw_sim_client *c)
{
    static const char *const roles[] = {"decision_maker", "contact", "telecom_lead", "influencer"};
    uint32_t n = c->group ? 1 + cw_sim_below(r, 4) : 1;
    cw_buf_puts(b, ",\"contacts\":[");
    for (uint32_t i = 0; i < n && i < c->n_lines; i++) {
        cw_buf_puts(b, i ? "," : "");
        put_contact(b, r, c, roles[i], c->lines[i].number);
    }
    cw_buf_puts(b, "]");
}

static void put_lines(struct cw_buf *b, const struct cw_sim_client *c)
{
    cw_buf_puts(b, ",\"lines\":[");
    for (uint32_t i = 0; i < c->n_lines; i++)
        cw_buf_printf(b, "%s{\"msisdn\":\"%" PRIu64 "\",\"plan\":\"P%u\",\"monthly_fee\":%u}",
                      i ? "," : "", c->lines[i].number, c->lines[i].fee, c->lines[i].fee);
    cw_buf_puts(b, "]");
}

static void put_group(struct cw_buf *b, struct cw_sim_random *r, const struct cw_sim_client *c)
{
    char representative[32];
    cw_sim_person(r, representative, sizeof representative);
    cw_buf_printf(b,
                  ",\"industry\":\"%s\",\"address\":\"舟山市%s\",\"headcount\":%u,\"phones\":%u,"
                  "\"mobile_phones\":%u,\"legal_representative\":\"%s\",\"annual_output\":%u,"
                  "\"snapshot\":%s",
                  c->industry, c->county, c->n_lines + cw_sim_below(r, c->n_lines + 1), c->n_lines,
                  c->n_lines, representative, c->n_lines * (50000 + cw_sim_below(r, 200000)),
                  c->class_[0] == 'A' ? "true" : "false");
}

static void put_profile(struct cw_buf *b, struct cw_sim_random *r, const struct cw_sim_client *c)
{
    static const char *const methods[] = {"phone", "phone", "visit", "sms", "email"};
    char manager[16], chief[16];
    cw_sim_manager_id(c->manager, manager);
    cw_sim_chief_id(c->manager, chief);
    cw_buf_printf(b,
                  "{\"client_id\":\"%s\",\"kind\":\"%s\",\"name\":\"%s\",\"class\":\"%s\","
                  "\"vip\":\"%s\",\"county\":\"%s\",\"manager\":\"%s\",\"chief_manager\":\"%s\"",
                  c->id, c->group ? "group" : "individual", c->name, c->class_, c->vip, c->county,
                  manager, chief);
    if (c->group)
        put_group(b, r, c);
    if (c->contract_ends != CW_NO_DAY) {
        cw_buf_puts(b, ",\"contract_ends\":\"");
        cw_buf_day(b, c->contract_ends);
        cw_buf_puts(b, "\"");
    }
    put_contacts(b, r, c);
    put_lines(b, c);
    cw_buf_printf(b, ",\"preferred_method\":\"%s\"}\n", methods[cw_sim_below(r, 5)]);
}

int cw_sim_write_profiles(const struct cw_sim_source *from, FILE *out)
{
    struct cw_buf b = {0};
    struct cw_sim_random r;
    int err = 0;
    cw_sim_seed(&r, ~from->world->seed, STREAM_PROFILES);
    for (uint32_t i = 0; !err && i < from->world->n_clients; i++) {
        cw_buf_clear(&b);
        put_profile(&b, &r, &from->world->clients[i]);
        if (b.failed)
            err = -CW_E_NOMEM;
        else if (fwrite(b.p, 1, b.n, out) != b.n)
            err = -CW_E_IO;
    }
    cw_buf_free(&b);
    return err;
}
