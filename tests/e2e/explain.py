"""What explain reads from a shard's state log is what it makes of the same events in files; and a look
back, by replaying the input topics, is what was read when the clock stood there."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, DeskTest, run_tests, wait_for  # noqa: E402

CLIENTS, DAYS, PARTITIONS = "60", "50", "3"


class Explain(DeskTest):
    def setUp(self):
        super().setUp()
        # The clock stands where the events leave it.
        self.desk.extra += ("time.idle_tick=false",)
        self.county = os.path.join(self.desk.folder, "county")
        self.desk.ctl("sim", "--out", self.county, "--clients", CLIENTS, "--days", DAYS)

    def file(self, name):
        return os.path.join(self.county, name + ".ndjson")

    def halves(self):
        """The events in two files, the second one beginning at a later instant."""
        with open(self.file("events"), encoding="utf-8") as f:
            lines = f.readlines()
        n = len(lines) * 4 // 5
        while json.loads(lines[n])["time"] == json.loads(lines[n - 1])["time"]:
            n += 1
        for name, part in (("first", lines[:n]), ("second", lines[n:])):
            with open(self.file(name), "w", encoding="utf-8") as f:
                f.writelines(part)

    def document(self, client, *words):
        found = json.loads(self.desk.ctl("--json", "explain", client, *words))
        return found.pop("source"), found

    def of_files(self, client, *events):
        words = [w for name in ("profiles", "managers") for w in ("--" + name, self.file(name))]
        return self.document(client, "--events", *(self.file(e) for e in events),
                             "--partitions", PARTITIONS, *words)[1]

    def clients(self):
        with open(self.file("profiles"), encoding="utf-8") as f:
            everybody = [json.loads(line)["client_id"] for line in f]
        tasks = {r["client_id"] for r in self.desk.records().values()}
        return sorted(tasks)[:5] + [c for c in everybody if c not in tasks][:5]

    def test_state_log_files_and_topics_agree(self):
        self.halves()
        self.desk.make_topics()
        self.desk.ctl("ingest", self.file("managers"))
        self.judged("profiles", "first")
        clients = self.clients()
        self.assertEqual(len(clients), 10)
        then = {}
        for client in clients:
            source, then[client] = self.document(client)
            self.assertEqual((source["from"], source["partial"]), ("state_log", False))
            self.assertEqual(then[client], self.of_files(client, "first"), client)
        self.judged("second")
        for client in clients:
            source, now = self.document(client)
            self.assertEqual(now, self.of_files(client, "first", "second"), client)
            self.assertNotEqual(now["clock"], then[client]["clock"])
            source, back = self.document(client, "--at", then[client]["clock"])
            self.assertEqual((source["from"], source["partial"]), ("input_topics", False))
            self.assertEqual(back, then[client], client)
        self.assertTrue(any(d["task"] for d in then.values()))
        self.drawn(next(c for c, d in then.items() if d["task"]))

    def drawn(self, client):
        """The days are read from the input topics, the rest from the state log."""
        picture = os.path.join(self.desk.folder, "picture.svg")
        self.assertIn(client, self.desk.ctl("explain", client, "--svg", picture))
        with open(picture, encoding="utf-8") as f:
            drawn = f.read()
        words = [w for n in ("profiles", "managers") for w in ("--" + n, self.file(n))]
        self.assertEqual(drawn, self.desk.ctl(
            "explain", client, "--svg", "-", "--partitions", PARTITIONS, "--events",
            self.file("first"), self.file("second"), *words))

    def judged(self, *files):
        """A daemon judges these; what it has committed is read when it has ended."""
        n = 0
        for name in files:
            self.desk.ctl("ingest", self.file(name))
            with open(self.file(name), encoding="utf-8") as f:
                n += sum(1 for _ in f)
        daemon = self.desk.start()
        wait_for("all are taken in", lambda: daemon.metric("messages_total") >= n, 180)
        wait_for("the lag is gone", self.without_lag, 180)
        self.assertEqual(daemon.terminate(), 0)

    def without_lag(self):
        status = json.loads(self.desk.ctl("--json", "status", ok=False))
        shards = [s for i in status["instances"].values() for s in i["shards"]]
        return len(shards) == int(PARTITIONS) and all(set(s["lag"].values()) == {0} for s in shards)

    def test_an_unknown_client_is_said_to_be(self):
        self.desk.make_topics()
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "explain", "nobody"],
                           capture_output=True, text=True, check=False)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertIn("holds no event", r.stderr)
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), "-o", "kafka.bootstrap_servers=127.0.0.1:1",
                            "explain", "nobody"], capture_output=True, text=True, check=False)
        self.assertEqual(r.returncode, 3, r.stderr)


if __name__ == "__main__":
    run_tests()
