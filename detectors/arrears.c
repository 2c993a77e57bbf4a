/* Arrears: what is owed, for how long, against the usual bill and the client's own paying habit.
 *
 * Two signals of the client, each holding until it is paid. Debts that billing tells of climb by
 * the ages at which debts are dunned, counted by the clock where nobody tells them; a client that
 * always pays some days late is told at the lowest step until it is later than its habit. A prepaid
 * account below its limit is in arrears at once and has no age; billing's own word takes its place.
 * Owing less than a share of the usual bill weighs less; a rest too small to matter counts as paid.
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
    FULL_SHARE,
    BALANCE_LEAVE
};
static const struct cw_threshold thresholds[] = {
    [FIRST_DAYS] = {"first_days", "days", 1, 0, 90,
                    "Overdue for so long is arrears; higher: later and fewer signals."},
    [SECOND_DAYS] = {"second_days", "days", 7, 1, 180,
                     "From here on the arrears are a step worse; higher: later."},
    [THIRD_DAYS] = {"third_days", "days", 15, 1, 365, "And here another one."},
    [HABIT_LEAVE] = {"habit_leave", "log-odds", 0.3, -5, 15,
                     "What arrears within the client's own habit add; higher: more urgent."},
    [FIRST_LEAVE] = {"first_leave", "log-odds", 0.6, -5, 15,
                     "What arrears add from first_days on; higher: more urgent."},
    [SECOND_LEAVE] = {"second_leave", "log-odds", 2.1, -5, 15,
                      "What they add to that from second_days on; higher: more urgent."},
    [THIRD_LEAVE] = {"third_leave", "log-odds", 0.8, -5, 15,
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
    [BALANCE_LEAVE] = {"balance_leave", "log-odds", 0.6, -5, 15,
                       "What a prepaid balance below its limit adds; higher: more urgent."},
};

enum { SLOT_DEBT, SLOT_BALANCE };
enum { PAYMENTS_KEPT = 6 };

struct slice {
    uint32_t since;        /* stamp from which the debt told by billing is overdue; 0: none */
    uint16_t usual_days;   /* how late it pays, on average of its last payments; 1/256: usual_of */
    uint8_t cycle;         /* of the last payment counted, see cycle_of */
    uint8_t payments : 4;  /* behind usual_days */
    uint8_t told_debt : 3; /* 1 + the step told; 0: none */
    uint8_t told_balance : 1;
};
#define USUAL_STEPS 256.0 /* a day; up to 255 */

static double usual_of(const struct slice *known)
{
    return known->usual_days / USUAL_STEPS;
}

/* What is owed. */
struct debt {
    cw_money amount;
    cw_money usual; /* bill; -1 unknown */
    double share;   /* of the usual bill; 1 where there is none */
    double days;    /* overdue for */
};

static struct debt debt_of(const struct cw_judge *j, cw_money amount)
{
    const struct slice *known = j->state;
    struct debt d = {.amount = amount, .usual = cw_client_usual_bill(j->client, 0, 3), .share = 1};
    if (d.usual > 0)
        d.share = (double)amount / (double)d.usual;
    uint32_t now = cw_stamp(j->now);
    if (known->since && now > known->since)
        d.days = (now - known->since) / 86400;
    return d;
}

static double days_since(cw_event_time t, cw_event_time now)
{
    return t == CW_NO_TIME || now < t ? 0 : (double)((now - t) / CW_DAY);
}

/* Is told from any other of 255 cycles, which is 21 years; never 0. */
static uint8_t cycle_of(cw_cycle cycle)
{
    return (uint8_t)(1 + (uint32_t)cycle % UINT8_MAX);
}

static void count_payment(struct slice *known, double days_late, cw_cycle cycle)
{
    if (known->payments < PAYMENTS_KEPT)
        known->payments++;
    double usual = usual_of(known) + (days_late - usual_of(known)) / known->payments;
    known->usual_days = cw_fixed_pack(usual, USUAL_STEPS);
    known->cycle = cycle_of(cycle);
}

/* A debt paid off says how late it was, by the latest of its payments; a payment with nothing owed
 * was in time, which is said once a cycle at most. */
