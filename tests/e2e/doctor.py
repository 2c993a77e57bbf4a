"""What operators see: a shard that is torn, damaged or has lost messages stops alone, says why and what
mends it; doctor finds the same, and its order brings the shard back without a restart."""
import json
import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, DeskTest, event, hand, run_tests, wait_for  # noqa: E402


class Doctor(DeskTest):
    def setUp(self):
        super().setUp()
        self.n = 0
        self.daemon = self.desk.start()
        self.more(12)
        self.judged()

    def more(self, clients):
        """One task of each client, so that every shard has some."""
        records = []
        for _ in range(clients):
            self.n += 1
            records.append(event("service.port_out", f"2026-03-02T10:00:{self.n % 60:02}+08:00",
                                 f"c{self.n}", {"msisdn": "8613500000001", "stage": "inquiry"}))
            records.append(event("billing.charge", f"2026-03-02T10:00:{self.n % 60:02}+08:00",
                                 f"c{self.n}", {"msisdn": "8613500000001", "amount": 5,
                                                "category": "voice"}))
        self.desk.ingest(records)

    def judged(self, n=None):
        wait_for("all are judged", lambda: len(self.desk.records()) >= (n or self.n))

    def doctor(self, *words, code=0):
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "doctor",
                            *words], capture_output=True, text=True, check=False,
                           stdin=subprocess.DEVNULL)
        self.assertEqual(r.returncode, code, r.stdout + r.stderr)
        return r.stdout

    def look(self, code):
        return json.loads(self.doctor("--json", code=code))

    def shard(self, number=0):
        return self.look_at_any()["shards"][number]

    def look_at_any(self):
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "--json",
                            "doctor"], capture_output=True, text=True, check=False)
        return json.loads(r.stdout)

    def found(self, code=1):
        return {(f["code"], f["shard"]): f for f in self.look(code)["findings"]}

    def stop(self):
        self.assertEqual(self.daemon.terminate(), 0)

    def start_with_one_stopped(self, said):
        self.daemon = self.desk.start(wait=False)
        self.assert_one_stopped(said)

    def assert_one_stopped(self, said):
        """Shard 0 stands still and says why; the others judge on."""
        why = wait_for("it says what is wrong", lambda: (self.daemon.get("/readyz") or (0, ""))[1]
                       if "has stopped" in (self.daemon.get("/readyz") or (0, ""))[1] else None)
        self.assertIn(said, why)
        self.assertIn("shard 0 has stopped", why)
        self.assertIn("churnwatchctl doctor --shard 0 --repair", why)
        self.assertIn("event=shard_stopped shard=0", self.daemon.said())
        self.assertIn('mend="churnwatchctl doctor --shard 0 --repair"', self.daemon.said())
        wait_for("the alarm's metric",
                 lambda: self.daemon.metric('shard_stopped{shard="0"}') == 1)
        wait_for("the others run", lambda: all(
            self.daemon.metric(f'shard_running{{shard="{n}"}}') == 1 for n in (1, 2)))
        wait_for("status has heard", lambda: "doctor --shard 0 --repair" in self.status())

    def status(self):
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "status"],
                           capture_output=True, text=True, check=False)
        return r.stderr

    def repaired(self, *words):
        """Not without confirmation; then at once, without a restart; and it leaves a record."""
        before = len(self.orders())
        self.doctor("--shard", "0", "--repair", *words, code=1)
        self.assertEqual(len(self.orders()), before)
        self.assertIn("mended", self.doctor("--shard", "0", "--repair", "--yes", *words))
        self.assertEqual(len(self.orders()), before + 1)
        wait_for("ready again", self.daemon.ready)
        self.assertIn("event=shard_repaired shard=0", self.daemon.said())
        wait_for("nothing is wrong", lambda: not self.look_at_any()["findings"])
        self.more(12)

    def orders(self):
        return [m for m in self.desk.consume("control") if m[1] == "repair"]

    def billing(self):
        return self.shard()["inputs"]["billing"]


class OnAnyBus(Doctor):
    def test_all_is_well(self):
        wait_for("the instance has reported", lambda: all(
            shard["standing"] for shard in self.look_at_any()["shards"]))
        found = self.look(0)
        self.assertEqual(found["findings"], [])
        for shard in found["shards"]:
            self.assertEqual(shard["standing"], "running")
            self.assertEqual(shard["state"]["error"], "")
            self.assertGreater(shard["state"]["layout"], 0)
            for name in ("billing", "service"):
                one = shard["inputs"][name]
                self.assertEqual((one["committed"], one["open_from"]), (one["position"], None))
        self.assertIn("no shard can be mended", self.doctor("--repair", "--yes"))
        self.assertIn("nothing is wrong", self.doctor())
        self.doctor("--shard", "7", code=1)
        self.doctor("--anew", code=2)


