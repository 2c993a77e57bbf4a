"""How fast a daemon is back, and what its promise costs: the measurements of bench/run.sh -k. Prints
and asserts nothing; a step that fails ends it."""
import os
import random
import signal
import statistics
import subprocess
import time
from pathlib import Path

from measure import Bench, arguments
from page import written
from parts import TOPICS, Daemon, cpu_seconds, note, wait_until

SESSION_S = 6
PACE_S = 2000  # events a second while daemons are killed


def p99(values):
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


class Victim(Daemon):
    """A daemon that is killed, among others of its group."""

    def __init__(self, bench, group, instance, http_port):
        super().__init__(bench, group, instance, http_port)
        self.options += ["-o", f"kafka.properties.session.timeout.ms={SESSION_S * 1000}"]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return time.monotonic()

    def owns(self):
        return self.running() if self.is_ready() else 0

    def commits(self):
        return self.metrics().get("commits_total", 0)


class Recovery(Bench):
    def drained(self, name):
        """A daemon that has taken the whole backlog; messages a second, µs CPU a message, and the
        share of its engines' time that went into commits."""
        daemon = Daemon(self, name)
        daemon.start(self.partitions)
        began, already = time.monotonic(), daemon.committed()

        def all_is_committed():
            return daemon.committed() >= self.messages

        wait_until(all_is_committed)
        took = time.monotonic() - began
        return daemon, ((self.messages - already) / took,
                        cpu_seconds(daemon.pid) / self.messages * 1e6,
                        daemon.metrics()["commit_seconds_sum"] / self.threads / took)

    # ---- restoring ----

    def restores(self, group):
        daemon = Daemon(self, group)
        for _ in range(self.repetitions):
            ready = daemon.start(self.partitions)
            m = daemon.metrics()
            # Engine threads restore side by side, each its shards one after the other.
            seconds = m["restore_seconds_sum"] / self.threads
            self.add(restart=ready, restored=m["shard_clients"] / seconds,
                     restore_cpu=cpu_seconds(daemon.pid) / m["shard_clients"] * 1e6)
            daemon.stop()

    # ---- killing ----

    def feed(self):
        return subprocess.Popen([self.build / "bench_paced", self.kafka, TOPICS["billing"],
                                 TOPICS["service"], str(self.clients), str(PACE_S), "3600"])

    def same_slot(self, group):
        victim = Victim(self, group, "cw-a", self.http_port)
        victim.start()
        wait_until(victim.commits)
        for _ in range(self.kills):
            time.sleep(random.uniform(0.2, 1.5))
            began = victim.kill()
            victim.start()
            wait_until(victim.commits, 0.01)
            took = time.monotonic() - began
            m = victim.metrics()
            restore = m["restore_seconds_sum"] / self.threads
            self.add(kill=took, kill_restore=restore, kill_rest=took - restore)
        return victim

    def takeover(self, group, first):
        daemons = [first, Victim(self, group, "cw-b", self.http_port + 1)]
        daemons[1].start()
        for _ in range(self.takeovers):
            victim, heir = daemons

            def both_have_some():
                return victim.owns() and heir.owns() and \
                    victim.owns() + heir.owns() == self.partitions

            def heir_has_all():
                return heir.owns() == self.partitions

            wait_until(both_have_some)
            time.sleep(random.uniform(0.2, 1))
            began = victim.kill()
            wait_until(heir_has_all)
            self.add(takeover=time.monotonic() - began)
            victim.start()
            wait_until(both_have_some)
            daemons.reverse()
        for daemon in daemons:
            daemon.stop()

    def recovery(self):
        note("draining, and restarting with that state")
        daemon, _ = self.drained("recovery")
        daemon.stop()
        self.restores("recovery")
        feeder = self.feed()
        try:
            note(f"killing {self.kills} times in the same slot")
            victim = self.same_slot("recovery")
            note(f"killing {self.takeovers} times, to be taken over")
            self.takeover("recovery", victim)
        finally:
            feeder.terminate()
            feeder.wait()

    # ---- what the promise costs ----

    def cost(self):
        """The same binary, made for tests, with transactions and without, in turns."""
        self.build, kept = self.faults, self.build
        for n in range(self.rounds):
            for plain in (0, 1) if n % 2 == 0 else (1, 0):
                note(f"round {n + 1}: draining {'without' if plain else 'with'} transactions")
                Daemon.environment = {**os.environ, "CW_NO_TRANSACTIONS": "1"} if plain else None
                daemon, (rate, cpu, committing) = self.drained(f"cost{n}-{plain}")
                daemon.stop()
                name = "plain" if plain else "exact"
                self.add(**{name: rate, name + "_cpu": cpu, name + "_committing": committing})
        Daemon.environment = None
        self.build = kept


def print_row(text, unit, values, mark):
    print(f"{text:46}{written(statistics.median(values)):>10}{written(p99(values)):>10}"
          f"{written(max(values)):>10}  {unit:12}{mark}")


def print_recovery(bench, f):
    print(f"{'':46}{'p50':>10}{'p99':>10}{'worst':>10}{'':14}mark")
    print_row("kill -9, same slot: until the first commit", "s", f["kill"], "")
    print_row("    of that, restoring", "s", f["kill_restore"], "")
    print_row("    the rest", "s", f["kill_rest"], "p99 < 3")
    print_row(f"kill -9, taken over (session {SESSION_S} s)", "s", f["takeover"],
              f"p99 < {SESSION_S + 5}")
    lowest = [-rate for rate in f["restored"]]
    print(f"{'restored, of ' + format(bench.clients, ',') + ' clients':46}"
          f"{written(statistics.median(f['restored'])):>10}{written(-p99(lowest)):>10}"
          f"{written(-max(lowest)):>10}  {'clients/s':12}≥ 300,000")
    print_row("    CPU, start included", "µs/client", f["restore_cpu"], "")


def print_cost(f):
    exact, plain = statistics.median(f["exact"]), statistics.median(f["plain"])
    for text, name in (("with transactions", "exact"), ("without", "plain")):
        values = f[name]
        print(f"{'drained ' + text:46}{written(statistics.median(values)):>10}"
              f"  ({written(min(values))}–{written(max(values))}) messages/s, "
              f"{statistics.median(f[name + '_cpu']):.1f} µs CPU each, "
              f"{100 * statistics.median(f[name + '_committing']):.0f} % of the time in commits")
    print(f"{'what the promise costs':46}{100 * (1 - exact / plain):>9.1f}%{'':24}< 30 %")


def main():
    parser = arguments()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--takeovers", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--faults", type=Path, help="a build with CW_FAULTS, for the cost of the promise")
    bench = Recovery(parser.parse_args())
    bench.option += [f"engine.threads={bench.threads}"]
    note("filling Kafka")
    bench.fill()
    bench.raw()  # counts the messages
    bench.figures.clear()
    if bench.faults and bench.rounds:
        bench.cost()
        print_cost(bench.figures)
    if bench.kills:
        bench.recovery()
        print_recovery(bench, bench.figures)


main()
