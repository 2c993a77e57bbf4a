"""People's moves in a real Redis, against a plain model of docs/moves.md.

The model is a dictionary of tasks. After each step everything that the step could have touched is
compared with it: the record and desk of every task, every sorted set with its scores, what the
feeds and the outcomes have become. Nothing waits: a claim or a snooze is over when its timer's
score is put back, which is what time would do.
"""
import datetime
import os
import random
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from resp import Refused, Server, available, library  # noqa: E402

MANAGERS = ("am1", "am.2", "am-3", "chief")
PEOPLE = ("am1", "am.2", "zhang", "li", "chief")
RESULTS = ("retained", "recovering", "no_issue", "false_alarm", "lost", "unreachable")
ZONE = datetime.timezone(datetime.timedelta(hours=8))
RECORD_AT = "2026-03-02T02:00:00+08:00"
TASKS, STEPS, SEEDS = 8, 3000, (1, 2, 3, 4)
STEPS_BOUND = int(os.environ.get("CW_TEST_STEPS", STEPS))


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, ZONE).isoformat()


def score(task):
    return task["priority"] * 2**32 + (2**32 - 1 - (task["due"] or 2**32 - 1))


class Model:
    """What Redis should hold, and what it should have said since it was last asked."""

    def __init__(self):
        self.tasks, self.feed, self.outcomes = {}, [], []

    # ---- deliveries ----

    def apply(self, v):
        old = self.tasks.get(v["id"])
        if old and old["version"] >= v["version"]:
            return 0
        new = dict(old or {"desk": "queued", "by": "", "over": None, "rev": 0, "notes": []}, **v)
        if old is None or self.next_desk(old, v) != old["desk"]:
            new["desk"] = self.next_desk(old, v) if old else self.first_desk(v)
            new["over"], new["rev"] = None, new["rev"] + 1
            if new["desk"] == "queued":
                new["by"] = ""
        self.tell_version(old, new)
        self.tasks[v["id"]] = new
        return 1

    @staticmethod
    def first_desk(v):
        return "queued" if v["state"] == "open" else "closed"

    @staticmethod
    def next_desk(old, v):
        if v["state"] != "open" or old["desk"] == "closed":
            return "closed"
        if old["manager"] != v["manager"] or (old["desk"] == "snoozed" and v["wake"]):
            return "queued"
        return old["desk"]

    def tell_version(self, old, new):
        def tell(manager, event):
            self.feed.append((manager, event, new["id"], new["version"]))
        if old and old["manager"] != new["manager"]:
            tell(old["manager"], "handed_over")
        if new["state"] != "open":
            tell(new["manager"], "withdrawn" if new["state"] == "withdrawn" else "closed")
        elif (not old or old["manager"] != new["manager"]) and new["desk"] != "closed":
            tell(new["manager"], "created")
        else:
            raised = new["priority"] > old["priority"] and new["desk"] != "closed"
            tell(new["manager"], "raised" if raised else "updated")
        stays = old and old["manager"] == new["manager"]
        if stays and old["desk"] == "snoozed" and new["desk"] == "queued":
            tell(new["manager"], "woken")
        if new["chief"] and not (old and old["chief"]) and new["desk"] != "closed":
            for manager in {new["manager"], "chief"}:
                tell(manager, "escalated")

    # ---- moves ----

    def refusal(self, manager, move, task_id, who, version=0):
        """The code that a move is refused with; None when it counts."""
        t = self.tasks.get(task_id)
        if not t or t["manager"] != manager:
            return "CWGONE"
        if t["desk"] == "closed" and move != "note":
            return "CWSTATE"
        if t["desk"] == "queued" and move == "release":
            return "CWSTATE"
        if t["desk"] == "claimed" and t["by"] != who and move in ("claim", "release", "done",
                                                                   "snooze"):
            in_charge = who == manager or (t["chief"] and who == "chief")
            if not (move == "release" and in_charge):
                return "CWSTATE"
        if (move == "escalate" and t["chief"]) or version > t["version"]:
            return "CWSTATE"
        return None

    def move(self, move, task_id, who, **asked):
        t = self.tasks[task_id]
        desk = {"claim": "claimed", "release": "queued", "done": "closed",
                "snooze": "snoozed"}.get(move)
        t["rev"] += 1
        if desk:
            t["desk"], t["over"] = desk, asked.get("over")
            t["by"] = "" if desk == "queued" else who
        if asked.get("text"):
            t["notes"].append((who, move, asked["text"]))
        self.feed.append((t["manager"], move, task_id, t["version"]))
        entry = {"action": move, "task_id": task_id, "client_id": t["client"], "who": who,
                 "version": str(asked.get("version", t["version"]))}
        if asked.get("over"):
            entry["until"] = instant(asked["over"])
        if asked.get("text"):
            entry["note"] = asked["text"]
        entry.update({k: asked[k] for k in ("to", "result", "method") if asked.get(k)})
        self.outcomes.append((t["manager"], entry))

    def end_hold(self, task_id):
        t = self.tasks[task_id]
        self.feed.append((t["manager"], "lapsed" if t["desk"] == "claimed" else "woken", task_id,
                          t["version"]))
        t["rev"] += 1
        t["desk"], t["by"], t["over"] = "queued", "", None


class MovesTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.redis = redis
        redis("FLUSHALL")
        redis("HSET", "cw:delivery", "epoch", "E")
        self.offset, self.model, self.taken = -1, Model(), {}

    # ---- both at once ----

    def deliver(self, **v):
        """One version to both. Members that are not named are as in the last version."""
        old = self.model.tasks.get(v["id"], {})
        usual = {"manager": "am1", "priority": 500, "due": 1772388000, "state": "open",
                 "wake": False, "chief": False, "client": "g-1", "version": 1}
        v = {**usual, **{k: old[k] for k in usual if k in old and k != "wake"}, **v}
        if old and "version" not in v:
            v["version"] = old["version"] + 1
        fields = {"task_id": v["id"], "version": v["version"], "client_id": v["client"],
                  "manager": v["manager"], "state": v["state"], "priority": v["priority"],
                  "wake": str(v["wake"]).lower(), "escalated_to": "chief" if v["chief"] else "",
                  "headline": "三 \"b\"", "updated_at": RECORD_AT}
        pairs = [word for pair in fields.items() for word in pair]
        got = self.redis("FCALL", "cw_apply", 1, "cw:delivery", "E", 7, self.offset,
                         self.offset + 2, RECORD_AT, 100000, 100000, v["due"] or "", len(fields),
                         *pairs)
        self.offset += 2
        self.assertEqual(got, [self.offset, self.model.apply(v)])
        self.check()

    def call(self, move, manager, task_id, who, *words):
        return self.redis("FCALL", "cw_" + move, 1, f"cw:{manager}:queue", task_id, who, *words)

    def move(self, move, task_id, who, *words, manager=None, **asked):
        """One move to both; what it gives must be what the model says."""
        manager = manager or self.model.tasks[task_id]["manager"]
        code = self.model.refusal(manager, move, task_id, who, asked.get("version", 0))
        before = time.time()
        try:
            got = self.call(move, manager, task_id, who, *words)
        except Refused as why:
            self.assertEqual(str(why).split()[0], code, why)
            self.check()
            return str(why)
        self.assertIsNone(code, f"{move} of {task_id} by {who} was not refused")
        if move == "claim":
            over = datetime.datetime.fromisoformat(
                self.redis("HGET", f"cw:{manager}:task:{task_id}", "desk_until")).timestamp()
            self.assertGreaterEqual(over, int(before) + int(words[0]))
            self.assertLessEqual(over, time.time() + int(words[0]))
            asked["over"] = int(over)
        self.model.move(move, task_id, who, **asked)
        t = self.model.tasks[task_id]
        self.assertEqual(got, [t["desk"], t["rev"]])
        self.check()
        return None

    def claim(self, task_id, who, **more):
        return self.move("claim", task_id, who, "3600", **more)

    def release(self, task_id, who, **more):
        return self.move("release", task_id, who, **more)

    def done(self, task_id, who, version, note="", result="retained", **more):
        return self.move("done", task_id, who, version, result, "phone", note, version=version,
                         result=result, method="phone", text=note, **more)

    def snooze(self, task_id, who, reason="", after=86400, **more):
        over = int(time.time()) + after
        return self.move("snooze", task_id, who, over, reason, over=over, text=reason, **more)

    def note(self, task_id, who, text, **more):
        return self.move("note", task_id, who, text, text=text, **more)

    def reassign(self, task_id, who, to, **more):
        return self.move("reassign", task_id, who, to, to=to, **more)

    def escalate(self, task_id, who, reason="", **more):
        return self.move("escalate", task_id, who, reason, text=reason, **more)

    def time_passes(self, *ids):
        """The timers of these tasks are over, all at one time."""
        over = int(time.time()) - 1
        for task_id in sorted(ids):
            self.redis("ZADD", "cw:timers", "XX", over, task_id)
            self.model.end_hold(task_id)
        self.redis("FCALL", "cw_wake", 1, "cw:delivery", 100)
        self.check()

    # ---- the pump's calls ----

    def take(self, consumer="a", most=100, idle=60000):
        """(manager, id, fields) of each."""
        flat = self.redis("FCALL", "cw_take", 1, "cw:delivery", consumer, most, idle)
        self.assertEqual(flat[0], "E")
        entries, at = [], 1
        while at < len(flat):
            manager, entry, n = flat[at:at + 3]
            pieces = flat[at + 3:at + 3 + n]
            entries.append((manager, entry, dict(zip(pieces[::2], pieces[1::2]))))
            at += 3 + n
        return entries

    def settle(self, entries, reason=""):
        words = [w for manager, entry, _ in entries for w in (manager, entry, reason)]
        return self.redis("FCALL", "cw_taken", 1, "cw:delivery", *words)

    # ---- Redis held against the model ----

    def check(self):
        self.check_places()
        self.check_records()
        self.check_feeds()
        self.check_outcomes()

    def check_places(self):
        names = ("queue", "claimed", "snoozed", "due", "escalated")
        expected = {(m, n): {} for m in MANAGERS for n in names}
        timers = {}
        for task_id, t in self.model.tasks.items():
            if t["desk"] == "closed":
                continue
            place = "queue" if t["desk"] == "queued" else t["desk"]
            expected[t["manager"], place][task_id] = t["over"] or score(t)
            if t["over"]:
                timers[task_id] = t["over"]
            if t["due"]:
                expected[t["manager"], "due"][task_id] = t["due"]
            if t["chief"]:
                expected["chief", "escalated"][f"{t['manager']}/{task_id}"] = score(t)
        asked = [("ZRANGE", f"cw:{m}:{n}", 0, -1, "WITHSCORES") for m, n in expected]
        for (place, want), got in zip(expected.items(), self.redis.each(asked)):
            self.assertEqual(dict(zip(got[::2], map(int, got[1::2]))), want, place)
        got = self.redis("ZRANGE", "cw:timers", 0, -1, "WITHSCORES")
        self.assertEqual(dict(zip(got[::2], map(int, got[1::2]))), timers)

    def check_records(self):
        tasks = list(self.model.tasks.items())
        asked = [("HGETALL", f"cw:{m}:task:{i}") for i, _ in tasks for m in MANAGERS]
        answers = iter(self.redis.each(asked))
        for task_id, t in tasks:
            for manager in MANAGERS:
                got = next(answers)
                if manager != t["manager"]:
                    self.assertEqual(got, [], f"{task_id} is with {manager} too")
                    continue
                self.check_record(task_id, t, dict(zip(got[::2], got[1::2])))

    def check_record(self, task_id, t, got):
        want = {"version": str(t["version"]), "state": t["state"], "desk": t["desk"],
                "desk_by": t["by"], "desk_until": instant(t["over"]) if t["over"] else "",
                "desk_rev": str(t["rev"]), "priority": str(t["priority"]),
                "headline": "三 \"b\""}
        self.assertEqual({k: got[k] for k in want}, want, task_id)
        lines = got["note"].split("\n") if got["note"] else []
        found = [re.fullmatch(r"(\S+) (\S+?)( \S+)?: (.*)", line).groups() for line in lines]
        self.assertEqual([(who, (move or " note").strip(), text) for _, who, move, text in found],
                         t["notes"])

    def check_feeds(self):
        said = {m: [] for m in MANAGERS}
        for manager, *rest in self.model.feed:
            said[manager].append(tuple(rest))
        asked = [("XRANGE", f"cw:{m}:feed", "-", "+") for m in MANAGERS]
        for manager, got in zip(MANAGERS, self.redis.each(asked)):
            fields = [dict(zip(f[::2], f[1::2])) for _, f in got]
            self.assertEqual([(f["event"], f["task_id"], int(f["version"])) for f in fields],
                             said[manager], manager)
        self.redis.each([("XTRIM", f"cw:{m}:feed", "MAXLEN", 0) for m in MANAGERS])
        self.model.feed.clear()

    def check_outcomes(self):
        """What came since the last look; it stays for the pump."""
        for manager in MANAGERS:
            after = self.taken.get(manager, ["-"])[-1]
            got = self.redis("XRANGE", f"cw:{manager}:outcomes", after if after == "-" else
                             "(" + after, "+")
            fields = [dict(zip(f[::2], f[1::2])) for _, f in got]
            for f in fields:
                told = datetime.datetime.fromisoformat(f.pop("at"))
                self.assertLess(abs(told.timestamp() - time.time()), 60)
            self.assertEqual(fields, [e for m, e in self.model.outcomes if m == manager])
            self.taken.setdefault(manager, ["-"]).extend(entry for entry, _ in got)
        self.model.outcomes.clear()


