/* Arrears: what is owed, for how long, against the usual bill and the client's own paying habit.
 *
 * One signal of the client, holding until it is paid; its steps are the ages at which debts are
 * dunned, counted by the clock where nobody tells them. A client that always pays some days late is
 * told at the lowest step until it is later than its habit. Owing less than a share of the usual
 * bill weighs less; a rest too small to matter counts as paid.
 */
#include "detectors/slices.h"

enum {
    FIRST_DAYS,
    SECOND_DAYS,
    THIRD_DAYS,
    HABIT_LEAVE,
    FIRST_LEAVE,
    SECOND_LEAVE,
    THIRD_LEAVE,
    HABIT_SLACK,
    HABIT_MOST,
    HABIT_LEAST,
    FIRE_SHARE,
    CLEAR_SHARE,
    FULL_SHARE
};
static const struct cw_threshold thresholds[] = {
    [FIRST_DAYS] = {"first_days", "days", 1, 0, 90,
                    "Overdue for so long is arrears; higher: later and fewer signals."},
    [SECOND_DAYS] = {"second_days", "days", 7, 1, 180,
                     "From here on the arrears are a step worse; higher: later."},
    [THIRD_DAYS] = {"third_days", "days", 15, 1, 365, "And here another one."},
    [HABIT_LEAVE] = {"habit_leave", "log-odds", 0.3, -5, 15,
                     "What arrears within the client's own habit add; higher: more urgent."},
    [FIRST_LEAVE] = {"first_leave", "log-odds", 1.2, -5, 15,
                     "What arrears add from first_days on; higher: more urgent."},
    [SECOND_LEAVE] = {"second_leave", "log-odds", 2.3, -5, 15,
                      "What they add to that from second_days on; higher: more urgent."},
    [THIRD_LEAVE] = {"third_leave", "log-odds", 1.9, -5, 15,
                     "And what from third_days on; higher: more urgent."},
    [HABIT_SLACK] = {"habit_slack_days", "days", 1, 0, 30,
                     "So much later than usual is still the habit; higher: more is excused."},
    [HABIT_MOST] = {"habit_most_days", "days", 10, 0, 90,
                    "No habit excuses more than this; higher: more is excused."},
    [HABIT_LEAST] = {"habit_payments", "payments", 3, 1, 6,
                     "Payments seen before a habit is believed; higher: later."},
    [FIRE_SHARE] = {"fire_share", "ratio", 0.05, 0, 1,
                    "Share of the usual bill owed that signals; higher: fewer signals."},
    [CLEAR_SHARE] = {"clear_share", "ratio", 0.02, 0, 1,
                     "What is left unpaid below this share counts as paid; lower: it stays "
                     "longer."},
    [FULL_SHARE] = {"full_share", "ratio", 0.5, 0.01, 10,
                    "Owing this share of the usual bill weighs fully, less in proportion; higher: "
                    "small debts weigh less."},
};

enum { PAYMENTS_KEPT = 6 };

struct slice {
    float usual_days;  /* how late this client pays, on average of its last payments */
    uint32_t told_at;  /* stamp of the latest news of what is owed; 0: none */
    int32_t cycle;     /* of the last payment counted */
    uint16_t payments; /* behind usual_days */
    uint16_t told;     /* 1 + the step told of the arrears that are; 0: none */
};

/* What is owed. */
struct debt {
    cw_money amount;
    double days;     /* overdue for */
    double share;    /* of the usual bill; 1 where there is none */
    cw_money usual;  /* -1 unknown */
    bool by_balance; /* a prepaid account below its limit is in arrears at once */
};

static double days_since(cw_event_time t, cw_event_time now)
{
    return t == CW_NO_TIME || now < t ? 0 : (double)((now - t) / CW_DAY);
}

/* As core/facts.c is going to note it after this event. */
static struct debt debt_of(const struct cw_judge *j)
{
    const struct cw_client *cl = j->client;
    const struct cw_event *ev = j->event;
    struct debt d = {.amount = cl->owed, .days = days_since(cl->owed_since, j->now)};
    if (ev && ev->type == CW_EV_ARREARS) {
        d.amount = ev->u.arrears.amount;
        d.days = ev->u.arrears.days_overdue;
    } else if (ev && ev->type == CW_EV_PAYMENT) {
        d.amount -= ev->u.payment.amount;
    } else if (ev) {
        d.amount = -(ev->u.balance.balance + ev->u.balance.credit_limit);
        d.by_balance = true;
    }
    d.usual = cw_client_usual_bill(cl, 0, 3);
    d.share = d.usual > 0 ? (double)d.amount / (double)d.usual : 1;
    return d;
}

