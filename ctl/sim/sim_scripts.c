/* The stories themselves: one table, with a script for each that tells anything.
 *
 * Leavers first, then look-alikes and mishaps after which the client stays. See sim_stories.h.
 */
#include "ctl/sim/sim_acts.h"
#include "ctl/sim/sim_stories.h"

/* ---- what leavers tell ---- */

static const struct cw_sim_step forwarding[] = {
    {.day = 0, .act = cw_sim_act_forward_away, .word = "CFU"},
    {0},
};
static const struct cw_sim_step watched_calls[] = {
    {.day = 0, .act = cw_sim_act_call, .word = "10010", .n = 95},
    {.day = 2, .act = cw_sim_act_call, .word = "10010", .n = 240},
    {.day = 5, .act = cw_sim_act_call, .word = "1001099", .n = 310},
    {0},
};
static const struct cw_sim_step complaints[] = {
    {.day = 0, .act = cw_sim_act_complain, .word = "网络质量", .n = 2},
    {.day = 4, .act = cw_sim_act_complain, .word = "网络质量", .n = 3},
    {.day = 9, .act = cw_sim_act_complain, .word = "资费争议", .n = 4},
    {0},
};
static const struct cw_sim_step arrears[] = {
    {.day = 0, .act = cw_sim_act_arrears, .n = 1},
    {.day = 6, .act = cw_sim_act_arrears, .n = 7},
    {.day = 8, .act = cw_sim_act_suspend, .word = "arrears", .n = 1},
    {.day = 14, .act = cw_sim_act_arrears, .n = 15},
    {.day = 15, .act = cw_sim_act_suspend, .word = "arrears", .n = 2},
    {.day = 23, .act = cw_sim_act_terminate, .word = "arrears", .percent = 100},
    {0},
};
static const struct cw_sim_step port_out[] = {
    {.day = 0, .act = cw_sim_act_port, .word = "inquiry"},
    {.day = 2, .act = cw_sim_act_port, .word = "code_issued"},
    {.day = 5, .act = cw_sim_act_port, .word = "requested"},
    {.day = 9, .act = cw_sim_act_port, .word = "completed"},
    {.day = 9, .act = cw_sim_act_terminate, .word = "port_out"},
    {0},
};
static const struct cw_sim_step erosion[] = {
    {.day = 0, .act = cw_sim_act_terminate, .word = "customer_request", .percent = 3},
    {.day = 2, .act = cw_sim_act_terminate, .word = "port_out", .percent = 3},
    {.day = 5, .act = cw_sim_act_terminate, .word = "customer_request", .percent = 5},
    {.day = 9, .act = cw_sim_act_terminate, .word = "port_out", .percent = 8},
    {.day = 14, .act = cw_sim_act_terminate, .word = "port_out", .percent = 8},
    {0},
};
static const struct cw_sim_step contract_ended[] = {
    {.day = 14, .act = cw_sim_act_contract, .word = "ended", .n = 0},
    {0},
};
static const struct cw_sim_step downgrade[] = {
    {.day = 0, .act = cw_sim_act_plan, .n = 0.5},
    {.day = 10, .act = cw_sim_act_plan, .n = 0.5},
    {0},
};
static const struct cw_sim_step on_request[] = {
    {.day = 0, .act = cw_sim_act_suspend, .word = "customer_request", .n = 2, .percent = 100},
    {0},
};
/* The whole company goes over to another operator, which the chief must hear of. */
static const struct cw_sim_step exodus[] = {
    {.day = 0, .act = cw_sim_act_complain, .word = "专线中断", .n = 3},
    {.day = 1, .act = cw_sim_act_call, .word = "10010", .n = 420},
    {.day = 3, .act = cw_sim_act_forward_away, .word = "CFU"},
    {.day = 4, .act = cw_sim_act_port, .word = "inquiry", .percent = 1},
    {.day = 5, .act = cw_sim_act_terminate, .word = "port_out", .percent = 3},
    {.day = 7, .act = cw_sim_act_terminate, .word = "port_out", .percent = 4},
    {.day = 9, .act = cw_sim_act_complain, .word = "客户经理失联", .n = 4},
    {.day = 10, .act = cw_sim_act_terminate, .word = "port_out", .percent = 6},
    {0},
};

