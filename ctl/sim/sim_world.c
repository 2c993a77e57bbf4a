/* Who lives in the simulated county. See sim_world.h. */
#include "ctl/sim/sim_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/sim/sim_names.h"
#include "ctl/sim/sim_stories.h"

enum {
    CLIENTS_A_GROUP = 5, /* one client in so many is a group */
    CLIENTS_A_MANAGER = 25,
    MANAGERS_A_CHIEF = 6,
    LINES_OF_LARGEST = 520,
    CONTRACT_DAYS_MOST = 600
};
static const uint64_t first_number = 8613900100000; /* in an own prefix of sim.conf */

/* The streams of a seed: one for the county, one for each client after it. */
enum { STREAM_COUNTY, STREAM_CLIENTS };

void cw_sim_manager_id(uint32_t manager, char out[16])
{
    (void)snprintf(out, 16, "am%03u", (manager + 1) % 1000000);
}

void cw_sim_chief_id(uint32_t manager, char out[16])
{
    (void)snprintf(out, 16, "chief%02u", (manager / MANAGERS_A_CHIEF + 1) % 1000000);
}

double cw_sim_usual_fen(const struct cw_sim_client *c)
{
    return c->line_chance * c->charge_fen;
}

static const char *class_of(uint32_t rank, uint32_t groups)
{
    uint32_t per_mille = rank * 1000 / groups;
    if (per_mille < 50)
        return per_mille < 25 ? "A1" : "A2";
    if (per_mille < 250)
        return per_mille < 150 ? "B1" : "B2";
    return "C";
}

static const char *vip_of(struct cw_sim_random *r)
{
    double u = cw_sim_unit(r);
    return u < 0.02 ? "diamond" : u < 0.08 ? "gold" : u < 0.23 ? "silver" : "none";
}

static uint32_t lines_of_group(struct cw_sim_random *r, uint32_t rank)
{
    return rank == 0 ? LINES_OF_LARGEST : 12 + 160 / (rank + 1) + cw_sim_below(r, 10);
}

static int make_lines(struct cw_sim_world *w, struct cw_sim_client *c, uint32_t n)
{
    static const uint32_t fees[] = {38, 58, 88, 128, 188};
    c->lines = calloc(n, sizeof *c->lines);
    if (!c->lines)
        return -CW_E_NOMEM;
    c->n_lines = n;
    for (uint32_t i = 0; i < n; i++) {
        c->lines[i].number = w->next_number++;
        c->lines[i].fee = fees[cw_sim_below(&c->random, 5)];
    }
    return 0;
}

/* Offices rest at weekends and spend evenly; people do neither. */
static void take_habits(struct cw_sim_client *c)
{
    struct cw_sim_random *r = &c->random;
    c->line_chance = c->group ? 0.3 : 0.8 + 0.15 * cw_sim_unit(r);
    c->charge_fen = 200 + cw_sim_below(r, 900);
    c->minutes = 8 + cw_sim_below(r, 30);
    c->megabytes = 100 + cw_sim_below(r, 900);
    c->weekend = c->group ? 0.4 + 0.2 * cw_sim_unit(r) : 0.9 + 0.3 * cw_sim_unit(r);
    c->restless = 0.2 + 0.15 * cw_sim_unit(r);
    c->pay_day = 5 + (int32_t)cw_sim_below(r, 9);
}

/* The account as it stands when the first day begins. */
static void take_account(struct cw_sim_client *c, const struct cw_sim_world *w)
{
    int32_t days_of_cycle = cw_date_of(w->first).mday - 1;
    for (uint32_t i = 0; days_of_cycle && i < c->n_lines; i++)
        c->cycle_fen += c->lines[i].fee * 100;
    c->cycle_fen += (int64_t)(cw_sim_usual_fen(c) * c->n_lines) * days_of_cycle;
    c->balance_fen = 8000 + cw_sim_below(&c->random, 8000);
    if (c->group || cw_sim_chance(&c->random, 0.3))
        c->contract_ends =
            w->first + w->days + 30 + (cw_day)cw_sim_below(&c->random, CONTRACT_DAYS_MOST);
}

static int make_client(struct cw_sim_world *w, uint32_t i)
{
    struct cw_sim_client *c = &w->clients[i];
    uint32_t groups = w->n_clients / CLIENTS_A_GROUP;
    cw_sim_seed(&c->random, w->seed, STREAM_CLIENTS + i);
    struct cw_sim_random *r = &c->random;
    c->group = i < groups;
    (void)snprintf(c->id, sizeof c->id, c->group ? "g-580-%04u" : "c-580-%05u", (i + 1) % 10000000);
    c->county = cw_sim_county(r);
    c->class_ = c->group ? class_of(i, groups) : "C";
    c->vip = c->group ? "none" : vip_of(r);
    c->industry = "";
    c->contract_ends = CW_NO_DAY;
    c->manager = i % w->n_managers;
    if (c->group)
        c->industry = cw_sim_company(r, c->county, c->name, sizeof c->name);
    else
        cw_sim_person(r, c->name, sizeof c->name);
    c->prepaid = !c->group && cw_sim_chance(r, 0.2);
    take_habits(c);
    int err =
        make_lines(w, c, c->group ? lines_of_group(r, i) : 1 + (uint32_t)cw_sim_chance(r, 0.15));
    if (!err)
        take_account(c, w);
    return err;
}

int cw_sim_world_make(struct cw_sim_world *w)
{
    struct cw_sim_random county;
    cw_sim_seed(&county, w->seed, STREAM_COUNTY);
    w->next_number = first_number;
    w->n_managers = (w->n_clients + CLIENTS_A_MANAGER - 1) / CLIENTS_A_MANAGER;
    w->clients = calloc(w->n_clients, sizeof *w->clients);
    if (!w->clients)
        return -CW_E_NOMEM;
    for (uint32_t i = 0; i < w->n_clients; i++) {
        int err = make_client(w, i);
        if (err)
            return err;
    }
    cw_sim_cast(w, &county);
    return 0;
}

void cw_sim_world_free(struct cw_sim_world *w)
{
    for (uint32_t i = 0; w->clients && i < w->n_clients; i++)
        free(w->clients[i].lines);
    free(w->clients);
    w->clients = NULL;
}
