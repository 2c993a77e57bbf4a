"""A small run made by hand that is right: two shards, three tasks, one bad message, two commits of the first shard.
For oracle_test.py; all that a broker and Redis would tell is in here.
"""
import argparse
import copy
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import oracle  # noqa: E402
from . import statelog  # noqa: E402
from .broker import COMMITTED, LATEST  # noqa: E402
from .store import Key  # noqa: E402
from .topics import Record  # noqa: E402

# By murmur2 over two partitions ann and bob lie in 0, dan in 1.
INPUTS = {"profiles": (["ann"], ["dan"]), "billing": (["ann", "bob", "ann", "bob"], ["dan", "dan"]),
          "service": ([], ["dan"]), "outcomes": ([], [])}
DUE = "2026-03-02T10:00:00+08:00"
DUE_SECONDS = 1772416800
LAYOUT, FACTS, CLIENT = 1, 2, 3


# ---- records ----

def task(name, version, client, manager, **more):
    return {"task_id": name, "version": version, "client_id": client, "manager": manager, "state": "open",
            "priority": 100 + version, "risk": 0.5, "wake": False, "due_at": DUE, "escalated_to": None,
            "signals": [{"detector": "arrears", "source": more.pop("source", None)}], "settings": 0,
            "headline": f"call {client}", **more}


def source(name, partition, offset):
    return {"topic": f"run.{name}", "partition": partition, "offset": offset}


# By (partition, offset): gaps are where commit markers and what was aborted lie.
VERSIONS = {
    (0, 0): task("t-1", 1, "ann", "am1", source=source("billing", 0, 0)),
    (0, 1): task("t-2", 1, "bob", "am2", source=source("billing", 0, 1), escalated_to="chief"),
    (0, 5): task("t-1", 2, "ann", "am2", source=source("billing", 0, 2)),
    (1, 0): task("t-3", 1, "dan", "am1", source=source("service", 1, 0)),
    (1, 1): task("t-3", 2, "dan", "am1", state="withdrawn"),
}
DEAD = (0, 3)  # of billing


def lines_of(versions):
    """As replay writes them: any order that keeps each partition's, other sources, other settings."""
    some = copy.deepcopy([versions[place] for place in sorted(versions, key=lambda p: (p[1], p[0]))])
    for record in some:
        record["settings"] = 9
        for sign in record["signals"]:
            sign["source"] = None
    return "".join(json.dumps(record) + "\n" for record in some)


# ---- the state log ----

def text(value):
    return struct.pack("<I", len(value)) + value


def summed(value):
    return value + struct.pack("<I", statelog.SUM(value, len(value), 0))


def image(kind, payload):
    return summed(struct.pack("<BI", kind, len(payload)) + payload)


def client(name, what=b"state"):
    return image(CLIENT, bytes([len(name)]) + name + what)


def state_value(commit, part, images, position=None):
    value = struct.pack("<BBIH", 1, 1 if position else 0, commit, part)
    value += text(image(LAYOUT, bytes([6])) + images)
    if position:
        value += struct.pack("<4q4qQqiqqqI", *position["next"], *position["greatest"], position["batch"],
                             position["clock"], 0, 1, 0, position["needed"], len(position["cuts"]))
        for next_, clock in position["cuts"]:
            value += struct.pack("<4qq", *next_, clock)
    return summed(value)


def position(batch, next_, cuts, needed=0):
    return {"next": next_, "greatest": (batch,) * 4, "batch": batch, "clock": cuts[-1][1], "needed": needed,
            "cuts": cuts}


def state_log():
    """(partition, offset) -> arguments of state_value."""
    first, second, third = (1, 2, -1, -1), (1, 3, -1, -1), (1, 4, -1, -1)
    return {
        (0, 0): [1, 0, image(FACTS, b"day 1") + client(b"ann", b"old")],
        (0, 1): [1, 1, client(b"bob"), position(1, first, [(first, 10)])],
        (0, 4): [2, 0, image(FACTS, b"day 2") + client(b"ann"),
                 position(3, third, [(second, 10), (third, 20)], needed=1)],
        (1, 0): [1, 0, image(FACTS, b"day 1") + client(b"dan"),
                 position(1, (1, 2, 1, -1), [((1, 2, 1, -1), 10)])],
    }


# ---- Redis ----

def score(priority):
    return str(priority * 2**32 + 2**32 - 1 - DUE_SECONDS)


def hash_of(record, **desk):
    shown = {k: v if isinstance(v, str) else "" if v is None else json.dumps(v) for k, v in record.items()}
    return Key("hash", {**shown, "desk": "queued", "desk_rev": "1", "delivered_at": "now", **desk})


def told(event, record, **more):
    return {"event": event, "task_id": record["task_id"], "version": str(record["version"]),
            "client_id": record["client_id"], **more}


