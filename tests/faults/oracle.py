"""Was anything lost, doubled or a ghost? Asked after a run with faults of topics, Redis and files alone.

    oracle.py --brokers B --prefix NAME --redis HOST:PORT --expected TASKS.ndjson [OPTION]…

TASKS.ndjson is what `churnwatchctl replay` makes of the same input with the same partition count. The run has
ended: all inputs judged, all delivered, daemons stopped. One line for each thing wrong; status 1 if there
was one, 0 if none, 2 when the question could not be asked.

What is checked, and what that shows, is the table at the end of this file; none of it is the daemon's code.
"""
import argparse
import json
import os
import sys
from functools import cached_property

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from proof import accounts, desks, outbox, positions, sightings, statelog, store, topics  # noqa: E402
from proof.broker import COMMITTED, EARLIEST, LATEST, Brokers  # noqa: E402
from proof.statelog import INPUTS  # noqa: E402

# Complaints told of each check.
TOLD_MOST = 20
TOPICS = ("tasks", "state", "control", "dead_letters", "managers", *INPUTS)


class Evidence:
    """What lies there, read when first asked for."""

    def __init__(self, given):
        self.given, self.hidden, self.damaged = given, 0, []
        self.brokers = self.connect()
        self.group = given.group or given.prefix

    def connect(self):
        return Brokers(self.given.brokers)

    def topic(self, name):
        return f"{self.given.prefix}.{name}"

    def read(self, topic, isolation="read_committed"):
        return topics.records(self.given.brokers, topic, isolation)

    def places(self, topic, isolation):
        """(partition, offset) of all records."""
        return topics.places(self.given.brokers, topic, isolation)

    @cached_property
    def versions(self):
        return self.versions_of(self.topic("tasks"))

    def versions_of(self, topic):
        return [outbox.Version(r.value, r.partition, r.offset, r.key) for r in self.read(topic)]

    @cached_property
    def expected(self):
        with open(self.given.expected, "rb") as f:
            return [outbox.Version(line.rstrip(b"\n")) for line in f]

    @cached_property
    def partitions(self):
        return len(self.brokers.leaders[self.topic("tasks")])

    @cached_property
    def state(self):
        return self.state_of(self.topic("state"))

    def state_of(self, topic):
        found = {}
        for r in self.read(topic):
            try:
                found.setdefault(r.partition, []).append(statelog.decode(r.offset, r.value))
            except statelog.Damaged as e:
                self.damaged.append(f"{topic}[{r.partition}] offset {r.offset}: {e}")
        return found

    @cached_property
    def ends(self):
        """(input, shard) -> one past its last record."""
        return {(name, shard): end for name in INPUTS for shard, end in
                enumerate(self.brokers.offsets(self.topic(name), LATEST))}

    @cached_property
    def committed(self):
        names = {self.topic(name): name for name in INPUTS}
        return {(names[topic], shard): at for (topic, shard), at in
                self.brokers.committed(self.group).items() if topic in names}

    @cached_property
    def redis(self):
        return store.dump(self.given.redis, self.given.redis_prefix)

    @cached_property
    def folded(self):
        return desks.Folded(self.versions)

    @cached_property
    def moved(self):
        """Tasks of which somebody's move is known."""
        told = {json.loads(r.value)["task_id"] for r in self.read(self.topic("outcomes"))}
        return told | {e["task_id"] for k, key in self.redis.items() if k.endswith(":outcomes")
                       for e in key.value}

    @cached_property
    def letters(self):
        return list(self.read(self.topic("dead_letters")))

    @cached_property
    def sources(self):
        return accounts.sources(self.versions)

    @cached_property
    def inputs(self):
        """(counts by (input, shard), place -> record of the places that somebody names)."""
        named = {*accounts.letter_places(self.letters), *self.sources}
        counts, found = {}, {}
        for name in INPUTS:
            topic = self.topic(name)
            for r in self.read(topic):
                counts[name, r.partition] = counts.get((name, r.partition), 0) + 1
                if (topic, r.partition, r.offset) in named:
                    found[topic, r.partition, r.offset] = r
        return counts, found

    @cached_property
    def seen(self):
        with open(self.given.seen, encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]

    @cached_property
    def rollbacks(self):
        if not self.given.rollbacks:
            return []
        with open(self.given.rollbacks, encoding="utf-8") as f:
            return [json.loads(line)["at"] for line in f]


