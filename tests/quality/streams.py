"""Changes put into real streams of amounts: does `churnwatchctl score --daily` see them?

Thresholds are those at which the untouched streams have one alarm (steps in a row count once) in so many steps and
direction. Two ways of counting what is found, within the study's time, a spike on its own steps:

strictly  the changed stream is at its threshold on a step on which the untouched one is not: nothing by chance;
loosely   the changed stream is at its threshold, whatever the untouched one does.

Every stream gets at most one change, by its place in the order of names. Falls are of two sorts: the orders are
smaller, or fewer. Spikes too: each order so many times what it is, or the step's sum so many times the mean of the
steps with anything before it."""

import collections
import csv
import multiprocessing
import random
import statistics
import subprocess

# steps: dates, of `step` days each. streams: name -> a list of orders a step. first: judged from this step on. begins:
# changes begin between the two. within, slow: steps to find a fall in, and that a slow one takes. each: streams a kind.
Study = collections.namedtuple("Study", "what step dates streams first begins within slow per_alarm each")


def smaller(orders, share, *_):
    return [x * share for x in orders]


def fewer(orders, share, dice, _):
    return [x for x in orders if dice.random() < share]


def usual(orders, times, _, mean):
    return [times * mean] if times > 1 else orders


def to(share):
    return lambda k, study: share


def slowly(share):
    return lambda k, study: max(share, 1 - (1 - share) * (k + 1) / study.slow)


def spike(times, steps):
    return lambda k, study: times if k < steps else 1


# How a step's orders change; by which factor so many steps after the change began; the direction; steps to find it
# in, 0: the study's.
KINDS = {
    "orders of 0.3": (smaller, to(.3), "down", 0), "of 0.1": (smaller, to(.1), "down", 0),
    "slowly of 0.15": (smaller, slowly(.15), "down", 0),
    "0.3 of orders": (fewer, to(.3), "down", 0), "0.1": (fewer, to(.1), "down", 0),
    "slowly 0.15": (fewer, slowly(.15), "down", 0),
    "stop": (fewer, to(0), "down", 0),
    "orders x8": (smaller, spike(8, 1), "up", 1), "three steps x4": (smaller, spike(4, 3), "up", 3),
    "x8 of usual": (usual, spike(8, 1), "up", 1), "three steps x4 of usual": (usual, spike(4, 3), "up", 3),
}
# The scores, each of columns of `score --daily`, of which the greatest counts.
SCORES = {"two scales": ("down", ("fall",)), "own gaps": ("down", ("silence",)),
          "both": ("down", ("fall", "silence")), "spell": ("up", ("spike",))}


def changes(study):
    """(name, kind, first changed step): spread over the streams and over the steps."""
    names, kinds, (low, high) = list(study.streams), list(KINDS), study.begins
    for i in range(study.each * len(kinds)):
        name = names[i * len(names) // (study.each * len(kinds))]
        kind, begin = kinds[i % len(kinds)], low + i * 7919 % (high - low)
        how, _, goes, _ = KINDS[kind]
        orders = study.streams[name]
        while goes == "up" and how is smaller and begin + 1 < len(orders) and not orders[begin]:
            begin += 1  # Eight times nothing is nothing.
        yield name, kind, begin


def changed_from(study, name, kind, begin):
    """The stream with the change; the dice are the name's own, so that it is the same each time."""
    how, factor, _, _ = KINDS[kind]
    orders, dice = study.streams[name], random.Random(name)
    mean = statistics.mean([sum(v) for v in orders[:begin] if sum(v)] or [0])
    return orders[:begin] + [how(v, factor(k, study), dice, mean) for k, v in enumerate(orders[begin:])]


def scores(job):
    program, step, dates, orders = job
    amounts = map(sum, orders)
    text = "timestamp,value\n" + "".join(f"{d},{a:.4f}\n" for d, a in zip(dates, amounts))
    done = subprocess.run([program, "score", "--daily", "--step", str(step), "--series", "-"], input=text, check=True,
                          capture_output=True, encoding="utf-8")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    return {name: [max(float(r[c]) for c in columns) for r in rows] for name, (_, columns) in SCORES.items()}


def alarms(score, limit, first):
    return sum(a < limit <= b for a, b in zip(score[first - 1:], score[first:]))


def limit_of(study, untouched, name):
    """The least threshold with no more than one alarm in `per_alarm` steps."""
    steps = sum(len(s[name]) - study.first for s in untouched)
    low, high = 0.0, 50.0
    for _ in range(30):
        middle = (low + high) / 2
        if sum(alarms(s[name], middle, study.first) for s in untouched) * study.per_alarm > steps:
            low = middle
        else:
            high = middle
    return high


def delay(before, after, begin, within, limit, strictly):
    """Steps until it is found; None when it is not."""
    for k in range(min(within, len(after) - begin)):
        if after[begin + k] >= limit and not (strictly and before[begin + k] >= limit):
            return k
    return None


def cell(delays):
    hits = [k for k in delays if k is not None]
    return f"{len(hits) / len(delays):.2f}" + (f" ({statistics.median(hits):.0f})" if hits else "")


def tell(study, program):
    put_in = list(changes(study))
    jobs = [(program, study.step, study.dates, v) for v in study.streams.values()]
    jobs += [(program, study.step, study.dates, changed_from(study, *change)) for change in put_in]
    with multiprocessing.Pool(2) as pool:
        got = pool.map(scores, jobs, chunksize=16)
    untouched, changed = got[:len(study.streams)], got[len(study.streams):]
    twin = dict(zip(study.streams, untouched))
    empty = statistics.mean(not sum(x) for v in study.streams.values() for x in v)
    print(f"{len(study.streams)} {study.what}, {len(study.dates)} steps, {empty:.0%} of nothing, {len(put_in)} changes")
    for direction in ("down", "up"):
        kinds = [k for k, v in KINDS.items() if v[2] == direction]
        print("\n| score | counted | limit |", " | ".join(kinds), "|\n|---|---|---:|" + "---:|" * len(kinds))
        for name in (n for n, v in SCORES.items() if v[0] == direction):
            limit = limit_of(study, untouched, name)
            for way in ("strictly", "loosely"):
                print(f"| {name} | {way} | {limit:.2f} |", " | ".join(
                    cell([delay(twin[who][name], after[name], begin, KINDS[kind][3] or study.within, limit,
                                way == "strictly")
                          for (who, of, begin), after in zip(put_in, changed) if of == kind]) for kind in kinds), "|")
    for name in SCORES:
        steps = sum(len(s[name]) - study.first for s in untouched)
        n = sum(alarms(s[name], 1, study.first) for s in untouched)
        print(f"\n{name}: at 1, an alarm for the command, there is one in {steps / n if n else 0:.0f} steps")
