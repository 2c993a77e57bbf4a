"""A whole world through Kafka, or the embedded log, and Redis, compared with its replay. Not one of
CTest's tests: it takes minutes.

    CW_TEST_KAFKA=HOST:PORT CW_TEST_BIN=BUILD python3 tests/e2e/world.py WORLD_DIR
    CW_TEST_BUS=file CW_TEST_BIN=BUILD python3 tests/e2e/world.py WORLD_DIR

WORLD_DIR holds events.ndjson.zst, profiles.ndjson.zst, managers.ndjson and world.conf. Events are
sorted by (instant, billing first), the order in which a cluster's merge takes them.
"""
import datetime
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from buses import FileBus, KafkaBus  # noqa: E402
from desk import DeskTest, run_tests, wait_for  # noqa: E402

WORLD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None
BUS = FileBus if os.environ.get("CW_TEST_BUS") == "file" else KafkaBus
THREADS = 2 if BUS is KafkaBus else 1
HOURS = 3600


def order(line):
    e = json.loads(line)
    return (datetime.datetime.fromisoformat(e["time"]).timestamp(),
            not e["type"].startswith("billing."))


class World(DeskTest):
    bus = BUS

    def setUp(self):
        super().setUp()
        self.desk.judging = ("-c", os.path.join(WORLD, "world.conf"))

    def sorted_events(self):
        path = os.path.join(self.desk.folder, "events.ndjson")
        packed = os.path.join(WORLD, "events.ndjson.zst")
        plain = subprocess.run(["zstd", "-dcq", packed], check=True, capture_output=True).stdout
        lines = sorted(plain.splitlines(keepends=True), key=order)
        with open(path, "wb") as f:
            f.writelines(lines)
        return path, len(lines)

    def ran_out(self, daemon, messages):
        if daemon.metric("messages_total") < messages:
            return False
        status = json.loads(self.desk.ctl("--json", "status"))
        shards = [s for i in status["instances"].values() for s in i["shards"]]
        return len(shards) == 3 and not any(sum(s["lag"].values()) for s in shards)

    def test_a_world_equals_its_replay(self):
        self.desk.make_topics()
        events, messages = self.sorted_events()
        expected = self.desk.replayed_and_ingested(
            os.path.join(WORLD, "managers.ndjson"), os.path.join(WORLD, "profiles.ndjson.zst"),
            events)
        print(f"{messages} events, {len(expected)} task versions by replay", flush=True)
        began = time.monotonic()
        daemon = self.desk.start(extra=("-o", f"engine.threads={THREADS}"))
        wait_for("the lag is gone", lambda: self.ran_out(daemon, messages), HOURS)
        print(f"judged in {time.monotonic() - began:.1f} s", flush=True)
        self.assert_same_tasks(expected)
        self.assertEqual(daemon.terminate(), 0)
        print(f"the same {len(expected)} versions, delivered", flush=True)


if __name__ == "__main__":
    if WORLD:
        run_tests(BUS)
    sys.exit(__doc__)
