/* The single things a story may tell of a client, and on which lines. */
#ifndef CW_CTL_SIM_SIM_ACTS_H
#define CW_CTL_SIM_SIM_ACTS_H

#include "ctl/sim/sim_day.h"

struct cw_sim_moment {
    struct cw_sim_day *day;
    struct cw_sim_client *client;
    struct cw_sim_line *line;
    int32_t second;
    const char *word;
    double n;
};
typedef void cw_sim_act(const struct cw_sim_moment *m);

struct cw_sim_step {
    int32_t day;      /* of the story, from 0 */
    cw_sim_act *act;  /* NULL ends a script */
    const char *word; /* what it means is said at the act */
    double n;         /* likewise */
    uint32_t percent; /* of the lines, and at least one: the next ones; 0: the first line */
};

cw_sim_act cw_sim_act_arrears;      /* n: days overdue */
cw_sim_act cw_sim_act_balance;      /* n: yuan left */
cw_sim_act cw_sim_act_call;         /* word: the other number, called for n seconds */
cw_sim_act cw_sim_act_complain;     /* word: topic; n: severity */
cw_sim_act cw_sim_act_contract;     /* word: action; n: days from now to its end */
cw_sim_act cw_sim_act_forward_away; /* word: condition; to another operator's number */
cw_sim_act cw_sim_act_forward_home; /* word: condition; to a number of our own net */
cw_sim_act cw_sim_act_forward_off;  /* word: condition */
cw_sim_act cw_sim_act_outage;       /* n: minutes */
cw_sim_act cw_sim_act_pay;          /* all that is owed */
cw_sim_act cw_sim_act_plan;         /* n: the new fee as a share of the old one */
cw_sim_act cw_sim_act_port;         /* word: stage */
cw_sim_act cw_sim_act_resume;
cw_sim_act cw_sim_act_charge;    /* word: category; n: as many of the client's usual days */
cw_sim_act cw_sim_act_suspend;   /* word: reason; n: 1 outgoing calls only, 2 both */
cw_sim_act cw_sim_act_terminate; /* word: reason */

#endif
