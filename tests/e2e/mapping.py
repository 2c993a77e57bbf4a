"""Inputs in another shape, mapped: the Chinese sample through Kafka gives the contract's tasks, and a
line that cannot be mapped its dead letter."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import DeskTest, by_version, comparable, run_tests, wait_for  # noqa: E402

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SAMPLES = os.path.join(TREE, "config", "mappings")
CONTRACT = os.path.join(TREE, "tests", "replay", "mapped")
PROFILES = {"billing": "chinese", "service": "chinese", "profiles": "chinese-profiles",
            "managers": "chinese-managers"}


class Mapped(DeskTest):
    def setUp(self):
        super().setUp()
        self.desk.judging = ("-c", os.path.join(CONTRACT, "settings.conf"))

    def expected(self):
        tasks = os.path.join(self.desk.folder, "expected.ndjson")
        self.desk.ctl("replay", "--tasks", tasks, "--partitions", "3",
                      *(word for name in ("events", "profiles", "managers")
                        for word in (f"--{name}", os.path.join(CONTRACT, name + ".ndjson"))))
        with open(tasks, encoding="utf-8") as f:
            return comparable(by_version(json.loads(line) for line in f))

    def test_the_sample_gives_the_tasks_of_the_contract(self):
        self.desk.make_topics()
        expected = self.expected()
        self.assertGreater(len(expected), 20)
        self.desk.extra = [f"input.mapping.{i}={os.path.join(SAMPLES, name)}.conf"
                           for i, name in PROFILES.items()]
        for name in ("chinese-managers", "chinese-profiles", "chinese"):
            self.desk.ctl("ingest", os.path.join(SAMPLES, name + ".ndjson"))
        for topic, most in (("billing", 6), ("service", 15), ("profiles", 3), ("managers", 3)):
            self.assertEqual(len(self.desk.consume(topic)), most, topic)
        daemon = self.desk.start()
        self.assert_same_tasks(expected)
        bad = ('{"流水号":"x","来源系统":"s","业务类型":"缴费","客户编号":"g-harbour",'
               '"发生时间":"2026-03-07 09:00:00","金额(元)":"十元"}').encode()
        self.desk.produce("billing", "g-harbour", bad)
        dead = wait_for("the dead letter", lambda: self.desk.consume("dead_letters"))
        self.assertEqual([(m[1], m[2]) for m in dead], [("g-harbour", bad)])
        self.assertEqual(dead[0][0]["cw_error"], "out-of-range")
        # What stands behind the first comma is lost in how the headers are printed.
        self.assertEqual(dead[0][0]["cw_detail"],
                         "/data/amount (from /金额(元)): expected an amount")
        self.assertEqual(daemon.terminate(), 0)


if __name__ == "__main__":
    run_tests()
