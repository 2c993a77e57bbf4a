"""Settings that change while the daemons run: live thresholds on every instance, files reloaded."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, DeskTest, event, run_tests, wait_for  # noqa: E402

LINE = "8613500000001"


def complaint(client, hour=10):
    return event("care.complaint", f"2026-03-02T{hour:02}:00:00+08:00", client,
                 {"severity": 4, "topic": "bill", "ticket": "T"})


def inquiry(client):
    return event("service.port_out", "2026-03-02T12:00:00+08:00", client,
                 {"msisdn": LINE, "stage": "inquiry"})


class Thresholds(DeskTest):
    def set(self, *words):
        answer = json.loads(self.desk.ctl("--json", "thresholds", *words, "--reason", "a test",
                                          "--author", "tester"))
        self.assertTrue(answer["verified"], answer)
        return answer

    def status(self, instance):
        text = self.desk.redis.ask("get", self.desk.key("status:" + instance))
        return json.loads(text) if text else {}

    def versions_of(self, clients):
        """The settings' version in each client's first task record, once all have one."""
        def found():
            of = {}
            for (_, version), r in self.desk.records().items():
                if version == 1 and r["client_id"] in clients:
                    of[r["client_id"]] = r["settings"]
            return of if len(of) == len(clients) else None
        return wait_for("each has a task", found)

    def clients(self, name):
        """So many that every partition has some."""
        return [f"{name}-{i}" for i in range(12)]

    def test_in_force_on_both_kept_over_restarts_and_rolled_back(self):
        daemons = [self.desk.start("cw-0"), self.desk.start("cw-1")]
        wait_for("both have shards", lambda: all(self.status(i).get("shards")
                                                 for i in ("cw-0", "cw-1")))
        before, dry, after = (self.clients(n) for n in ("before", "dry", "after"))
        self.desk.ingest([complaint(c, 9) for c in before])
        self.assertEqual(set(self.versions_of(before).values()), {0})

        answer = self.set("set", "complaint.mode=dry", "port_out.mode=on")
        self.assertEqual((answer["version"], sorted(answer["in_force"])), (1, ["cw-0", "cw-1"]))
        for i in ("cw-0", "cw-1"):
            self.assertEqual(self.status(i)["settings"], 1)
        self.desk.ingest([e for c in dry for e in (complaint(c), inquiry(c))])
        self.assertEqual(set(self.versions_of(dry).values()), {1})
        for r in self.desk.records().values():
            if r["client_id"] in dry:
                self.assertEqual([s["detector"] for s in r["signals"]], ["port_out"])
        wait_for("the dry findings are listed", lambda: {
            f["client_id"] for f in json.loads(self.desk.ctl("--json", "thresholds", "dry"))
        } == set(dry))

        for daemon in daemons:
            self.assertEqual(daemon.terminate(), 0)
        daemons = [self.desk.start("cw-0"), self.desk.start("cw-1")]
        wait_for("both know it again", lambda: all(self.status(i).get("settings") == 1
                                                   for i in ("cw-0", "cw-1")))
        self.assertEqual(self.set("rollback", "0")["version"], 2)
        self.desk.ingest([complaint(c, 13) for c in after])
        self.assertEqual(set(self.versions_of(after).values()), {2})
        history = json.loads(self.desk.ctl("--json", "thresholds", "history"))
        self.assertEqual([(h["taken"], h["record"]["version"], h["record"]["author"])
                          for h in history], [(True, 1, "tester"), (True, 2, "tester")])

    def test_of_those_who_change_at_once_the_log_takes_one_each_time(self):
        self.desk.start()
        words = [os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "--json", "thresholds",
                 "set", "--reason", "race"]
        told = []
        for _ in range(3):
            running = [subprocess.Popen([*words, "--author", f"o{i}", f"complaint.leave={i + 1}"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                       for i in range(4)]
            told += [(p, *p.communicate(timeout=60)) for p in running]
        won = [json.loads(out)["version"] for p, out, _ in told if p.returncode == 0]
        for p, _, err in told:
            self.assertIn(p.returncode, (0, 1))
            if p.returncode:
                self.assertIn("refused", err)
        self.assertEqual(sorted(won), list(range(1, len(won) + 1)))
        history = json.loads(self.desk.ctl("--json", "thresholds", "history"))
        self.assertEqual(len(history), 12)
        taken = [h["record"] for h in history if h["taken"]]
        self.assertEqual([r["version"] for r in taken], sorted(won))
        got = json.loads(self.desk.ctl("--json", "thresholds", "get", "complaint.leave"))
        self.assertEqual(got["value"], taken[-1]["changes"][0]["value"])
        self.assertEqual(got["chain"][-1]["author"], taken[-1]["author"])

    def test_a_record_that_is_no_change_is_refused_and_changes_nothing(self):
        daemon = self.desk.start(extra=("-o", "engine.threads=1"))
        self.set("set", "complaint.leave=3")
        for value in (b"{}", b"no json", b'{"version":2}'):
            self.desk.produce("control", "thresholds", value)
        wait_for("all three are counted",
                 lambda: daemon.metric("live_changes_refused_total") == 3)
        self.assertEqual(self.set("set", "complaint.leave=4")["version"], 2)
        self.desk.ingest([complaint("c")])
        self.assertEqual(self.versions_of(["c"]), {"c": 2})

    def test_the_winning_chain_of_a_client(self):
        self.desk.start()
        self.desk.ingest([{"client_id": "g-1", "kind": "group", "class": "A1", "manager": "am1",
                           "county": "庆元"}])
        self.set("set", "complaint.leave=3")
        self.set("set", "complaint.leave=4", "--segment", "class=A1")
        self.set("set", "complaint.leave=5", "--segment", "county=庆元,kind=group")
        for words, value in ((("--client", "g-1"), 5), (("--client", "nobody"), 3),
                             (("--segment", "class=A1"), 4), ((), 3)):
            got = json.loads(self.desk.ctl("--json", "thresholds", "get", "complaint.leave",
                                           *words))
            self.assertEqual(got["value"], value, words)
            self.assertEqual(got["chain"][0]["origin"], "default")
        self.set("set", "complaint.leave=unset", "--segment", "county=庆元,kind=group")
        got = json.loads(self.desk.ctl("--json", "thresholds", "get", "complaint.leave",
                                       "--client", "g-1"))
        self.assertEqual([link["value"] for link in got["chain"]][1:], [3, 4])  # after the shipped one

    def reload(self, daemon, refused, what):
        """Signals, and waits until the status tells of a reload that went so."""
        daemon.process.send_signal(signal.SIGHUP)
        return wait_for(what, lambda: self.reloaded(refused))

    def reloaded(self, refused):
        told = self.status("cw-0").get("reload")
        if not told or told["refused"] != refused or told["at"] == self.seen:
            return None
        self.seen = told["at"]
        return told

    def test_a_broken_file_changes_nothing_and_a_good_one_all(self):
        self.seen = None
        conf = os.path.join(self.desk.folder, "cw.conf")
        part = os.path.join(self.desk.folder, "conf.d", "10-a.conf")
        os.mkdir(os.path.dirname(part))

        def write(path, text):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)

        write(conf, 'detectors = { complaint = { mode = "on"; }; };\n')
        daemon = self.desk.start(extra=("-c", conf))
        write(part, '\ndetectors = { complaint = { mode = "loud"; }; };\n'
                    'engine = { batch_messages = 7; };\n')
        self.reload(daemon, True, "the broken file is refused")
        self.assertIn(f"{part}:2: detectors.complaint.mode", daemon.said())
        self.desk.ingest([complaint("as-before")])
        self.versions_of(["as-before"])

        write(part, 'detectors = { complaint = { mode = "off"; }; };\n'
                    'time = { zone = "UTC"; };\n')
        told = self.reload(daemon, False, "the mended one is taken")
        self.assertEqual(told["needs_restart"], "time.zone")
        self.desk.ingest([complaint("silent"), inquiry("heard")])
        self.versions_of(["heard"])
        self.assertFalse([r for r in self.desk.records().values()
                          if r["client_id"] == "silent"])
        self.assertEqual({r["created_at"][-6:] for r in self.desk.records().values()}, {"+08:00"})


if __name__ == "__main__":
    run_tests()
