"""How good the tasks are: task versions (NDJSON, as `churnwatchctl replay` writes them) against the truth.

    python3 tests/quality/judge.py TASKS TRUTH [RISKS]

From day WARMUP on. An open task without a new version for OPEN_DAYS counts as closed; the last risk told of a client
holds for RISK_DAYS: by RISKS (`replay --risks`, everyone's), else by the tasks, which tell it of few. Lists are what is open at nine in the morning, by priority.
"""
import argparse
import collections
import json
import math
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from truth import INCIDENTS, NEVER, Truth  # noqa: E402

WARMUP, OPEN_DAYS, RISK_DAYS = 30, 14, 30
MORNING = 9 / 24
GRACE = 0.01  # a quarter of an hour before an episode's start
SILENCE = 14  # days until the same client is worth another call of a tight budget


class Task:
    def __init__(self, version, truth):
        self.client = version["client_id"]
        self.created = truth.day(version["created_at"])
        self.versions = []  # (at, open, priority, risk)
        self.signals = set()  # (at, detector)

    def add(self, v, truth):
        self.versions.append((truth.day(v["updated_at"]), v["state"] == "open", v["priority"], v["risk"]))
        self.signals.update((truth.day(s["at"]), s["detector"]) for s in v["signals"])


def read_tasks(path, truth):
    tasks = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            v = json.loads(line)
            if v["purpose"] == "retention" and v["client_id"] in truth.first_day:
                if truth.manager[v["client_id"]] is None:
                    truth.manager[v["client_id"]] = v["manager"]
                tasks.setdefault(v["task_id"], Task(v, truth)).add(v, truth)
    return list(tasks.values())


# ---- episodes ----

def told_at(signals, start, end, tellers):
    """The first signal within the episode of one who is to tell it; None when there is none."""
    return min((at for at, d in signals if start - GRACE <= at <= end and d.startswith(tellers)), default=None)


def recall(tasks, truth):
    """kind -> (episodes, share told, median delay in days)."""
    of_client = collections.defaultdict(set)
    for t in tasks:
        of_client[t.client] |= t.signals
    found = collections.defaultdict(list)
    for client, kind, start, end, tellers in truth.episodes:
        if WARMUP <= start < truth.days - 1:
            at = told_at(of_client[client], start, end, tellers)
            found[kind].append(None if at is None else at - start)
    return {kind: (len(delays), sum(d is not None for d in delays) / len(delays),
                   statistics.median([d for d in delays if d is not None] or [NEVER]))
            for kind, delays in sorted(found.items())}


def alarms(tasks, truth):
    """Tasks a manager and day: with nothing behind them, with a harmless cause, in all."""
    real, harmless = collections.defaultdict(list), collections.defaultdict(list)
    for client, _, start, end, _ in truth.episodes:
        real[client].append((start - GRACE, end))
    for client, start, end in truth.benign:
        harmless[client].append((start - GRACE, end))

    def within(t, spans):
        return any(a <= at <= b for at, _ in t.signals for a, b in spans)
    n = collections.Counter()
    for t in tasks:
        if WARMUP <= t.created < truth.leaves.get(t.client, NEVER):
            n["all"] += 1
            if not within(t, real[t.client]):
                n["harmless" if within(t, harmless[t.client]) else "false"] += 1
    managers = len({m for m in truth.manager.values() if m})
    return {k: n[k] / managers / (truth.days - WARMUP) for k in ("false", "harmless", "all")}


# ---- client-days ----

class Days:
    """What is known of each client each morning: priority (None: not on a list), risk (None: never told), whether it
    leaves within 30 and 60 days, whether it has a fresh incident."""

    def __init__(self, tasks, truth):
        n = math.ceil(truth.days)
        self.n = n
        self.priority = {c: [None] * n for c in truth.first_day}
        self.risk = {c: [None] * n for c in truth.first_day}
        told = {c: [-NEVER] * n for c in truth.first_day}
        for t in tasks:
            for i, (at, is_open, priority, risk) in enumerate(t.versions):
                until = t.versions[i + 1][0] if i + 1 < len(t.versions) else NEVER
                first = max(0, math.ceil(at - MORNING))
                last = min(n, math.ceil(min(until, at + OPEN_DAYS) - MORNING))
                row = self.priority[t.client]
                for d in range(first, last if is_open else first):
                    row[d] = priority if row[d] is None else max(row[d], priority)
                row, since = self.risk[t.client], told[t.client]
                for d in range(first, min(n, first + RISK_DAYS)):
                    if since[d] <= at:
                        row[d], since[d] = risk, at
        self.incident = {c: set() for c in truth.first_day}
        for client, kind, start, end, _ in truth.episodes:
            if kind in INCIDENTS:  # worth a call until three days after it ended; end has two already
                self.incident[client].update(range(max(0, int(start) + 1), math.ceil(end - 2) + 4))
        self.truth = truth

    def take_risks(self, path):
        """Everyone's, each day, in the place of what the tasks say."""
        self.risk = {c: [None] * self.n for c in self.risk}
        with open(path, encoding="utf-8") as f:
            for line in f:
                r = json.loads(line)
                if r["client_id"] in self.risk:
                    first = max(0, math.ceil(self.truth.day(r["at"]) - MORNING))
                    last = min(self.n, first + RISK_DAYS)
                    self.risk[r["client_id"]][first:last] = [r["risk"]] * (last - first)

    def alive(self, d):
        return [c for c in self.truth.first_day if self.truth.alive(c, d + MORNING)]

    def leaves(self, client, d, within):
        return d + MORNING < self.truth.leaves.get(client, NEVER) <= d + MORNING + within

    def worth(self, client, d):
        return self.leaves(client, d, 60) or d in self.incident[client]


