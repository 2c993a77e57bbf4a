"""What Redis must hold: the outbox folded by docs/tasks.md, with no word of the functions that filled it.

Tasks that somebody moved, known by their outcomes, may be in a hand or aside; all else follows.
"""
import datetime
import json

from .outbox import listed

DUE_MOST = 2**32 - 1
MAIN = {"created", "raised", "updated", "withdrawn", "closed"}
PLACES = {"queued": "queue", "claimed": "claimed", "snoozed": "snoozed"}
COMMON = {"delivery", "managers", "tasks", "limits", "timers", "ended", "outcomes-source", "outcomes-waiting",
          "outcomes-refused"}


class Number(str):
    """A number as the JSON writes it."""


def exact(raw):
    return json.loads(raw, parse_float=Number, parse_int=Number)


def field(value):
    """A member as the hash must hold it; None: some JSON text of this value."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool) else None


def due(record):
    if not record["due_at"]:
        return None
    return int(datetime.datetime.fromisoformat(record["due_at"]).timestamp())


def score(record):
    at = due(record)
    return record["priority"] * 2**32 + DUE_MOST - (DUE_MOST if at is None else at)


class Folded:
    """task -> last version and its record; and who was ever told of a task."""

    def __init__(self, versions):
        self.last, self.managers, self.by_id = {}, set(), {}
        for v in sorted(versions, key=lambda v: (v.partition, v.offset)):
            record = v.record()
            self.last[v.task] = record
            self.by_id[v.id] = (record["manager"], record["client_id"], record["state"], record["priority"])
            self.managers.update(m for m in (record["manager"], record["escalated_to"]) if m)
        self.raw = {v.task: v.raw for v in sorted(versions, key=lambda v: (v.partition, v.offset))}


def hash_of(record, task):
    return f"{record['manager']}:task:{task}"


def value(redis, name, empty):
    return redis[name].value if name in redis else empty


# ---- each check: folded, Redis's dump, the tasks that were moved -> complaints ----

def tasks(folded, redis, _):
    """Each task's last version whole, at its manager and nowhere else."""
    wrong, missing = [], []
    for task, record in folded.last.items():
        found = redis.get(hash_of(record, task))
        if found is None:
            missing.append(task)
            continue
        for name, due_value in exact(folded.raw[task]).items():
            text, want = found.value.get(name), field(due_value)
            if text is None or (text != want if want is not None else exact(text) != due_value):
                wrong.append(f"{task} version {record['version']}: Redis has {name} {text!r}, "
                             f"the outbox {due_value!r}")
                break
        if (found.ttl >= 0) != (record["state"] != "open"):
            wrong.append(f"{task} is {record['state']} and expires in {found.ttl} s")
    at = {hash_of(record, task) for task, record in folded.last.items()}
    ghosts = [k for k in redis if ":task:" in k and k not in at]
    return listed("not in Redis", missing) + listed("ghosts in Redis", ghosts) + wrong


def index(folded, redis, _):
    """task -> manager, and the managers with any key."""
    due_index = {task: record["manager"] for task, record in folded.last.items()}
    found = value(redis, "tasks", {})
    wrong = listed("index of tasks", (f"{t} at {found.get(t)}, not {due_index.get(t)}"
                                      for t in sorted({*found, *due_index})
                                      if found.get(t) != due_index.get(t)))
    told = value(redis, "managers", set())
    wrong += listed("managers without a task", sorted(told - folded.managers))
    return wrong + listed("managers not listed", sorted(set(due_index.values()) - told))


