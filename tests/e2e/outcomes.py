"""What managers do, merged among the events: a cluster makes of both what replay makes of files."""
import datetime
import json
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import DeskTest, event, run_tests, wait_for  # noqa: E402

MOVES = (("done", {"result": "retained"}), ("claim", {}), ("done", {"result": "false_alarm"}),
         ("snooze", {}), ("reassign", {}), ("done", {"result": "unreachable"}), ("escalate", {}),
         ("release", {}), ("note", {"note": "called"}), ("done", {"result": "no_issue"}))


def later(at, minutes):
    return (datetime.datetime.fromisoformat(at) + datetime.timedelta(minutes=minutes)).isoformat()


def moves_of(records):
    """A move for every version: at its very instant, half an hour later, or days later, and now and
    then of a version the manager had seen before."""
    managers = sorted({r["manager"] for r in records})
    for i, r in enumerate(sorted(records, key=lambda r: (r["updated_at"], r["task_id"], r["version"]))):
        action, more = MOVES[i % len(MOVES)]
        at = later(r["updated_at"], (0, 30, 3000)[i % 3])
        needs = {"done": {"version": max(1, r["version"] - i % 2)},
                 "snooze": {"until": later(at, 5000)},
                 "reassign": {"to": managers[i % len(managers)]}}.get(action, {})
        move = {"id": f"o{i}", "task_id": r["task_id"], "client_id": r["client_id"],
                "manager": r["manager"], "action": action, "at": at, **needs, **more}
        yield move
        if i % 7 == 0:
            yield move  # the pump may send one again


class Outcomes(DeskTest):
    def county_with_moves(self, seed):
        managers, profiles, events = self.desk.simulated(seed)
        records = self.desk.replayed(managers, profiles, events)
        for _ in range(2):  # moves make other tasks; those get moves as well
            end = max(r["updated_at"] for r in records.values())
            moves = sorted((m for m in moves_of(records.values()) if m["at"] <= end),
                           key=lambda m: m["at"])
            outcomes = self.desk.write("outcomes.ndjson", moves)
            records = self.desk.replayed(managers, profiles, events, "--outcomes", outcomes)
        self.assertGreater(len([r for r in records.values() if r["state"] == "done"]), 30)
        for name in (managers, profiles, events, outcomes):
            self.desk.ctl("ingest", name)
        return records

    def test_moves_among_a_backlog_equal_replay_over_a_kill(self):
        self.desk.make_topics()
        expected = self.county_with_moves(11)
        daemon = self.desk.start(extra=("-o", "engine.batch_messages=200"))
        wait_for("some messages are judged", lambda: daemon.metric("messages_total") >= 3000)
        daemon.kill()
        self.desk.start(extra=("-o", "engine.threads=2"))
        self.assert_same_tasks(expected)

    def test_what_people_did_is_explained(self):
        self.desk.start()
        self.desk.ingest([{"client_id": "g1", "kind": "group", "manager": "am1"}])
        self.desk.ingest([event("care.complaint", "2026-03-02T10:00:00+08:00", "g1",
                                {"severity": 3, "topic": "bill", "ticket": "T1"})])
        task = wait_for("its task", lambda: self.desk.task("g1"))["task_id"]
        told = [{"id": i, "task_id": task, "client_id": "g1", "manager": "am1", "action": action,
                 "at": "2026-03-02T11:00:00+08:00", **more}
                for i, (action, more) in enumerate((("note", {"note": "x"}), ("note", {"note": "y"}),
                                                    ("claim", {"until": "2026-03-02T12:00:00+08:00"})))]
        self.desk.ingest([{**m, "id": f"m{m['id']}"} for m in told])
        wait_for("they are known", lambda: self.explained()["desk"]["claimed_by"])
        desk = self.explained()["desk"]
        self.assertEqual((desk["claimed_by"], desk["moves"], desk["claimed_until"][:16]),
                         ("am1", {"claim": 1, "note": 2}, "2026-03-02T12:00"))
        self.assertIn("claim 1 · note 2 · claimed: am1", self.desk.ctl("explain", "g1"))
        self.desk.ingest([{**told[0], "id": "m9", "action": "done", "version": 1, "result": "retained"}])
        wait_for("it is done", lambda: self.explained()["task"] is None)
        self.assertIsNone(self.explained()["desk"])

    def explained(self):
        return json.loads(self.desk.ctl("--json", "explain", "g1"))


if __name__ == "__main__":
    run_tests()
