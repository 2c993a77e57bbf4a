"""oracle.py, watch.py and undisturbed.py on a real run: nothing is found after a kill, and what is broken by hand
in real topics and a real Redis is.
"""
import json
import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
from desk import BIN, DeskTest, run_tests, wait_for  # noqa: E402
from proof.broker import COMMITTED, FIND_COORDINATOR, LATEST, Brokers, array, text  # noqa: E402

OFFSET_COMMIT = 8
BAD = b'{"specversion": "1.0", "type": "billing.payment", "subject": "c1"}'


def commit(brokers, group, topic, partition, offset):
    """As an operator's tool does to a group without members."""
    r = brokers.node(min(brokers.addresses)).ask(FIND_COORDINATOR, 0, text(group))
    r.i16()
    one = struct.pack(">iqh", partition, offset, -1)
    brokers.node(r.i32()).ask(OFFSET_COMMIT, 2, text(group) + struct.pack(">i", -1) + text("") + struct.pack(
        ">q", -1) + array([text(topic) + array([one])]))


class OracleRun(DeskTest):
    def tool(self, name, *words):
        return [sys.executable, "-B", os.path.join(HERE, name), "--brokers", self.desk.bus.brokers, "--prefix",
                self.desk.bus.name, *words]

    def path(self, name):
        return os.path.join(self.desk.folder, name)

    def redis_address(self):
        return f"127.0.0.1:{self.desk.redis.port}"

    def asked(self, *words):
        r = subprocess.run(self.tool(
            "oracle.py", "--redis", self.redis_address(), "--expected", self.path("replayed.ndjson"),
            "--expected-letters", self.path("letters.ndjson"), "--seen", self.path("seen.ndjson"), "--shared",
            *words), capture_output=True, text=True, check=False)
        self.assertIn(r.returncode, (0, 1), r.stderr)
        self.assertEqual(r.returncode, int("WRONG" in r.stdout), r.stdout)
        return r.stdout

    def drained(self):
        status = self.desk.ctl("--json", "status", "--bus", ok=False)
        shards = json.loads(status).get("shards", []) if status else []
        return len(shards) == 3 and not any(sum(s["lag"].values()) or s["undelivered"] for s in shards)

    def run_with_a_kill(self):
        """A county and a bad message, judged with a kill in between and watched all the time."""
        desk = self.desk
        desk.make_topics()
        managers, profiles, events = desk.simulated(7)
        with open(events, "ab") as f:
            f.write(BAD + b"\n")
        desk.replayed(managers, profiles, events, "--dead-letters", self.path("letters.ndjson"))
        watcher = subprocess.Popen(self.tool("watch.py", "--redis", self.redis_address(), "--seen",
                                             self.path("seen.ndjson")))
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        # While more is on its way a source that is at its end holds the others back, as in replay.
        daemon = desk.start(extra=("-o", "engine.threads=1", "-o", "time.merge_wait=1m"))
        for name in (managers, profiles, events):
            desk.ctl("ingest", name)
        wait_for("something is committed", lambda: daemon.metric("commits_total") > 0)
        daemon.kill()
        daemon = desk.start(extra=("-o", "engine.threads=1"))
        wait_for("all is judged and delivered", self.drained)
        self.assertEqual(daemon.terminate(), 0)
        watcher.terminate()
        self.assertEqual(watcher.wait(), 0)

    def test_finds_what_is_wrong_and_nothing_else(self):
        self.run_with_a_kill()
        calm = self.desk.bus.name + "-calm"
        subprocess.run([*self.tool("undisturbed.py", "--as", calm), "--", os.path.join(BIN, "churnwatchd"),
                        *self.desk.settings()], check=True, stderr=subprocess.DEVNULL)
        told = self.asked("--undisturbed", calm)
        self.assertNotIn("WRONG", told)
        self.assertNotIn("not asked", told)
        self.assertIn("1 of them dead letters", told)
        # Each of these on top of those before it.
        for check, words, break_it in (
                ("O1-redis", "ghosts in Redis: am9:task:t-9", self.ghost),
                ("O2-versions", "doubled", self.doubled),
                ("O2-commits", "a checksum", self.garbage_in_the_state_log),
                ("O3", "torn", self.torn),
                ("O6-passed", "records", self.one_more_message),
                ("O6-letters", "dead letters missing", self.letter_expected),
                ("O7", "later not there", self.ghost_seen)):
            with self.subTest(break_it.__name__):
                complaint = f"(?m)^{check}: WRONG.*{words}"
                self.assertNotRegex(told, complaint)
                break_it()
                told = self.asked()
                self.assertRegex(told, complaint)
        with self.subTest("an open transaction"):
            self.open_transaction()

    def ghost(self):
        self.desk.redis.ask("hset", self.desk.key("am9:task:t-9"), "version", "1")

    def doubled(self):
        _, key, value, _, _ = self.desk.consume("tasks")[-1]
        self.desk.produce("tasks", key, value)

    def garbage_in_the_state_log(self):
        self.desk.produce("state", "x", b"\x01 and no checksum")

    def torn(self):
        brokers = Brokers(self.desk.bus.brokers)
        place = (self.desk.topic("billing"), 0)
        at = brokers.committed(self.desk.bus.name)[place]
        commit(brokers, self.desk.bus.name, *place, at - 1)
        brokers.close()

    def one_more_message(self):
        self.desk.produce("billing", "c1", BAD)

    def letter_expected(self):
        with open(self.path("letters.ndjson"), "a", encoding="utf-8") as f:
            f.write(json.dumps({"cw_error": "not-json", "value": "lost"}) + "\n")

    def ghost_seen(self):
        with open(self.path("seen.ndjson"), "a", encoding="utf-8") as f:
            f.write(json.dumps({"of": "outbox", "at": 1, "partition": 0, "offset": 10**6, "task_id": "t-9",
                                "version": 1}) + "\n")

    def open_transaction(self):
        """A producer that has written and neither commits nor aborts; its messages are given to nobody."""
        before = len(self.desk.consume("tasks"))
        producer = subprocess.Popen(
            ["kcat", "-P", "-q", "-b", self.desk.bus.brokers, "-t", self.desk.topic("tasks"), "-p", "0", "-X",
             f"transactional.id={self.desk.bus.name}-left"], stdin=subprocess.PIPE)
        # Much, because it reads its input in pieces.
        producer.stdin.write((b"x" * 1000 + b"\n") * 200)
        producer.stdin.flush()
        try:
            wait_for("it has written", self.outbox_is_held_back)
            told = self.asked()
            self.assertRegex(told, r"(?m)^O5-open: WRONG: open transaction in \S+\.tasks\[0\]")
            self.assertRegex(told, r"(?m)^O5-open: WRONG: transaction \S+-left is left Ongoing")
            self.assertEqual(len(self.desk.consume("tasks")), before)
        finally:
            producer.kill()
            producer.communicate()

    def outbox_is_held_back(self):
        brokers = Brokers(self.desk.bus.brokers)
        topic = self.desk.topic("tasks")
        stable, high = (brokers.offsets(topic, LATEST, i) for i in (COMMITTED, 0))
        brokers.close()
        return stable != high


if __name__ == "__main__":
    run_tests()
