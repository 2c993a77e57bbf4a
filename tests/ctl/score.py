"""score: what is odd in a series scores high, what is usual low; bad rows are refused with their place."""

import datetime
import json
import os
import tempfile

from ctl import check, check_run, ctl, end

ROWS, SPIKE, SHIFT = 1500, 900, 1300  # a spike in one row, and from another on a new level
ALARM = 0.5


def series():
    start = datetime.datetime(2026, 3, 1)
    for i in range(ROWS):
        value = 50 + i * 7919 % 101 / 25 + (200 if i == SPIKE else 0) - (30 if i >= SHIFT else 0)
        yield (start + datetime.timedelta(minutes=5 * i)).strftime("%Y-%m-%d %H:%M:%S"), value


def text(*rows, header="timestamp,value"):
    return "\n".join([header, *rows, ""]).encode()


def score(what, *options):
    return ctl("score", "--series", "-", *options, stdin=what)


rows = list(series())
whole = text(*(f"{t},{v}" for t, v in rows))
got = score(whole)
check_run("standard input", got, 0, out="timestamp,value,score\n2026-03-01 00:00:00,50.0,0.000000\n")
lines = [line.split(",") for line in got[1].splitlines()[1:]]
scores = [float(line[2]) for line in lines]
check("every row has its score, and stands as it was",
      [(t, float(v)) for t, v, _ in lines] == rows, lines[:2])
check("scores are from 0 to 1", all(0 <= s <= 1 for s in scores), min(scores), max(scores))
check("the spike scores high", scores[SPIKE] >= 0.8, scores[SPIKE])
check("so does the shift", max(scores[SHIFT:SHIFT + 4]) >= ALARM, scores[SHIFT:SHIFT + 10])
alarms = [i for i, s in enumerate(scores) if s >= ALARM]
check("and nothing else", len(alarms) == 2, alarms)

half = score(text(*(f"{t},{v}" for t, v in rows[:1000])))[1].splitlines()
check("what comes later changes nothing", half == got[1].splitlines()[:1001])

with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "a.csv")
    with open(path, "wb") as f:
        f.write(whole)
    check("a file gives the same bytes", ctl("score", "--series", path) == got)
    with open(path, "wb") as f:
        f.write(text("2026-03-01 00:00:00,1", "2026-03-01 00:05:00,much"))
    check_run("a bad row of a file", ctl("score", "--series", path), 1,
              err=f'{path}:3: "much" is no number')
    check_run("no such file", ctl("score", "--series", path + "x"), 1, err="No such file")

objects = [json.loads(line) for line in score(whole, "--json")[1].splitlines()]
check("--json says the same",
      [(o["timestamp"], o["value"], o["score"]) for o in objects] ==
      [(t, v, s) for (t, v), s in zip(rows, scores)], objects[:2])

shuffled = text(*(f'x,"{v}",y,{t.replace(" ", "T")}+08:00' for t, v in rows),
                header='\ufeff"a",value,b,timestamp')
again = [float(line.rsplit(",", 1)[1]) for line in score(shuffled)[1].splitlines()[1:]]
check("columns are found by name, others passed over", again == scores)
check("CRLF is a line's end", score(whole.replace(b"\n", b"\r\n")) == got)

T = "2026-03-01 00:00"
for time in ("2026-03-01", T, T + ":59", T + ":00.123", "2026-03-01T23:59:60Z", "2026-03-01T00:00:00-0330"):
    check_run(f"time {time}", score(text(time + ",1")), 0, out=f"\n{time},1,0.000000\n")
