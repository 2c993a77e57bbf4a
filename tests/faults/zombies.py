"""Z: a daemon is stopped at a named point, mostly for longer than its session, so that a survivor takes its
shards over; then it wakes and goes on with what it was about."""
import signal
import time

import joins
from desk import wait_for

POINTS = ("before_begin", "after_begin", "after_append", "after_send_positions", "after_commit",
          "in_restore", "after_seek", "delivery_sent")
ONCE = ("in_restore", "after_seek")
NTH_MOST = 12
SHORT = (0.5, 4.0)
LONGER_MOST = 12.0


def strike(house, rng):
    return stop(house, rng, rng.choice(POINTS))


def stop(house, rng, point):
    if len(house.instances) == 1:
        joins.resized(house, 2)
        house.feed()  # One alone has judged a good part of what lay there.
    instance = rng.choice(house.instances)
    shards = house.share_of(instance)
    stop_at(house, instance, point, 1 if point in ONCE else rng.randint(2, NTH_MOST))
    since, lag = time.time(), house.lag()
    if rng.random() < 0.2:
        return slept(house, rng, instance, point, since, lag)
    recovery = house.wait_recovered(since, shards)
    if rng.random() < 0.3:
        time.sleep(rng.uniform(0, LONGER_MOST))
    how, again = wake(house, instance)
    house.struck("Z", "stopped and taken over", since, lag, point, recovery, slot=instance.slot,
                 woke=how, again=again)
    return 1


def stop_at(house, instance, point, nth):
    instance.restart(CW_STOP_AT=f"{point}:{nth}")
    wait_for(f"{instance} stops itself at {point}", instance.stopped)
    instance.given = {}  # It is there: whatever it ends with when it wakes, the next is to go on.


def wake(house, instance):
    """What became of it, and how long until it had a share again."""
    ends, woken = len(instance.ends), time.time()
    instance.signal(signal.SIGCONT)
    wait_for(f"{instance} has a share again", lambda: house.held_by(instance)
             and house.recovered(woken, range(house.partitions)), 120)
    return ("ended and started again" if len(instance.ends) > ends else "went on",
            round(time.time() - woken, 3))


def slept(house, rng, instance, point, since, lag):
    """Shorter than its session: nobody notices, or should not."""
    time.sleep(rng.uniform(*SHORT))
    how, again = wake(house, instance)
    house.struck("Z", "stopped shortly", since, lag, point, time.time() - since,
                 slot=instance.slot, woke=how, again=again)
    return 1
