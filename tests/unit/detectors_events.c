/* Detectors of events, through the whole shard: rows of what happens and of what must be open then.
 *
 * Each row is played twice: once at a stretch, once with the shard thrown away and restored from
 * its images after every step.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detectors/prefixes.h"
#include "tests/support/rehearsal.h"

#define FIRST_DAY "2026-03-02"
#define CLIENT "c1"
#define A "8613800000001"
#define B "8613800000002"
#define C "8613800000003"
#define D "8613800000004"
#define E "8613800000005"
#define OURS "8613899990000"
#define THEIRS "8613099990000"
#define NOBODYS "85212345678"

#define GROUP(phones, lines)                                                                       \
    "{'client_id':'" CLIENT "','kind':'group','manager':'m','phones':" phones ",'lines':[" lines   \
    "]}"
#define LINE(n) "{'msisdn':'" n "'}"
#define ABC LINE(A) "," LINE(B) "," LINE(C)
#define ABCDE ABC "," LINE(D) "," LINE(E)

/* Data of the contract's events. */
#define SUSPENDED(line, direction, reason)                                                         \
    "service.suspended", "{'msisdn':'" line "','direction':'" direction "','reason':'" reason "'}"
#define RESUMED(line) "service.resumed", "{'msisdn':'" line "'}"
#define ENDED(line, reason) "service.terminated", "{'msisdn':'" line "','reason':'" reason "'}"
#define PORT(line, stage) "service.port_out", "{'msisdn':'" line "','stage':'" stage "'}"
#define FORWARD(line, condition, target)                                                           \
    "service.call_forwarding",                                                                     \
        "{'msisdn':'" line "','condition':'" condition "','active':true,'target':'" target "'}"
#define ERASE(line, condition)                                                                     \
    "service.call_forwarding", "{'msisdn':'" line "','condition':'" condition "','active':false}"
#define CALL(line, direction, peer, seconds)                                                       \
    "service.call", "{'msisdn':'" line "','direction':'" direction "','peer':'" peer               \
                    "','duration_s':" seconds "}"
#define PLAN(line, from, to)                                                                       \
    "service.plan_changed",                                                                        \
        "{'msisdn':'" line "','from':{'id':'P" from "','monthly_fee':" from "},'to':{'id':'P" to   \
        "','monthly_fee':" to "},'effective':'2026-04-01'}"
#define CONTRACT(action, ends) "service.contract", "{'action':'" action "','ends':'" ends "'}"
#define COMPLAINT(line, severity, ticket)                                                          \
    "care.complaint", "{" line "'severity':" severity ",'topic':'signal','ticket':'" ticket "'}"
#define OF(line) "'msisdn':'" line "',"
#define OVERDUE(amount, days) "billing.arrears", "{'amount':" amount ",'days_overdue':" days "}"
#define PAID(amount) "billing.payment", "{'amount':" amount "}"
#define BILL(cycle, amount)                                                                        \
    "billing.bill", "{'cycle':'" cycle "','amount':" amount ",'due_date':'2026-03-20'}"
#define BALANCE(balance) "billing.balance", "{'balance':" balance ",'credit_limit':50}"
#define CLOCK NULL, NULL

struct step {
    int day; /* after FIRST_DAY */
    const char *at, *type, *data;
};
struct row {
    const char *name, *detector;
    const char *line;     /* of the signal; "" the client's, NULL any */
    const char *evidence; /* "member=value" of the open signal; NULL: none may be open */
    double log_odds;      /* what the detector's signals add to leaving; NAN: not looked at */
    const char *profile;  /* NULL: none */
    const char *settings[3];
    struct step steps[10];
};

