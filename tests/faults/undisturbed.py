"""Judges the input topics of a run once more, with one daemon that nothing disturbs, for oracle.py --undisturbed.

    undisturbed.py --brokers B --prefix NAME --as OTHER -- CHURNWATCHD SETTING…

The settings are those of the run. State, tasks and dead letters go to OTHER.state, OTHER.tasks and
OTHER.dead_letters, the group is OTHER, and its Redis is a private one, which is thrown away. Returns when all
inputs are judged to their ends; status 1 if the daemon ended before.
"""
import argparse
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
from proof.broker import LATEST, Brokers  # noqa: E402
from proof.statelog import INPUTS  # noqa: E402
from resp import Server  # noqa: E402

OWN = ("tasks", "state", "dead_letters")
LOOK_EVERY = 0.2


def ends(brokers, prefix):
    return {(f"{prefix}.{name}", p): end for name in INPUTS
            for p, end in enumerate(brokers.offsets(f"{prefix}.{name}", LATEST)) if end}


def settings(given, redis):
    own = [f"kafka.topics.{name}={given.other}.{name}" for name in OWN]
    return [word for s in (*own, f"kafka.group={given.other}", "kafka.create_topics=true", "instance=calm",
                           f"redis.url=redis+unix://{redis.path}", f"http.listen=unix:{redis.folder}/http",
                           "engine.threads=1") for word in ("-o", s)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--as", dest="other", required=True)
    parser.add_argument("daemon", nargs="+")
    return parser.parse_args()


def judged(brokers, given):
    committed = brokers.committed(given.other)
    return all(committed.get(place) == end for place, end in ends(brokers, given.prefix).items())


def main():
    given, redis = arguments(), Server()
    redis.connect()
    daemon = subprocess.Popen([*given.daemon, *settings(given, redis)])
    try:
        brokers = Brokers(given.brokers)
        while daemon.poll() is None and not judged(brokers, given):
            time.sleep(LOOK_EVERY)
        if daemon.poll() is None:
            daemon.terminate()
            sys.exit(daemon.wait())
        sys.exit(1)
    finally:
        if daemon.poll() is None:
            daemon.kill()
        daemon.wait()
        redis.stop()


if __name__ == "__main__":
    main()
