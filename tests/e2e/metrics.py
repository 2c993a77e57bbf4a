"""The daemon's own metrics page, as promtool and an operator read it."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import DeskTest, event, run_tests, wait_for  # noqa: E402


class Metrics(DeskTest):
    def judged(self):
        """A daemon that has judged, refused, committed and delivered something."""
        daemon = self.desk.start()
        self.desk.produce("billing", "c1", b"not json")
        self.desk.ingest([event("service.port_out", "2026-03-02T10:00:00+08:00", "c1",
                                {"msisdn": "8613500000001", "stage": "inquiry"})])
        wait_for("delivered", lambda: daemon.metric("delivered_total") >= 1)
        return daemon

    def test_promtool_finds_nothing_to_say(self):
        page = self.judged().get("/metrics")[1]
        done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_the_figures_are_those_of_what_happened(self):
        daemon = self.judged()
        topic = self.desk.topic
        for name, value in (
                (f'input_messages_total{{topic="{topic("service")}"}}', 1),
                (f'input_messages_total{{topic="{topic("billing")}"}}', 1),
                ('events_total{type="service.port_out"}', 1),
                ('events_total{type="billing.charge"}', 0),
                (f'dead_letters_total{{topic="{topic("billing")}",code="not-json"}}', 1),
                (f'feed_silent{{topic="{topic("service")}"}}', 0),
                ('delivery_standing{standing="open"}', 1),
                ('delivery_seconds_count', 1), ('event_to_redis_seconds_count', 1),
                ('redis_call_seconds_count', 1)):
            self.assertEqual(daemon.metric(name), value, name)
        page = daemon.get("/metrics")[1]
        self.assertEqual(daemon.metric('commit_messages_bucket{le="+Inf"}'),
                         daemon.metric("commit_messages_count"))
        self.assertGreaterEqual(daemon.metric("commit_messages_sum"), 2)
        self.assertTrue(re.search(r"^process_resident_memory_bytes [1-9]", page, re.M))
        wait_for("the lag is nothing", lambda: daemon.metric(
            f'lag_messages{{shard="0",topic="{topic("service")}"}}') == 0
            and 'lag_messages{shard="0"' in daemon.get("/metrics")[1])


if __name__ == "__main__":
    if not shutil.which("promtool"):
        print("skipped: promtool is not installed")
        sys.exit(77)
    run_tests()
