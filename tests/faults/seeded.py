"""Deliberate mistakes that a run on real servers must catch: the same house, the same oracle, and the faults
that show each. Who looks for nothing else than a green run would not see that the checks are blind.

    CW_TEST_BIN=build/faults python3 tests/faults/seeded.py [NAME…]

A mistake is caught when the oracle or the house complains, or a shard is stopped; status 1 if one was not.
"""
import os
import random
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
import joins  # noqa: E402
import kills  # noqa: E402
import zombies  # noqa: E402
from desk import BIN  # noqa: E402
from house import House  # noqa: E402
from run import ended  # noqa: E402


def killed_at(*points):
    return lambda house, rng: kills.kill_at(house, rng, rng.choice(points))


def woken_at(*points):
    return lambda house, rng: zombies.stop(house, rng, rng.choice(points))


# The starred ones of core/faults.def: what shows it, in how many tries.
BUGS = {
    "offsets_outside": (killed_at("after_send_positions"), 5),
    "two_calls": (killed_at("delivery_between"), 10),
    "random_producer": (woken_at("after_begin", "after_append"), 10),
    "metadata_at_commit": (woken_at("before_begin", "after_begin", "after_append"), 10),
    "no_abort_on_revoke": (joins.strike, 10),
}


def caught(bug, strike, tries):
    """What was said of it; None when nobody noticed."""
    house = House(os.path.join(BIN, "tests", "faults"), environment={"CW_SEEDED_BUG": bug})
    rng, struck = random.Random(bug), 0
    try:
        house.open()
        while struck < tries and not house.complaints:
            house.feed()
            struck += strike(house, rng)
        house.drain()
        house.judge(house.replay()[0])
        return house.complaints[0] if house.complaints else None
    except AssertionError as e:
        if "is stopped" not in str(e):
            raise  # A server that did not start, a time that was not enough: nothing was caught.
        return str(e)
    finally:
        print(f"{bug}: {struck} faults before that", flush=True)
        house.close()


def main():
    signal.signal(signal.SIGTERM, ended)
    missed = 0
    for bug in sys.argv[1:] or BUGS:
        how = caught(bug, *BUGS[bug])
        print(f"{bug}: " + (f"caught: {how}" if how else "NOT CAUGHT"), flush=True)
        missed += how is None
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
