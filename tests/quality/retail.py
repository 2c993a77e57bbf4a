"""Changes put into real streams of daily sales: does `churnwatchctl score --daily` see them?

    retail.py BY_DAY_DIR CHURNWATCHCTL

BY_DAY_DIR is data/retail-data/by-day of github.com/databricks/Spark-The-Definitive-Guide: UCI Online
Retail, 305 days on which the shop was open. Streams are the products sold on at least 120 of them.

Thresholds are those at which the untouched streams have one alarm (days in a row count once) in 200
days and direction. A change counts as found when the changed stream is at its threshold within 60
days on a day on which the untouched one is not, a spike on its own days; so nothing is found by
chance. Every product gets at most one change, by its place in the order of codes. Falls are of two sorts: the
orders are smaller, or fewer.
"""

import collections
import csv
import multiprocessing
import os
import random
import statistics
import subprocess
import sys

SOLD_LEAST, FIRST, WITHIN, PER_ALARM = 120, 60, 60, 200  # days
EACH = 81  # products a kind
SLOW = 45  # days


def smaller(orders, share, _):
    return [x * share for x in orders]


def fewer(orders, share, dice):
    return [x for x in orders if dice.random() < share]


def slow(k):
    return max(0.15, 1 - 0.85 * (k + 1) / SLOW)


# How a day's orders change; by which factor so many days after the change began; the direction; days to
# find it in.
KINDS = {
    "orders of 0.3": (smaller, lambda k: 0.3, "down", WITHIN),
    "of 0.1": (smaller, lambda k: 0.1, "down", WITHIN),
    "slowly of 0.15": (smaller, slow, "down", WITHIN),
    "0.3 of orders": (fewer, lambda k: 0.3, "down", WITHIN),
    "0.1": (fewer, lambda k: 0.1, "down", WITHIN),
    "slowly 0.15": (fewer, slow, "down", WITHIN),
    "stop": (fewer, lambda k: 0, "down", WITHIN),
    "x8 one day": (smaller, lambda k: 8 if k < 1 else 1, "up", 1),
    "x4 three days": (smaller, lambda k: 4 if k < 3 else 1, "up", 3),
}
# The scores, each of columns of `score --daily`, of which the greatest counts.
SCORES = {"two-scale": ("down", ("fall",)), "own gaps": ("down", ("silence",)),
          "both": ("down", ("fall", "silence")), "spell of days": ("up", ("spike",))}


def read_streams(directory):
    files = sorted(os.listdir(directory))
    sold = collections.defaultdict(lambda: [[] for _ in files])
    for i, name in enumerate(files):
        with open(os.path.join(directory, name), newline="", encoding="utf-8") as f:
            for r in csv.DictReader(f):
                if (amount := float(r["Quantity"]) * float(r["UnitPrice"])) > 0:
                    sold[r["StockCode"]][i].append(amount)
    often = {code: v for code, v in sold.items() if sum(map(bool, v)) >= SOLD_LEAST}
    return [name[:10] for name in files], dict(sorted(often.items()))


def changes(streams):
    """(code, kind, first changed day): spread over the streams and over the days 120 to 239."""
    codes, kinds = list(streams), list(KINDS)
    for i in range(EACH * len(kinds)):
        code = codes[i * len(codes) // (EACH * len(kinds))]
        kind, begin = kinds[i % len(kinds)], 120 + i * 7919 % 120
        while KINDS[kind][2] == "up" and not streams[code][begin]:
            begin += 1  # Eight times nothing is nothing.
        yield code, kind, begin


def changed_from(orders, kind, begin, code):
    """The stream with the change; the dice are the code's own, so that it is the same each time."""
    how, factor, _, _ = KINDS[kind]
    dice = random.Random(code)
    return orders[:begin] + [how(v, factor(k), dice) for k, v in enumerate(orders[begin:])]


def scores(job):
    program, days, orders = job
    amounts = map(sum, orders)
    text = "timestamp,value\n" + "".join(f"{d},{a:.4f}\n" for d, a in zip(days, amounts))
    done = subprocess.run([program, "score", "--daily", "--series", "-"], input=text, check=True,
                          capture_output=True, encoding="utf-8")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    return {name: [max(float(r[c]) for c in columns) for r in rows]
            for name, (_, columns) in SCORES.items()}


def alarms(score, limit):
    return sum(a < limit <= b for a, b in zip(score[FIRST - 1:], score[FIRST:]))


def limit_of(untouched, name):
    """The least threshold with no more than one alarm in PER_ALARM days."""
    days = sum(len(s[name]) - FIRST for s in untouched)
    low, high = 0.0, 50.0
    for _ in range(30):
        middle = (low + high) / 2
        if sum(alarms(s[name], middle) for s in untouched) * PER_ALARM > days:
            low = middle
        else:
            high = middle
    return high


def delay(before, after, begin, within, limit):
    """Days until it is found; None when it is not."""
    for k in range(min(within, len(after) - begin)):
        if after[begin + k] >= limit > before[begin + k]:
            return k
    return None


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    days, streams = read_streams(sys.argv[1])
    put_in = list(changes(streams))
    jobs = [(sys.argv[2], days, v) for v in streams.values()]
    jobs += [(sys.argv[2], days, changed_from(streams[code], kind, begin, code))
             for code, kind, begin in put_in]
    with multiprocessing.Pool(2) as pool:
        got = pool.map(scores, jobs, chunksize=16)
    untouched, changed = got[:len(streams)], got[len(streams):]
    twin = dict(zip(streams, untouched))
    zero = statistics.mean(not x for v in streams.values() for x in v)
    print(f"{len(streams)} streams, {len(days)} days, {zero:.0%} of nothing, {len(put_in)} changes\n")
    print("| score | limit |", " | ".join(KINDS), "|\n|---|---:|" + "---:|" * len(KINDS))
    for name, (direction, _) in SCORES.items():
        limit, cells = limit_of(untouched, name), []
        for kind, (_, _, goes, within) in KINDS.items():
            found = [delay(twin[code][name], after[name], begin, within, limit)
                     for (code, of, begin), after in zip(put_in, changed) if of == kind]
            hits = [k for k in found if k is not None]
            after = f" ({statistics.median(hits):.0f})" if hits else ""
            cells.append(f"{len(hits) / len(found):.2f}{after}" if goes == direction else "")
        print(f"| {name} | {limit:.2f} |", " | ".join(cells), "|")
    for name in SCORES:
        rate = sum(alarms(s[name], 1) for s in untouched) / sum(len(s[name]) - FIRST for s in untouched)
        print(f"\n{name}: at 1, an alarm for the command, there is one in {1 / rate if rate else 0:.0f} days")


if __name__ == "__main__":
    main()
