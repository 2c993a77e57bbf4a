"""The oracle sees what is wrong: a small run made by hand that it finds nothing in, and each way of breaking it.

Every check of oracle.py is broken here at least once, or the test fails. Needs no server.
"""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle  # noqa: E402
from proof import statelog  # noqa: E402
from proof.broken import BROKEN, claimed_by_nobody, version_seen_going_back  # noqa: E402
from proof.made import Run, client, position, state_value, summed  # noqa: E402
from proof.store import Key  # noqa: E402


class Oracle(unittest.TestCase):
    def run_of(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Run(folder.name)

    def asked(self, run):
        return {name: complaints for name, complaints, _ in oracle.ask_all(run)}

    def test_finds_nothing_in_a_run_that_is_right(self):
        self.assertEqual(self.asked(self.run_of()), {name: [] for name, _, _ in oracle.CHECKS})

    def test_a_rollback_that_was_told_is_no_step_back(self):
        run = self.run_of()
        version_seen_going_back(run)
        run.rollbacks = [3]
        self.assertEqual(self.asked(run)["O7"], [])

    def test_a_task_that_was_moved_may_be_in_a_hand(self):
        run = self.run_of()
        claimed_by_nobody(run)
        run.redis["am2:claimed"] = Key("zset", {"t-1": "99"})
        run.redis["timers"] = Key("zset", {"t-1": "99"})
        del run.redis["am2:queue"].value["t-1"]
        run.redis["am2:outcomes"] = Key("stream", [{"task_id": "t-1"}])
        self.assertEqual(self.asked(run)["O1-redis"], [])

    def test_what_is_not_given_is_not_asked(self):
        run = self.run_of()
        run.given.undisturbed = run.given.seen = None
        asked = self.asked(run)
        self.assertEqual({name for name in asked if asked[name] is None}, {"O4-state", "O7"})

    def test_sees_each_way_of_breaking_it(self):
        for (check, words), break_it in BROKEN.items():
            with self.subTest(break_it.__name__):
                run = self.run_of()
                break_it(run)
                complaints = self.asked(run)[check]
                self.assertTrue(any(words in c for c in complaints), f"{words!r} is not in {complaints}")

    def test_each_check_is_broken_here(self):
        self.assertEqual({check for check, _ in BROKEN}, {name for name, _, _ in oracle.CHECKS})

    def test_a_damaged_record_is_refused(self):
        value = state_value(1, 0, client(b"ann"), position(1, (0, 0, 0, 0), [((0, 0, 0, 0), 1)]))
        self.assertEqual(statelog.decode(0, value).position.batch, 1)
        for damaged in (value[:-1], value + b"x", b"\x02" + value[1:], summed(value[:-4] + b"x"),
                        value[:20] + bytes([value[20] ^ 1]) + value[21:]):
            with self.assertRaises(statelog.Damaged):
                statelog.decode(0, damaged)


if __name__ == "__main__":
    unittest.main()
