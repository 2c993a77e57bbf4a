"""Detection on a small simulated county: what has to be found is found in time, harmless clients are left alone, leavers
are on top. And each detector that the county's stories speak of is switched off in turn, which must show.

    python3 tests/quality/small.py CHURNWATCHCTL
"""
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from judge import judge  # noqa: E402
from truth import Truth  # noqa: E402

# Story -> the least share found and the most days until then (median).
FOUND = {
    "arrears": (1, 1), "complaints": (1, 1), "contract_end": (1, 2), "downgrade": (1, 1), "erosion": (1, 4),
    "exodus": (1, 9), "forwarding": (1, 1), "gone": (1, 1), "gradual_decline": (.8, 18), "lost_phone": (1, 1), "low_balance": (1, 1),
    "on_request": (1, 1), "one_off": (.75, 1), "outage": (.75, 2), "port_out": (1, 1), "silence": (1, 8),
    "sudden_decline": (1, 6), "watched_calls": (1, 1),
}
FALSE_MOST = .02  # alarms a manager and day with nothing behind them
PR_AUC_LEAST = .55

# Detectors whose silence this must show, and by what.
GUARDED = {
    "arrears": "arrears", "complaint": "complaints", "contract_end": "contract_end", "plan_change": "downgrade",
    "group_erosion": "erosion", "call_forwarding": "forwarding", "suspension": "lost_phone", "spend_spike": "one_off",
    "outage": "outage", "port_out": "port_out", "termination": "gone", "watched_number": "watched_calls",
}
# These stand in for each other: off together, none of these stories may be found.
TOGETHER = ("spend_decline", "usage_drop", "spend_drop", "inactivity")
THEIRS = ("gradual_decline", "sudden_decline", "silence")


# Each of the learned detectors tells of its own story by itself too: detector, whose evidence is meant, the story, the
# least share told within the story's time.
OWN = {
    "spend_drop": ("spend_drop", lambda e: True, "sudden_decline", .75),
    "spend_decline": ("spend_decline", lambda e: True, "gradual_decline", .8),
    "usage_drop, sudden": ("usage_drop", lambda e: e["span_days"] < SLOW_DAYS, "sudden_decline", .75),
    "usage_drop, slow": ("usage_drop", lambda e: e["span_days"] == SLOW_DAYS, "gradual_decline", .75),
    "inactivity": ("inactivity", lambda e: True, "silence", .75),
    "outage, both fall": ("outage", lambda e: "score" in e, "outage", .5),
}
SLOW_DAYS = 60  # of usage_drop's slow way of seeing

# Bills beyond these shares of the median of the earlier ones have to be told, and those within half of them must not;
# between them the client's own spread decides, too. The first bill of all is of a part of a month.
BILL_RISE, BILL_FALL, BILL_YUAN, BILLS_EARLIER = 1.0, 0.65, 100, 2
BILLS_LEAST = 3  # such bills, for the test to be one


class County:
    def __init__(self, ctl, folder, *words):
        self.ctl, self.folder = ctl, folder
        self.call("sim", "--out", folder, "--clients", "300", *words)

    def call(self, *words):
        r = subprocess.run([self.ctl, *words], capture_output=True, text=True, check=False)
        if r.returncode:
            sys.exit(f"{' '.join(words)}: {r.returncode}\n{r.stderr}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def replay(self, *off):
        options = [word for detector in off for word in ("-o", f"detectors.{detector}.mode=off")]
        self.call("-c", self.path("sim.conf"), *options, "replay", "--events", self.path("events.ndjson"),
                  "--profiles", self.path("profiles.ndjson"), "--managers", self.path("managers.ndjson"),
                  "--tasks", self.path("tasks.ndjson"))

    def figures(self, *off):
        self.replay(*off)
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


def own_shares(county):
    """Of each row of OWN, the share of the story told by it, of what was last replayed. A day is judged in the next."""
    truth, told = Truth(county.path("truth.json")), collections.defaultdict(list)
    with open(county.path("tasks.ndjson"), encoding="utf-8") as f:
        for v in map(json.loads, f):
            for s in v["signals"]:
                told[v["client_id"], s["detector"]].append((truth.day(s["at"]), s["evidence"]))
    for name, (detector, meant, story, least) in OWN.items():
        hits = [any(start <= at <= end + 1 and meant(evidence) for at, evidence in told[client, detector])
                for client, kind, start, end, _ in truth.episodes if kind == story]
        yield name, story, sum(hits) / len(hits), least


def wrong_own(county):
    return [f"{name}: tells of {share:.2f} of {story}; wanted: {least}"
            for name, story, share, least in own_shares(county) if share < least]


def bills(county):
    """(client, day) of the bills that have to be told, and of those that must not, by the bills themselves."""
    earlier, must, must_not = collections.defaultdict(list), set(), set()
    with open(county.path("events.ndjson"), encoding="utf-8") as f:
        for e in (json.loads(line) for line in f if '"billing.bill"' in line):
            client, amount = e["subject"], e["data"]["amount"]
            usual = statistics.median(earlier[client][1:] or [0])  # The first one is of a part of a month.
            spread = statistics.median([abs(b - usual) for b in earlier[client][1:]] or [0])
            if len(earlier[client]) > BILLS_EARLIER:
                rise, at = amount - usual, (client, e["time"][:10])
                limit = max(BILL_YUAN, 4 * spread, (BILL_RISE if rise > 0 else BILL_FALL) * usual)
                if abs(rise) >= limit:
                    must.add(at)
                elif abs(rise) < limit / 3:
                    must_not.add(at)
            earlier[client].append(amount)
    return must, must_not


def wrong_bills(county, *off):
    """What is not as it has to be with bills, in words."""
    county.replay(*off)
    must, must_not = bills(county)
    told = set()
    with open(county.path("tasks.ndjson"), encoding="utf-8") as f:
        for v in map(json.loads, f):
            told.update((v["client_id"], s["evidence"]["day"]) for s in v["signals"] if s["detector"] == "bill_change")
    found = [f"bills: only {len(must)} to be told of"] if len(must) < BILLS_LEAST else []
    found += [f"bills: {c}'s of {day} is not told" for c, day in sorted(must - told)]
    return found + [f"bills: {c}'s of {day} is told" for c, day in sorted(must_not & told)]


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        county = County(sys.argv[1], folder, "--seed", "2", "--days", "160", "--start", "2026-01-01")
        failures += wrong_bills(county)
        if not wrong_bills(county, "bill_change"):
            failures.append("bill_change is off, and bills do not show it")
    with tempfile.TemporaryDirectory() as folder:
        county = County(sys.argv[1], folder, "--seed", "1", "--days", "90")
        figures = county.figures()
        failures += wrong(figures).values()
        failures += wrong_own(county)
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
