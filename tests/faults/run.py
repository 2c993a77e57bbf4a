"""Faults on a busy house, and then the question whether anything is lost, twice or a ghost.

    CW_TEST_BIN=build/faults python3 tests/faults/run.py [--kills N] [--zombies N] … [--seed N]

Without numbers, those of every commit. A family is a file with a function strike(house, rng) that
strikes at least once, waits until the house has recovered, records it, and returns how often it struck.
What was recorded stays in CW_TEST_BIN/tests/faults/faults.ndjson; table.py prints it.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
import brokers  # noqa: E402
import hijacks  # noqa: E402
import joins  # noqa: E402
import kills  # noqa: E402
import network  # noqa: E402
import redis_faults  # noqa: E402
import resources  # noqa: E402
import zombies  # noqa: E402
from county import CHUNK  # noqa: E402
from desk import BIN  # noqa: E402
from house import House  # noqa: E402
from table import print_table  # noqa: E402

# Option, faults per commit, what strikes.
FAMILIES = (
    ("kills", 10, kills.strike),
    ("zombies", 5, zombies.strike),
    ("hijacks", 2, hijacks.strike),
    ("joins", 5, joins.strike),
    ("brokers", 3, brokers.strike),
    ("redis", 5, redis_faults.strike),
    ("network", 3, network.strike),
    ("resources", 1, resources.strike),
)
APART_MOST = 1.5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, add_help=True,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="store_true", help="families not named are left out")
    for name, n, _ in FAMILIES:
        parser.add_argument("--" + name, type=int, help=f"faults of this family ({n})")
    return parser.parse_args()


def wanted(arguments_):
    """Family -> how many faults."""
    return {name: n if given is None and not arguments_.only else given or 0
            for name, n, _ in FAMILIES for given in (getattr(arguments_, name),)}


def strike_all(house, left, rng):
    """Families in any order, as often as each is wanted."""
    strikes = {name: strike for name, _, strike in FAMILIES}
    while any(n > 0 for n in left.values()):
        family = rng.choice([name for name, n in left.items() for _ in range(max(0, n))])
        house.feed()
        time.sleep(rng.uniform(0, APART_MOST))
        left[family] -= strikes[family](house, rng)


def has_points():
    """Is it a build whose processes stop themselves at a named point?"""
    r = subprocess.run([os.path.join(BIN, "churnwatchd"), "--version"], capture_output=True,
                       env={**os.environ, "CW_STOP_AT": "nowhere"}, check=False)
    return r.returncode == 2


def ended(*_):
    """SIGTERM, as by a test's time-out: what was started is ended all the same."""
    sys.exit("told to end")


def run(house, given):
    began = time.monotonic()

    def note(what):
        print(f"{time.monotonic() - began:.0f} s: {what}", flush=True)

    house.open()
    note(f"open, seed {given.seed}")
    strike_all(house, wanted(given), random.Random(given.seed))
    note("struck")
    house.drain()
    note(f"drained, {house.fed * CHUNK} events")
    expected, versions = house.replay()
    note(f"replayed, {versions} task versions")
    house.judge(expected)
    note("judged")


def main():
    given = arguments()
    if not has_points():
        sys.exit(f"{BIN} is no build with CW_FAULTS=ON (preset faults)")
    signal.signal(signal.SIGTERM, ended)
    keep = os.path.join(BIN, "tests", "faults")
    house = House(keep)
    try:
        run(house, given)
    finally:
        print_table(os.path.join(keep, "faults.ndjson"))
        house.close()
    if house.complaints:
        sys.exit("\n".join(house.complaints + [f"what the daemons said is in {house.logs}"]))


if __name__ == "__main__":
    main()
