"""replay: small inputs judged to the very bytes that are stored beside them, whatever the files'
coding; partitions; what refused lines get.

    replay.py CHURNWATCHCTL                the test
    replay.py CHURNWATCHCTL --regenerate   writes tests/replay/*/expected-*.ndjson anew; look at the
                                           difference before committing it
"""

import base64
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile

from ctl import check, check_modes, check_run, ctl, end

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "replay")
# When each case ends: long enough to see days closed and tasks withdrawn.
UNTIL = {"steps": "2026-03-12", "days": "2026-04-03", "moves": "2026-03-12"}
directory = tempfile.mkdtemp(prefix="cw-replay-")


def path(name):
    return os.path.join(directory, name)


def read(name):
    with open(name, "rb") as f:
        return f.read()


def write(name, data):
    with open(path(name), "wb") as f:
        f.write(data)
    return path(name)


def replay(case, *more, events=None, outcomes=None, out="tasks"):
    """Runs a case; returns what the program said and the bytes of the task versions."""
    folder = os.path.join(CASES, case)
    stored = os.path.join(folder, "outcomes.ndjson")
    if outcomes or os.path.exists(stored):
        more += ("--outcomes", *(outcomes or [stored]))
    got = ctl("-c", os.path.join(folder, "settings.conf"), "replay",
              "--events", *(events or [os.path.join(folder, "events.ndjson")]),
              "--profiles", os.path.join(folder, "profiles.ndjson"),
              "--managers", os.path.join(folder, "managers.ndjson"),
              "--tasks", path(out), *more)
    return got, read(path(out)) if os.path.exists(path(out)) else b""


def versions(data):
    return [json.loads(line) for line in data.splitlines()]


def test_expected(regenerate):
    for case, until in UNTIL.items():
        for partitions in ("1", "3"):
            options = ("--partitions", partitions, "--until", until)
            got, data = replay(case, *options)
            name = f"{case}, {partitions} partitions"
            expected = os.path.join(CASES, case, f"expected-{partitions}.ndjson")
            if regenerate:
                shutil.copyfile(path("tasks"), expected)
                continue
            check_run(name, got, 0, err="versions" if case == "days" else "任务版本 ")
            check(f"{name}: the stored bytes", data == read(expected),
                  *first_difference(data, read(expected)))
            check(f"{name}: twice the same", replay(case, *options)[1] == data)


def first_difference(got, expected):
    for i, (a, b) in enumerate(zip(got.splitlines() + [b"(end)"], expected.splitlines() + [b"(end)"])):
        if a != b:
            return [f"version {i} is", a.decode(), "expected", b.decode()]
    return []


def test_codings():
    plain = read(os.path.join(CASES, "steps/events.ndjson"))
    _, expected = replay("steps")
    lines = plain.splitlines(keepends=True)
    gz = write("events.gz", gzip.compress(plain))
    # The name does not tell the coding, the first bytes do; and a file may come in two.
    disguised = write("events.txt", gzip.compress(b"".join(lines[:5])))
    rest = write("rest.ndjson", b"".join(lines[5:]).rstrip(b"\n"))
    check("gzip", replay("steps", events=[gz])[1] == expected)
    check("two files, one of them compressed", replay("steps", events=[disguised, rest])[1] == expected)
    if shutil.which("zstd"):
        zst = write("events.zst", subprocess.run(["zstd", "-c"], input=plain, check=True,
                                                 capture_output=True).stdout)
        check("zstd", replay("steps", events=[zst])[1] == expected)
    got = ctl("-c", os.path.join(CASES, "steps/settings.conf"), "replay", "--events", "-", "--tasks", "-",
              "--profiles", os.path.join(CASES, "steps/profiles.ndjson"),
              "--managers", os.path.join(CASES, "steps/managers.ndjson"), stdin=plain)
    check("from standard input to standard output", got[1].encode() == expected, *got)
    cut = write("cut.gz", gzip.compress(plain)[:-20])
    check_run("a file cut short", replay("steps", events=[cut])[0], 1, err="cut short")
    check_run("no such file", replay("steps", events=[path("none")])[0], 1, err="No such file")


def test_summary():
    got, data = replay("steps", "-o", "language=en")
    check_run("the summary", got, 0, err=["18 events", "4 clients", "1 repeats", "1 of unknown type",
                                          "0 dead letters", f"{len(versions(data))} versions"])
    check_run("in Chinese", replay("steps")[0], 0,
              err=["事件 18 条，用时 ", "客户 4 个（", f"任务版本 {len(versions(data))} 个，", "重复 1 条，",
                   "类型未知 1 条，死信 0 条"])
    summary = json.loads(replay("steps", "--json")[0][2])
    check("the summary as JSON", summary["events"] == 18 and summary["repeats"] == 1
          and summary["versions"] == len(versions(data)), summary)


