"""status as an operator asks for it: what it says when all is well, and when it is not."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, DeskTest, event, run_tests, wait_for  # noqa: E402


class Status(DeskTest):
    def status(self, *words):
        """Exit status, and the JSON."""
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "--json",
                            "status", *words], capture_output=True, text=True, check=False)
        return r.returncode, json.loads(r.stdout)

    def codes(self, *words):
        code, found = self.status(*words)
        return code, sorted({p["code"] for p in found["problems"]})

    def busy(self):
        daemon = self.desk.start()
        self.desk.ingest([event("service.port_out", "2026-03-02T10:00:00+08:00", f"c{i}",
                                {"msisdn": "8613500000001", "stage": "inquiry"})
                          for i in range(6)])
        wait_for("delivered", lambda: daemon.metric("delivered_total") >= 6)
        wait_for("it has said so", lambda: self.taken() == 6 and self.judged() > 0)
        return daemon

    def taken(self):
        instances = self.status()[1]["instances"].values()
        return sum(f["taken"] for i in instances for f in i["feeds"]
                   if f["topic"] == self.desk.topic("service"))

    def judged(self):
        """Since each shard was last restored: one that changed engines meanwhile began anew."""
        return sum(s["judged"] for i in self.status()[1]["instances"].values() for s in i["shards"])

    def test_all_is_well(self):
        self.busy()
        code, found = self.status("--bus")
        self.assertEqual((code, found["problems"]), (0, []))
        told = found["instances"]["cw-0"]
        self.assertTrue(told["ready"])
        self.assertEqual({s["standing"] for s in told["shards"]}, {"running"})
        self.assertLessEqual(self.judged(), 6)
        self.assertFalse(any(f["silent"] for f in told["feeds"]))
        wait_for("all is committed", lambda: not any(
            n for s in self.status("--bus")[1]["shards"] for n in s["lag"].values()))
        for shard in self.status("--bus")[1]["shards"]:
            self.assertEqual(shard["undelivered"], 0)
        text = self.desk.ctl("status", "--bus")
        for word in ("cw-0", "running", "open", self.desk.topic("service"), "Redis: 1 managers"):
            self.assertIn(word, text)

    def test_a_lost_redis(self):
        daemon = self.busy()
        self.desk.redis.ask("flushall")
        wait_for("not ready", lambda: self.codes() == (1, ["not_ready"]))
        wait_for("why", lambda: any("redeliver" in p["text"]
                                    for p in self.status()[1]["problems"]))
        self.assertEqual(daemon.get("/readyz")[0], 503)

    def test_redis_is_away(self):
        """The topics answer in its place."""
        self.busy()
        self.desk.redis.stop()
        code, found = self.status()
        self.assertEqual(code, 3)
        self.assertEqual([p["code"] for p in found["problems"]], ["redis_unreachable"])
        self.assertEqual(len(found["shards"]), 3)
        self.assertEqual({s["undelivered"] for s in found["shards"]}, {None})
        self.desk.redis.start()

    def test_a_daemon_that_is_gone(self):
        daemon = self.busy()
        daemon.kill()
        wait_for("it is missed", lambda: self.codes() == (1, ["no_instance"]))
        self.assertEqual(self.codes("--bus"), (1, ["no_instance", "shard_unheld"]))


if __name__ == "__main__":
    run_tests()
