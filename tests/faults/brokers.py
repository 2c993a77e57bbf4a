"""B: brokers are killed: one, the group's coordinator, all at once; or rolled one after the other."""
import collections
import time

from cluster import NODES

# What was on its way when the broker was killed may be committed yet, and says nothing.
GRACE = 1.0


def strike(house, rng):
    KINDS.rotate(-1)
    return KINDS[-1](house, rng)


def judged_again(house, since):
    return house.wait_recovered(since + GRACE, range(house.partitions)) + GRACE


def killed(house, what, node):
    lag, since = house.lag(), time.time()
    house.cluster.kill(node)
    recovery = judged_again(house, since)
    house.cluster.start(node)
    house.cluster.wait_whole()
    house.struck("B", what, since, lag, "judging", recovery, node=node + 1)
    return 1


def one(house, rng):
    return killed(house, "kill -9 of one", rng.randrange(NODES))


def coordinator(house, _):
    return killed(house, "kill -9 of the coordinator", house.cluster.coordinator(house.bus.name))


def roll(house, _):
    """The worst of the three is what counts."""
    lag, since, worst = house.lag(), time.time(), 0
    for node in range(NODES):
        stopped = time.time()
        house.cluster.stop(node)
        house.cluster.start(node)
        worst = max(worst, judged_again(house, stopped))
        house.cluster.wait_whole()
    house.struck("B", "all rolled", since, lag, "judging", worst, took=round(time.time() - since, 1))
    return 1


def everything(house, _):
    lag, since = house.lag(), time.time()
    house.cluster.kill(*range(NODES))
    house.cluster.start()
    recovery = judged_again(house, since)
    house.cluster.wait_whole()
    house.struck("B", "kill -9 of all", since, lag, "judging", recovery)
    return 1


# In turns; rolling all takes longest, and is the one that a run of every commit leaves out.
KINDS = collections.deque((one, coordinator, everything, roll))