def test_until():
    _, still = replay("days")
    _, moved = replay("days", "--until", "2026-04-03T00:00:00+08:00")
    check("the last days stay open", moved.startswith(still) and len(moved) > len(still))
    got, _ = replay("steps", "--now", "2026-03-04T10:00:00+08:00", "--dead-letters", path("dead"))
    check_run("events from the future", got, 0, err="time-ahead")
    check("they are all refused", len(read(path("dead")).splitlines()) == 8, read(path("dead")))


def test_partitions():
    """A client's shard and offsets are those of a cluster: offsets rise by one in each partition."""
    _, data = replay("steps", "--partitions", "3")
    sources = {}
    for version in versions(data):
        for signal in version["signals"]:
            if signal["source"]:
                sources.setdefault(version["client_id"], set()).add(signal["source"]["partition"])
    check("one partition for each client", all(len(p) == 1 for p in sources.values()), sources)
    check("more than one in use", len(set.union(*sources.values())) > 1, sources)


def test_threads():
    """More lines than a batch takes: every version and every dead letter in its place, whoever judged it."""
    lines = read(os.path.join(CASES, "days/events.ndjson")).splitlines()
    assert len(lines) * 30 > 32768
    many = write("many.ndjson", b"\n".join(
        line.replace(b'"subject":"', b'"subject":"%d-' % i).replace(*((b'"time":"', b'"time":"no ') if n % 100 == i
                                                                   else (b"", b"", 0)))
        for n, line in enumerate(lines) for i in range(30)))

    def run(*more):
        got, data = replay("days", "--partitions", "7", "--until", UNTIL["days"], "--json",
                           "--dead-letters", path("dead"), "--risks", path("risks"), *more, events=[many])
        summary = {k: v for k, v in json.loads(got[2]).items() if k != "seconds"}
        return data, read(path("dead")), read(path("risks")), summary

    alone = run("--threads", "1")
    check("enough to tell", len(alone[0].splitlines()) > 500 and len(alone[1].splitlines()) > 300
          and len({json.loads(line)["cw_partition"] for line in alone[1].splitlines()}) == 7
          and len(alone[2].splitlines()) > 500, alone[3])
    for threads in ("2", "5", "256"):
        shared = run("--threads", threads)
        for what, a, b in zip(("versions", "dead letters", "risks", "summary"), alone, shared):
            check(f"{threads} threads: the same {what}", a == b)


def test_risks():
    """Of everyone, as each day closes: as the task says where there is one, what the base is where there is none."""
    _, plain = replay("days", "--until", UNTIL["days"])
    got, data = replay("days", "--until", UNTIL["days"], "--json", "--risks", path("risks"))
    check_run("risks", got, 0)
    check("tasks are the same with them", data == plain)
    told = versions(read(path("risks")))
    closings, clients = {r["at"] for r in told}, {r["client_id"] for r in told}
    summary = json.loads(got[2])
    check("everyone's", len(clients) == summary["clients"], clients)
    check("once a closing", len({(r["at"], r["client_id"]) for r in told}) == len(told))
    check("in the order of time, then of ids", told == sorted(told, key=lambda r: (r["at"], r["client_id"])))
    check("no more closings than days", 1 < len(closings) <= summary["day_closes"], closings)
    last = max(closings)
    standing = {v["client_id"]: v for v in versions(data)}
    check("some have a task at the end, some have none",
          0 < sum(v["state"] == "open" for v in standing.values()) < len(clients), standing.keys())
    for r in told:
        task = standing.get(r["client_id"], {"state": "none"})
        if r["at"] == last and task["state"] == "open":
            check("a task's", abs(r["risk"] - task["risk"]) < 0.25 * task["risk"] + 0.0001, r, task["risk"])
        elif r["client_id"] not in standing:
            check("the base", (r["risk"], r["incident"]) in ((0.0021, 0.0025), (0.0035, 0.0025)), r)
    check_run("that cannot be opened", replay("days", "--risks", "/nonexistent/risks")[0], 1, err="/nonexistent/risks")


