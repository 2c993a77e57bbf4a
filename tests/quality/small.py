"""Detection on a small simulated county: what has to be found is found in time, harmless clients are left alone, leavers
are on top. And each detector that the county's stories speak of is switched off in turn, which must show.

    python3 tests/quality/small.py CHURNWATCHCTL
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from judge import judge  # noqa: E402

# Story -> the least share found and the most days until then (median).
FOUND = {
    "arrears": (1, 1), "complaints": (1, 1), "contract_end": (1, 2), "downgrade": (1, 1), "erosion": (1, 4),
    "exodus": (1, 9), "forwarding": (1, 1), "gradual_decline": (.8, 18), "lost_phone": (1, 1), "low_balance": (1, 1),
    "on_request": (1, 1), "one_off": (.75, 1), "outage": (.75, 2), "port_out": (1, 1), "silence": (1, 8),
    "sudden_decline": (1, 6), "watched_calls": (1, 1),
}
FALSE_MOST = .05  # alarms a manager and day with nothing behind them
PR_AUC_LEAST = .55

# Detectors whose silence this must show, and by what.
GUARDED = {
    "arrears": "arrears", "complaint": "complaints", "contract_end": "contract_end", "plan_change": "downgrade",
    "group_erosion": "erosion", "call_forwarding": "forwarding", "suspension": "lost_phone", "spend_spike": "one_off",
    "outage": "outage", "port_out": "port_out", "watched_number": "watched_calls",
}
# These stand in for each other: off together, none of these stories may be found.
TOGETHER = ("spend_decline", "usage_drop", "spend_drop", "inactivity")
THEIRS = ("gradual_decline", "sudden_decline", "silence")


class County:
    def __init__(self, ctl, folder):
        self.ctl, self.folder = ctl, folder
        self.call("sim", "--out", folder, "--seed", "1", "--clients", "300", "--days", "90")

    def call(self, *words):
        r = subprocess.run([self.ctl, *words], capture_output=True, text=True, check=False)
        if r.returncode:
            sys.exit(f"{' '.join(words)}: {r.returncode}\n{r.stderr}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def figures(self, *off):
        options = [word for detector in off for word in ("-o", f"detectors.{detector}.mode=off")]
        self.call("-c", self.path("sim.conf"), *options, "replay", "--events", self.path("events.ndjson"),
                  "--profiles", self.path("profiles.ndjson"), "--managers", self.path("managers.ndjson"),
                  "--tasks", self.path("tasks.ndjson"))
        return judge(self.path("tasks.ndjson"), self.path("truth.json"))


def wrong(figures):
    """What is not as it has to be: story or figure -> in words."""
    found = {}
    for story, (least, days) in FOUND.items():
        n, share, delay = figures["recall"].get(story, (0, 0, 0))
        if share < least or delay > days:
            found[story] = f"{story}: {share:.2f} of {n} found in {delay:.1f} days; wanted: {least} in {days}"
    if figures["alarms"]["false"] > FALSE_MOST:
        found["false"] = f"{figures['alarms']['false']:.3f} false alarms a manager and day, {FALSE_MOST} at most"
    if figures["pr_auc_risk"] < PR_AUC_LEAST:
        found["order"] = f"PR-AUC {figures['pr_auc_risk']:.3f}, {PR_AUC_LEAST} at least"
    return found


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        county = County(sys.argv[1], folder)
        figures = county.figures()
        failures += wrong(figures).values()
        for detector, story in GUARDED.items():
            if story not in wrong(county.figures(detector)):
                failures.append(f"{detector} is off, and {story} does not show it")
        shown = wrong(county.figures(*TOGETHER))
        failures += [f"{', '.join(TOGETHER)} are off, and {story} does not show it"
                     for story in THEIRS if story not in shown]
        if "order" not in wrong(county.figures(*GUARDED)):
            failures.append("the order does not show that most detectors are off")
    print(f"PR-AUC {figures['pr_auc_risk']:.3f}, {figures['alarms']['false']:.3f} false alarms a manager and day")
    print("\n".join(["FAILED: " + f for f in failures] + [f"{len(failures)} failures"]))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