def redis():
    v = VERSIONS
    ended = hash_of(v[1, 1], desk="closed")
    ended.ttl = 1000
    return {
        "am2:task:t-1": hash_of(v[0, 5]), "am2:task:t-2": hash_of(v[0, 1]), "am1:task:t-3": ended,
        "am2:queue": Key("zset", {"t-1": score(102), "t-2": score(101)}),
        "am2:due": Key("zset", {"t-1": str(DUE_SECONDS), "t-2": str(DUE_SECONDS)}),
        "chief:escalated": Key("zset", {"am2/t-2": score(101)}),
        "ended": Key("zset", {"t-3": "99"}),
        "tasks": Key("hash", {"t-1": "am2", "t-2": "am2", "t-3": "am1"}),
        "managers": Key("set", {"am1", "am2", "chief"}),
        "limits": Key("hash", {"feed_length": "1000"}),
        "delivery": Key("hash", {"epoch": "e", "0": "7", "1": "3"}),
        "am1:feed": Key("stream", [told("created", v[0, 0]), told("closed", v[0, 5], client_id=""),
                                   told("created", v[1, 0]), told("withdrawn", v[1, 1])]),
        "am2:feed": Key("stream", [told("created", v[0, 1]), told("escalated", v[0, 1]),
                                   told("created", v[0, 5])]),
        "chief:feed": Key("stream", [told("escalated", v[0, 1])]),
    }


# ---- the run ----

def sighted(versions):
    seen = [{"of": "outbox", "at": 1, "partition": p, "offset": o, "task_id": r["task_id"],
             "version": r["version"], "manager": r["manager"]} for (p, o), r in sorted(versions.items())]
    seen += [on_desk(versions[0, 0], int(score(101))), on_desk(versions[0, 5], int(score(102)))]
    return seen + [{"of": "end", "at": 9, "looks": 5, "records": 5}]


def on_desk(record, lies_at, **more):
    return {"of": "desk", "at": 2, "score": lies_at, "owner": record["manager"],
            **{n: record[n] for n in ("manager", "task_id", "version", "client_id", "state", "priority")}, **more}


class Run(oracle.Evidence):
    """What a broker and Redis would tell, made by hand; a test breaks one thing of it."""

    def __init__(self, folder):
        super().__init__(argparse.Namespace(
            brokers=None, prefix="run", group=None, undisturbed="calm", seen=None, rollbacks=None, shared=False,
            refilled=False, aborted_least=1, expected=os.path.join(folder, "expected"),
            expected_letters=os.path.join(folder, "letters")))
        self.outbox, self.log, self.calm = copy.deepcopy(VERSIONS), state_log(), state_log()
        self.redis, self.rollbacks = redis(), []
        self.seen = sighted(VERSIONS)
        self.given.seen = "there"
        self.messages = {(name, p, o): Record(p, o, client_.encode(), f"{name} {o}".encode(), b"")
                         for name, parts in INPUTS.items() for p, clients in enumerate(parts)
                         for o, client_ in enumerate(clients)}
        bad = self.messages[("billing", *DEAD)]
        self.dead = [Record(0, 0, bad.key, bad.value, b"cw_error=not-json,cw_detail=a, b,cw_topic=run.billing,"
                            b"cw_partition=0,cw_offset=3")]
        self.committed = {(name, p): at for p in (0, 1)
                          for name, at in zip(INPUTS, state_log()[(0, 4) if p == 0 else (1, 0)][3]["next"])
                          if at >= 0}
        self.high = {("tasks", 0): 7, ("tasks", 1): 3, ("state", 0): 6, ("state", 1): 2,
                     ("managers", 0): 1, ("control", 0): 1}
        self.damage, self.keys = False, {}
        self.stable, self.states = {}, {"run-cw-0-0": "CompleteCommit", "other-cw-0-0": "Ongoing"}
        with open(self.given.expected, "w", encoding="utf-8") as f:
            f.write(lines_of(VERSIONS))
        with open(self.given.expected_letters, "w", encoding="utf-8") as f:
            f.write(json.dumps({"cw_error": "not-json", "value": bad.value.decode()}) + "\n")

    def connect(self):
        return self

    # As Brokers.

    @property
    def leaders(self):
        return {"run.tasks": [0, 0]}

    def offsets(self, topic, which, isolation=0):
        name = topic.split(".")[-1]
        if which != LATEST:
            return [0, 0]
        if name in INPUTS:
            return [sum(key[:2] == (name, p) for key in self.messages) for p in (0, 1)]
        ends = [end for place, end in sorted(self.high.items()) if place[0] == name] or [0]
        stable = [self.stable.get((name, p), end) for p, end in enumerate(ends)]
        return stable if isolation == COMMITTED else ends

    def transactions(self):
        return self.states

    # As kcat.

    def read(self, topic, isolation="read_committed"):
        prefix, name = topic.split(".")
        if name == "tasks":
            return [Record(*place, self.keys.get(place, r["client_id"].encode()), json.dumps(r).encode(), b"")
                    for place, r in sorted(self.outbox.items())]
        if name == "state":
            log = self.log if prefix == "run" else self.calm
            found = [Record(*place, None, state_value(*of), b"") for place, of in sorted(log.items())]
            if self.damage and log is self.log:
                found[-1] = found[-1]._replace(value=found[-1].value[:-1] + b"?")
            return found
        if name == "dead_letters":
            return self.dead
        return [m for key, m in sorted(self.messages.items()) if key[0] == name]

    def places(self, topic, isolation):
        return {(0, 0)} if isolation == "read_committed" else {(0, 0), (0, 3)}
