"""D: what runs out. A broker's disk and Redis's disk fill up and are freed; a daemon gets no more memory
than it has, or hardly any descriptors."""
import resource
import time

from cluster import NODES
from desk import wait_for
from redis_faults import OVER_MOST, refusals, rewrite, wait_delivering, wait_over

GRACE = 1.0
# The broker whose log lies on a disk of its own.
NODE = NODES - 1
# What may be added to what a daemon has: a tenth of its resident memory.
MEMORY_SHARE = 0.1
CAPPED = 15.0
FILES = 64


def strike(house, rng):
    house.resource_faults = getattr(house, "resource_faults", rng.randrange(len(KINDS))) + 1
    what, act = KINDS[house.resource_faults % len(KINDS)]
    lag, since = house.lag(), time.time()
    recovery, more = act(house, rng)
    house.struck("D", what, since, lag, "judging", recovery, **more)
    return 1


def judged_again(house, since):
    return house.wait_recovered(since + GRACE, range(house.partitions)) + GRACE


def broker_disk(house, _):
    """Its only log folder goes offline, and with it the broker; it is started again when there is room."""
    disk = house.disks["broker"]
    if not disk.mounted:
        return unmounted()
    since = time.time()
    disk.fill()
    wait_for("the broker ends", lambda: not house.cluster.alive(NODE), OVER_MOST)
    recovery = judged_again(house, since)
    ended = time.time() - since
    disk.free()
    house.cluster.start(NODE)
    house.cluster.wait_whole()
    return recovery, {"ended": round(ended, 1)}


def redis_disk(house, rng):
    """Redis refuses to write as long as its file cannot be appended to. When there is room again its file is
    written anew, as docs/operate.md has it: it has a hole where a write was cut short."""
    store = house.store
    disk = house.disks[f"redis-{store.place()}"]
    if not disk.mounted:
        return unmounted()
    wait_delivering(house)
    before, refused = store.position(), refusals(house)
    store.master.ask("config", "set", "appendfsync", "everysec")
    disk.fill()
    wait_for("it is refused", lambda: refusals(house) > refused, OVER_MOST)
    time.sleep(rng.uniform(0, 5))
    freed = time.time()
    disk.free()
    recovery = wait_over(house, before, freed)
    rewrite(store.master)
    return recovery, {}


def unmounted():
    print("D: no right to mount: a full disk is left out", flush=True)
    return 0.0, {"left_out": True}


def memory(house, rng):
    """Allocations fail for a while, in the middle of whatever is done."""
    instance, since = rng.choice(house.instances), time.time()
    ends, pid = len(instance.ends), instance.process.pid
    has, resident = instance.memory()
    limit = has + int(resident * MEMORY_SHARE)
    unlimited = resource.prlimit(pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    time.sleep(rng.uniform(1, CAPPED))
    if instance.alive() and instance.process.pid == pid:
        resource.prlimit(pid, resource.RLIMIT_AS, unlimited)
    recovery = judged_again(house, time.time() - GRACE) - GRACE
    return recovery, {"slot": instance.slot, "resident": resident, "lasted": round(time.time() - since, 1),
                      "ended": len(instance.ends) - ends}


def descriptors(house, rng):
    """One process of the slot lives with so few; then it is started as usual."""
    instance, since = rng.choice(house.instances), time.time()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    try:
        instance.restart()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    recovery = judged_again(house, since)
    used = instance.descriptors()
    instance.restart()
    house.wait_recovered(time.time(), range(house.partitions))
    return recovery, {"slot": instance.slot, "descriptors": used}


KINDS = (
    ("Redis's disk full, then freed", redis_disk),
    ("a broker's disk full, then freed", broker_disk),
    ("memory capped at what it has and a tenth", memory),
    (f"{FILES} descriptors", descriptors),
)