static void learn(struct slice *known, const struct cw_judge *j, cw_money owed)
{
    struct cw_owed before = cw_client_owed(j->client);
    cw_cycle cycle = cw_cycle_of(j->today);
    if (before.amount > 0 && owed <= 0)
        count_payment(known, days_since(before.since, j->now > before.at ? j->now : before.at),
                      cycle);
    else if (before.amount <= 0 && j->event->type == CW_EV_PAYMENT &&
             known->cycle != cycle_of(cycle))
        count_payment(known, 0, cycle);
}

/* 0 within the habit, 1.. by age; -1: not in arrears yet. */
static int step_of(const struct slice *known, const struct debt *d, const double *t)
{
    if (d->days < t[FIRST_DAYS])
        return -1;
    double excused = usual_of(known) + t[HABIT_SLACK];
    excused = excused < t[HABIT_MOST] ? excused : t[HABIT_MOST];
    if (known->payments >= t[HABIT_LEAST] && known->usual_days > 0 && d->days <= excused)
        return 0;
    return d->days >= t[THIRD_DAYS] ? 3 : d->days >= t[SECOND_DAYS] ? 2 : 1;
}

static double leave_of(int step, const double *t)
{
    double leave = step == 0 ? t[HABIT_LEAVE] : t[FIRST_LEAVE];
    return leave + (step >= 2 ? t[SECOND_LEAVE] : 0) + (step >= 3 ? t[THIRD_LEAVE] : 0);
}

/* Weight and evidence that both signals share. */
static struct cw_signal signal_of(const struct cw_judge *j, const struct debt *d, double leave)
{
    if (d->share < j->t[FULL_SHARE])
        leave *= d->share / j->t[FULL_SHARE];
    struct cw_signal s = {
        .holds = true, .leave = (float)leave, .severity = cw_severity_of(leave), .due_hours = 48};
    cw_fact_money(&s, CW_FACT_amount, d->amount);
    if (d->usual > 0)
        cw_fact_money(&s, CW_FACT_usual_bill, d->usual);
    return s;
}

static void clear(struct cw_judge *j)
{
    struct slice *known = j->state;
    cw_clear(j, 0, SLOT_DEBT);
    cw_clear(j, 0, SLOT_BALANCE);
    known->since = 0;
    known->told_debt = known->told_balance = 0;
}

static struct cw_gauge debt_gauge(const struct cw_judge *j, const struct debt *d)
{
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, FIRE_SHARE, "of the usual bill", d->share, j->t[FIRE_SHARE]);
    cw_need_least(&g, FIRST_DAYS, "days", d->days, j->t[FIRST_DAYS]);
    return g;
}

static struct cw_gauge balance_gauge(const struct cw_judge *j, const struct debt *d)
{
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, FIRE_SHARE, "of the usual bill", d->share, j->t[FIRE_SHARE]);
    return g;
}

static struct cw_signal debt_signal(const struct cw_judge *j, const struct debt *d)
{
    static const float due_hours[] = {72, 48, 24, 8};
    const struct slice *known = j->state;
    int step = step_of(known, d, j->t);
    struct cw_signal s = signal_of(j, d, leave_of(step, j->t));
    s.slot = SLOT_DEBT;
    s.step = (uint8_t)(step < 0 ? 0 : step);
    s.due_hours = due_hours[s.step];
    cw_fact_number(&s, CW_FACT_days_overdue, d->days);
    if (known->payments >= j->t[HABIT_LEAST])
        cw_fact_number(&s, CW_FACT_usual_delay_days, usual_of(known));
    return s;
}

/* Each step is told once: a manager who is done with it hears of it again when it gets worse. */
static bool debt_was_told(const struct cw_judge *j, const struct debt *d)
{
    const struct slice *known = j->state;
    return step_of(known, d, j->t) < known->told_debt;
}

static void judge_debt(struct cw_judge *j, const struct debt *d)
{
    struct slice *known = j->state;
    struct cw_gauge g = debt_gauge(j, d);
    if (!cw_gauge_met(&g) || debt_was_told(j, d))
        return;
    struct cw_signal s = debt_signal(j, d);
    known->told_debt = (s.step + 1U) & 7U;
    cw_raise(j, &s);
}

static struct cw_signal balance_signal(const struct cw_judge *j, const struct debt *d)
{
    struct cw_signal s = signal_of(j, d, j->t[BALANCE_LEAVE]);
    s.slot = SLOT_BALANCE;
    return s;
}

static void judge_balance(struct cw_judge *j, const struct debt *d)
{
    struct slice *known = j->state;
    struct cw_gauge g = balance_gauge(j, d);
    if (known->since || known->told_balance || !cw_gauge_met(&g))
        return;
    struct cw_signal s = balance_signal(j, d);
    known->told_balance = 1;
    cw_raise(j, &s);
}

