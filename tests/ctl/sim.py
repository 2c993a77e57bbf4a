"""sim: one seed, one county; what it tells is taken by replay, and the truth is found in the tasks."""

import collections
import datetime
import filecmp
import json
import os
import re
import shutil
import tempfile

from ctl import check, check_modes, check_run, ctl, end

START, UNTIL = "2026-03-01", "2026-04-30T03:00:00+08:00"  # sixty days, and the last one's close
FILES = ("events.ndjson", "managers.ndjson", "profiles.ndjson", "sim.conf", "truth.json")
HERE = os.path.dirname(os.path.abspath(__file__))
directory = tempfile.mkdtemp(prefix="cw-sim-")


def path(*names):
    return os.path.join(directory, *names)


def lines(*names):
    with open(path(*names), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def truth(world):
    with open(path(world, "truth.json"), encoding="utf-8") as f:
        return json.load(f)


def make(world, *options):
    got = ctl("sim", "--out", path(world), "--start", START, *options)
    check_run(f"sim {options}", got, 0, err=["事件 ", " 个，客户经理 ", " 名，用时 "])
    return got


def replay(world):
    """Judges a county; returns its task versions by client."""
    got = ctl("-c", path(world, "sim.conf"), "--json", "replay",
              "--events", path(world, "events.ndjson"),
              "--profiles", path(world, "profiles.ndjson"),
              "--managers", path(world, "managers.ndjson"),
              "--tasks", path(world, "tasks.ndjson"), "--until", UNTIL)
    check_run(f"replay of {world}", got, 0, err=['"dead_letters":0', '"unknown_types":0'])
    tasks = collections.defaultdict(list)
    for version in lines(world, "tasks.ndjson"):
        tasks[version["client_id"]].append(version)
    return tasks


def types_of_the_code():
    """Every event type, as the table of the decoder names it."""
    with open(os.path.join(HERE, "..", "..", "include", "churnwatch", "event.h"),
              encoding="utf-8") as f:
        return set(re.findall(r'"((?:billing|service|care)\.\w+)"', f.read()))


def test_bytes():
    make("again", "--seed", "7")
    make("other", "--seed", "8")
    for name in FILES:
        same = filecmp.cmp(path("first", name), path("again", name), shallow=False)
        check(f"the same seed gives the same {name}", same)
    for name in ("events.ndjson", "profiles.ndjson", "managers.ndjson", "truth.json"):
        same = filecmp.cmp(path("first", name), path("other", name), shallow=False)
        check(f"another seed gives another {name}", not same)


def test_events():
    events = lines("first", "events.ndjson")
    types = types_of_the_code()
    check("the code names its types", len(types) == 16, sorted(types))
    check("every type occurs", types == {e["type"] for e in events},
          sorted(types ^ {e["type"] for e in events}))
    rank = [(e["time"], not e["type"].startswith("billing.")) for e in events]
    check("in the order of time, billing first", rank == sorted(rank))
    check("no id twice", len({e["id"] for e in events}) == len(events))
    gone = {c["client_id"]: c["churn_day"] for c in truth("first")["clients"] if c["churn_day"]}
    after = [e for e in events if e["time"][:10] > gone.get(e["subject"], "9999")]
    check("nothing happens to those who have left", not after, after[:3])


def test_decline():
    """A gradual decline is one: by its second week about half is gone, by its third most of it."""
    client, story = next((c["client_id"], s) for c in truth("first")["clients"]
                         for s in c["stories"] if s["kind"] == "gradual_decline")
    begin = datetime.date.fromisoformat(story["from"])
    weeks = collections.Counter()
    for e in lines("first", "events.ndjson"):
        if e["subject"] == client and e["type"] == "service.usage":
            week = (datetime.date.fromisoformat(e["time"][:10]) - begin).days // 7
            weeks[week] += e["data"]["data_mb"]
    check("a half of the way down", 0.3 <= weeks[1] / weeks[-1] <= 0.75, sorted(weeks.items()))
    check("down", weeks[2] / weeks[-1] <= 0.4, sorted(weeks.items()))
    check("but not to nothing", weeks[3] > 0, sorted(weeks.items()))


def test_truth(tasks):
    clients = truth("first")["clients"]
    stories = [(c, s) for c in clients for s in c["stories"]]
    check("leavers and look-alikes", {bool(c["churn_day"]) for c, _ in stories} == {True, False})
    for client, story in stories:
        signals = [s for v in tasks[client["client_id"]] for s in v["signals"]]
        found = {s["detector"] for s in signals if s["at"][:10] >= story["from"]}
        check(f"{client['client_id']}: {story['kind']} is found",
              not story["signs"] or found & set(story["signs"]), story, found)
    quiet = [c["client_id"] for c in clients if not c["stories"]]
    alarmed = [c for c in quiet if tasks[c]]
    check("hardly a client without a story has a task", len(alarmed) <= len(quiet) * 0.03, alarmed)
    share = sum(1 for v in tasks.values() if v) / len(clients)
    check("no flood: the share of clients with tasks", 0.1 <= share <= 0.35, share)


def test_queues(tasks):
    latest = {v["task_id"]: v for versions in tasks.values() for v in versions}
    queues = collections.Counter(v["manager"] for v in latest.values() if v["state"] == "open")
    check("a handful for each manager", max(queues.values()) <= 15, queues)
    check("most managers have something", len(queues) >= 8, queues)
    check("the largest group has 500 phones", lines("first", "profiles.ndjson")[0]["phones"] >= 500)
    check("its leaving goes up to the chief, before the task is overdue",
          any(v["escalated_to"] == "chief01" and v["updated_at"] < v["due_at"]
              for v in tasks["g-580-0001"]))


def test_options():
    make("small", "--clients", "60", "--days", "3")
    days = sorted({e["time"][:10] for e in lines("small", "events.ndjson")})
    check("as many days as asked for", days == ["2026-03-01", "2026-03-02", "2026-03-03"], days)
    check("as many clients", len(lines("small", "profiles.ndjson")) == 60)
    check_modes(0o640, *(os.path.join(path("small"), name) for name in os.listdir(path("small"))))
    summary = json.loads(ctl("--json", "sim", "--out", path("small"), "--days", "1")[2])
    check("a summary for machines", summary["clients"] == 300 and summary["managers"] == 12, summary)
    check_run("a day that is none", ctl("sim", "--out", path("x"), "--start", "2026-02-30"), 2,
              err='"2026-02-30" is no date')
    check_run("nowhere to write", ctl("sim", "--out", path("a", "b")), 1, err="No such file")

    check_run("sent nowhere", ctl("-o", "kafka.bootstrap_servers=127.0.0.1:1", "sim", "--send"), 3,
              err="127.0.0.1:1: ")


try:
    make("first", "--seed", "7")
    test_bytes()
    test_events()
    test_decline()
    found = replay("first")
    test_truth(found)
    test_queues(found)
    test_options()
finally:
    shutil.rmtree(directory)
end()