for row, says in (
        ("2026-02-30 00:00:00,1", '2: "2026-02-30 00:00:00" is no time'),
        ("2026-03-01 24:00:00,1", "is no time"),
        ("2026-03-01 00:00:00.,1", "is no time"),
        ("2026-03-01 00:00:00+25:00,1", "is no time"),
        ("2026-03-01 1:00,1", "is no time"),
        ("2026-03-01 \0\0:00,1", "is no time"),
        ("2026-03-01 00:00\0,1", "is no time"),
        (",1", '"" is no time'),
        (T, "1 columns, where the header promises 2"),
        (T + ",", '"" is no number'),
        (T + ",nan", '"nan" is no number'),
        (T + ",0x10", '"0x10" is no number'),
        (T + ",1e999", '"1e999" is no number'),
        (T + ",1-1", '"1-1" is no number')):
    check_run(f"row {row!r}", score(text(row)), 1, err=["standard input:2: ", says])

def by_day(amounts, *options, step=1):
    start = datetime.date(2026, 1, 5)
    rows = (f"{start + datetime.timedelta(days=i * step)},{a}" for i, a in enumerate(amounts))
    return score(text(*rows), "--daily", *options)


def most(amounts, begin):
    """The days from `begin` on at which each sign is an alarm, and the score of the last."""
    got = by_day(amounts)
    check_run("days", got, 0, out="timestamp,value,score,fall,silence,spike\n2026-01-05,")
    signs = [[float(x) for x in line.split(",")[2:]] for line in got[1].splitlines()[1:]]
    check("a score of 0.5 is a sign of 1",
          all((row[0] >= ALARM) == (max(row[1:]) >= 1) or abs(row[0] - ALARM) < 1e-4 for row in signs))
    check("nothing before", all(max(row[1:]) < 1 for row in signs[:begin]), signs[:begin])
    return [[i - begin for i, row in enumerate(signs) if row[k] >= 1] for k in (1, 2, 3)]


usual = [10 + i * 37 % 7 - (6 if i % 7 > 4 else 0) for i in range(100)]
check("usual days are none", most(usual, 100) == [[], [], []])
falls, silences, spikes = most(usual[:80] + [a / 4 for a in usual[80:]], 80)
check("days at a quarter are a fall", falls and not silences and not spikes, falls, silences, spikes)
falls, silences, spikes = most(usual[:80] + [0] * 20, 80)
check("five days of nothing are silence", silences == list(range(4, 20)) and not spikes, silences)
falls, silences, spikes = most(usual[:80] + [usual[80] * 10] + usual[81:], 80)
check("ten times as much is a spike, once", spikes == [0] and not falls and not silences, spikes)
got = [json.loads(line) for line in by_day(usual, "--json")[1].splitlines()]
check("--json has the signs", set(got[50]) == {"timestamp", "value", "score", "fall", "silence", "spike"}, got[50])
def spikes_of(amounts, *options, step):
    lines = by_day(amounts, *options, step=step)[1].splitlines()[1:]
    return [i for i, line in enumerate(lines) if float(line.split(",")[5]) >= 1]


weeks = [10 + i * 37 % 7 for i in range(60)] + [45, 45, 45] + [10] * 5
check("three dear weeks follow each other", spikes_of(weeks, "--step", "7", step=7) == [61, 62],
      spikes_of(weeks, "--step", "7", step=7))
check("three dear days a week apart do not", spikes_of(weeks, step=7) == [], spikes_of(weeks, step=7))
check_run("a step too soon", by_day([1, 1], "--step", "7", step=6), 1, err="input:3: less than a step after the one before")
check_run("a step of what is not days", score(text(T + ",1"), "--step", "7"), 2, err="--step is of --daily")
check_run("an amount below nothing", by_day([1, -1]), 1, err="input:3: a day's amount is below nothing")
check_run("a day twice", score(text(T + ",1", T + ":01,1"), "--daily"), 1,
          err="input:3: the day is not later than the one before")

check_run("no header", score(b""), 1, err="standard input: there is no header")
check_run("no timestamp", score(b"time,value\n"), 1, err=':1: the header has no column "timestamp"')
check_run("no value", score(b"timestamp\n"), 1, err=':1: the header has no column "value"')
check_run("a header alone", score(text()), 0, out="timestamp,value,score\n")
check_run("no series", ctl("score"), 2, err="--series FILE is missing")
end()