# ---- the checks: evidence -> complaints; None when there is nothing to check by ----

def same_as_replay(e):
    return outbox.same(e.versions, e.expected, e.partitions)


def redis_folds(e):
    wrong = [w for check in desks.CHECKS for w in check(e.folded, e.redis, e.moved)]
    return wrong + desks.delivered(e.versions, e.redis, e.brokers.offsets(e.topic("tasks"), LATEST))


def feeds(e):
    return desks.feeds(e.folded, e.redis, e.moved, e.given.refilled)


def versions_in_order(e):
    return outbox.in_order(e.versions) + outbox.place(e.versions, e.partitions)


def commits_whole(e):
    wrong = [w for shard, records in sorted(e.state.items()) for w in statelog.holes(shard, records)]
    return e.damaged + wrong


def positions_agree(e):
    ends = [sum(e.brokers.offsets(e.topic(name), LATEST)) for name in ("managers", "control")]
    return positions.agree(e.state, e.committed, e.ends) + positions.followed(e.state, *ends)


def needed_is_enough(e):
    """A restore from where the last position says gives what one from the beginning gives."""
    return [f"state[{shard}]: a restore from `needed` lacks something that is in the log" for shard, records
            in sorted(e.state.items()) if records and records[0].offset == 0
            and statelog.restored(statelog.needed(records)) != statelog.restored(records)]


def same_as_undisturbed(e):
    if not e.given.undisturbed:
        return None
    other = e.state_of(e.given.undisturbed + ".state")
    return [w for shard in sorted({*e.state, *other})
            for w in statelog.differ(shard, e.state.get(shard, []), other.get(shard, []))]


def nothing_open(e):
    mine = [e.topic(name) for name in TOPICS] + ["__consumer_offsets"]
    if e.given.shared:
        mine.remove("__consumer_offsets")
    bounds = {(topic, p): pair for topic in mine for p, pair in enumerate(zip(
        e.brokers.offsets(topic, LATEST, COMMITTED), e.brokers.offsets(topic, LATEST)))}
    states = {name: s for name, s in e.brokers.transactions().items() if name.startswith(e.group + "-")}
    return positions.settled(bounds, states)


def aborted_hidden(e):
    """Faults that hit no open transaction prove little: so much must lie there that no reader is given. That
    nobody was given any of it is O1 and O7."""
    e.hidden = sum(len(e.places(e.topic(name), "read_uncommitted") - e.places(e.topic(name), "read_committed"))
                   for name in ("tasks", "state", "dead_letters"))
    if e.hidden >= e.given.aborted_least:
        return []
    return [f"{e.hidden} records of aborted transactions, at least {e.given.aborted_least} were to be there"]


def all_passed(e):
    wrong = [w for shard, records in sorted(e.state.items()) for w in statelog.steps(shard, records)]
    last = positions.last_positions(e.state)
    stands = {(name, shard): max(p.next[INPUTS.index(name)], 0) if p else 0
              for name, shard in e.ends for p in (last.get(shard),)}
    starts = {(name, shard): at for name in INPUTS for shard, at in
              enumerate(e.brokers.offsets(e.topic(name), EARLIEST))}
    return wrong + accounts.passed(e.inputs[0], {k: at - starts[k] for k, at in stands.items()})


def letters(e):
    wrong = accounts.letters_wrong(e.letters, e.inputs[1])
    if e.given.expected_letters:
        with open(e.given.expected_letters, "rb") as f:
            wrong += accounts.letters_same(e.letters, accounts.expected_letters(f))
    return wrong