class Rules(MovesTest):
    def test_claim_is_one_persons_and_can_be_renewed(self):
        self.deliver(id="t-1")
        self.assertIsNone(self.claim("t-1", "zhang"))
        self.assertIsNone(self.claim("t-1", "zhang"))
        self.assertRegex(self.claim("t-1", "li"),
                         "^CWSTATE task t-1 is claimed by zhang until .* and cannot be claimed by li")
        self.assertIsNotNone(self.done("t-1", "li", 1))
        self.assertIsNotNone(self.snooze("t-1", "li"))
        self.assertIsNotNone(self.release("t-1", "li"))
        self.assertIsNone(self.release("t-1", "zhang"))
        self.assertIsNone(self.claim("t-1", "li"))

    def test_who_is_in_charge_gives_back_anothers_claim(self):
        self.deliver(id="t-1", chief=True)
        for who in ("am1", "chief"):
            self.assertIsNone(self.claim("t-1", "zhang"))
            self.assertIsNone(self.release("t-1", who))
        self.deliver(id="t-2")
        self.assertIsNone(self.claim("t-2", "zhang"))
        self.assertIsNotNone(self.release("t-2", "chief"))

    def test_done_closes_at_once_and_carries_what_was_seen(self):
        self.deliver(id="t-1", chief=True)
        self.deliver(id="t-1", version=2, priority=900)
        self.assertRegex(self.done("t-1", "li", 3), "CWSTATE task t-1 has version 2; 3 was never")
        self.assertIsNone(self.done("t-1", "li", 1, note="will renew"))
        # The engine has not answered yet: whatever comes meanwhile, the desk stays closed.
        self.deliver(id="t-1", version=3, priority=950, wake=True)
        self.assertRegex(self.claim("t-1", "li"), "task t-1 is closed and cannot be claimed")
        self.deliver(id="t-1", version=4, state="done")
        self.deliver(id="t-2", priority=950)
        self.assertIsNone(self.claim("t-2", "li"))

    def test_escalation_and_another_manager_are_asked_for(self):
        self.deliver(id="t-1")
        self.assertIsNone(self.claim("t-1", "li"))
        self.assertIsNone(self.escalate("t-1", "li", "wants a visit by the chief"))
        self.assertIsNone(self.reassign("t-1", "zhang", "am.2"))
        self.deliver(id="t-1", version=2, chief=True, manager="am.2")
        self.assertRegex(self.escalate("t-1", "li"), "escalated to chief already")
        # The former manager has lost sight of it.
        self.assertEqual(self.claim("t-1", "li", manager="am1"),
                         "CWGONE task t-1 is not on the desk of am1")
        self.assertIsNone(self.claim("t-1", "li"))

    def test_each_hears_what_became_of_the_task(self):
        """Handed over is not closed; and nothing is new where somebody has called already."""
        heard = []
        check = self.model.tell_version
        self.model.tell_version = lambda old, new: (check(old, new), heard.extend(self.model.feed))
        self.deliver(id="t-1")
        self.deliver(id="t-1", version=2, manager="am.2")
        self.done("t-1", "li", 2)
        self.deliver(id="t-1", version=3, manager="am1", chief=True)
        self.assertEqual([(m, e) for m, e, _, _ in heard],
                         [("am1", "created"), ("am1", "handed_over"), ("am.2", "created"),
                          ("am.2", "handed_over"), ("am1", "updated")])

    def test_getting_worse_wakes(self):
        self.deliver(id="t-1")
        self.assertIsNone(self.snooze("t-1", "li", "on holiday"))
        self.deliver(id="t-1", version=2, priority=700)
        self.assertEqual(self.model.tasks["t-1"]["desk"], "snoozed")
        self.deliver(id="t-1", version=3, wake=True)
        self.assertEqual(self.model.tasks["t-1"]["desk"], "queued")

    def test_withdrawn_out_of_the_hand_that_holds_it(self):
        for task_id, act in (("t-1", self.claim), ("t-2", self.snooze)):
            self.deliver(id=task_id)
            self.assertIsNone(act(task_id, "li"))
            self.deliver(id=task_id, version=2, state="withdrawn")
            self.assertEqual(self.model.tasks[task_id]["desk"], "closed")
            # What was learned on the way can still be written down.
            self.assertIsNone(self.note(task_id, "li", "had paid already"))

    def test_arguments(self):
        self.deliver(id="t-1")
        soon = int(time.time()) + 100
        bad = [("claim", "0"), ("claim", "604801"), ("claim", "1.5"), ("claim", "-1"), ("claim",),
               ("claim", "5", "6"), ("release", "now"), ("done", "0", "retained", "", ""),
               ("done", "1", "sold", "", ""), ("done", "1", "lost", "x" * 65, ""),
               ("done", "1", "lost", "", "x" * 2001), ("done", "9" * 16, "lost", "", ""),
               ("snooze", soon - 200, ""), ("snooze", soon + 400 * 86400, ""),
               ("snooze", "tomorrow", ""), ("snooze", soon, b"\xff"), ("note", ""),
               ("note", b"\xc0\x80"), ("note", b"\xed\xa0\x80"), ("note", b"\xf4\x90\x80\x80"),
               ("note", b"\xe4\xb8"), ("note", "a\0b"), ("note", "\x1b[2J"), ("reassign", "am1"),
               ("reassign", "a b"), ("reassign", ""), ("escalate", "x" * 2001)]
        for move, *words in bad:
            with self.assertRaisesRegex(Refused, "^CWARG ", msg=(move, words)):
                self.call(move, "am1", "t-1", "li", *words)
        for task_id, who in (("t 1", "li"), ("", "li"), ("t-1", ""), ("t-1", "l i"),
                             ("t-1", "x" * 65)):
            with self.assertRaisesRegex(Refused, "^CWARG "):
                self.call("note", "am1", task_id, who, "x")
        with self.assertRaisesRegex(Refused, "^CWARG cw_note 1 <prefix><manager>:queue TASK"):
            self.redis("FCALL", "cw_note", 1, "cw:am1:feed", "t-1", "li", "x")
        self.check()
        for good in ("线路已修好", "a\tb", "\U0001f600", "x" * 2000):
            self.assertIsNone(self.note("t-1", "li", good))

    def test_notes_are_full_rather_than_lost(self):
        self.deliver(id="t-1")
        while True:
            try:
                self.call("note", "am1", "t-1", "li", "x" * 2000)
            except Refused as why:
                self.assertRegex(str(why), "^CWARG the notes of task t-1 are full at 32768 bytes")
                break
        before = self.redis("HGETALL", "cw:am1:task:t-1")
        with self.assertRaises(Refused):
            self.call("done", "am1", "t-1", "li", 1, "lost", "", "x" * 2000)
        self.assertEqual(self.redis("HGETALL", "cw:am1:task:t-1"), before)
        self.assertEqual(self.call("done", "am1", "t-1", "li", 1, "lost", "", "")[0], "closed")

    def test_timers(self):
        for i in range(4):
            self.deliver(id=f"t-{i}", due=None if i == 3 else 1772388000 + i)
        self.claim("t-0", "li")
        self.snooze("t-1", "li")
        self.claim("t-2", "li")
        self.snooze("t-3", "li")
        self.time_passes()
        self.assertEqual(self.model.tasks["t-0"]["desk"], "claimed")
        self.time_passes("t-0", "t-1", "t-3")
        self.assertEqual([self.model.tasks[f"t-{i}"]["desk"] for i in range(4)],
                         ["queued", "queued", "claimed", "queued"])
        self.redis("ZADD", "cw:timers", 1, "t-2", 1, "t-gone")
        self.assertEqual(self.redis("FCALL", "cw_wake", 1, "cw:delivery", 1), 1)

    def test_another_prefix(self):
        self.deliver(id="t-1")
        with self.assertRaisesRegex(Refused, "^CWGONE "):
            self.redis("FCALL", "cw_note", 1, "x:am1:queue", "t-1", "li", "x")
        self.check()

    def test_the_offset_is_the_operators(self):
        self.deliver(id="t-1")
        for offset, shift in (("Z", 0), ("-03:30", -12600), ("+08:00", 28800)):
            self.redis("HSET", "cw:am1:task:t-1", "updated_at", "2026-03-02T02:00:00" + offset)
            for over in (1803859199, 1803859200, 1804204799, 1804204800):  # 2027: 28 Feb, 4 March
                self.call("snooze", "am1", "t-1", "li", over, "")
                got = self.redis("HGET", "cw:am1:task:t-1", "desk_until")
                zone = datetime.timezone(datetime.timedelta(seconds=shift))
                want = datetime.datetime.fromtimestamp(over, zone).isoformat()
                self.assertEqual(got, want.replace("+00:00", "Z"))


