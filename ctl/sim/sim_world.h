/* The simulated county: its managers and its clients with their habits and their stories.
 *
 * Made once from a seed; the days then change the clients (lines end, debts grow). One thread.
 */
#ifndef CW_CTL_SIM_SIM_WORLD_H
#define CW_CTL_SIM_SIM_WORLD_H

#include "churnwatch/civil.h"
#include "ctl/sim/sim_random.h"

struct cw_sim_story;

struct cw_sim_line {
    uint64_t number; /* E.164 */
    uint32_t fee;    /* yuan a month */
    bool stopped;    /* suspended: no charge, no use */
    bool gone;
};

struct cw_sim_client {
    char id[16];
    char name[96];
    bool group;
    bool prepaid;
    const char *class_, *vip, *county, *industry;
    uint32_t manager;          /* index */
    struct cw_sim_line *lines; /* owned */
    uint32_t n_lines;
    double line_chance;               /* that a line is charged on a day */
    double charge_fen;                /* what such a charge usually is */
    double minutes, megabytes;        /* a line's usual day */
    double weekend;                   /* weekends as a share of working days */
    double restless;                  /* how far days stray */
    int32_t pay_day;                  /* of the month */
    cw_day contract_ends;             /* CW_NO_DAY: none */
    int64_t cycle_fen;                /* charged so far in this cycle */
    int64_t unpaid_fen;               /* billed and not paid */
    int64_t balance_fen;              /* prepaid */
    const struct cw_sim_story *story; /* NULL: nothing happens */
    cw_day from;                      /* of the story */
    uint32_t next_line;               /* lines before this one have been picked by the story */
    struct cw_sim_random random;
};

struct cw_sim_world {
    uint64_t seed;
    cw_day first;
    int32_t days;
    struct cw_sim_client *clients; /* owned */
    uint32_t n_clients, n_managers;
    uint64_t next_number;
};

/* 0, or -CW_E_NOMEM with a world that may be freed all the same. */
int cw_sim_world_make(struct cw_sim_world *w);
void cw_sim_world_free(struct cw_sim_world *w);

/* Managers by index: "am001"; their chiefs: "chief01". */
void cw_sim_manager_id(uint32_t manager, char out[16]);
void cw_sim_chief_id(uint32_t manager, char out[16]);
/* What a line of this client is charged on a usual working day, in fen, days of nothing counted in.
 */
double cw_sim_usual_fen(const struct cw_sim_client *c);

#endif
