"""What people read in Chinese: every command that prints for people, walked over a county; what is
left of English is in the list below, and a word beside it fails."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(__file__))
from buses import FileBus  # noqa: E402
from desk import DeskTest, run_tests, wait_for  # noqa: E402

# Stays as it is, whatever the language.
STAYS = re.compile("|".join((
    r"\b[tgic]-[\w-]+", r"\b(am|chief)\d+", r"\bcw-\d+",    # ids
    r"\d{4}-\d\d-\d\dT[\d:]+([+-]\d\d:\d\d)?",              # times
    r"\b[a-z_]+(\.[a-z_]+)+\b",                             # names of settings, thresholds, topics
    r"\b[a-z_]+=",                                          # … in short, and members of segments
    r"\b[a-z]+(_[a-z]+)+\b|\binactivity\b",                # … in what is said of another one
    r"\bCF(U|B|NRy|NRc)\b|\bMB\b",                         # what networks call them
    r"--[a-z-]+", r"\b-o\b", r"churnwatchctl\w*",           # options and programs
    r"\bMiB\b",
    r"\b\d+(\.\d+)?[smhd]\b", r"\b\d+[hm]\d+\b",            # durations
    r"\b(on|off|dry|true|false|zh_CN|en)\b",                # values that a file takes
    r"/[\w./-]+", r"sqlite:\S+", r"redis://\S+",            # paths and addresses
    r"\bRedis\b", r"\bepoch：[0-9a-f]+", r"\bVIP\b", r"\b[ABC][12]?\b",
    r"\b[0-9a-f]{16,}\b", r"(missing-member +.*)$",  # codes, and the daemon's own sentence
    r"\b(unicom|telecom|mobile|broadnet)\b")), re.M)  # what the events say
ENGLISH = re.compile(r"[A-Za-z]{2,}")


class Language(DeskTest):
    bus = FileBus
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.desk.extra = ("language=zh_CN",)

    def check(self, *words):
        """Notes lines with English in them."""
        said = STAYS.sub("", self.desk.ctl(*words))
        self.found += [(words[0], line) for line in said.split("\n") if ENGLISH.search(line)]

    def test_no_command_leaves_english(self):
        self.found = []
        daemon = self.desk.start()
        self.desk.ctl("sim", "--send", "--clients", "120", "--days", "50")
        sent = sum(len(self.desk.consume(t)) for t in ("profiles", "billing", "service"))
        wait_for("all is judged", lambda: daemon.metric("messages_total") == sent and set(
            re.findall(r"^churnwatch_lag_messages\{.*\} (\d+)$", daemon.get("/metrics")[1],
                       re.M)) == {"0"})
        wait_for("all is delivered",
                 lambda: daemon.metric("delivered_total") == len(self.desk.records()))
        managers = self.desk.redis.lines("smembers", self.desk.key("managers"))
        tasks = [t for m in managers for t in json.loads(self.desk.ctl("--json", "tasks", m))]
        first = tasks[0]
        self.desk.ctl("ingest", self.desk.write("bad.ndjson", [{"client_id": "g-1"}]))
        another = next(m for m in managers if m.startswith("am") and m != first["manager"])
        for name, *rest in (("claim",), ("release",), ("note", "已联系"), ("snooze", "--for", "1d"),
                            ("reassign", another), ("done", "--result", "lost")):
            self.check(name, first["task_id"], *rest, "--as", first["manager"])
        seen = set()
        for task in tasks:
            detectors = {s["detector"] for s in task["signals"]}
            if detectors - seen or task is first:
                self.check("task", task["task_id"])
                self.check("explain", task["client_id"])
            seen |= detectors
        self.assertGreater(len(seen), 8, seen)
        wait_for("a dead letter", lambda: self.desk.consume("dead_letters"))
        self.check("dead-letters", "list")
        for manager in managers:
            self.check("tasks", manager)
            self.check("feed", manager)
        for words in (("thresholds", "set", "spend_drop.fire_score=12", "--reason", "试", "--author",
                       "am001"), ("thresholds", "list"), ("thresholds", "get", "spend_drop.mode"),
                      ("thresholds", "get", "spend_drop.fire_score"), ("thresholds", "history"),
                      ("thresholds", "dry"), ("status",), ("status", "--bus"), ("doctor",),
                      ("dead-letters", "replay", "--code", "missing-member", "--dry-run"),
                      ("redeliver", "--dry-run"), ("redeliver",)):
            self.check(*words)
        for line in self.desk.ctl("settings", "list").split("\n"):  # the values are the file's
            self.assertNotIn("default", line.split(" ")[-1])
        self.assertEqual(self.found, [])


if __name__ == "__main__":
    run_tests(FileBus)