class Traps(MovesTest):
    """The traps of others that moves were written around; see docs/moves.md."""

    def test_t1_a_snooze_longer_than_a_lease_comes_back_once(self):
        self.deliver(id="t-1")
        self.assertIsNone(self.move("claim", "t-1", "li", "1"))
        self.assertIsNone(self.snooze("t-1", "li", after=30 * 86400))
        # The lease's end does not touch the snooze that came after it.
        self.assertEqual(self.redis("ZSCORE", "cw:am1:claimed", "t-1"), None)
        self.assertEqual(int(self.redis("ZSCORE", "cw:timers", "t-1")),
                         self.model.tasks["t-1"]["over"])
        self.time_passes("t-1")
        for _ in range(3):
            self.time_passes()

    def test_t4_a_late_claim_reopens_nothing(self):
        for state in ("withdrawn", "done", "expired"):
            self.deliver(id="t-" + state)
            self.deliver(id="t-" + state, version=2, state=state)
            for act in (self.claim, self.snooze, self.release, self.escalate):
                self.assertRegex(act("t-" + state, "li"), rf"^CWSTATE .* is closed \({state}\)")
            self.assertRegex(self.done("t-" + state, "li", 1), "^CWSTATE ")
            self.assertRegex(self.reassign("t-" + state, "li", "am.2"), "^CWSTATE ")

    def test_t5_a_repeat_wipes_nothing_a_person_wrote(self):
        self.deliver(id="t-1")
        self.note("t-1", "li", "call her in the morning")
        self.claim("t-1", "li")
        self.deliver(id="t-1", version=2, priority=900)
        self.deliver(id="t-1", version=2, priority=900)
        self.deliver(id="t-1", version=3, manager="am.2")
        self.note("t-1", "zhang", "she answered")
        self.done("t-1", "zhang", 3, note="stays")
        self.deliver(id="t-1", version=4, state="done")
        self.assertEqual(self.model.tasks["t-1"]["notes"],
                         [("li", "note", "call her in the morning"),
                          ("zhang", "note", "she answered"), ("zhang", "done", "stays")])

    def test_t6_closing_one_task_closes_no_other_of_the_client(self):
        for task_id in ("t-1", "t-2"):
            self.deliver(id=task_id, client="g-1")
        self.deliver(id="t-3", client="g-1", manager="am.2")
        self.done("t-1", "li", 1)
        self.deliver(id="t-1", version=2, state="done")
        self.assertEqual([self.model.tasks[t]["desk"] for t in ("t-2", "t-3")], ["queued"] * 2)


