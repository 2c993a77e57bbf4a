"""The contract and the faults on the embedded log: the same tests, the topics in one SQLite file."""
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
import contract  # noqa: E402
import doctor  # noqa: E402
import faults  # noqa: E402
from buses import FileBus  # noqa: E402
from desk import DeskTest, event, run_tests, wait_for  # noqa: E402


class Contract(contract.Contract):
    bus = FileBus


class Faults(faults.Faults):
    bus = FileBus
    # What cannot be: the file has one daemon and one engine thread, no server to be away or to damage
    # what it sends, and no markers.
    test_two_threads_equal_replay = None
    test_stopped_longer_than_its_session_and_woken = None
    test_a_rebalance_in_the_middle = None
    test_told_to_stop_while_kafka_is_away = None
    test_a_batch_damaged_on_its_way_is_read_again_and_not_passed_over = None
    test_state_damaged_on_a_brokers_disk_stops_one_shard_and_is_mended = None
    test_an_input_damaged_on_a_brokers_disk_stops_one_shard = None
    test_retention_that_takes_all_of_a_transactional_input_is_no_loss = None
    test_retention_that_takes_all_of_the_outbox_is_no_loss = None


class Doctor(doctor.OnAnyBus):
    bus = FileBus

    def move_committed(self, by):
        self.desk.bus.ask(
            "UPDATE partition SET committed = committed + ? WHERE number = 0 AND topic = "
            "(SELECT id FROM topic WHERE name = ?)", by, self.desk.topic("billing"))

    def test_torn(self):
        self.stop()
        self.move_committed(-1)
        self.assertIn(("torn", 0), self.found())
        self.start_with_one_stopped("torn: billing")
        self.repaired()
        self.judged()


class Embedded(DeskTest):
    bus = FileBus

    def test_ingest_while_it_judges_equals_replay(self):
        """The daemon reads what is still being written, and may be ahead of it."""
        daemon = self.desk.start()
        expected = self.desk.county(5)
        self.assert_same_tasks(expected)
        self.assertEqual(daemon.terminate(), 0)

    def test_no_client_of_kafka_runs(self):
        daemon = self.desk.start()
        task = f"/proc/{daemon.process.pid}/task"
        names = set()
        for thread in os.listdir(task):
            with open(os.path.join(task, thread, "comm"), encoding="utf-8") as f:
                names.add(f.read().strip())
        self.assertFalse([n for n in names if n.startswith("rdk")], names)
        self.assertNotIn("Connection refused", daemon.said())

    def test_a_second_daemon_is_refused(self):
        first = self.desk.start()
        second = self.desk.start(wait=False)
        second.asked = True
        self.assertEqual(second.process.wait(60), 75)
        self.assertIn(f"is in use by another daemon, process {first.process.pid}", second.said())
        self.desk.ingest([event("service.port_out", "2026-03-02T10:00:00+08:00", "c1",
                                {"msisdn": "8613500000001", "stage": "inquiry"})])
        wait_for("the first goes on", lambda: self.desk.task("c1"))

    def test_ingest_needs_the_daemons_file(self):
        words = self.desk.ctl("ingest", self.desk.write("in.ndjson", []), ok=False)
        self.assertFalse(os.path.exists(self.desk.bus.path), words)


if __name__ == "__main__":
    run_tests(FileBus)