static void count_payment(struct slice *known, double days_late, cw_cycle cycle)
{
    if (known->payments < PAYMENTS_KEPT)
        known->payments++;
    known->usual_days += (float)((days_late - (double)known->usual_days) / known->payments);
    known->cycle = cycle;
}

/* A debt paid off says how late it was; a payment with nothing owed was in time, which is said once
 * a cycle at most. */
static void learn(struct slice *known, const struct cw_judge *j, cw_money owed)
{
    cw_money before = j->client->owed;
    cw_cycle cycle = cw_cycle_of(j->today);
    if (before > 0 && owed <= 0)
        count_payment(known, days_since(j->client->owed_since, j->now), cycle);
    else if (before <= 0 && j->event->type == CW_EV_PAYMENT && known->cycle != cycle)
        count_payment(known, 0, cycle);
}

/* 0 within the habit, 1.. by age; -1: not in arrears yet. */
static int step_of(const struct slice *known, const struct debt *d, const double *t)
{
    if (d->days < t[FIRST_DAYS] && !d->by_balance)
        return -1;
    double excused = (double)known->usual_days + t[HABIT_SLACK];
    excused = excused < t[HABIT_MOST] ? excused : t[HABIT_MOST];
    if (known->payments >= t[HABIT_LEAST] && known->usual_days > 0 && d->days <= excused)
        return 0;
    return d->days >= t[THIRD_DAYS] ? 3 : d->days >= t[SECOND_DAYS] ? 2 : 1;
}

static double leave_of(int step, double share, const double *t)
{
    double leave = step == 0 ? t[HABIT_LEAVE] : t[FIRST_LEAVE];
    leave += (step >= 2 ? t[SECOND_LEAVE] : 0) + (step >= 3 ? t[THIRD_LEAVE] : 0);
    return share < t[FULL_SHARE] ? leave * share / t[FULL_SHARE] : leave;
}

static void raise_debt(struct cw_judge *j, const struct slice *known, const struct debt *d,
                       int step)
{
    static const float due_hours[] = {72, 48, 24, 8};
    double leave = leave_of(step, d->share, j->t);
    struct cw_signal s = {.step = (uint8_t)step,
                          .holds = true,
                          .leave = (float)leave,
                          .severity = cw_severity_of(leave),
                          .due_hours = due_hours[step]};
    cw_fact_money(&s, CW_FACT_amount, d->amount);
    if (d->usual > 0)
        cw_fact_money(&s, CW_FACT_usual_bill, d->usual);
    cw_fact_number(&s, CW_FACT_days_overdue, d->days);
    if (known->payments >= j->t[HABIT_LEAST])
        cw_fact_number(&s, CW_FACT_usual_delay_days, (double)known->usual_days);
    cw_raise(j, &s);
}

/* Each step is told once: a manager who is done with it hears of it again when it gets worse. */
static void judge_debt(struct cw_judge *j, struct slice *known, const struct debt *d)
{
    if (d->amount <= 0 || d->share < j->t[CLEAR_SHARE]) {
        cw_clear(j, 0, 0);
        known->told = 0;
        return;
    }
    int step = step_of(known, d, j->t);
    if (d->share < j->t[FIRE_SHARE] || step < known->told)
        return;
    raise_debt(j, known, d, step);
    known->told = (uint16_t)(step + 1);
}

static void on_event(struct cw_judge *j)
{
    struct slice *known = j->state;
    if (known->told_at > cw_stamp(j->now))
        return; /* Older than what is known of the account. */
    known->told_at = cw_stamp(j->now);
    struct debt d = debt_of(j);
    learn(known, j, d.amount);
    judge_debt(j, known, &d);
}

static void on_day_close(struct cw_judge *j)
{
    struct slice *known = j->state;
    if (j->client->owed <= 0 && !known->told)
        return;
    struct debt d = debt_of(j);
    judge_debt(j, known, &d);
}

const struct cw_detector cw_det_arrears = {
    .name = "arrears",
    .finds = "unpaid debts, by age, against the usual bill and the client's paying habit",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .state_size = sizeof(struct slice),
    .reads = CW_READS(ARREARS) | CW_READS(PAYMENT) | CW_READS(BALANCE),
    .on_event = on_event,
    .on_day_close = on_day_close,
};