class Pump(MovesTest):
    """cw_take and cw_taken as two daemons call them."""

    def some_moves(self):
        for manager in ("am1", "am.2"):
            self.deliver(id="t-" + manager, manager=manager)
            self.claim("t-" + manager, "li")
            self.note("t-" + manager, "li", "x")

    def test_what_is_not_settled_comes_again(self):
        self.some_moves()
        first = self.take()
        self.assertEqual([(m, f["action"]) for m, _, f in first],
                         [(m, a) for m in ("am1", "am.2") for a in ("claim", "note")])
        self.assertEqual(sorted(self.take(), key=str), sorted(first, key=str))
        self.assertEqual(self.settle(first), 4)
        self.assertEqual(self.take(), [])
        self.assertEqual(self.settle(first), 0)
        self.assertEqual(self.redis("EXISTS", "cw:outcomes-waiting"), 0)
        self.assertEqual(self.redis("XLEN", "cw:am1:outcomes"), 0)

    def test_one_daemon_at_a_time_unless_it_is_silent(self):
        self.some_moves()
        first = self.take("a", most=1)
        self.claim("t-am1", "li")
        others = self.take("b")
        self.assertEqual({m for m, _, _ in others}, {"am1", "am.2"} - {first[0][0]})
        taken_over = self.take("c", idle=0)
        self.assertEqual(len(taken_over), 5)
        self.assertEqual(self.take("a"), [])

    def test_a_bound_shares_among_managers(self):
        self.some_moves()
        for _ in range(5):
            self.claim("t-am.2", "li")
        managers = []
        while entries := self.take(most=1):
            managers += [m for m, _, _ in entries]
            self.settle(entries)
        self.assertEqual(managers, ["am1", "am.2", "am1", "am.2", "am.2", "am.2", "am.2", "am.2",
                                    "am.2"])

    def test_without_an_epoch_nothing_is_taken(self):
        self.some_moves()
        self.redis("HDEL", "cw:delivery", "epoch")
        self.assertEqual(self.redis("FCALL", "cw_take", 1, "cw:delivery", "a", 9, 0), [""])
        self.redis("HSET", "cw:delivery", "epoch", "E")
        self.assertEqual(len(self.take()), 4)

    def test_a_refill_gives_no_move_another_name(self):
        self.some_moves()
        first = self.take()
        self.redis("FCALL", "cw_refill_begin", 1, "cw:delivery", "E", "", "run")
        self.assertEqual(self.redis("FCALL", "cw_take", 1, "cw:delivery", "a", 9, 0), [""])
        self.redis("FCALL", "cw_refill_end", 1, "cw:delivery", "run", "another")
        self.claim("t-am1", "li")
        again = self.take()  # the source is named by the first epoch still
        self.assertEqual(len(again), 5)
        self.assertLessEqual(set(map(str, first)), set(map(str, again)))
        self.redis("FLUSHALL")
        self.redis("HSET", "cw:delivery", "epoch", "third")
        self.assertEqual(self.redis("FCALL", "cw_take", 1, "cw:delivery", "a", 9, 0), ["third"])

    def test_what_cannot_be_used_is_kept_aside(self):
        self.redis("XADD", "cw:am1:outcomes", "1-1", "action", "bribe")
        self.redis("XADD", "cw:am1:outcomes", "1-2", "note", "x" * 20000)
        self.redis("ZADD", "cw:outcomes-waiting", 1, "am1")
        entries = self.take()
        self.assertEqual([(e, f) for _, e, f in entries], [("1-1", {"action": "bribe"}),
                                                           ("1-2", {})])
        self.assertEqual(self.settle(entries, "no such action"), 2)
        aside = self.redis("XRANGE", "cw:outcomes-refused", "-", "+")
        self.assertEqual([f for _, f in aside],
                         [["refused_of", "am1", "refused_id", "1-1", "refused_why",
                           "no such action", "action", "bribe"],
                          ["refused_of", "am1", "refused_id", "1-2", "refused_why",
                           "no such action"]])
        self.assertEqual(self.take(), [])

    def test_arguments(self):
        for words in (("a", 0, 1), ("a", 1001, 1), ("a", "x", 1), ("a", 1, "x"), ("a",)):
            with self.assertRaisesRegex(Refused, "^CWARG "):
                self.redis("FCALL", "cw_take", 1, "cw:delivery", *words)
        for words in (("am1", "1-1"), ("a m", "1-1", ""), ("am1", "1", "")):
            with self.assertRaisesRegex(Refused, "^CWARG "):
                self.redis("FCALL", "cw_taken", 1, "cw:delivery", *words)
        with self.assertRaisesRegex(Refused, "^CWARG "):
            self.redis("FCALL", "cw_wake", 1, "cw:delivery", 0)