/* What is owed once the event has counted, as core/facts.c is going to note it. */
static cw_money owed_after(const struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    if (ev->type == CW_EV_ARREARS)
        return ev->u.arrears.amount;
    if (ev->type == CW_EV_PAYMENT)
        return cw_client_owed(j->client).amount - ev->u.payment.amount;
    return -(ev->u.balance.balance + ev->u.balance.credit_limit);
}

static void on_event(struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    struct slice *known = j->state;
    struct cw_owed before = cw_client_owed(j->client);
    cw_event_time told_at = ev->type == CW_EV_PAYMENT ? before.stated : before.at;
    if (told_at != CW_NO_TIME && told_at > j->now)
        return; /* Older than what is known of the account. */
    cw_money owed = owed_after(j);
    learn(known, j, owed);
    if (ev->type == CW_EV_ARREARS) {
        known->since = cw_stamp(j->now - ev->u.arrears.days_overdue * CW_DAY);
        known->told_balance = 0;
        cw_clear(j, 0, SLOT_BALANCE);
    }
    struct debt d = debt_of(j, owed);
    if (owed <= 0 || d.share < j->t[CLEAR_SHARE])
        clear(j);
    else if (ev->type == CW_EV_ARREARS)
        judge_debt(j, &d);
    else if (ev->type == CW_EV_BALANCE)
        judge_balance(j, &d);
}

static void on_day_close(struct cw_judge *j)
{
    const struct slice *known = j->state;
    cw_money owed = known->since ? cw_client_owed(j->client).amount : 0;
    if (owed <= 0)
        return;
    struct debt d = debt_of(j, owed);
    judge_debt(j, &d);
}

/* A debt that billing told of, or else what the balance says. */
static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct slice *known = j->state;
    cw_money owed = cw_client_owed(j->client).amount;
    struct debt d = debt_of(j, owed);
    if (owed <= 0)
        d.share = d.days = 0;
    bool of_balance = !known->since && owed > 0;
    struct cw_reading debt = {.s = debt_signal(j, &d),
                              .gauge = debt_gauge(j, &d),
                              .hold = debt_was_told(j, &d) ? CW_HOLD_TOLD : CW_HOLD_NONE};
    struct cw_reading balance = {.s = balance_signal(j, &d), .gauge = balance_gauge(j, &d)};
    if (of_balance)
        cw_explain_told(j, x, &balance);
    else
        cw_explain_add(j, x, &debt);
}

/* As it lay in slices before: version 1, and 2. */
struct first {
    float usual_days;
    uint32_t told_at, since; /* told_at: as the client's facts have it */
    int32_t cycle;
    uint8_t payments, told_debt, told_balance, unused;
};
struct second {
    uint32_t since;
    uint16_t usual_days, cycle;
    uint8_t payments, told_debt, told_balance, unused;
};

static struct second second_of(const struct first *w)
{
    return (struct second){.since = w->since,
                           .usual_days = cw_fixed_pack((double)w->usual_days, USUAL_STEPS),
                           .cycle = (uint16_t)w->cycle,
                           .payments = w->payments,
                           .told_debt = w->told_debt,
                           .told_balance = w->told_balance};
}

static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    struct first first;
    struct second second;
    if (version == 1 && !line && cw_slice_taken(&first, sizeof first, from, n))
        second = second_of(&first);
    else if (version != 2 || line || !cw_slice_taken(&second, sizeof second, from, n))
        return false;
    *(struct slice *)to = (struct slice){.since = second.since,
                                         .usual_days = second.usual_days,
                                         .cycle = second.cycle ? cycle_of(second.cycle) : 0,
                                         .payments = second.payments & 15U,
                                         .told_debt = second.told_debt & 7U,
                                         .told_balance = second.told_balance & 1U};
    return true;
}

const struct cw_detector cw_det_arrears = {
    .name = "arrears",
    .finds = "unpaid debts, by age, against the usual bill and the client's paying habit",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 3,
    .state_size = sizeof(struct slice),
    .older = older,
    .rare = true,
    .reads = CW_READS(ARREARS) | CW_READS(PAYMENT) | CW_READS(BALANCE),
    .on_event = on_event,
    .on_day_close = on_day_close,
    .explain = explain,
};
