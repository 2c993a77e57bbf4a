"""What watch.py saw while the run went on, against what there is at its end.

A sighting is a line of JSON, written when something is first seen or goes back:

    {"of": "outbox", "at": T, "partition": P, "offset": O, "task_id": …, "version": V, "manager": M}
    {"of": "desk", "at": T, "manager": M, "task_id": …, "version": V, "client_id": C, "state": S,
     "priority": P, "score": X or null, "owner": M}              score: as it lay in M's queue
    {"of": "back", "at": T, "since": T, "task_id": …, "from": V, "to": V}            lower in Redis than before
    {"of": "end", "at": T, "looks": N, "records": N}
"""
from .desks import score
from .outbox import listed


def outbox_ghosts(seen, versions):
    """What a read_committed reader was given lies there still."""
    final = {(v.partition, v.offset): v.id for v in versions}
    return listed("seen in the outbox, and later not there", (
        f"{s['task_id']} version {s['version']} at {s['partition']}/{s['offset']}" for s in seen
        if s["of"] == "outbox" and final.get((s["partition"], s["offset"]))
        != (s["task_id"], s["version"])))


def outbox_order(seen):
    """Of each task, in the order in which they were read: never a version after a higher one."""
    wrong, last = [], {}
    for s in seen:
        if s["of"] == "outbox":
            if s["version"] <= last.get(s["task_id"], 0):
                wrong.append(f"{s['task_id']} version {s['version']} after {last[s['task_id']]}")
            last[s["task_id"]] = s["version"]
    return listed("read out of order", wrong)


def desk_ghosts(seen, versions):
    """Whatever stood on a manager's desk is a version of the outbox, with that content, and his."""
    final = {v.id: v for v in versions}
    wrong = []
    for s in (s for s in seen if s["of"] == "desk"):
        what = f"{s['task_id']} version {s['version']} on the desk of {s['manager']}"
        v = final.get((s["task_id"], s["version"]))
        record = v.record() if v else None
        if record is None:
            wrong.append(f"{what} is a ghost")
        elif not s["manager"] == s["owner"] == record["manager"]:
            wrong.append(f"{what} belongs to {record['manager']}")
        elif (s["client_id"], s["state"], s["priority"]) != tuple(
                record[n] for n in ("client_id", "state", "priority")):
            wrong.append(f"{what} is {s['client_id']}, {s['state']}, {s['priority']}, not "
                         f"{record['client_id']}, {record['state']}, {record['priority']}")
        elif s["score"] is not None and (s["state"] != "open" or s["score"] != score(record)):
            wrong.append(f"{what} is queued by {s['score']}, not {score(record)}")
    return wrong


def desk_back(seen, rollbacks):
    """rollbacks: times at which Redis was rolled back, as told by who did it."""
    return listed("back in Redis", (
        f"{s['task_id']} from version {s['from']} to {s['to']}" for s in seen
        if s["of"] == "back" and not any(s["since"] <= at <= s["at"] for at in rollbacks)))


def whole(seen):
    """The watcher watched to the end, and there was something to see."""
    ends = [s for s in seen if s["of"] == "end"]
    if not ends:
        return ["the watcher did not end by itself"]
    return [] if ends[-1]["looks"] and ends[-1]["records"] else ["the watcher saw nothing"]


def check(seen, versions, rollbacks=()):
    return (whole(seen) + outbox_ghosts(seen, versions) + outbox_order(seen)
            + desk_ghosts(seen, versions) + desk_back(seen, rollbacks))
