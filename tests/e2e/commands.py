"""Every command of churnwatchctl as its users type it, over Kafka and over the embedded log: what it
answers to people and to machines, and its exit status."""
import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.dirname(__file__))
from buses import FileBus  # noqa: E402
from desk import BIN, DeskTest, by_version, comparable, run_tests, wait_for  # noqa: E402

DAYS, CLIENTS = "45", "60"


class Commands(DeskTest):
    def setUp(self):
        super().setUp()
        self.county = os.path.join(self.desk.folder, "county")
        self.desk.make_topics()
        self.desk.ctl("sim", "--out", self.county, "--send", "--rate", "100000", "--clients",
                      CLIENTS, "--days", DAYS, "--start", "2026-03-01")
        self.daemon = self.desk.start()

    # ---- asking ----

    def ask(self, *words, code=0):
        """Standard output of a command that must end so."""
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), *words],
                           capture_output=True, text=True, check=False)
        self.assertEqual(r.returncode, code, f"{words}: {r.stdout}{r.stderr}")
        return r.stdout

    def machine(self, *words, code=0):
        """The same for machines, who get one JSON value …"""
        return json.loads(self.ask("--json", *words, code=code))

    def machines(self, *words):
        """… or one a line."""
        return [json.loads(line) for line in self.ask("--json", *words).splitlines()]

    def replay(self):
        out = os.path.join(self.desk.folder, "tasks.ndjson")
        files = [word for kind in ("events", "profiles", "managers")
                 for word in (f"--{kind}", os.path.join(self.county, f"{kind}.ndjson"))]
        self.ask("replay", *files, "--tasks", out, "--partitions", "3")
        with open(out, encoding="utf-8") as f:
            return comparable(by_version(json.loads(line) for line in f))

    def desk_of(self, task):
        for manager in self.desk.redis.lines("smembers", "cw:managers"):
            found = self.desk.redis.ask("hget", f"cw:{manager}:task:{task}", "desk")
            if found:
                return found
        return None

    # ---- the walk ----

    def test_each_does_what_the_contract_says(self):
        self.judged_as_replayed()
        manager, first, second, third = self.queue()
        self.seen(manager, first)
        self.moved(manager, first, second, third)
        self.explained(first)
        self.tuned()
        self.repaired(manager)
        self.assertEqual(self.daemon.terminate(), 0)
        self.refused()

    def judged_as_replayed(self):
        self.assert_same_tasks(self.replay())
        wait_for("nothing is wrong", lambda: "problem" not in self.desk.ctl("status", ok=False))
        self.assertEqual(self.machine("status")["problems"], [])
        self.assertIn("cw-0", self.ask("status"))

    def queue(self):
        """A manager with tasks enough, and three of them, first things first."""
        managers = self.desk.redis.lines("smembers", "cw:managers")
        manager = max(managers, key=lambda m: int(self.desk.redis.ask("zcard", f"cw:{m}:queue")))
        rows = self.machine("tasks", manager)
        self.assertGreaterEqual(len(rows), 3)
        self.assertEqual([r["priority"] for r in rows],
                         sorted((r["priority"] for r in rows), reverse=True))
        return manager, *(r for r in rows[:3])

    def seen(self, manager, first):
        self.assertEqual(len(self.machine("tasks", manager, "--limit", "1")), 1)
        self.assertIn(first["headline"], self.ask("tasks", manager))
        self.assertIn(first["client_id"], self.ask("task", first["task_id"]))
        entries = self.machines("feed", manager)
        self.assertIn("created", {e["event"] for e in entries})
        self.assertEqual(self.machines("feed", manager, "--since", entries[0]["id"]), entries[1:])

    def moved(self, manager, first, second, third):
        with subprocess.Popen([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "feed",
                               manager, "--follow", "--since", "0"], stdout=subprocess.PIPE,
                              text=True) as follower:
            task = first["task_id"]
            for words, desk in ((("claim", task, "--for", "1h"), "claimed"),
                                (("release", task), "queued"),
                                (("note", task, "asks for a visit"), "queued"),
                                (("snooze", task, "--for", "3d", "--reason", "away"), "snoozed")):
                self.ask(*words, "--as", "li")
                self.assertEqual(self.desk_of(task), desk, words)
            for line in follower.stdout:
                if "snooze" in line:
                    break
            follower.send_signal(signal.SIGINT)
        self.assertIn("asks for a visit", self.ask("task", task))
        self.ask("done", second["task_id"], "--as", "li", "--result", "retained", "--method", "call",
                 "--note", "stays")
        wait_for("the engine has ended it",
                 lambda: self.machine("task", second["task_id"])["state"] == "done")
        other = next(m for m in self.desk.redis.lines("smembers", "cw:managers")
                     if m != manager and m.startswith("am"))
        self.ask("reassign", third["task_id"], other, "--as", "li")
        wait_for("it has changed hands",
                 lambda: self.machine("task", third["task_id"])["manager"] == other)
        self.ask("claim", second["task_id"], "--as", "li", code=1)

    def explained(self, first):
        client = first["client_id"]
        detectors = {s["detector"] for s in first["signals"]} if "signals" in first else set()
        found = self.machine("explain", client)
        told = {d["detector"] for d in found["detectors"]}
        self.assertGreaterEqual(len(told), 17)
        self.assertLessEqual(detectors, told)
        self.assertIn("spend_drop", self.ask("explain", client))
        self.assertIn("spend_drop", self.ask("explain", client, "--at", "2026-03-20"))
        picture = os.path.join(self.desk.folder, "client.svg")
        self.ask("explain", client, "--svg", picture)
        self.assertTrue(xml.parse(picture).getroot().tag.endswith("svg"))
        self.ask("explain", "nobody-at-all", code=1)

    def tuned(self):
        rows = self.machine("thresholds", "list", "--detector", "complaint")
        row = next(r for r in rows if r.get("most"))
        key, before, least, most = (row[n] for n in ("key", "value", "least", "most"))
        other = least if before != least else most
        self.ask("thresholds", "set", f"{key}={other}", code=2)  # no reason
        self.ask("thresholds", "set", f"{key}={most + 1}", "--reason", "too much", code=1)
        self.ask("thresholds", "set", f"{key}={other}", "--reason", "a trial", "--author", "li")
        self.assertEqual(self.machine("thresholds", "get", key)["value"], other)
        self.assertIn("a trial", self.ask("thresholds", "history"))
        self.ask("thresholds", "rollback", "0", "--reason", "as it was", "--author", "li")
        self.assertEqual(self.machine("thresholds", "get", key)["value"], before)

    def repaired(self, manager):
        self.desk.produce("billing", "c-1", b'{"specversion":"1.0"}')
        letters = wait_for("the dead letter", lambda: self.machine("dead-letters", "list"))
        where = letters[0]["letter"]
        self.assertIn("missing-member", self.ask("dead-letters", "list"))
        self.assertIn("specversion", self.ask("dead-letters", "show", where))
        self.ask("dead-letters", "replay", where)
        wait_for("it is refused anew", lambda: len(self.machine("dead-letters", "list")) == 2)
        before = self.desk.redis.lines("zrevrange", f"cw:{manager}:queue", "0", "-1")
        self.ask("redeliver", "--manager", manager, "--since", "3650d")
        self.desk.redis.ask("flushall")
        self.ask("redeliver")
        wait_for("delivery goes on", self.daemon.ready)
        self.assertEqual(self.desk.redis.lines("zrevrange", f"cw:{manager}:queue", "0", "-1"), before)

    def refused(self):
        for words, code in ((["tasks"], 2), (["nonsense"], 2), (["thresholds", "nonsense"], 2),
                            (["-o", "redis.url=redis://127.0.0.1:1", "tasks", "am001"], 3),
                            (["-o", "no.such=1", "status"], 1), (["task", "t-0000000000000000"], 1)):
            self.ask(*words, code=code)


class OnAFile(Commands):
    bus = FileBus


if __name__ == "__main__":
    run_tests()