def places(folded, redis, moved):
    """Queues, due lists and hands hold what each task's desk says, and nothing beside."""
    wrong, want = [], {}
    for task, record in folded.last.items():
        desk = value(redis, hash_of(record, task), {}).get("desk")
        usual = "queued" if record["state"] == "open" else "closed"
        if desk != usual and (task not in moved or usual == "closed"):
            wrong.append(f"{task} is {record['state']}, its desk {desk}")
        if desk == "closed":
            continue
        if desk in PLACES:
            want[f"{record['manager']}:{PLACES[desk]}", task] = score(record) if desk == "queued" else None
        if due(record) is not None:
            want[f"{record['manager']}:due", task] = due(record)
        if record["escalated_to"]:
            want[f"{record['escalated_to']}:escalated", f"{record['manager']}/{task}"] = score(record)
    found = {(k, member): float(s) for k, key in redis.items() if key.kind == "zset"
             and k not in COMMON for member, s in key.value.items()}
    wrong += listed("in no list, and should be", (f"{m} in {k}" for k, m in want if (k, m) not in found))
    wrong += listed("ghosts in lists", (f"{m} in {k}" for k, m in found if (k, m) not in want))
    return wrong + listed("score", (f"{m} in {k} is {found[k, m]:.0f}, not {s}" for (k, m), s in
                                    want.items() if s is not None and found.get((k, m), s) != s))


def keys(folded, redis, _):
    """No key of a kind that nobody knows, no timer without its task."""
    known = {"queue", "claimed", "snoozed", "due", "escalated", "feed", "outcomes"}
    odd = [k for k in redis if k not in COMMON and not k.startswith("status:") and ":task:" not in k
           and ":digest:" not in k and k.rsplit(":", 1)[-1] not in known]
    held = {m for k, key in redis.items() if k.endswith((":claimed", ":snoozed")) for m in key.value}
    timers = set(value(redis, "timers", {}))
    ended = {t for t in value(redis, "ended", {})}
    due_ended = {t for t, r in folded.last.items() if r["state"] != "open"}
    return (listed("keys of no known kind", odd) + listed("timers without a task", timers ^ held)
            + listed("ended, or not", sorted(ended ^ due_ended)))


def feeds(folded, redis, _, refilled=False):
    """Each version was told once, to its manager; nobody was told of a task that is not his or never was.
    In a Redis that was refilled what was told before is gone."""
    wrong, told, seen = [], set(), set()
    length, full = int(value(redis, "limits", {}).get("feed_length", 0)), set()
    for name, key in redis.items():
        if not name.endswith(":feed"):
            continue
        manager = name[:-len(":feed")]
        if len(key.value) >= length:
            full.add(manager)
        for e in key.value:
            entry = manager, e["task_id"], int(e["version"]), e["event"], e.get("desk_rev")
            if entry in seen:
                wrong.append(f"feed of {manager}: {e['event']} of {e['task_id']} version "
                             f"{e['version']} twice")
            seen.add(entry)
            wrong += entry_wrong(folded, manager, e)
            if e["event"] in MAIN and folded.by_id.get(entry[1:3], (None,))[0] == manager:
                told.add(entry[1:3])
    untold = (i for i, of in folded.by_id.items()
              if i not in told and of[0] not in full and not refilled)
    return wrong + listed("in no feed", (f"{t} version {v}" for t, v in untold))


def entry_wrong(folded, manager, e):
    of = folded.by_id.get((e["task_id"], int(e["version"])))
    what = f"feed of {manager}: {e['event']} of {e['task_id']} version {e['version']}"
    if of is None:
        return [f"{what} is a ghost"]
    if e["client_id"] not in ("", of[1]):
        return [f"{what} names client {e['client_id']}, the outbox {of[1]}"]
    if of[0] != manager and e["client_id"] and e["event"] != "escalated":
        return [f"{what} tells of client {e['client_id']}, whose manager is {of[0]}"]
    return []


def delivered(versions, redis, ends):
    """Each partition's offset lies past its last version and not past the end of the outbox."""
    wrong, stored = [], value(redis, "delivery", {})
    if not stored.get("epoch"):
        wrong.append("delivery has no epoch")
    last = {}
    for v in versions:
        last[v.partition] = max(v.offset, last.get(v.partition, -1))
    for partition, end in enumerate(ends):
        at, least = int(stored.get(str(partition), -1)), last.get(partition, -1) + 1
        if at > end or (at < least and partition in last):
            wrong.append(f"delivery of partition {partition} stands at {at}; the last version ends "
                         f"at {least}, the outbox at {end}")
    return wrong


CHECKS = (tasks, index, places, keys)