/* ---- what those tell who stay ---- */

static const struct cw_sim_step one_off[] = {
    {.day = 0, .act = cw_sim_act_charge, .word = "value_added", .n = 40},
    {0},
};
static const struct cw_sim_step roaming[] = {
    {.day = 0, .act = cw_sim_act_charge, .word = "roaming", .n = 6},
    {.day = 1, .act = cw_sim_act_charge, .word = "roaming", .n = 9},
    {.day = 2, .act = cw_sim_act_charge, .word = "roaming", .n = 6},
    {.day = 3, .act = cw_sim_act_charge, .word = "roaming", .n = 9},
    {0},
};
static const struct cw_sim_step short_forwarding[] = {
    {.day = 0, .act = cw_sim_act_forward_home, .word = "CFB"},
    {.day = 1, .act = cw_sim_act_forward_off, .word = "CFB"},
    {0},
};
static const struct cw_sim_step late_payment[] = {
    {.day = 0, .act = cw_sim_act_arrears, .n = 1},
    {.day = 2, .act = cw_sim_act_arrears, .n = 3},
    {.day = 3, .act = cw_sim_act_pay},
    {0},
};
static const struct cw_sim_step low_balance[] = {
    {.day = 0, .act = cw_sim_act_balance, .n = -35},
    {.day = 3, .act = cw_sim_act_pay},
    {.day = 3, .act = cw_sim_act_balance, .n = 115},
    {0},
};
static const struct cw_sim_step upgrade[] = {
    {.day = 0, .act = cw_sim_act_plan, .n = 1.5},
    {0},
};
static const struct cw_sim_step lost_phone[] = {
    {.day = 0, .act = cw_sim_act_suspend, .word = "lost", .n = 2},
    {.day = 2, .act = cw_sim_act_resume},
    {0},
};
static const struct cw_sim_step outage[] = {
    {.day = 0, .act = cw_sim_act_outage, .n = 190},
    {0},
};
static const struct cw_sim_step renewal[] = {
    {.day = 8, .act = cw_sim_act_contract, .word = "renewed", .n = 730},
    {0},
};
static const struct cw_sim_step new_contract[] = {
    {.day = 0, .act = cw_sim_act_contract, .word = "signed", .n = 365},
    {0},
};
static const struct cw_sim_step second_thoughts[] = {
    {.day = 0, .act = cw_sim_act_port, .word = "inquiry"},
    {.day = 3, .act = cw_sim_act_port, .word = "cancelled"},
    {0},
};
static const struct cw_sim_step wrong_number[] = {
    {.day = 0, .act = cw_sim_act_call, .word = "10000", .n = 12},
    {0},
};

/* ---- the table ---- */

#define LEAVES .leaves = true
#define AS_USUAL .floor = 1