def sources_there(e):
    return accounts.sources_wrong(e.sources, e.inputs[1], e.letters)


def watched(e):
    return sightings.check(e.seen, e.versions, e.rollbacks) if e.given.seen else None


# Name, what it shows when nothing is said, the check.
CHECKS = (
    ("O1-outbox", "the outbox is replay's output, in its order, partition by partition", same_as_replay),
    ("O1-redis", "Redis is what folding the outbox gives", redis_folds),
    ("O1-feeds", "each version was told in a feed once", feeds),
    ("O2-versions", "each version once, of each task without hole or step back", versions_in_order),
    ("O2-commits", "the state log's commits without hole", commits_whole),
    ("O3", "position record = committed offsets = ends of the inputs", positions_agree),
    ("O4-needed", "what a restore leaves out is not needed", needed_is_enough),
    ("O4-state", "the state is that of an undisturbed run", same_as_undisturbed),
    ("O5-open", "no transaction is left open", nothing_open),
    ("O5-aborted", "the faults hit open transactions", aborted_hidden),
    ("O6-passed", "every input record was passed once", all_passed),
    ("O6-letters", "each bad message is a dead letter, once, unchanged", letters),
    ("O6-sources", "each version's messages are there and their client's", sources_there),
    ("O7", "at no moment was a ghost seen, or a version going back", watched),
)


def arguments():
    names = "\n".join(f"  {name:12} {what}" for name, what, _ in CHECKS)
    parser = argparse.ArgumentParser(description=__doc__, epilog="checks:\n" + names,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--prefix", required=True, help="topics are NAME.tasks, NAME.state, …")
    parser.add_argument("--group", help="the consumer group (NAME)")
    parser.add_argument("--redis", required=True, help="HOST:PORT or the path of a socket")
    parser.add_argument("--redis-prefix", default="cw:")
    parser.add_argument("--expected", required=True, help="replay's task versions")
    parser.add_argument("--expected-letters", help="replay's dead letters")
    parser.add_argument("--undisturbed", help="topics of an undisturbed run over the same input topics")
    parser.add_argument("--seen", help="what watch.py wrote")
    parser.add_argument("--rollbacks", help='lines {"at": T}: when Redis was rolled back')
    parser.add_argument("--aborted-least", type=int, default=0, help="records of aborted transactions (0)")
    parser.add_argument("--refilled", action="store_true", help="Redis was emptied and refilled")
    parser.add_argument("--shared", action="store_true", help="others use the brokers at the same time")
    parser.add_argument("--skip", default="", help="checks to leave out, by name, comma-separated")
    return parser.parse_args()


def ask_all(evidence, skipped=()):
    """(name, complaints or None, what it shows) of each check, one after the other."""
    for name, what, check in CHECKS:
        yield name, None if name in skipped else check(evidence), what


def tell_counts(e):
    records = sum(e.inputs[0].values())
    print(f"{records} input records, {len(e.letters)} of them dead letters; {len(e.versions)} versions of "
          f"{len(e.folded.last)} tasks; {sum(map(len, e.state.values()))} state records; "
          f"{e.hidden} records of aborted transactions, hidden", flush=True)


def main():
    given = arguments()
    evidence, wrong = Evidence(given), 0
    for name, complaints, what in ask_all(evidence, given.skip.split(",")):
        if complaints is None:
            print(f"{name}: not asked", flush=True)
        for complaint in (complaints or ())[:TOLD_MOST]:
            print(f"{name}: WRONG: {complaint}", flush=True)
        if complaints and len(complaints) > TOLD_MOST:
            print(f"{name}: WRONG: and {len(complaints) - TOLD_MOST} more", flush=True)
        if complaints == []:
            print(f"{name}: {what}", flush=True)
        wrong += len(complaints or ())
    tell_counts(evidence)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, OSError) as e:
        print(f"oracle: {e}", file=sys.stderr)
        sys.exit(2)
