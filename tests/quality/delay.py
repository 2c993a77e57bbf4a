"""How long a bill shock goes on before it is told: task versions (NDJSON, as `churnwatchctl replay` writes them), the
truth and the events.

    python3 tests/quality/delay.py TASKS TRUTH EVENTS

A shock begins, for who must tell it, with the charge that takes a day past the largest of the client's last four weeks;
monthly fees are left out. Prints one line: shocks that are told, and the hours from that charge to the signal (0 or less:
it is told with it, or before). judge.py counts days from the midnight before.
"""
import collections
import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from judge import WARMUP, read_tasks, told_at  # noqa: E402
from truth import Truth  # noqa: E402

KIND, WEEKS_BEFORE, WITHIN_HOURS = "bill_shock", 4, 3


def shocks_of(truth):
    """client -> (start, end, who is to tell it)."""
    found = collections.defaultdict(list)
    for client, kind, start, end, tellers in truth.episodes:
        if kind == KIND and WARMUP <= start < truth.days - 1:
            found[client].append((start, end, tellers))
    return found


def charges_of(path, clients, truth):
    """client -> (day with its fraction, yuan), in the order of the file."""
    found = collections.defaultdict(list)
    with subprocess.Popen(["zstdcat", "-f", path], stdout=subprocess.PIPE, text=True) as source:
        for line in source.stdout:
            if '"billing.charge"' not in line:
                continue
            event = json.loads(line)
            if event["subject"] in clients and event["data"].get("category") != "monthly_fee":
                found[event["subject"]].append((truth.day(event["time"]), event["data"]["amount"]))
    if source.returncode:
        sys.exit(f"{path} could not be read to its end")
    return found


def passed_at(charges, start, end):
    """When a day of the episode passes the largest day of the weeks before; None: none does."""
    of_day = collections.Counter()
    for at, yuan in charges:
        if start - 7 * WEEKS_BEFORE <= at < start:
            of_day[int(at)] += yuan
    usual, so_far = max(of_day.values(), default=0), collections.Counter()
    for at, yuan in sorted(charges):
        if start <= at < end:
            so_far[int(at)] += yuan
            if so_far[int(at)] > usual:
                return at
    return None


def delays(tasks, truth, events):
    shocks, signals = shocks_of(truth), collections.defaultdict(set)
    for task in tasks:
        signals[task.client] |= task.signals
    charges = charges_of(events, shocks, truth)
    for client, episodes in shocks.items():
        for start, end, tellers in episodes:
            told, passed = told_at(signals[client], start, end, tellers), passed_at(charges[client], start, end)
            if told is not None and passed is not None:
                yield 24 * (told - passed)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    truth = Truth(sys.argv[2])
    hours = sorted(delays(read_tasks(sys.argv[1], truth), truth, sys.argv[3]))
    if not hours:
        sys.exit(f"no {KIND} of {sys.argv[2]} is told in {sys.argv[1]}")
    quarter = len(hours) // 4
    print(f"{len(hours)} bill shocks told, hours from the charge that passes the largest day of {WEEKS_BEFORE} weeks: "
          f"median {statistics.median(hours):.1f}, quartiles {hours[quarter]:.1f} and {hours[-quarter - 1]:.1f}; "
          f"{sum(h < WITHIN_HOURS for h in hours) / len(hours):.0%} within {WITHIN_HOURS}")


if __name__ == "__main__":
    main()