const struct cw_sim_story cw_sim_stories[] = {
    {.name = "exodus",
     .who = CW_SIM_LARGEST,
     LEAVES,
     .days = 30,
     .shows = 12,
     AS_USUAL,
     .signs = {"group_erosion"},
     .steps = exodus},
    {.name = "gradual_decline",
     .who = CW_SIM_ANYBODY,
     LEAVES,
     .days = 32,
     .shows = 24,
     .floor = 0.1,
     .ramp = 18,
     .signs = {"spend_decline", "usage_drop", "spend_drop"}},
    {.name = "sudden_decline",
     .who = CW_SIM_ANYBODY,
     LEAVES,
     .days = 28,
     .shows = 14,
     .floor = 0.12,
     .signs = {"spend_drop", "usage_drop", "spend_decline"}},
    {.name = "silence",
     .who = CW_SIM_POSTPAID,
     LEAVES,
     .days = 30,
     .shows = 10,
     .floor = 0,
     .signs = {"inactivity", "spend_drop", "usage_drop"}},
    {.name = "forwarding",
     .who = CW_SIM_ANYBODY,
     LEAVES,
     .days = 20,
     .shows = 1,
     AS_USUAL,
     .signs = {"call_forwarding"},
     .steps = forwarding},
    {.name = "watched_calls",
     .who = CW_SIM_ANYBODY,
     LEAVES,
     .days = 24,
     .shows = 1,
     AS_USUAL,
     .signs = {"watched_number"},
     .steps = watched_calls},
    {.name = "complaints",
     .who = CW_SIM_ANYBODY,
     LEAVES,
     .days = 26,
     .shows = 5,
     AS_USUAL,
     .signs = {"complaint"},
     .steps = complaints},
    {.name = "arrears",
     .who = CW_SIM_POSTPAID,
     LEAVES,
     .withholds = true,
     .days = 24,
     .shows = 10,
     AS_USUAL,
     .signs = {"arrears"},
     .steps = arrears},
    {.name = "port_out",
     .who = CW_SIM_ANYBODY,
     LEAVES,
     .days = 10,
     .shows = 1,
     AS_USUAL,
     .signs = {"port_out"},
     .steps = port_out},
    {.name = "erosion",
     .who = CW_SIM_GROUP,
     LEAVES,
     .days = 28,
     .shows = 6,
     AS_USUAL,
     .signs = {"group_erosion"},
     .steps = erosion},
    {.name = "contract_end",
     .who = CW_SIM_GROUP,
     LEAVES,
     .days = 30,
     .shows = 2,
     AS_USUAL,
     .contract_days = 14,
     .signs = {"contract_end"},
     .steps = contract_ended},
    {.name = "downgrade",
     .who = CW_SIM_ANYBODY,
     LEAVES,
     .days = 30,
     .shows = 1,
     AS_USUAL,
     .signs = {"plan_change"},
     .steps = downgrade},
    {.name = "on_request",
     .who = CW_SIM_POSTPAID,
     LEAVES,
     .days = 12,
     .shows = 1,
     AS_USUAL,
     .signs = {"suspension"},
     .steps = on_request},

    {.name = "vacation", .who = CW_SIM_ANYBODY, .days = 6, .floor = 0.05},
    {.name = "one_off", .who = CW_SIM_ANYBODY, .days = 1, AS_USUAL, .steps = one_off},
    {.name = "roaming_trip", .who = CW_SIM_POSTPAID, .days = 4, .floor = 0.6, .steps = roaming},
    {.name = "short_forwarding",
     .who = CW_SIM_ANYBODY,
     .days = 2,
     AS_USUAL,
     .steps = short_forwarding},
    {.name = "late_payment",
     .who = CW_SIM_POSTPAID,
     .withholds = true,
     .days = 4,
     AS_USUAL,
     .steps = late_payment},
    {.name = "low_balance", .who = CW_SIM_PREPAID, .days = 4, AS_USUAL, .steps = low_balance},
    {.name = "upgrade", .who = CW_SIM_ANYBODY, .days = 1, AS_USUAL, .steps = upgrade},
    {.name = "lost_phone", .who = CW_SIM_POSTPAID, .days = 3, AS_USUAL, .steps = lost_phone},
    {.name = "outage", .who = CW_SIM_ANYBODY, .days = 1, .floor = 0.1, .steps = outage},
    {.name = "renewal",
     .who = CW_SIM_GROUP,
     .days = 10,
     AS_USUAL,
     .contract_days = 20,
     .steps = renewal},
    {.name = "new_contract", .who = CW_SIM_GROUP, .days = 1, AS_USUAL, .steps = new_contract},
    {.name = "second_thoughts",
     .who = CW_SIM_POSTPAID,
     .days = 4,
     AS_USUAL,
     .steps = second_thoughts},
    {.name = "wrong_number", .who = CW_SIM_POSTPAID, .days = 1, AS_USUAL, .steps = wrong_number},
    {0},
};