def average_precision(scores, truths):
    """Ties are one step."""
    order = sorted(zip(scores, truths), key=lambda p: -p[0])
    hits = seen = 0
    total, positives, i = 0.0, sum(truths), 0
    while i < len(order):
        j, before = i, hits
        while j < len(order) and order[j][0] == order[i][0]:
            hits += order[j][1]
            j += 1
        seen = j
        total += (hits - before) * hits / seen
        i = j
    return total / positives if positives else 0.0


BINS = (0, .005, .01, .02, .05, .1, .2, .4, 1.01)


def risk_figures(days):
    at = [(c, d) for d in range(WARMUP, days.n) for c in days.alive(d)]
    y = [days.leaves(c, d, 30) for c, d in at]
    base = sum(y) / len(y)
    told = [days.risk[c][d] for c, d in at]
    p = [base if r is None else r for r in told]
    brier = sum((a - b) ** 2 for a, b in zip(p, y)) / len(y)
    ece = 0.0
    for low, high in zip(BINS, BINS[1:]):
        part = [(a, b) for a, b in zip(p, y) if low <= a < high]
        ece += abs(sum(a - b for a, b in part)) / len(y)
    return {"pr_auc_risk": average_precision([-1 if r is None else r for r in told], y),
            "pr_auc_priority": average_precision(
                [-1 if days.priority[c][d] is None else days.priority[c][d] for c, d in at], y),
            "brier_skill": 1 - brier / (base * (1 - base)), "ece": ece}


# ---- lists and budgets ----

def ranked(days, clients, d):
    on = [c for c in clients if days.priority[c][d] is not None]
    return sorted(on, key=lambda c: (-days.priority[c][d], c))


def lists(days, k):
    """Of the first k of each manager's list: the share worth a call, and that of what k calls could hit at most."""
    listed = hits = most = 0
    for d in range(WARMUP, days.n):
        of = collections.defaultdict(list)
        for c in days.alive(d):
            of[days.truth.manager[c]].append(c)
        for clients in of.values():
            first = ranked(days, clients, d)[:k]
            listed += len(first)
            hits += sum(days.worth(c, d) for c in first)
            most += min(k, sum(days.worth(c, d) for c in clients))
    return hits / max(1, listed), hits / max(1, most)


def budget(days, pool, calls_a_day):
    """So many calls a day for a pool of managers, to the first of their lists together, a client not again within
    SILENCE days. Shares: of leavers called within the 60 days before, and a week before; of calls that were worth it."""
    managers = sorted({m for m in days.truth.manager.values() if m})
    pool_of = {m: i // pool for i, m in enumerate(managers)}
    called = collections.defaultdict(list)
    calls = worth = 0
    for d in range(WARMUP, days.n):
        of = collections.defaultdict(list)
        for c in days.alive(d):
            if not called[c] or d - called[c][-1] >= SILENCE:
                of[pool_of[days.truth.manager[c]]].append(c)
        for clients in of.values():
            for c in ranked(days, clients, d)[:calls_a_day]:
                called[c].append(d)
                calls += 1
                worth += days.worth(c, d)
    lead = []
    for c, at in days.truth.leaves.items():
        if WARMUP + 5 <= at < days.truth.days and days.truth.first_day[c] < 0:
            lead.append(max((at - d - MORNING for d in called[c] if 1 <= at - d - MORNING <= 60), default=0))
    n = max(1, len(lead))
    return sum(x > 0 for x in lead) / n, sum(x >= 7 for x in lead) / n, worth / max(1, calls)


def judge(tasks_path, truth_path, risks_path=None):
    truth = Truth(truth_path)
    tasks = read_tasks(tasks_path, truth)
    days = Days(tasks, truth)
    if risks_path:
        days.take_risks(risks_path)
    kinds = recall(tasks, truth)
    figures = {"kind": truth.kind, "recall": kinds, "alarms": alarms(tasks, truth), **risk_figures(days)}
    incidents = [kinds[k] for k in INCIDENTS if k in kinds]
    if incidents:
        figures["recall_incidents"] = sum(n * r for n, r, _ in incidents) / sum(n for n, _, _ in incidents)
    if all(truth.manager.values()):
        for k in (1, 5):
            figures[f"top{k}_p60"], figures[f"top{k}_capture"] = lists(days, k)
        for name, *of in (("one_a_manager", 5, 5), ("one_per_ten", 20, 2)):
            figures[name + "_reached"], figures[name + "_week_before"], figures[name + "_p60"] = budget(days, *of)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks")
    parser.add_argument("truth")
    parser.add_argument("risks", nargs="?")
    print(json.dumps(judge(**{k + "_path": v for k, v in vars(parser.parse_args()).items()}), indent=1))


if __name__ == "__main__":
    main()