def test_refused():
    good = read(os.path.join(CASES, "steps/events.ndjson"))
    event = json.loads(good.splitlines()[0])
    bad = [
        ("not-json", b"{\"specversion\":"),
        ("not-utf8", b"\xff\xfe{}"),
        ("missing-member", json.dumps({k: v for k, v in event.items() if k != "subject"}).encode()),
        ("wrong-type", json.dumps({**event, "subject": 5}).encode()),
        ("out-of-range", json.dumps({**event, "subject": "x" * 65}).encode()),
        ("too-large", json.dumps({**event, "pad": "x" * 70000}).encode()),
    ]
    lines = good.splitlines() + [line for _, line in bad]
    mixed = write("mixed.ndjson", b"\n".join(lines) + b"\n")
    got, data = replay("steps", "--dead-letters", path("dead"), events=[mixed])
    check_run("refused lines that are kept", got, 0, err=["死信 6 条：1 not-utf8，1 not-json，"])
    check("the rest is judged all the same", data == replay("steps")[1])
    letters = [json.loads(line) for line in read(path("dead")).splitlines()]
    check("codes", [l["cw_error"] for l in letters] == [code for code, _ in bad], letters)
    check("bytes", [l["value"].encode() if "value" in l else base64.b64decode(l["value_base64"])
                    for l in letters] == [line for _, line in bad], letters)
    check("headers", all(l["cw_detail"] and l["cw_partition"] == "0" and int(l["cw_offset"]) >= 0
                         and l["cw_topic"] in ("billing.events", "service.events") for l in letters), letters)
    check_run("refused lines that nobody keeps", replay("steps", events=[mixed])[0], 1,
              err="有行被拒收；用 --dead-letters FILE 可将其保存")


def test_outcomes():
    """Each outcome is taken in after the events of its instant and before the later ones."""
    lines = read(os.path.join(CASES, "moves/outcomes.ndjson")).splitlines(keepends=True)
    done = next(i for i, line in enumerate(lines) if b'"done"' in line)
    event_at = "2026-03-03T10:00:00+08:00"  # of the event that this outcome crosses
    assert json.loads(lines[done])["at"] == event_at

    def ends_of(at):
        moved = json.loads(lines[done]) | {"at": at}
        told = versions(replay("moves", outcomes=[
            write("moved", b"".join(lines[:done]) + json.dumps(moved).encode() + b"\n")])[1])
        return [(v["task_id"], v["version"], [s["detector"] for s in v["signals"]])
                for v in told if v["client_id"] == "g-hotel" and v["updated_at"] >= event_at]

    at_once, before = ends_of(event_at), ends_of("2026-03-03T09:59:59+08:00")
    check("at the event's instant: the event first", at_once[0][1:] == (4, ["watched_number", "port_out"])
          and at_once[2][1:] == (1, ["port_out"]), at_once)
    check("a second earlier: the event opens a task of its own", before[0][1:] == (1, ["port_out"])
          and before[0][0] not in (at_once[0][0], at_once[2][0]), before)
    check("the end of the events does not swallow them",
          versions(replay("moves", "--until", UNTIL["moves"])[1])[-1]["state"] == "open"
          and b'"done"' in replay("moves", outcomes=[write("late", lines[-1])])[1])
    summary = json.loads(replay("moves", "--json")[0][2])
    check("they are counted", (summary["outcomes"], summary["outcome_repeats"], summary["outcomes_stale"],
                               summary["outcomes_refused"]) == (10, 1, 1, 1), summary)
    odd = write("odd.ndjson", b"".join(lines) + lines[0].replace(b'"claim"', b'"dance"'))
    got, data = replay("moves", "--dead-letters", path("dead"), outcomes=[odd])
    check_run("an outcome that is none", got, 0, err="1 out-of-range")
    check("goes to the dead letters", b'"cw_topic":"task.outcomes"' in read(path("dead")), read(path("dead")))
    check("the others count all the same", data == replay("moves")[1])
    halves = [write("a.ndjson", b"".join(lines[:4])), write("b.gz", gzip.compress(b"".join(lines[4:])))]
    check("two files", replay("moves", outcomes=halves)[1] == data)
    check_run("no such file of outcomes", replay("moves", outcomes=[path("none")])[0], 1, err="No such file")


def test_outputs():
    """They name clients: strangers on the host may not read them."""
    replay("steps", "--dead-letters", path("private"), "--risks", path("risks"), out="told")
    check_modes(0o640, path("told"), path("private"), path("risks"))
    got = replay("steps", "--dead-letters", "/nonexistent/dead")[0]
    check_run("dead letters that cannot be opened", got, 1, err="/nonexistent/dead")
    if os.path.exists("/dev/full"):
        case = os.path.join(CASES, "steps/events.ndjson")
        check_run("a full disk", ctl("replay", "--events", case, "--tasks", "/dev/full"), 1,
                  err="cannot be written")


try:
    regenerate_only = "--regenerate" in sys.argv
    test_expected(regenerate_only)
    for test in () if regenerate_only else (test_codings, test_summary, test_until, test_partitions, test_threads,
                                            test_risks, test_refused, test_outcomes, test_outputs):
        test()
finally:
    shutil.rmtree(directory)
end()
