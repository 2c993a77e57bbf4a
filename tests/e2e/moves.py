"""People's moves from end to end: churnwatchctl to Redis, the pump to task.outcomes, the engine's
answer back on the desk. On Kafka and on the embedded log."""
import datetime
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from buses import FileBus, KafkaBus  # noqa: E402
from desk import DeskTest, event, run_tests, wait_for  # noqa: E402

NOW = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).replace(microsecond=0)
LINES = ("8613500000001", "8613500000002")


def at(minutes):
    return (NOW + datetime.timedelta(minutes=minutes)).isoformat()


def suspended(client, minutes):
    return event("service.suspended", at(minutes), client,
                 {"msisdn": LINES[0], "direction": "both", "reason": "other"})


def port_out(client, minutes):
    return event("service.port_out", at(minutes), client, {"msisdn": LINES[1], "stage": "requested"})


class Moves:
    """What holds on any bus."""

    def start(self, *clients):
        """Managers are read whole before anything is judged, so they are there first."""
        self.desk.make_topics()
        self.desk.ingest([{"manager_id": "chief", "name": "Chief"}] +
                         [{"manager_id": m, "name": m, "chief_manager": "chief"}
                          for m in ("am1", "am2")])
        self.daemon = self.desk.start()
        self.desk.ingest([{"client_id": c, "kind": "group", "manager": "am1", "name": c}
                          for c in clients])
        self.desk.ingest([suspended(c, -60) for c in clients])
        return [wait_for(f"a task of {c}", lambda c=c: self.desk.task(c))["task_id"]
                for c in clients]

    def move(self, *words):
        return json.loads(self.desk.ctl("--json", words[0], *words[1:], "--as", "li"))

    def outcomes(self, n):
        """The first n, when they are there; none is waiting in Redis any more then."""
        wait_for(f"{n} outcomes", lambda: len(self.desk.consume("outcomes")) >= n)
        wait_for("Redis has forgotten them",
                 lambda: self.desk.redis.ask("exists", self.desk.key("outcomes-waiting")) == "0")
        found = [(m[1], json.loads(m[2])) for m in self.desk.consume("outcomes")]
        self.assertEqual(len(found), n)
        return found

    def stored(self, client, **wanted):
        return wait_for(f"{client}: {wanted}", lambda: (lambda t: t and all(
            t.get(k) == v for k, v in wanted.items()) and t)(self.desk.task(client)))

    def test_each_move_is_an_outcome_of_the_contract(self):
        task, = self.start("g-1")
        self.assertEqual(self.move("claim", task, "--for", "1h")["desk"], "claimed")
        self.move("note", task, "她在等回话\n第二行")
        self.move("release", task)
        self.move("snooze", task, "--for", "3d", "--reason", "away")
        self.move("escalate", task, "--reason", "big")
        self.stored("g-1", escalated_to="chief", version="2", desk="snoozed")
        self.move("reassign", task, "am2")
        self.stored("g-1", manager="am2", version="3", desk="queued")
        self.assertEqual(self.move("done", task, "--result", "recovering", "--method", "phone",
                                   "--note", "will pay")["version"], 3)
        found = self.outcomes(7)
        common = {"id", "task_id", "version", "client_id", "manager", "action", "at", "who"}
        more = {"claim": {"until"}, "note": {"note"}, "snooze": {"until", "note"},
                "escalate": {"note"}, "reassign": {"to"}, "done": {"result", "method", "note"}}
        epoch = self.desk.redis.ask("hget", self.desk.key("delivery"), "epoch")
        for key, o in found:
            self.assertEqual((key, o["client_id"], o["task_id"]), ("g-1", "g-1", task))
            self.assertEqual(set(o), common | more.get(o["action"], set()))
            self.assertRegex(o["id"], rf"^{epoch}:{o['manager']}:\d+-\d+$")
        self.assertEqual([o["action"] for _, o in found],
                         ["claim", "note", "release", "snooze", "escalate", "reassign", "done"])
        self.assertEqual([o["manager"] for _, o in found], ["am1"] * 6 + ["am2"])
        self.assertEqual(found[-1][1]["version"], 3)
        ended = self.stored("g-1", state="done", version="4", desk="closed")
        for text in ("第二行", "away", "big", "will pay"):
            self.assertIn(text, ended["note"])
        self.assertEqual(self.desk.consume("dead_letters"), [])

    def test_a_reassignment_to_nobody_is_heard_of(self):
        """ctl asks first; what came by another way is a dead letter, with all that was asked for."""
        task, = self.start("g-1")
        for words in (("reassign", task, "am22", "--as", "li"), ("tasks", "am22"),
                      ("feed", "am22"), ("redeliver", "--manager", "am22")):
            code, said = self.desk.refusal(*words)
            self.assertEqual(code, 1, said)
            self.assertIn("no such manager: am22; did you mean am2 or am1?", said)
        self.assertIn("no such manager: zhang\n", self.desk.refusal("tasks", "zhang")[1])
        self.assertEqual(json.loads(self.desk.ctl("--json", "tasks", "am2")), [])
        self.desk.redis.ask("fcall", "cw_reassign", "1", self.desk.key("am1:queue"), task, "li",
                            "ghost")
        dead, = wait_for("a dead letter", lambda: self.desk.consume("dead_letters"))
        headers = dead[0]
        self.assertEqual(headers["cw_error"], "no-such-manager")
        self.assertIn('no manager "ghost" in manager.profiles', headers["cw_detail"])
        self.assertEqual(json.loads(dead[2])["to"], "ghost")
        self.assertEqual(self.stored("g-1", manager="am1")["version"], "1")
        self.desk.ctl("reassign", task, "am2", "--as", "li")
        self.stored("g-1", manager="am2", version="2")

    def test_a_false_alarm_is_shown(self):
        task, = self.start("g-1")
        self.move("done", task, "--result", "false_alarm")
        sample = r'^churnwatch_task_results\{detector="suspension",segment="",result="false_alarm"\} 1$'
        wait_for("it is counted", lambda: re.search(sample, self.daemon.get("/metrics")[1], re.M))
        self.daemon.kill()
        self.daemon = self.desk.start()
        wait_for("it is counted after a kill",
                 lambda: re.search(sample, self.daemon.get("/metrics")[1], re.M))
        wait_for("status has it", lambda: re.search(
            r"^suspension( +0){3} +1( +0){2} +100%$", self.desk.ctl("status", ok=False), re.M))

    def test_a_done_that_crosses_news_opens_a_new_task(self):
        task, = self.start("g-1")
        self.move("claim", task)
        self.desk.ingest([port_out("g-1", -30)])
        self.stored("g-1", version="2")
        self.move("done", task, "--result", "no_issue", "--seen", "1")
        wait_for("the first ends", lambda: self.desk.redis.ask(
            "hget", self.desk.key(f"am1:task:{task}"), "state") == "done")
        after = wait_for("a second", lambda: [
            t for t in self.desk.redis.lines("hkeys", self.desk.key("tasks")) if t != task])[0]
        second = self.desk.redis.hash(self.desk.key(f"am1:task:{after}"))
        self.assertEqual((second["desk"], second["state"]), ("queued", "open"))
        self.assertIn("port_out", second["signals"])

    def test_paid_takes_it_out_of_the_hand(self):
        held, aside = self.start("g-1", "g-2")
        self.move("claim", held)
        self.move("snooze", aside, "--for", "3d")
        self.desk.ingest([event("service.resumed", at(-10), c, {"msisdn": LINES[0]})
                          for c in ("g-1", "g-2")])
        for client, task in (("g-1", held), ("g-2", aside)):
            self.stored(client, state="withdrawn", desk="closed")
            said = self.desk.ctl("claim", task, "--as", "li", ok=False)
            self.assertEqual(said, "")
        self.assertEqual(self.desk.redis.ask("exists", self.desk.key("timers")), "0")

    def test_moves_outlive_a_kill_of_everything(self):
        """What was moved while no daemon ran goes out at the next start, once for each id."""
        tasks = self.start("g-1", "g-2", "g-3")
        self.daemon.kill()
        for task in tasks:
            self.move("claim", task)
            self.move("done", task, "--result", "lost")
        self.desk.redis.stop()
        self.desk.redis.start()
        self.daemon = self.desk.start()
        wait_for("moves go out", lambda: len(self.desk.consume("outcomes")) >= 1)
        self.daemon.kill()
        self.desk.start()
        for client in ("g-1", "g-2", "g-3"):
            self.stored(client, state="done", desk="closed")
        ids = {json.loads(m[2])["id"] for m in self.desk.consume("outcomes")}
        self.assertEqual(len(ids), 6)

    def test_what_is_no_outcome_is_kept_aside(self):
        task, = self.start("g-1")
        for word in ("outcomes", "outcomes-waiting"):
            key = self.desk.key("am1:" + word if word == "outcomes" else word)
            self.desk.redis.ask(*(("xadd", key, "*", "client_id", "g-1", "action", "bribe")
                                  if word == "outcomes" else ("zadd", key, "1", "am1")))
        self.move("claim", task)
        self.outcomes(1)
        aside = self.desk.redis.ask("xrange", self.desk.key("outcomes-refused"), "-", "+")
        self.assertIn("bribe", aside)
        self.assertEqual(self.daemon.metric("moves_refused_total"), 1)
        self.assertEqual(self.daemon.metric("moves_written_total"), 1)


class OnKafka(Moves, DeskTest):
    bus = KafkaBus

    @unittest.skipIf(KafkaBus.missing, KafkaBus.missing)
    def setUp(self):
        super().setUp()


class OnTheFile(Moves, DeskTest):
    bus = FileBus


if __name__ == "__main__":
    run_tests(FileBus)
