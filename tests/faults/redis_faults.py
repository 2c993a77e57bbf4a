"""R: Redis is killed, cut short, set back, failed over, paused, emptied, filled up and robbed of its
functions, while the backlog is judged and delivered.

A fault is over when every instance delivers again and Redis has gone past where it was before.
"""
import os
import shutil
import time

from cluster import NODES
from desk import wait_for

TAIL_MOST = 256 * 1024
HELD_MOST = 7.0  # longer than redis.timeout
OVER_MOST = 90
LAG = 50


def strike(house, rng):
    """Each kind by turns, from a random one on."""
    house.redis_faults = getattr(house, "redis_faults", rng.randrange(len(KINDS))) + 1
    what, act = KINDS[house.redis_faults % len(KINDS)]
    wait_delivering(house)
    lag, since, before = house.lag(), time.time(), house.store.position()
    more = act(house, rng) or {}
    since = more.pop("since", since)
    recovery = wait_over(house, before, since)
    house.struck("R", what, since, lag, "delivering", recovery, **more)
    return 1


def wait_delivering(house):
    """Tasks come into Redis, so that a fault meets deliveries."""
    before = house.store.position() or 0
    wait_for("tasks are delivered", lambda: (house.store.position() or 0) > before, OVER_MOST)


def connected(house):
    return all(i.metric("redis_up") == 1 for i in house.instances)


def past(house, before):
    """Redis has gone on; or back to where it was, where the backlog was used up meanwhile."""
    now = house.store.position() or 0
    return now > before or (now == before and bool(house.look()) and house.lag() == 0)


def wait_over(house, before, since):
    wait_for("everybody delivers again", lambda: connected(house) and past(house, before), OVER_MOST)
    return time.time() - since


def refusals(house):
    """How often an instance has given its connection up."""
    return sum(i.metric("redis_failures_total") for i in house.instances)


# ---- kinds ----

def killed(fsync):
    def act(house, _):
        node = house.store.master
        node.ask("config", "set", "appendfsync", fsync)
        node.stop()
        node.start()
    return act


def rewrite(node):
    """What an operator does after a start that cut the file, and after a full disk (docs/operate.md): the file
    is written anew from what Redis has in memory."""
    node.ask("bgrewriteaof")
    wait_for("the file is written anew", lambda: "aof_rewrite_in_progress:0" in node.ask("info", "persistence")
             and "aof_rewrite_scheduled:0" in node.ask("info", "persistence"))


def tail_cut(house, rng):
    """What a crash of the machine leaves: the file ends at any byte. Where that is within a refill, Redis
    is one that a redeliver was cut short in, and is filled by the next."""
    node = house.store.master
    node.stop()
    tail = node.aof_tail()
    size = os.path.getsize(tail)
    lost = rng.randint(1, min(size // 2, TAIL_MOST))
    os.truncate(tail, size - lost)
    house.rolled_back()
    node.start()
    rewrite(node)
    whole = node.ask("hexists", "cw:delivery", "epoch") == "1"
    if not whole:
        house.ctl("redeliver")
        house.refilled = True
    return {"lost": lost, "whole": whole}


def older_copy(house, _):
    """As an operator who restores last night's copy."""
    node, copy = house.store.master, house.store.master.aof() + ".copy"
    shutil.copytree(node.aof(), copy)
    then = house.store.position()
    wait_delivering(house)
    lost = house.store.position() - then
    node.stop()
    node.empty()
    os.rename(copy, node.aof())
    house.rolled_back()
    node.start()
    return {"lost": lost}


def lagging_replica(house, _):
    """The replica is behind when the master dies; what it has not got is lost."""
    store = house.store
    store.begin_replica()
    place = NODES + store.place()
    house.proxy.tell(place, "rate", 4000)
    wait_for("the replica lags", lambda: behind(store) >= LAG, 60)
    acked, since = store.position(), time.time()
    store.master.stop()
    house.proxy.tell(place, "cut")
    house.rolled_back()
    store.wait_promoted()
    back = store.position()
    house.proxy.tell(place, "pass")
    house.redis = store.master
    store.forget_spare()
    return {"lost": acked - (back or 0), "since": since}


def behind(store):
    """Versions that the master has and its replica has not; the replica is asked last."""
    master = store.position()
    return master - (store.position(store.spare) or 0)


def paused(house, rng):
    ms = int(rng.uniform(0.5, HELD_MOST) * 1000)
    house.store.master.ask("client", "pause", str(ms), "all")
    return {"ms": ms}


def asleep(house, rng):
    seconds = rng.uniform(0.5, HELD_MOST)
    house.store.master.ask("debug", "sleep", f"{seconds:.1f}")
    return {"ms": int(seconds * 1000)}


def clients_killed(house, rng):
    for _ in range(rng.randint(1, 5)):
        house.store.master.ask("client", "kill", "type", "normal")
        time.sleep(rng.uniform(0, 1))


def emptied(house, _):
    """Delivery must refuse until the operator has had it filled again."""
    node = house.store.master
    node.ask("flushall")
    house.rolled_back()
    house.refilled = True
    wait_for("everybody refuses", lambda: not any(
        i.metric("redis_up") for i in house.instances), OVER_MOST)
    refused = time.time()
    if node.ask("exists", "cw:tasks") != "0":
        house.complain("tasks were written into an emptied Redis")
    house.ctl("redeliver")
    return {"refill": round(time.time() - refused, 1)}


def full(house, rng):
    """No memory, and nothing may be thrown away."""
    node = house.store.master
    before = refusals(house)
    node.ask("config", "set", "maxmemory-policy", "noeviction")
    node.ask("config", "set", "maxmemory", "1")
    wait_for("it is refused", lambda: refusals(house) > before, OVER_MOST)
    time.sleep(rng.uniform(0, 5))
    node.ask("config", "set", "maxmemory", "0")


def functions_gone(house, _):
    house.store.master.ask("function", "flush")


KINDS = (
    ("kill -9, appendfsync everysec", killed("everysec")),
    ("failed over to a lagging replica", lagging_replica),
    ("FLUSHALL, then redeliver", emptied),
    ("append-only file cut at a byte", tail_cut),
    ("maxmemory reached", full),
    ("kill -9, appendfsync always", killed("always")),
    ("CLIENT KILL", clients_killed),
    ("set back to an older copy", older_copy),
    ("CLIENT PAUSE", paused),
    ("FUNCTION FLUSH", functions_gone),
    ("DEBUG SLEEP", asleep),
)