class AnyOrder(MovesTest):
    """Several people, deliveries, timers and two daemons at once, in any order."""

    def any_task(self):
        return f"t-{self.dice.randrange(TASKS)}"

    def any_delivery(self):
        dice, task_id = self.dice, self.any_task()
        old = self.model.tasks.get(task_id)
        ended = old and old["state"] != "open"
        version = {} if not old else {"version": max(1, old["version"] + dice.choice((-1, 0, 1, 1, 2)))}
        state = old["state"] if ended else dice.choice(
            ["open"] * 12 + ["done", "withdrawn", "expired"])
        manager = old["manager"] if old and dice.random() < 0.8 else dice.choice(MANAGERS[:3])
        # An ended task is forgotten and its place taken, so that the world goes on.
        if ended and dice.random() < 0.5:
            self.forget(task_id)
            return
        self.deliver(id=task_id, state=state, manager=manager, priority=dice.randrange(1000),
                     due=dice.choice((None, 1772388000 + dice.randrange(10**6))),
                     wake=dice.random() < 0.3, chief=dice.random() < 0.3,
                     client=f"g-{dice.randrange(3)}", **version)

    def forget(self, task_id):
        t = self.model.tasks.pop(task_id)
        self.redis("DEL", f"cw:{t['manager']}:task:{task_id}")
        self.redis("HDEL", "cw:tasks", task_id)

    def any_move(self):
        dice, task_id, who = self.dice, self.any_task(), self.dice.choice(PEOPLE)
        t = self.model.tasks.get(task_id)
        manager = t["manager"] if t and dice.random() < 0.9 else dice.choice(MANAGERS[:3])
        text = dice.choice(("", "a", "她在等回话", "x: y z"))
        version = max(1, (t["version"] if t else 1) + dice.choice((-1, 0, 0, 1)))
        others = [m for m in MANAGERS[:3] if m != manager]
        dice.choice((
            lambda: self.claim(task_id, who, manager=manager),
            lambda: self.release(task_id, who, manager=manager),
            lambda: self.snooze(task_id, who, text, after=dice.randrange(100, 10**6),
                                manager=manager),
            lambda: self.done(task_id, who, version, text, dice.choice(RESULTS), manager=manager),
            lambda: self.note(task_id, who, text or "b", manager=manager),
            lambda: self.reassign(task_id, who, dice.choice(others), manager=manager),
            lambda: self.escalate(task_id, who, text, manager=manager),
        ))()
        self.shorten(task_id)

    def shorten(self, task_id):
        """Notes have a bound; here they begin anew before they reach it."""
        t = self.model.tasks.get(task_id)
        if t and len(t["notes"]) > 50:
            self.redis("HSET", f"cw:{t['manager']}:task:{task_id}", "note", "")
            t["notes"].clear()

    def any_time(self):
        held = [i for i, t in self.model.tasks.items() if t["over"]]
        self.time_passes(*self.dice.sample(held, min(len(held), self.dice.randrange(3))))

    def any_pump(self):
        """A daemon that takes and settles, or that dies in between."""
        entries = self.take(self.dice.choice("ab"), self.dice.randrange(1, 20),
                            self.dice.choice((0, 60000)))
        for manager, entry, _ in entries:
            if entry not in self.sent[manager]:
                self.sent[manager].append(entry)
        if self.dice.random() < 0.7:
            self.settle(entries)

    def test_any_order(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.setUp()
                self.dice, self.sent = random.Random(seed), {m: [] for m in MANAGERS}
                for _ in range(STEPS_BOUND):
                    self.dice.choice((self.any_delivery, self.any_delivery, self.any_move,
                                      self.any_move, self.any_move, self.any_time,
                                      self.any_pump))()
                while entries := self.take("c", 100, 0):
                    for manager, entry, _ in entries:
                        if entry not in self.sent[manager]:
                            self.sent[manager].append(entry)
                    self.settle(entries)
                # Every move has gone out, in the order in which it was made.
                self.assertEqual(self.sent, {m: self.taken[m][1:] for m in MANAGERS})


if __name__ == "__main__":
    if not available():
        print("no redis-server: skipped")
        sys.exit(77)
    server = Server()
    try:
        redis = server.connect()
        redis("FUNCTION", "LOAD", library())
        result = unittest.main(verbosity=1, exit=False).result
    finally:
        server.stop()
    sys.exit(not result.wasSuccessful())
