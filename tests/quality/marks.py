"""The marks of detection beside what was reached: python3 tests/quality/marks.py FIGURES.json (of judge.py).

One table: the figure, where it is found in the figures, then for worlds of the base kind and shifted ones the aim, the best
honest baseline and what boosted trees with all raw data reach. Where less is better the aim is an upper bound."""
import json
import sys

NONE = None
# name, path in the figures, upper bound?, base: (aim, baseline, bound), shifted: (aim, baseline, bound)
MARKS = (
    ("gradual declines found", ("recall", "decline_gradual", 1), False, (.75, .34, NONE), (.65, .21, NONE)),
    ("sudden declines found", ("recall", "decline_sudden", 1), False, (.95, .59, NONE), (.85, .38, NONE)),
    ("silent clients found", ("recall", "inactivity", 1), False, (1, 1, NONE), (1, .57, NONE)),
    ("bill shocks found", ("recall", "bill_shock", 1), False, (.90, .90, NONE), NONE),
    ("roaming fraud found", ("recall", "fraud_roaming", 1), False, (.97, .94, NONE), NONE),
    ("outages found", ("recall", "outage_drop", 1), False, (.90, .24, NONE), NONE),
    ("days until a bill shock is told", ("recall", "bill_shock", 2), True, (.7, 1, NONE), NONE),
    ("incidents found, any kind", ("recall_incidents",), False, (.90, .51, .89), (.85, .42, .90)),
    *((f"{kind} found", ("recall", kind, 1), False, (1, 1, 1), (1, 1, 1)) for kind in (
        "forwarding", "arrears", "suspension", "port_out", "contract_end", "group_erosion", "complaint",
        "watched_calls", "downgrade")),
    ("false alarms a manager and day", ("alarms", "false"), True, (.20, .05, .08), (.20, .07, .08)),
    ("first of each list: leaves in 60 days, or was hit", ("top1_p60",), False, (.34, .21, .38), (.20, .11, .22)),
    ("first five: the same", ("top5_p60",), False, (.15, .092, .170), (.075, .053, .088)),
    ("first five: of what five calls could hit", ("top5_capture",), False, (.42, .32, .43), (.28, .22, .29)),
    ("1 call a manager and day: leavers called a week before", ("one_a_manager_week_before",), False,
     (.88, .78, .90), (.70, .61, .72)),
    ("1 call per 10 managers: leavers called", ("one_per_ten_reached",), False, (.84, .78, .90), (.76, .71, .80)),
    ("1 call per 10 managers: leaves in 60 days, or was hit", ("one_per_ten_p60",), False, (.40, .25, .44), (.26, .16, .29)),
    ("PR-AUC of the risk", ("pr_auc_risk",), False, (.44, .13, .49), (.25, .07, .26)),
    ("Brier skill of the risk", ("brier_skill",), False, (.29, NONE, .33), NONE),
    ("calibration error of the risk", ("ece",), True, (.003, NONE, .0011), NONE),
)


def look(figures, path):
    for key in path:
        figures = figures[key] if isinstance(key, int) else (figures or {}).get(key)
        if figures is None:
            return None
    return figures


def text(v):
    return "" if v is None else f"{v:.3g}"


def rows(figures):
    """(name, figure, aim, baseline, bound, met) of the world's kind."""
    for name, path, upper, base, shifted in MARKS:
        marks, v = (shifted if figures["kind"] == "shifted" else base), look(figures, path)
        if marks and v is not None:
            aim = marks[0]
            yield (name, v, ("≤ " if upper else "") + text(aim), text(marks[1]), text(marks[2]),
                   "met" if (v <= aim if upper else round(v, 3) >= aim) else "missed")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        figures = json.load(f)
    print("| mark | figure | aim | to beat | bound | |")
    print("|---|---:|---:|---:|---:|---|")
    for name, v, *more in rows(figures):
        print(f"| {name} | {text(v)} | " + " | ".join(more) + " |")


if __name__ == "__main__":
    main()