class OnKafka(Doctor):
    def commit(self, topic, offset):
        wait_for("the group is empty", lambda: hand("commit", self.desk.bus.name,
                                                    self.desk.topic(topic), 0, offset, ok=False))

    def test_torn(self):
        self.stop()
        at = self.billing()["committed"]
        self.commit("billing", at - 1)
        found = self.found()[("torn", 0)]
        self.assertIn(f"{at - 1} ≠ {at}", found["text"])
        self.assertEqual(found["command"], "churnwatchctl doctor --shard 0 --repair")
        self.start_with_one_stopped("torn: billing")
        self.repaired()
        self.judged()
        self.assertEqual(len(self.desk.records()), self.n)

    def test_garbage_in_the_state_log(self):
        state = self.shard()["state"]
        self.desk.bus.produce_to("state", 0, b"garbage")
        self.assertIn(("state_damaged", 0), self.found())
        self.stop()
        self.start_with_one_stopped(f"state log, offset {state['end']}: 7 bytes that are no state")
        self.repaired()
        self.judged()

    def test_a_state_of_a_newer_release(self):
        self.desk.bus.produce_to("state", 0, bytes([9, 5, 0, 0, 0]) + b"9.4.1what nobody here can read")
        self.stop()
        found = self.found()[("state_newer", 0)]
        self.assertIn("install that release", found["command"])
        self.start_with_one_stopped("written by churnwatch 9.4.1 in records of layout 9")
        self.assertIn("no shard can be mended", self.doctor("--shard", "0", "--repair", "--yes",
                                                            code=1))
        self.repaired("--anew")
        self.judged()

    def test_the_head_of_the_state_log_is_gone(self):
        self.more(12)  # A second commit of each shard: of one alone there is no head to lose.
        self.judged()
        self.stop()
        hand("delete", self.desk.topic("state"), 0, self.shard()["state"]["end"] - 2)
        self.assertIn(("state_damaged", 0), self.found())
        self.start_with_one_stopped("the state log begins at offset")
        self.repaired("--from", "beginning")
        wait_for("history is judged again",
                 lambda: (self.billing()["committed"] or 0) >= self.billing()["end"])

    def test_messages_deleted_unread(self):
        self.stop()
        self.more(12)
        one = self.billing()
        self.assertLess(one["committed"] + 1, one["end"])
        hand("delete", self.desk.topic("billing"), 0, one["end"] - 1)
        lost = one["end"] - 1 - one["committed"]
        self.assertIn(f": {lost} (", self.found()[("messages_lost", 0)]["text"])
        self.start_with_one_stopped(f"lost: {lost} messages of billing")
        self.repaired()
        self.judged()

    def test_messages_deleted_before_a_daemons_eyes(self):
        """It sleeps, and what came meanwhile is gone when it wakes: one shard stops, no process ends."""
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.more(12)
        hand("delete", self.desk.topic("service"), 0, self.shard()["inputs"]["service"]["end"])
        self.daemon.process.send_signal(signal.SIGCONT)
        self.assert_one_stopped("messages of service were deleted unread")
        self.assertEqual(self.daemon.restarts, 0)
        # The client cannot seek a partition that a fetch has failed in: the order ends the process
        # with 75, and its next start carries it out.
        self.desk.ctl("doctor", "--shard", "0", "--repair", "--yes", ok=False)
        wait_for("ready again", self.daemon.ready)
        self.assertIn("event=shard_repaired shard=0", self.daemon.said())
        wait_for("nothing is wrong", lambda: not self.look_at_any()["findings"])

    def test_an_open_transaction(self):
        hand("open", self.desk.topic("billing"), 0)
        found = wait_for("it is old enough", lambda: {
            f["code"]: f for f in self.look_at_any()["findings"]}.get("open_now"))
        self.assertEqual((found["severity"], found["shard"]), ("note", 0))
        self.assertIn("kafka-transactions.sh", self.doctor() + "kafka-transactions.sh")
        self.assertIsNotNone(self.billing()["open_from"])

    def test_an_outbox_that_is_cut(self):
        self.stop()
        end = self.shard()["outbox"]["end"]
        self.assertGreater(end, 0)
        hand("delete", self.desk.topic("tasks"), 0, end)
        self.desk.redis.ask("hset", self.desk.key("delivery"), "0", "0")
        found = self.found()[("outbox_short", 0)]
        self.assertEqual(found["command"], "churnwatchctl redeliver")
        self.desk.redis.ask("hset", self.desk.key("delivery"), "0", str(end + 9))
        self.assertIn(("outbox_behind", 0), self.found())

    def test_partitions_added_to_one_input(self):
        self.stop()
        hand("partitions", self.desk.topic("billing"), 4)
        found = wait_for("it is seen", lambda: self.partitions_found())
        self.assertIn("billing 4", found["text"])
        self.assertIn("docs/operate.md", found["command"])
        daemon = self.desk.start("cw-1", wait=False)
        daemon.asked = True
        self.assertEqual(daemon.process.wait(60), 78)
        self.assertIn("More partitions", daemon.said())

    def test_partitions_added_to_all(self):
        """Which no comparison of the topics with each other would find."""
        self.stop()
        for name in ("billing", "service", "profiles", "outcomes", "tasks", "state",
                     "dead_letters"):
            hand("partitions", self.desk.topic(name), 4)
        wait_for("it is seen", lambda: "dead_letters 4 (3)" in
                 (self.partitions_found() or {"text": ""})["text"])
        daemon = self.desk.start("cw-1", wait=False)
        daemon.asked = True
        self.assertEqual(daemon.process.wait(60), 78)
        self.assertIn("4 partitions and began with 3", daemon.said())

    def test_partitions_added_to_all_while_a_daemon_runs(self):
        self.stop()
        daemon = self.desk.start(
            extra=("-o", "kafka.properties.topic.metadata.refresh.interval.ms=500"))
        daemon.asked = True
        for name in ("tasks", "state", "dead_letters", "outcomes", "profiles", "service", "billing"):
            hand("partitions", self.desk.topic(name), 4)
        self.assertEqual(daemon.process.wait(60), 75)
        self.assertIn("partitions were added", daemon.said())
        daemon.run()
        self.assertEqual(daemon.process.wait(60), 78)
        self.assertIn("4 partitions and began with 3", daemon.said())

    def partitions_found(self):
        return {f["code"]: f for f in self.look_at_any()["findings"]}.get("partitions_differ")


if __name__ == "__main__":
    run_tests()
