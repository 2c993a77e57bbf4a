"""Faults while a backlog is judged: the outbox is what an undisturbed replay makes, none twice."""
import glob
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from buses import PARTITIONS  # noqa: E402
from desk import Desk, DeskTest, event, free_port, hand, run_tests, wait_for  # noqa: E402

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")


class Faults(DeskTest):
    def some_judged(self, daemon):
        """A few thousand of the county's messages, so that what follows meets the rest."""
        wait_for("some messages are judged", lambda: daemon.metric("messages_total") >= 3000)

    def test_two_threads_equal_replay(self):
        self.desk.make_topics()
        expected = self.desk.county(1)
        self.desk.start(extra=("-o", "engine.threads=2"))
        self.assert_same_tasks(expected)

    def test_kill_nine_in_the_middle_and_restart(self):
        self.desk.make_topics()
        expected = self.desk.county(2)
        for _ in range(4):
            # Small batches, and so many, that a kill meets transactions at every stage.
            daemon = self.desk.start(extra=("-o", "engine.batch_messages=200"))
            self.some_judged(daemon)
            daemon.kill()
            self.assertLess(len(self.desk.outbox()), len(expected), "too late to rehearse a kill")
        self.desk.start()
        self.assert_same_tasks(expected)

    def test_stopped_longer_than_its_session_and_woken(self):
        self.desk.make_topics()
        expected = self.desk.county(3)
        zombie = self.desk.start("cw-0", extra=("-o", "engine.batch_messages=200"))
        self.some_judged(zombie)
        zombie.process.send_signal(signal.SIGSTOP)
        taker = self.desk.start("cw-1", wait=False)
        wait_for("the other takes over", lambda: taker.metric("restores_total") >= 3)
        self.some_judged(taker)
        zombie.process.send_signal(signal.SIGCONT)
        self.assert_same_tasks(expected)

    def test_a_rebalance_in_the_middle(self):
        self.desk.make_topics()
        expected = self.desk.county(4)
        first = self.desk.start("cw-0", extra=("-o", "engine.threads=1", "-o",
                                                "engine.batch_messages=200"))
        self.some_judged(first)
        second = self.desk.start("cw-1", wait=False, extra=("-o", "engine.threads=1"))
        wait_for("it gets a share", lambda: second.metric("restores_total") >= 1)
        self.assertEqual(second.terminate(), 0)
        self.assert_same_tasks(expected)

    def test_redis_down_and_back(self):
        self.desk.make_topics()
        expected = self.desk.county(5)
        daemon = self.desk.start()
        wait_for("some are delivered", lambda: daemon.metric("delivered_total") >= 5)
        self.desk.redis.stop()
        wait_for("judging goes on without Redis",
                 lambda: daemon.metric("outbox_records_total") >= len(expected))
        self.assertEqual(daemon.get("/readyz")[0], 503)
        self.desk.redis.start()
        self.assert_same_tasks(expected)
        wait_for("ready again", daemon.ready)

    def test_an_emptied_redis_is_refused(self):
        daemon = self.desk.start()
        self.desk.ingest([event("service.port_out", "2026-03-02T10:00:00+08:00", "c1",
                                {"msisdn": "8613500000001", "stage": "inquiry"})])
        wait_for("delivered", lambda: self.desk.task("c1"))
        self.desk.redis.ask("flushall")
        self.desk.ingest([event("service.port_out", "2026-03-02T11:00:00+08:00", "c1",
                                {"msisdn": "8613500000001", "stage": "requested"})])
        wait_for("refused", lambda: daemon.get("/readyz")[0] == 503)
        wait_for("the way out is named", lambda: "redeliver" in daemon.said())
        self.assertIsNone(self.desk.task("c1"))

    def test_another_redis_is_refused(self):
        daemon = self.desk.start()
        self.assertEqual(daemon.terminate(), 0)
        self.desk.redis.ask("flushall")
        self.desk.redis.ask("hset", self.desk.key("delivery"), "epoch", "another")
        self.desk.ingest([event("service.port_out", "2026-03-02T10:00:00+08:00", "c1",
                                {"msisdn": "8613500000001", "stage": "inquiry"})])
        daemon = self.desk.start(wait=False)
        wait_for("the way out is named", lambda: "redeliver" in daemon.said())
        wait_for("judging goes on", self.desk.outbox)
        self.assertEqual(daemon.get("/readyz")[0], 503)
        self.assertIsNone(self.desk.task("c1"))
        self.assertEqual(daemon.terminate(), 0)

    def told_and_stopped(self, client, kill):
        """One task, and behind it the marker of its transaction."""
        daemon = self.desk.start()
        self.desk.ingest([event("service.port_out", "2026-03-02T10:00:00+08:00", client,
                                {"msisdn": "8613500000001", "stage": "inquiry"})])
        wait_for("delivered", lambda: self.desk.task(client))
        if kill:
            daemon.kill()
        else:
            self.assertEqual(daemon.terminate(), 0)

    def forget(self, topic):
        for partition in range(PARTITIONS):
            hand("delete", self.desk.topic(topic), partition, -1)

    def stored_past(self, partition, offset):
        return int(self.desk.redis.ask("hget", self.desk.key("delivery"), str(partition))) > offset

    def test_retention_that_takes_all_of_the_outbox_is_no_loss(self):
        self.told_and_stopped("c1", kill=False)
        self.forget("tasks")
        self.desk.start().terminate()
        self.told_and_stopped("c2", kill=True)
        (_, _, _, partition, offset), = self.desk.consume("tasks")
        daemon = self.desk.start()
        wait_for("the marker is passed", lambda: self.stored_past(partition, offset + 1), 20)
        self.forget("tasks")
        self.desk.redis.ask("client", "kill", "type", "normal")
        wait_for("it is asked again", lambda: daemon.metric("redis_connects_total") == 2)
        wait_for("ready", daemon.ready, 10)
        self.assertNotIn("delivery_refused", daemon.said())

    def test_retention_that_takes_all_of_a_transactional_input_is_no_loss(self):
        """The end behind the last marker goes out with the next commit, of whatever input."""
        daemon = self.desk.start()
        hand("transact", self.desk.topic("service"), 0, "no event")
        wait_for("it is passed", lambda: len(self.desk.consume("dead_letters")) == 1)
        self.desk.bus.produce_to("billing", 0, b"none either")
        wait_for("the next commit", lambda: len(self.desk.consume("dead_letters")) == 2)
        self.assertEqual(daemon.terminate(), 0)
        self.forget("service")
        self.desk.start()
        self.assertEqual(self.desk.ctl("status", ok=False).count("lost"), 0)

    def kafka(self, what, *words):
        """A broker of the test's own."""
        subprocess.run([os.path.join(SCRIPTS, "kafka.sh"), what,
                        os.path.join(self.desk.folder, "kafka"), *words], check=True,
                       stdout=subprocess.DEVNULL)

    def desk_of_its_own(self):
        port = str(free_port())
        self.kafka("start", port)
        self.addCleanup(self.kafka, "kill")
        desk = Desk()
        self.addCleanup(desk.close)
        desk.bus.brokers = f"127.0.0.1:{port}"
        desk.make_topics()
        return desk

    def flip(self, topic, text):
        """A bit of that text as it lies on the broker's disk; twice, and all is well again. Returns the
        partition."""
        for path in glob.glob(os.path.join(self.desk.folder, "kafka", "data", topic + "-*", "*.log")):
            with open(path, "r+b") as f:
                at = f.read().rfind(text)
                if at < 0:
                    continue
                f.seek(at + len(text))
                byte = f.read(1)[0]
                f.seek(at + len(text))
                f.write(bytes([byte ^ 1]))
                return int(os.path.dirname(path).rpartition("-")[2])
        self.fail(f"{text} is not in {topic}")

    def test_a_batch_damaged_on_its_way_is_read_again_and_not_passed_over(self):
        desk = self.desk_of_its_own()
        told = event("service.port_out", "2026-03-02T10:00:00+08:00", "c1",
                     {"msisdn": "8613500000001", "stage": "inquiry"})
        desk.ingest([told])
        self.flip(desk.topic("service"), b'"msisdn"')
        daemon = desk.start(wait=False)
        wait_for("the input's is met", lambda: "cannot be read" in daemon.said())
        desk.redis.stop()
        self.flip(desk.topic("service"), b'"msisdn"')
        wait_for("it is judged", desk.outbox)
        self.flip(desk.topic("tasks"), b'"client_id"')
        before = len(daemon.said())
        desk.redis.start()
        wait_for("the outbox's is met", lambda: "CRC" in daemon.said()[before:])
        self.assertIn("cannot be read", desk.refusal("redeliver", "--dry-run")[1])
        self.assertIn('"unreadable":1', desk.ctl("-o", "kafka.properties.check.crcs=false", "--json",
                                                 "redeliver", "--dry-run"))
        self.flip(desk.topic("tasks"), b'"client_id"')
        wait_for("it is delivered", lambda: desk.task("c1"))
        self.assertEqual(daemon.terminate(), 0)
        self.flip(desk.topic("state"), b"c1")
        daemon = desk.start(wait=False)
        wait_for("the state's is met", lambda: "CRC" in daemon.said())
        self.flip(desk.topic("state"), b"c1")
        wait_for("it is restored", daemon.ready)
        self.assertEqual(len(desk.outbox()), 1)

    def port_outs(self, *clients):
        return [event("service.port_out", "2026-03-02T10:00:00+08:00", client,
                      {"msisdn": "8613500000001", "stage": "inquiry"}) for client in clients]

    def stopped_alone(self, daemon, shard):
        wait_for("it stands still", lambda: daemon.metric(f'shard_stopped{{shard="{shard}"}}') == 1)
        self.assertIn("cannot be read", daemon.said())
        wait_for("the others run", lambda: all(
            daemon.metric(f'shard_running{{shard="{n}"}}') == 1 for n in range(PARTITIONS) if n != shard))

    def test_state_damaged_on_a_brokers_disk_stops_one_shard_and_is_mended(self):
        desk = self.desk_of_its_own()
        desk.ingest(self.port_outs(*(f"c{n}" for n in range(12))))
        daemon = desk.start()
        wait_for("all is judged", lambda: len(desk.outbox()) == 12)
        self.assertEqual(daemon.terminate(), 0)
        shard = self.flip(desk.topic("state"), b"c1")
        daemon = desk.start(wait=False)
        self.stopped_alone(daemon, shard)
        self.assertEqual(daemon.restarts, 0)
        self.assertIn("state_damaged", desk.ctl("--json", "doctor", ok=False))
        self.assertIn("mended", desk.ctl("doctor", "--shard", str(shard), "--repair", "--yes"))
        wait_for("it goes on", daemon.ready)
        desk.ingest(self.port_outs(*(f"d{n}" for n in range(12))))
        wait_for("all is judged", lambda: len(desk.outbox()) == 24)
        self.assertEqual(daemon.terminate(), 0)
        desk.start()  # What is damaged is still there, and needed no more.

    def test_an_input_damaged_on_a_brokers_disk_stops_one_shard(self):
        desk = self.desk_of_its_own()
        desk.ingest(self.port_outs(*(f"c{n}" for n in range(12))))
        shard = self.flip(desk.topic("service"), b'"msisdn"')
        daemon = desk.start(wait=False)
        self.stopped_alone(daemon, shard)
        judged = len(desk.outbox())
        self.assertGreater(judged, 0)
        self.assertLess(judged, 12)
        self.assertEqual(self.flip(desk.topic("service"), b'"msisdn"'), shard)
        # Doctor goes by the status in Redis, which comes a little later than the metric.
        wait_for("doctor knows", lambda: "stands still" in desk.ctl("-o", "language=en", "doctor", ok=False))
        desk.ctl("doctor", "--shard", str(shard), "--repair", "--yes", ok=False)
        wait_for("all is judged", lambda: len(desk.outbox()) == 12)

    def test_told_to_stop_while_kafka_is_away(self):
        """It cannot commit, and says so with its status; what matters is that it ends."""
        desk = self.desk_of_its_own()
        desk.county(6)
        daemon = desk.start(extra=("-o", "engine.batch_messages=200"))
        self.some_judged(daemon)
        self.kafka("kill")
        wait_for("it is missed", lambda: "Connection refused" in daemon.said())
        self.assertIn(daemon.terminate(), (0, 75))


if __name__ == "__main__":
    run_tests()