/* clang-format off: it would give each word of a row a line of its own. */
static const struct row rows[] = {
    /* suspension: direction, reasons, clearing */
    {"one way", "suspension", A, "direction=outgoing", 0.3,
     .steps = {{0, "10:00", SUSPENDED(A, "outgoing", "other")}}},
    {"two way", "suspension", A, "direction=both", -0.2,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")}}},
    {"customer's own wish speaks for staying", "suspension", A, "reason=customer_request", -0.2,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "customer_request")}}},
    {"for debt adds nothing", "suspension", A, "reason=arrears", 0,
     .steps = {{0, "10:00", SUSPENDED(A, "outgoing", "arrears")}}},
    {"climbs", "suspension", A, "direction=both", 0,
     .steps = {{0, "10:00", SUSPENDED(A, "outgoing", "arrears")},
               {3, "10:00", SUSPENDED(A, "both", "arrears")}}},
    {"comes down", "suspension", A, "direction=outgoing", 0,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "arrears")},
               {3, "10:00", SUSPENDED(A, "outgoing", "arrears")}}},
    {"another reason replaces", "suspension", A, "reason=other", 0.3,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "arrears")},
               {3, "10:00", SUSPENDED(A, "both", "other")}}},
    {"resumed", "suspension", NULL, NULL, NAN,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")}, {1, "10:00", RESUMED(A)}}},
    {"another line's resumption", "suspension", A, "reason=lost", NAN,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")}, {1, "10:00", RESUMED(B)}}},
    {"late, for a day already judged", "suspension", A, "reason=lost", NAN,
     .steps = {{3, "10:00", RESUMED(B)}, {0, "10:00", SUSPENDED(A, "both", "lost")}}},
    {"older than the resumption known", "suspension", NULL, NULL, NAN,
     .steps = {{3, "10:00", RESUMED(A)}, {0, "10:00", SUSPENDED(A, "both", "lost")}}},
    {"resumption older than the suspension", "suspension", A, "reason=lost", NAN,
     .steps = {{3, "10:00", SUSPENDED(A, "both", "lost")}, {2, "10:00", RESUMED(A)}}},
    {"line ended", "suspension", NULL, NULL, NAN, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")}, {1, "10:00", ENDED(A, "other")}}},

    /* flapping: the third within 30 days; clear at one left */
    {"third suspension", "suspension", A, "count=3", 0.8,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")},
               {1, "10:00", RESUMED(A)},
               {9, "10:00", SUSPENDED(A, "both", "lost")},
               {10, "10:00", RESUMED(A)},
               {19, "10:00", SUSPENDED(A, "both", "lost")},
               {20, "10:00", RESUMED(A)}}},
    {"second suspension", "suspension", NULL, NULL, NAN,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")},
               {1, "10:00", RESUMED(A)},
               {9, "10:00", SUSPENDED(A, "both", "lost")},
               {10, "10:00", RESUMED(A)}}},
    {"one suspension told thrice", "suspension", NULL, NULL, NAN,
     .steps = {{0, "10:00", SUSPENDED(A, "outgoing", "lost")},
               {1, "10:00", SUSPENDED(A, "both", "lost")},
               {2, "10:00", SUSPENDED(A, "outgoing", "lost")},
               {3, "10:00", RESUMED(A)}}},
    {"third, too far apart", "suspension", NULL, NULL, NAN,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")},
               {1, "10:00", RESUMED(A)},
               {16, "10:00", SUSPENDED(A, "both", "lost")},
               {17, "10:00", RESUMED(A)},
               {32, "10:00", SUSPENDED(A, "both", "lost")},
               {33, "10:00", RESUMED(A)}}},
    {"flapping not over with two left", "suspension", A, "count=3", 0.8,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")},
               {1, "10:00", RESUMED(A)},
               {9, "10:00", SUSPENDED(A, "both", "lost")},
               {10, "10:00", RESUMED(A)},
               {19, "10:00", SUSPENDED(A, "both", "lost")},
               {20, "10:00", RESUMED(A)},
               {25, "10:00", CLOCK}}},
    {"flapping over with one left", "suspension", NULL, NULL, NAN,
     .settings = {"tasks.open_for=90d"},
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")},
               {1, "10:00", RESUMED(A)},
               {9, "10:00", SUSPENDED(A, "both", "lost")},
               {10, "10:00", RESUMED(A)},
               {19, "10:00", SUSPENDED(A, "both", "lost")},
               {20, "10:00", RESUMED(A)},
               {41, "10:00", CLOCK}}},

    /* not resumed in time: 7 days when lost, 90 on request; the day is judged as it closes */
    {"lost, sixth day", "suspension", A, "reason=lost", -0.2,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")}, {7, "01:00", CLOCK}}},
    {"lost, seventh day", "suspension", A, "reason=lost", 0.8,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")}, {8, "03:00", CLOCK}}},
    {"on request, seventh day", "suspension", A, "reason=customer_request", -0.2,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "customer_request")}, {8, "03:00", CLOCK}}},
    {"overdue and resumed", "suspension", NULL, NULL, NAN,
     .steps = {{0, "10:00", SUSPENDED(A, "both", "lost")},
               {8, "03:00", CLOCK},
               {8, "10:00", RESUMED(A)}}},

    /* arrears: ages 1, 7, 15 told or counted; paid; parts; habit; balance */
    {"not a day overdue", "arrears", NULL, NULL, NAN, .steps = {{0, "10:00", OVERDUE("100", "0")}}},
    {"a day", "arrears", "", "days_overdue=1", 1.2, .steps = {{0, "10:00", OVERDUE("100", "1")}}},
    {"six days", "arrears", "", "days_overdue=6", 1.2,
     .steps = {{0, "10:00", OVERDUE("100", "6")}}},
    {"seven days", "arrears", "", "days_overdue=7", 3.5,
     .steps = {{0, "10:00", OVERDUE("100", "7")}}},
    {"fourteen days", "arrears", "", "days_overdue=14", 3.5,
     .steps = {{0, "10:00", OVERDUE("100", "14")}}},
    {"fifteen days", "arrears", "", "days_overdue=15", 5.4,
     .steps = {{0, "10:00", OVERDUE("100", "15")}}},
    {"the clock makes a day", "arrears", "", "days_overdue=1", 1.2,
     .steps = {{0, "01:00", OVERDUE("100", "0")}, {2, "03:00", CLOCK}}},
    {"the clock has not made seven", "arrears", "", "days_overdue=1", 1.2,
     .steps = {{0, "01:00", OVERDUE("100", "1")}, {5, "03:00", CLOCK}}},
    {"the clock makes seven", "arrears", "", "days_overdue=7", 3.5,
     .steps = {{0, "01:00", OVERDUE("100", "1")}, {6, "03:00", CLOCK}}},
    {"the clock makes fifteen", "arrears", "", "days_overdue=15", 5.4,
     .steps = {{0, "01:00", OVERDUE("100", "1")}, {14, "03:00", CLOCK}}},
    {"paid", "arrears", NULL, NULL, NAN,
     .steps = {{0, "10:00", OVERDUE("100", "1")}, {1, "10:00", PAID("100")}}},
    {"nothing owed any more", "arrears", NULL, NULL, NAN,
     .steps = {{0, "10:00", OVERDUE("100", "1")}, {1, "10:00", OVERDUE("0", "0")}}},
    {"paid in part", "arrears", "", "days_overdue=1", NAN,
     .steps = {{0, "10:00", OVERDUE("100", "1")}, {1, "10:00", PAID("60")}}},
    {"paid in parts", "arrears", NULL, NULL, NAN,
     .steps = {{0, "10:00", OVERDUE("100", "1")},
               {1, "10:00", PAID("60")},
               {2, "10:00", PAID("40")}}},
    {"a rest under the share that clears", "arrears", NULL, NULL, NAN,
     .steps = {{0, "09:00", BILL("2026-02", "100")},
               {0, "10:00", OVERDUE("100", "1")},
               {1, "10:00", PAID("98.50")}}},
    {"a rest over the share that clears", "arrears", "", "days_overdue=1", NAN,
     .steps = {{0, "09:00", BILL("2026-02", "100")},
               {0, "10:00", OVERDUE("100", "1")},
               {1, "10:00", PAID("97.50")}}},
    {"a debt under the share that fires", "arrears", NULL, NULL, NAN,
     .steps = {{0, "09:00", BILL("2026-02", "100")}, {0, "10:00", OVERDUE("4.99", "1")}}},
    {"a debt at the share that fires weighs less", "arrears", "", "usual_bill=100", 0.12,
     .steps = {{0, "09:00", BILL("2026-02", "100")}, {0, "10:00", OVERDUE("5", "1")}}},
    {"half a bill weighs fully", "arrears", "", "amount=50", 1.2,
     .steps = {{0, "09:00", BILL("2026-02", "100")}, {0, "10:00", OVERDUE("50", "1")}}},
    {"older than the payment known", "arrears", NULL, NULL, NAN,
     .steps = {{0, "10:00", PAID("100")}, {0, "09:00", OVERDUE("100", "1")}}},
    {"paid in parts told out of order", "arrears", NULL, NULL, NAN,
     .steps = {{0, "10:00", OVERDUE("100", "1")},
               {2, "10:00", PAID("60")},
               {1, "10:00", PAID("30")},
               {1, "09:00", PAID("10")}}},
    {"a part paid before a later word of billing's", "arrears", "", "amount=100", NAN,
     .steps = {{0, "10:00", OVERDUE("100", "1")},
               {1, "10:00", PAID("60")},
               {4, "10:00", OVERDUE("100", "2")},
               {2, "10:00", PAID("40")},
               {6, "10:00", OVERDUE("100", "7")}}},
    {"older than a payment in part", "arrears", "", "amount=100", NAN,
     .steps = {{0, "10:00", OVERDUE("100", "1")},
               {2, "10:00", PAID("60")},
               {1, "10:00", OVERDUE("500", "9")}}},
    {"a rest unpaid does not make the next debt old", "arrears", "", "usual_delay_days=1", 1.2,
     .steps = {{0, "09:00", BILL("2026-02", "100")},
               {0, "10:00", OVERDUE("100", "1")},
               {0, "11:00", PAID("98.50")},
               {30, "10:00", OVERDUE("101.50", "1")},
               {30, "11:00", PAID("101.50")},
               {60, "10:00", OVERDUE("100", "1")},
               {60, "11:00", PAID("100")},
               {90, "10:00", OVERDUE("100", "1")},
               {90, "11:00", PAID("100")},
               {120, "10:00", OVERDUE("100", "5")}}},
    {"as late as always", "arrears", "", "usual_delay_days=4", 0.3,
     .steps = {{0, "10:00", OVERDUE("100", "1")},
               {3, "10:00", PAID("100")},
               {30, "10:00", OVERDUE("100", "1")},
               {33, "10:00", PAID("100")},
               {60, "10:00", OVERDUE("100", "1")},
               {63, "10:00", PAID("100")},
               {90, "10:00", OVERDUE("100", "5")}}},
    {"later than always", "arrears", "", "usual_delay_days=4", 1.2,
     .steps = {{0, "10:00", OVERDUE("100", "1")},
               {3, "10:00", PAID("100")},
               {30, "10:00", OVERDUE("100", "1")},
               {33, "10:00", PAID("100")},
               {60, "10:00", OVERDUE("100", "1")},
               {63, "10:00", PAID("100")},
               {90, "10:00", OVERDUE("100", "6")}}},
    {"two payments are no habit", "arrears", "", "days_overdue=1", 1.2,
     .steps = {{0, "10:00", OVERDUE("100", "1")},
               {3, "10:00", PAID("100")},
               {30, "10:00", OVERDUE("100", "1")},
               {33, "10:00", PAID("100")},
               {60, "10:00", OVERDUE("100", "1")}}},
    {"balance at minus the limit", "arrears", NULL, NULL, NAN,
     .steps = {{0, "10:00", BALANCE("-50")}}},
    {"balance below minus the limit", "arrears", "", "amount=0.01", 2,
     .steps = {{0, "10:00", BALANCE("-50.01")}}},
    {"billing's word takes the balance's place", "arrears", "", "days_overdue=1", 1.2,
     .steps = {{0, "10:00", BALANCE("-60")}, {9, "10:00", OVERDUE("60", "1")}}},
    {"a balance does not age", "arrears", "", "amount=10", 2,
     .steps = {{0, "10:00", BALANCE("-60")}, {20, "10:00", CLOCK}}},
    {"balance restored", "arrears", NULL, NULL, NAN,
     .steps = {{0, "10:00", BALANCE("-60")}, {1, "10:00", BALANCE("20")}}},

    /* call forwarding: whose number, which condition, erased, several lines */
    {"CFU to a competitor", "call_forwarding", A, "target_class=competitor", 3.35,
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}}},
    {"CFNRc to a competitor", "call_forwarding", A, "condition=CFNRc", 3.35,
     .steps = {{0, "10:00", FORWARD(A, "CFNRc", THEIRS)}}},
    {"CFB to a competitor", "call_forwarding", A, "condition=CFB", 2.4,
     .steps = {{0, "10:00", FORWARD(A, "CFB", THEIRS)}}},
    {"CFNRy dialled with an IP code", "call_forwarding", A, "target_class=competitor", 2.4,
     .steps = {{0, "10:00", FORWARD(A, "CFNRy", "1795113099990000")}}},
    {"CFU within our net", "call_forwarding", A, "target_class=own_net", 1.0,
     .steps = {{0, "10:00", FORWARD(A, "CFU", OURS)}}},
    {"CFU to nobody's range", "call_forwarding", A, "target_class=other", 1.7,
     .steps = {{0, "10:00", FORWARD(A, "CFU", NOBODYS)}}},
    {"to an own line", "call_forwarding", NULL, NULL, NAN, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", FORWARD(A, "CFU", B)}}},
    {"to an own line, dialled without 86", "call_forwarding", NULL, NULL, NAN,
     .profile = GROUP("3", ABC), .steps = {{0, "10:00", FORWARD(A, "CFU", "13800000002")}}},
    {"to an own line that is kept without 86", "call_forwarding", NULL, NULL, NAN,
     .profile = GROUP("2", LINE(A) "," LINE("13800000002")),
     .steps = {{0, "10:00", FORWARD(A, "CFU", B)}}},
    {"erased", "call_forwarding", NULL, NULL, NAN,
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}, {1, "10:00", ERASE(A, "CFU")}}},
    {"another condition erased", "call_forwarding", A, "condition=CFU", 3.35,
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}, {1, "10:00", ERASE(A, "CFB")}}},
    {"turned to our net", "call_forwarding", A, "target_class=own_net", 1.0,
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}, {1, "10:00", FORWARD(A, "CFU", OURS)}}},
    {"older than the erasure known", "call_forwarding", NULL, NULL, NAN,
     .steps = {{1, "10:00", ERASE(A, "CFU")}, {0, "10:00", FORWARD(A, "CFU", THEIRS)}}},
    {"forwarding line ended", "call_forwarding", NULL, NULL, NAN, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}, {1, "10:00", ENDED(A, "other")}}},
    {"one line of a group", "call_forwarding", "", NULL, 3.35, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}}},
    {"two lines of a group", "call_forwarding", "", "lines=2", 8.2, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}, {1, "10:00", FORWARD(B, "CFU", THEIRS)}}},
    {"the third line climbs", "call_forwarding", "", "lines=3", 11.55, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)},
               {1, "10:00", FORWARD(B, "CFU", THEIRS)},
               {2, "10:00", FORWARD(C, "CFU", THEIRS)}}},
    {"two lines to two numbers", "call_forwarding", "", NULL, 6.7, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)},
               {1, "10:00", FORWARD(B, "CFU", "8613099990001")}}},
    {"one of two lines erased", "call_forwarding", "", NULL, 3.35, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)},
               {1, "10:00", FORWARD(B, "CFU", THEIRS)},
               {2, "10:00", ERASE(B, "CFU")}}},
    {"three to one number, then two to another", "call_forwarding", "", "target=" THEIRS, NAN,
     .profile = GROUP("5", ABCDE),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)},
               {0, "10:01", FORWARD(B, "CFU", THEIRS)},
               {0, "10:02", FORWARD(C, "CFU", THEIRS)},
               {1, "10:00", FORWARD(D, "CFU", "8613099990001")},
               {1, "10:01", FORWARD(E, "CFU", "8613099990001")}}},
    {"three to one number, one of two to another erased", "call_forwarding", "", "lines=3", NAN,
     .profile = GROUP("5", ABCDE),
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)},
               {0, "10:01", FORWARD(B, "CFU", THEIRS)},
               {0, "10:02", FORWARD(C, "CFU", THEIRS)},
               {1, "10:00", FORWARD(D, "CFU", "8613099990001")},
               {1, "10:01", FORWARD(E, "CFU", "8613099990001")},
               {2, "10:00", ERASE(E, "CFU")}}},
    {"two to one number, then three to another", "call_forwarding", "", "lines=3", NAN,
     .profile = GROUP("5", ABCDE),
     .steps = {{0, "10:00", FORWARD(A, "CFU", "8613099990001")},
               {0, "10:01", FORWARD(B, "CFU", "8613099990001")},
               {1, "10:00", FORWARD(C, "CFU", THEIRS)},
               {1, "10:01", FORWARD(D, "CFU", THEIRS)},
               {1, "10:02", FORWARD(E, "CFU", THEIRS)},
               {2, "10:00", ERASE(A, "CFU")}}},
    {"two lines of a person are no group", "call_forwarding", "", NULL, 6.7,
     .steps = {{0, "10:00", FORWARD(A, "CFU", THEIRS)}, {1, "10:00", FORWARD(B, "CFU", THEIRS)}}},

    /* watched numbers: exact, prefix, repeats, forwarded legs */
    {"a watched number", "watched_number", A, "peer=10010", 2.6,
     .steps = {{0, "10:00", CALL(A, "outgoing", "10010", "60")}}},
    {"called by it", "watched_number", A, "direction=incoming_call", 2.6,
     .steps = {{0, "10:00", CALL(A, "incoming", "10010", "60")}}},
    {"by prefix", "watched_number", A, "peer=05802010010", 2.08,
     .steps = {{0, "10:00", CALL(A, "outgoing", "05802010010", "60")}}},
    {"by prefix, in international shape", "watched_number", A, "peer=865802010010", 2.08,
     .steps = {{0, "10:00", CALL(A, "outgoing", "865802010010", "60")}}},
    {"another number", "watched_number", NULL, NULL, NAN,
     .steps = {{0, "10:00", CALL(A, "outgoing", "10011", "60")}}},
    {"longer than an exact one", "watched_number", NULL, NULL, NAN,
     .steps = {{0, "10:00", CALL(A, "outgoing", "100100", "60")}}},
    {"not answered", "watched_number", NULL, NULL, NAN,
     .steps = {{0, "10:00", CALL(A, "outgoing", "10010", "0")}}},
    {"a second", "watched_number", A, "duration_s=1", 2.6,
     .steps = {{0, "10:00", CALL(A, "outgoing", "10010", "1")}}},
    {"a second call", "watched_number", A, "count=2", 3.45,
     .steps = {{0, "10:00", CALL(A, "outgoing", "10010", "60")},
               {0, "10:00", CALL(A, "outgoing", "10010", "60")}}},
    {"another line's call is a further one", "watched_number", B, "count=1", 3.45,
     .steps = {{0, "10:00", CALL(A, "outgoing", "10010", "60")},
               {0, "10:00", CALL(B, "outgoing", "10010", "60")}}},
    {"most calls", "watched_number", A, "count=2", 3.45,
     .settings = {"detectors.watched_number.most_calls=2"},
     .steps = {{0, "10:00", CALL(A, "outgoing", "10010", "60")},
               {0, "10:00", CALL(A, "outgoing", "10010", "60")},
               {0, "10:00", CALL(A, "outgoing", "10010", "60")}}},
    {"a forwarded call", "watched_number", NULL, NULL, NAN,
     .steps = {{0, "09:00", FORWARD(A, "CFNRy", "10010")},
               {0, "10:00", CALL(A, "outgoing", "10010", "60")}}},
    {"forwarding erased before the call", "watched_number", A, "peer=10010", 2.6,
     .steps = {{0, "09:00", FORWARD(A, "CFNRy", "10010")},
               {0, "09:30", ERASE(A, "CFNRy")},
               {0, "10:00", CALL(A, "outgoing", "10010", "60")}}},
    {"another line's forwarding", "watched_number", B, "peer=10010", 2.6,
     .steps = {{0, "09:00", FORWARD(A, "CFNRy", "10010")},
               {0, "10:00", CALL(B, "outgoing", "10010", "60")}}},
    {"A calls A", "watched_number", NULL, NULL, NAN, .settings = {"watched_numbers=138*"},
     .steps = {{0, "10:00", CALL(A, "outgoing", A, "60")}}},

    /* plan change: down, up, restored, again */
    {"down by half", "plan_change", A, "fee_lost=19", 1.6,
     .steps = {{0, "10:00", PLAN(A, "38", "19")}}},
    {"down to nothing", "plan_change", A, "to=P0", 2.0,
     .steps = {{0, "10:00", PLAN(A, "38", "0")}}},
    {"down by the least", "plan_change", A, "fee_lost=0.01", 1.2,
     .steps = {{0, "10:00", PLAN(A, "38", "37.99")}}},
    {"down by less", "plan_change", NULL, NULL, NAN,
     .steps = {{0, "10:00", PLAN(A, "38", "37.991")}}},
    {"up alone", "plan_change", NULL, NULL, NAN, .steps = {{0, "10:00", PLAN(A, "38", "58")}}},
    {"restored", "plan_change", NULL, NULL, NAN,
     .steps = {{0, "10:00", PLAN(A, "38", "19")}, {9, "10:00", PLAN(A, "19", "38")}}},
    {"up, but not as before", "plan_change", A, "fee_lost=30", NAN,
     .steps = {{0, "10:00", PLAN(A, "38", "8")}, {9, "10:00", PLAN(A, "8", "19")}}},
    {"down again", "plan_change", A, "count=2", NAN,
     .steps = {{0, "10:00", PLAN(A, "40", "30")}, {9, "10:00", PLAN(A, "30", "20")}}},
    {"another line's restoration", "plan_change", A, "fee_lost=19", NAN,
     .steps = {{0, "10:00", PLAN(A, "38", "19")}, {9, "10:00", PLAN(B, "19", "38")}}},

    /* port-out: the ladder, and down from it */
    {"inquiry", "port_out", A, "stage=inquiry", 4.7, .steps = {{0, "10:00", PORT(A, "inquiry")}}},
    {"code", "port_out", A, "stage=code_issued", 8.1,
     .steps = {{0, "10:00", PORT(A, "inquiry")}, {0, "10:01", PORT(A, "code_issued")}}},
    {"request", "port_out", A, "stage=requested", 8.1,
     .steps = {{0, "10:00", PORT(A, "code_issued")}, {0, "10:01", PORT(A, "requested")}}},
    {"a request weighs more than a code", "port_out", A, "stage=requested", 9.1,
     .settings = {"detectors.port_out.request_leave=1"},
     .steps = {{0, "10:00", PORT(A, "requested")}}},
    {"completed", "port_out", A, "stage=completed", 2, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", PORT(A, "requested")}, {0, "10:01", PORT(A, "completed")}}},
    {"ended by port-out", "port_out", A, "stage=completed", 2, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", ENDED(A, "port_out")}}},
    {"ended otherwise", "port_out", NULL, NULL, NAN, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")}}},
    {"cancelled", "port_out", NULL, NULL, NAN,
     .steps = {{0, "10:00", PORT(A, "requested")}, {1, "10:00", PORT(A, "cancelled")}}},
    {"another line's cancelled", "port_out", A, "stage=requested", 8.1,
     .steps = {{0, "10:00", PORT(A, "requested")}, {0, "10:01", PORT(B, "cancelled")}}},
    {"older than the cancellation", "port_out", NULL, NULL, NAN,
     .steps = {{1, "10:00", PORT(A, "cancelled")}, {0, "10:00", PORT(A, "requested")}}},
    {"resumed as the old line", "port_out", NULL, NULL, NAN, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", PORT(A, "completed")}, {1, "10:00", RESUMED(A)}}},
    {"resumed while asking", "port_out", A, "stage=inquiry", NAN,
     .steps = {{0, "10:00", PORT(A, "inquiry")}, {1, "10:00", RESUMED(A)}}},
    {"half after its half-life", "port_out", A, "stage=inquiry", 2.35,
     .settings = {"detectors.port_out.inquiry_half_life_days=1"},
     .steps = {{0, "02:00", PORT(A, "inquiry")}, {1, "02:00", CLOCK}}},

    /* termination: a line, the client */
    {"a line", "termination", A, "reason=customer_request", 0.3, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", ENDED(A, "customer_request")}}},
    {"a line by port-out is port_out's", "termination", NULL, NULL, NAN, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", ENDED(A, "port_out")}}},
    {"the last line", "termination", "", "reason=other", NAN,
     .steps = {{0, "10:00", ENDED(A, "other")}}},
    {"the last line by port-out", "termination", "", "reason=port_out", 4,
     .steps = {{0, "10:00", PORT(A, "completed")}}},
    {"the last line known of more", "termination", "", NULL, NAN, .profile = GROUP("9", LINE(A)),
     .steps = {{0, "10:00", ENDED(A, "other")}}},
    {"came back", "termination", NULL, NULL, NAN,
     .steps = {{0, "10:00", ENDED(A, "other")}, {1, "10:00", RESUMED(A)}}},
    {"a return from between two ends", "termination", "", "reason=other", NAN,
     .steps = {{0, "10:00", ENDED(A, "other")},
               {5, "10:00", ENDED(A, "other")},
               {3, "10:00", RESUMED(A)}}},
    {"older than the return", "termination", NULL, NULL, NAN,
     .steps = {{1, "10:00", RESUMED(A)}, {0, "10:00", ENDED(A, "other")}}},

    /* group erosion: two lines and 4 %, clears under 2 % */
    {"one line lost", "group_erosion", NULL, NULL, NAN, .profile = GROUP("3", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")}}},
    {"two lines of fifty", "group_erosion", "", "observed=4", 1.06, .profile = GROUP("50", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")}, {0, "10:00", PORT(B, "completed")}}},
    {"two lines of fifty-one", "group_erosion", NULL, NULL, NAN, .profile = GROUP("51", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")}, {0, "10:00", PORT(B, "completed")}}},
    {"a third line climbs", "group_erosion", "", "lines=3", 2.65, .profile = GROUP("30", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")},
               {0, "10:00", PORT(B, "completed")},
               {0, "10:00", ENDED(C, "other")}}},
    {"too far apart", "group_erosion", NULL, NULL, NAN, .profile = GROUP("20", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")}, {31, "10:00", ENDED(B, "other")}}},
    {"one moved out of the window", "group_erosion", "", "lines=2", NAN,
     .profile = GROUP("30", ABC), .settings = {"tasks.open_for=90d"},
     .steps = {{0, "10:00", ENDED(A, "other")},
               {20, "10:00", ENDED(B, "other")},
               {32, "03:00", CLOCK}}},
    {"all moved out of the window", "group_erosion", NULL, NULL, NAN, .profile = GROUP("20", ABC),

     .settings = {"tasks.open_for=90d", "detectors.group_erosion.clear_share=0"},
     .steps = {{0, "10:00", ENDED(A, "other")},
               {20, "10:00", ENDED(B, "other")},
               {51, "03:00", CLOCK}}},
    {"a person's lines", "group_erosion", NULL, NULL, NAN,
     .steps = {{0, "10:00", ENDED(A, "other")}, {0, "10:00", ENDED(B, "other")}}},
    {"an end told again is no loss of today", "group_erosion", NULL, NULL, NAN,
     .profile = GROUP("20", ABC),
     .steps = {{0, "10:00", PORT(A, "completed")},
               {31, "10:00", ENDED(B, "other")},
               {32, "10:00", ENDED(A, "port_out")},
               {33, "10:00", ENDED(A, "port_out")}}},
    {"came back, and ended anew", "group_erosion", "", "lines=2", NAN, .profile = GROUP("20", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")},
               {1, "10:00", ENDED(A, "other")},
               {2, "10:00", RESUMED(A)},
               {40, "10:00", ENDED(A, "other")},
               {41, "10:00", ENDED(B, "other")}}},
    {"both came back", "group_erosion", NULL, NULL, NAN, .profile = GROUP("20", ABC),
     .steps = {{0, "10:00", ENDED(A, "other")},
               {0, "10:00", ENDED(B, "other")},
               {1, "10:00", RESUMED(A)},
               {1, "10:00", RESUMED(B)}}},

    /* contract: 14 days before, ended, renewed; days judged as they close */
    {"fifteen days before", "contract_end", NULL, NULL, NAN,
     .steps = {{0, "10:00", CONTRACT("signed", "2026-03-17")}, {1, "03:00", CLOCK}}},
    {"fourteen days before", "contract_end", "", "ends=2026-03-16", 0.3,
     .steps = {{0, "10:00", CONTRACT("signed", "2026-03-16")}, {1, "03:00", CLOCK}}},
    {"on its last day", "contract_end", "", "ends=2026-03-05", 0.3,
     .steps = {{0, "10:00", CONTRACT("signed", "2026-03-05")}, {4, "03:00", CLOCK}}},
    {"the day after", "contract_end", "", "ends=2026-03-05", 2.2,
     .steps = {{0, "10:00", CONTRACT("signed", "2026-03-05")}, {5, "03:00", CLOCK}}},
    {"told to have ended", "contract_end", "", "ends=2026-03-02", 2.2,
     .steps = {{0, "10:00", CONTRACT("ended", "2026-03-02")}}},
    {"ended thirty-one days ago", "contract_end", NULL, NULL, NAN,
     .steps = {{0, "10:00", CONTRACT("ended", "2026-01-30")}, {1, "03:00", CLOCK}}},
    {"ended thirty days ago", "contract_end", "", "ends=2026-01-31", 2.2,
     .steps = {{0, "10:00", CONTRACT("ended", "2026-01-31")}}},
    {"renewed before the end", "contract_end", NULL, NULL, NAN,
     .steps = {{0, "10:00", CONTRACT("signed", "2026-03-05")},
               {2, "10:00", CLOCK},
               {2, "11:00", CONTRACT("renewed", "2027-03-05")},
               {9, "10:00", CLOCK}}},
    {"renewed after the end", "contract_end", NULL, NULL, NAN,
     .steps = {{0, "10:00", CONTRACT("ended", "2026-03-02")},
               {2, "11:00", CONTRACT("renewed", "2027-03-02")},
               {9, "10:00", CLOCK}}},
    {"the old one ended after a renewal", "contract_end", NULL, NULL, NAN,
     .steps = {{0, "10:00", CONTRACT("renewed", "2027-03-02")},
               {1, "10:00", CONTRACT("ended", "2026-03-03")}}},
    {"the end told holds as days close", "contract_end", "", "ends=2026-03-02", NAN,
     .steps = {{0, "09:00", CONTRACT("signed", "2026-03-01")},
               {0, "10:00", CONTRACT("ended", "2026-03-02")},
               {3, "10:00", CLOCK}}},

    /* complaint: severities, repeats, tickets, whose */
    {"mild", "complaint", A, "severity=2", 2.0,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")}}},
    {"severe", "complaint", A, "severity=3", 4.7,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "3", "T1")}}},
    {"of the client as a whole", "complaint", "", "ticket=T1", 2.0,
     .steps = {{0, "10:00", COMPLAINT("", "2", "T1")}}},
    {"under the least level", "complaint", NULL, NULL, NAN,
     .settings = {"detectors.complaint.least_severity=2"},
     .steps = {{0, "10:00", COMPLAINT("", "1", "T1")}}},
    {"repeated", "complaint", A, "count=2", 2.7,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {0, "10:00", COMPLAINT(OF(A), "2", "T2")}}},
    {"the same ticket", "complaint", A, "count=1", 2.0,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {0, "10:00", COMPLAINT(OF(A), "2", "T1")}}},
    {"news of the ticket before the last", "complaint", A, "count=2", 2.7,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {1, "10:00", COMPLAINT(OF(A), "2", "T2")},
               {2, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {3, "10:00", COMPLAINT(OF(A), "2", "T2")}}},
    {"a ticket between others' news", "complaint", A, "count=3", NAN,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {1, "10:00", COMPLAINT(OF(A), "2", "T2")},
               {2, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {3, "10:00", COMPLAINT(OF(A), "2", "T3")},
               {4, "10:00", COMPLAINT(OF(A), "2", "T2")}}},
    {"repeated more often than is counted", "complaint", A, "count=4", NAN,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {0, "11:00", COMPLAINT(OF(A), "2", "T2")},
               {0, "12:00", COMPLAINT(OF(A), "2", "T3")},
               {0, "13:00", COMPLAINT(OF(A), "2", "T4")},
               {0, "14:00", COMPLAINT(OF(A), "2", "T5")},
               {0, "15:00", COMPLAINT(OF(A), "2", "T1")}}},
    {"the same ticket too late, and another", "complaint", A, "count=2", NAN,
     .settings = {"tasks.open_for=90d"},
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {31, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {31, "11:00", COMPLAINT(OF(A), "2", "T2")}}},
    {"the ticket made severe", "complaint", A, "severity=4", 4.7,
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {0, "10:00", COMPLAINT(OF(A), "4", "T1")}}},
    {"repeated too late", "complaint", A, "count=1", NAN, .settings = {"tasks.open_for=90d"},
     .steps = {{0, "10:00", COMPLAINT(OF(A), "2", "T1")},
               {31, "10:00", COMPLAINT(OF(A), "2", "T2")}}},
};
/* clang-format on */

static struct rehearsal *start(const struct row *row)
{
    const char *settings[8] = {"watched_numbers=10010,0580201*", "operators.own_prefixes=86138,86",
                               "operators.competitor_prefixes=86130,8613099", NULL};
    for (size_t i = 0; i < 3 && row->settings[i]; i++)
        settings[3 + i] = row->settings[i];
    struct rehearsal *r = r_new(settings);
    if (row->profile)
        r_profile(r, row->profile);
    return r;
}

static void play(struct rehearsal *r, const struct row *row, bool restored)
{
    for (size_t i = 0; i < 10 && row->steps[i].at; i++) {
        const struct step *s = &row->steps[i];
        const char *time = r_at(FIRST_DAY, s->day, s->at);
        if (s->type)
            r_event(r, s->type, time, CLIENT, s->data);
        else
            r_tick(r, time);
        if (restored)
            r_restore(r);
    }
}

/* What the detector's signals add to the log-odds of leaving, as the task's `why` says. */
static double log_odds(json_t *task, const char *detector)
{
    double sum = 0;
    size_t i;
    json_t *term;
    json_array_foreach(json_object_get(task, "why"), i, term)
    {
        const char *name = json_string_value(json_object_get(term, "term"));
        if (strcmp(name, detector) == 0)
            sum += json_number_value(json_object_get(term, "log_odds"));
    }
    return sum;
}

/* "member=value", the value as JSON has it but for quotes. */
static bool has_evidence(json_t *signal, const char *want)
{
    const char *sep = strchr(want, '=');
    char name[32], found[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)(sep - want), want);
    json_t *v = json_object_get(json_object_get(signal, "evidence"), name);
    if (json_is_number(v))
        return fabs(json_number_value(v) - strtod(sep + 1, NULL)) < 0.005;
    (void)snprintf(found, sizeof found, "%s", json_is_string(v) ? json_string_value(v) : "?");
    return strcmp(found, sep + 1) == 0;
}

/* Whether any open signal of the detector and line has that evidence; with NULL, any at all. */
static bool is_open(const struct rehearsal *r, const struct row *row)
{
    json_t *task = r_task(r, CLIENT), *signal;
    size_t i;
    if (!task || strcmp(json_string_value(json_object_get(task, "state")), "open") != 0)
        return false;
    json_array_foreach(json_object_get(task, "signals"), i, signal)
    {
        const char *detector = json_string_value(json_object_get(signal, "detector"));
        const char *line = json_string_value(json_object_get(signal, "line"));
        /* One fact more, and it would have been left out. */
        assert_true(json_object_size(json_object_get(signal, "evidence")) < CW_FACTS_MOST);
        if (strcmp(detector, row->detector) == 0 &&
            json_is_null(json_object_get(signal, "cleared_at")) &&
            (!row->line || strcmp(line ? line : "", row->line) == 0) &&
            (!row->evidence || has_evidence(signal, row->evidence)))
            return true;
    }
    return false;
}

static bool as_wanted(struct rehearsal *r, const struct row *row)
{
    bool wanted = row->evidence != NULL;
    if (is_open(r, row) != wanted) {
        print_error("%s: %s: %s is %sopen\n", row->detector, row->name,
                    wanted ? row->evidence : "a signal", wanted ? "not " : "");
        return false;
    }
    double sum = log_odds(r_task(r, CLIENT), row->detector);
    if (!isnan(row->log_odds) && !(fabs(sum - row->log_odds) < 0.011)) {
        print_error("%s: %s: log-odds %g, not %g\n", row->detector, row->name, sum, row->log_odds);
        return false;
    }
    return true;
}

/* All of them, so that one run shows all that is wrong. */
static void play_all(bool restored)
{
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = start(&rows[i]);
        play(r, &rows[i], restored);
        wrong += !as_wanted(r, &rows[i]);
        r_free(r);
    }
    assert_int_equal(wrong, 0);
}

static void every_row(void **state)
{
    (void)state;
    play_all(false);
}

static void every_row_restored_at_each_step(void **state)
{
    (void)state;
    play_all(true);
}

/* ---- what rows do not say ---- */

static void a_step_is_told_once(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_event(r, "billing.arrears", "2026-03-02 10:00", CLIENT, "{'amount':90,'days_overdue':1}");
    r_event(r, "billing.arrears", "2026-03-02 11:00", CLIENT, "{'amount':90,'days_overdue':1}");
    r_event(r, "billing.arrears", "2026-03-03 01:00", CLIENT, "{'amount':90,'days_overdue':2}");
    assert_int_equal(r_versions(r, CLIENT), 1);
    r_event(r, "billing.arrears", "2026-03-08 10:00", CLIENT, "{'amount':90,'days_overdue':7}");
    assert_true(json_is_true(json_object_get(r_task(r, CLIENT), "wake")));
    r_free(r);
}

static void with_no_cause_left_the_task_is_withdrawn(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_event(r, "care.complaint", "2026-03-02 09:00", "c2",
            "{'severity':1,'topic':'bill','ticket':'T'}");
    r_event(r, "service.port_out", "2026-03-02 10:00", CLIENT,
            "{'msisdn':'" A "','stage':'inquiry'}");
    r_event(r, "service.port_out", "2026-03-02 11:00", CLIENT,
            "{'msisdn':'" A "','stage':'cancelled'}");
    assert_string_equal(json_string_value(json_object_get(r_task(r, CLIENT), "state")),
                        "withdrawn");
    assert_string_equal(json_string_value(json_object_get(r_task(r, "c2"), "state")), "open");
    r_free(r);
}

#define USED "{'msisdn':'" A "','voice_min':1,'data_mb':1,'sms':0}"
#define ENDS(member)                                                                               \
    "{'client_id':'" CLIENT "','kind':'individual','manager':'m'," member "'lines':[" LINE(A) "]}"

/* A profile is whole: what it no longer says is no longer so, unless events said it. */
static void a_contract_taken_out_of_the_profile_is_none(void **state)
{
    (void)state;
    for (int by_event = 0; by_event < 2; by_event++) {
        struct rehearsal *r = r_new(NULL);
        r_profile(r, ENDS("'contract_ends':'2026-03-10',"));
        if (by_event)
            r_event(r, "service.contract", "2026-03-02 10:00", CLIENT,
                    "{'action':'signed','ends':'2026-03-10'}");
        r_event(r, "service.usage", "2026-03-02 12:00", CLIENT, USED);
        r_tick(r, "2026-03-04 03:00");
        assert_non_null(r_signal(r, CLIENT, "contract_end", ""));
        r_profile(r, ENDS(""));
        r_restore(r);
        r_tick(r, "2026-03-05 03:00");
        assert_true((r_signal(r, CLIENT, "contract_end", "") != NULL) == by_event);
        r_tick(r, "2026-03-15 03:00");
        assert_true((r_signal(r, CLIENT, "contract_end", "") != NULL) == by_event);
        r_profile(r, ENDS("'contract_ends':'2026-03-20',"));
        r_tick(r, "2026-03-16 03:00");
        assert_non_null(r_signal(r, CLIENT, "contract_end", ""));
        r_free(r);
    }
}

static void a_deleted_profile_leaves_no_contract(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_profile(r, ENDS("'contract_ends':'2026-03-30',"));
    r_event(r, "service.usage", "2026-03-02 12:00", CLIENT, USED);
    struct cw_profile gone = {.client_id = CW_STR(CLIENT), .deleted = true};
    struct cw_output none = {NULL, NULL}; /* there is no task that it could change */
    assert_int_equal(cw_shard_profile(r_shard(r), &gone, &(struct cw_origin){NULL, -1, -1}, &none),
                     0);
    r_tick(r, "2026-03-28 03:00");
    assert_null(r_task(r, CLIENT));
    r_free(r);
}

static void a_line_gone_explains_what_is_of_that_line(void **state)
{
    (void)state;
    struct rehearsal *r = r_new((const char *const[]){"watched_numbers=10010", NULL});
    r_profile(r, GROUP("3", ABC));
    r_event(r, "service.terminated", "2026-03-02 10:00", CLIENT,
            "{'msisdn':'" A "','reason':'other'}");
    r_event(r, "service.call_forwarding", "2026-03-02 10:01", CLIENT,
            "{'msisdn':'" A "','condition':'CFU','active':true,'target':'" THEIRS "'}");
    assert_null(r_signal(r, CLIENT, "call_forwarding", NULL));
    r_event(r, "service.call_forwarding", "2026-03-02 10:02", CLIENT,
            "{'msisdn':'" B "','condition':'CFU','active':true,'target':'" THEIRS "'}");
    assert_non_null(r_signal(r, CLIENT, "call_forwarding", B));
    r_free(r);
}

static void a_line_gone_does_not_explain_a_call_with_a_competitor(void **state)
{
    (void)state;
    struct rehearsal *r = r_new((const char *const[]){"watched_numbers=10010", NULL});
    r_profile(r, GROUP("2", LINE(A) "," LINE(B)));
    r_event(r, "service.terminated", "2026-03-02 10:00", CLIENT,
            "{'msisdn':'" A "','reason':'other'}");
    r_event(r, "service.call", "2026-03-02 10:01", CLIENT,
            "{'msisdn':'" A "','direction':'outgoing','peer':'10010','duration_s':60}");
    assert_non_null(r_signal(r, CLIENT, "watched_number", A));
    r_event(r, "service.terminated", "2026-03-03 10:00", CLIENT,
            "{'msisdn':'" B "','reason':'other'}");
    r_event(r, "service.call", "2026-03-03 10:01", CLIENT,
            "{'msisdn':'" B "','direction':'outgoing','peer':'10010','duration_s':60}");
    assert_null(r_signal(r, CLIENT, "watched_number", B)); /* with all of them gone it does */
    r_free(r);
}

static void a_detector_that_is_off_says_nothing(void **state)
{
    (void)state;
    struct rehearsal *r = r_new((const char *const[]){"detectors.complaint.mode=off", NULL});
    r_event(r, "care.complaint", "2026-03-02 10:00", CLIENT,
            "{'severity':4,'topic':'bill','ticket':'T'}");
    assert_null(r_task(r, CLIENT));
    r_free(r);
}

static void lines_beyond_the_most_are_judged_without_state(void **state)
{
    (void)state;
    struct rehearsal *r =
        r_new((const char *const[]){"input.max_lines=1", "watched_numbers=10010", NULL});
    r_event(r, "service.usage", "2026-03-02 09:00", CLIENT,
            "{'msisdn':'" B "','voice_min':1,'data_mb':1,'sms':0}");
    static const struct {
        const char *detector, *type, *data;
    } cases[] = {
        {"suspension", SUSPENDED(A, "both", "lost")},
        {"call_forwarding", FORWARD(A, "CFU", THEIRS)},
        {"watched_number", CALL(A, "outgoing", "10010", "60")},
        {"plan_change", PLAN(A, "38", "19")},
        {"port_out", PORT(A, "inquiry")},
        {"termination", ENDED(A, "other")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        r_event(r, cases[i].type, r_at(FIRST_DAY, 0, "10:00"), CLIENT, cases[i].data);
        assert_non_null(r_signal(r, CLIENT, cases[i].detector, A));
    }
    r_event(r, "service.resumed", "2026-03-02 11:00", CLIENT, "{'msisdn':'" A "'}");
    assert_null(r_signal(r, CLIENT, "suspension", A));
    r_free(r);
}

/* ---- numbers ---- */

static void numbers_are_compared_as_dialled(void **state)
{
    (void)state;
    static const struct {
        const char *dialled, *plain;
    } cases[] = {
        {"13800000001", "13800000001"},
        {"8613800000001", "13800000001"},
        {"+8613800000001", "13800000001"},
        {"008613800000001", "13800000001"},
        {"1795113800000001", "13800000001"},
        {"1259313800000001", "13800000001"},
        {"05802010010", "5802010010"},
        {"865802010010", "5802010010"},
        {"10010", "10010"},
        {"86", "86"},
        {"0", "0"},
        {"17951", "17951"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cw_str s =
            cw_number_plain((struct cw_str){cases[i].dialled, strlen(cases[i].dialled)});
        assert_int_equal(s.n, strlen(cases[i].plain));
        assert_memory_equal(s.p, cases[i].plain, s.n);
    }
}

/* ---- the table ---- */

static void check_thresholds(const struct cw_detector *det)
{
    assert_in_range(det->n_thresholds, 1, CW_THRESHOLDS_MOST);
    for (uint8_t i = 0; i < det->n_thresholds; i++) {
        const struct cw_threshold *t = &det->thresholds[i];
        if (!t->name || !*t->name || !t->unit || !*t->unit || !t->meaning ||
            !(t->least < t->most) || t->dflt < t->least || t->dflt > t->most ||
            t->meaning[strlen(t->meaning) - 1] != '.')
            fail_msg("%s: threshold %d is not whole", det->name, i);
        assert_int_equal(strspn(t->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(t->name));
        for (uint8_t k = 0; k < i; k++)
            assert_string_not_equal(t->name, det->thresholds[k].name);
    }
}

static void every_detector_is_declared_whole(void **state)
{
    (void)state;
    for (int d = 0; d < CW_DETECTORS; d++) {
        const struct cw_detector *det = cw_detectors[d];
        assert_non_null(det);
        assert_int_equal(cw_detector_find((struct cw_str){det->name, strlen(det->name)}), d);
        assert_true(det->finds && *det->finds);
        assert_int_equal(det->state_size % (det->rare ? 4 : 2), 0);
        assert_int_equal(det->line_state_size % (det->rare ? 4 : 2), 0);
        assert_true((det->state_size || det->line_state_size) == (det->state_version > 0));
        assert_true((det->reads != 0) == (det->on_event != NULL));
        assert_true(det->on_event || det->on_day_close || det->on_bill || det->on_line_close);
        check_thresholds(det);
    }
    assert_int_equal(cw_detector_find(CW_STR("spend")), -1);
    assert_int_equal(cw_detector_find(CW_STR("")), -1);
}

/* The catalogue's rows; LABEL and VALUE are others' to test. */
static const struct {
    int detector, slot, step;
    const char *words[4];
} reasons[] = {
#define LABEL(...)
#define VALUE(...)
#define REASON(det, slot, step, ...) {CW_DET_##det, slot, step, {__VA_ARGS__}},
#include "config/texts.def"
#undef REASON
#undef LABEL
#undef VALUE
};

static void every_signal_has_words_in_both_languages(void **state)
{
    (void)state;
    bool any[CW_DETECTORS] = {false};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        for (int k = 0; k < 4; k++)
            assert_true(reasons[i].words[k] && *reasons[i].words[k]);
        any[reasons[i].detector] |= reasons[i].slot < 0 && reasons[i].step < 0;
    }
    for (int d = 0; d < CW_DETECTORS; d++)
        if (!any[d])
            fail_msg("%s has no words for some of its signals", cw_detectors[d]->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(every_row_restored_at_each_step),
        cmocka_unit_test(a_step_is_told_once),
        cmocka_unit_test(with_no_cause_left_the_task_is_withdrawn),
        cmocka_unit_test(a_contract_taken_out_of_the_profile_is_none),
        cmocka_unit_test(a_deleted_profile_leaves_no_contract),
        cmocka_unit_test(a_line_gone_explains_what_is_of_that_line),
        cmocka_unit_test(a_line_gone_does_not_explain_a_call_with_a_competitor),
        cmocka_unit_test(a_detector_that_is_off_says_nothing),
        cmocka_unit_test(lines_beyond_the_most_are_judged_without_state),
        cmocka_unit_test(numbers_are_compared_as_dialled),
        cmocka_unit_test(every_detector_is_declared_whole),
        cmocka_unit_test(every_signal_has_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
