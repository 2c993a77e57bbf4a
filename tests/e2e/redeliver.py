"""A Redis that was lost is filled again from the outbox: as if nothing had happened to it."""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, DeskTest, Redis, event, feed_entries, run_tests, wait_for  # noqa: E402

LINE = "8613500000001"
LISTS = ("queue", "claimed", "snoozed", "due", "escalated")
# When it was delivered, and how often the desk has changed: what cannot be the same twice.
OWN = ("delivered_at", "desk_rev")


def snapshot(desk, redis):
    """All that a manager's screen is made of, but the feeds."""
    shelves = {}
    for manager in redis.lines("smembers", desk.key("managers")):
        for name in LISTS:
            held = redis.lines("zrange", desk.key(f"{manager}:{name}"), "0", "-1", "withscores")
            if held:
                shelves[manager, name] = held
    index = redis.hash(desk.key("tasks"))
    keys = [(task, desk.key(f"{manager}:task:{task}")) for task, manager in index.items()]
    hashes = redis.each(("hgetall", key) for _, key in keys)
    tasks = {task: {n: v for n, v in found.items() if n not in OWN}
             for (task, _), found in zip(keys, hashes)}
    return {"shelves": shelves, "index": index, "tasks": tasks}


class Redeliver(DeskTest):
    def refused(self, daemon):
        wait_for("refused", lambda: daemon.get("/readyz")[0] == 503)

    def fill_again(self, daemon, *words):
        summary = json.loads(self.desk.ctl("--json", "redeliver", *words))
        wait_for("the daemon goes on", daemon.ready)
        return summary

    def inquiry(self, client, hour=10, stage="inquiry"):
        return event("service.port_out", f"2026-03-02T{hour}:00:00+08:00", client,
                     {"msisdn": LINE, "stage": stage})

    def some_tasks(self):
        """Six open tasks of two managers, and one that has ended."""
        daemon = self.desk.start()
        self.desk.ingest([{"client_id": f"c{i}", "kind": "group", "class": "A2",
                           "manager": f"am{i % 2 + 1}"} for i in range(7)])
        self.desk.ingest([self.inquiry(f"c{i}") for i in range(7)])
        self.desk.ingest([self.inquiry("c6", 11, "cancelled")])
        wait_for("all are there", lambda: len(self.desk.records()) >= 8)
        wait_for("delivered", lambda: daemon.metric("delivered_total") >= 8)
        return daemon

    def undisturbed(self):
        """A Redis that has seen every version of the outbox, one after the other."""
        for daemon in self.desk.daemons:
            if daemon.process.poll() is None:
                daemon.terminate()
        epoch = self.desk.redis.ask("hget", self.desk.key("delivery"), "epoch")
        other = Redis(os.path.join(self.desk.folder, "other"))
        self.addCleanup(other.stop)
        other.ask("hset", self.desk.key("delivery"), "epoch", epoch)
        daemon = self.desk.start(
            "cw-0", extra=("-o", f"redis.url=redis://127.0.0.1:{other.port}"))
        versions = len(self.desk.records())
        wait_for("all is delivered", lambda: daemon.metric("delivered_total") == versions)
        return other

    def test_flushed_in_the_middle(self):
        self.desk.make_topics()
        expected = self.desk.county(7)
        daemon = self.desk.start(extra=("-o", "engine.batch_messages=200"))
        wait_for("some are delivered", lambda: daemon.metric("delivered_total") >= 50)
        self.desk.redis.ask("flushall")
        self.refused(daemon)
        self.assertLess(len(self.desk.outbox()), len(expected), "too late to be in the middle")
        summary = self.fill_again(daemon)
        self.assertGreater(summary["written"], 0)
        wait_for("all versions", lambda: len(self.desk.outbox()) >= len(expected))
        last = {}
        for (task, _), record in sorted(self.desk.records().items()):
            last[task] = record
        wait_for("all tasks are in Redis", lambda: not self.undelivered(last))
        other = self.undisturbed()
        self.assertEqual(snapshot(self.desk, self.desk.redis), snapshot(self.desk, other))

    def test_one_created_for_each_open_task(self):
        daemon = self.some_tasks()
        before = snapshot(self.desk, self.desk.redis)
        self.desk.redis.ask("flushall")
        self.refused(daemon)
        summary = self.fill_again(daemon)
        self.assertEqual((summary["tasks"], summary["open"], summary["written"]), (7, 6, 7))
        self.assertEqual(snapshot(self.desk, self.desk.redis), before)
        told = [e for m in ("am1", "am2") for e in feed_entries(self.desk, m)]
        self.assertEqual(len(told), 6)
        self.assertEqual({e[2] for e in told}, {"created"})
        self.desk.ingest([self.inquiry("c1", 12, "requested")])
        wait_for("deliveries go on", lambda: self.desk.task("c1")["version"] == "2")

    def test_a_run_that_was_cut_short_is_taken_over(self):
        daemon = self.some_tasks()
        before = snapshot(self.desk, self.desk.redis)
        task, manager = next((t, m) for t, m in before["index"].items()
                             if before["tasks"][t]["client_id"] != "c2")
        epoch = self.desk.redis.ask("hget", self.desk.key("delivery"), "epoch")
        self.desk.redis.ask("fcall", "cw_refill_begin", "1", self.desk.key("delivery"), epoch, "",
                            "dead")
        self.desk.redis.ask("zrem", self.desk.key(f"{manager}:queue"), task)
        self.desk.redis.ask("del", self.desk.key(f"{manager}:task:{task}"))
        self.refused(daemon)
        self.desk.ingest([self.inquiry("c2", 12, "requested")])
        self.fill_again(daemon)
        wait_for("what came meanwhile", lambda: self.desk.task("c2")["version"] == "2")
        after = snapshot(self.desk, self.desk.redis)
        self.assertEqual(after["index"], before["index"])
        self.assertEqual(after["tasks"][task], before["tasks"][task])
        # The one that was overtaken can do no more harm.
        said = self.desk.redis.ask("fcall", "cw_forget", "1", self.desk.key("delivery"), "dead",
                                   task, check=False)
        self.assertIn("CWEPOCH", said)

    def test_one_managers_tasks_are_mended(self):
        daemon = self.some_tasks()
        before = snapshot(self.desk, self.desk.redis)
        feeds = [feed_entries(self.desk, m) for m in ("am1", "am2")]
        task = next(t for t, m in before["index"].items() if m == "am1")
        self.desk.redis.ask("del", self.desk.key("am1:queue"), self.desk.key("am1:due"))
        self.desk.redis.ask("hdel", self.desk.key(f"am1:task:{task}"), "headline", "signals")
        self.desk.redis.ask("hset", self.desk.key(f"am1:task:{task}"), "note", "by hand")
        self.desk.redis.ask("del", self.desk.key("am2:due"))
        self.fill_again(daemon, "--manager", "am1")
        before["tasks"][task]["note"] = "by hand"
        del before["shelves"]["am2", "due"]
        self.assertEqual(snapshot(self.desk, self.desk.redis), before)
        self.assertEqual([feed_entries(self.desk, m) for m in ("am1", "am2")], feeds)

    def test_another_installations_redis_is_left_alone(self):
        daemon = self.some_tasks()
        before = snapshot(self.desk, self.desk.redis)
        task, manager = sorted(before["index"].items())[0]
        stale = self.desk.key(f"{manager}:task:t-00000000000000aa")
        self.desk.redis.ask("hset", self.desk.key("delivery"), "epoch", "another")
        self.desk.redis.ask("hset", stale, "version", "3", "desk", "queued", "state", "open")
        self.desk.redis.ask("hset", self.desk.key("tasks"), "t-00000000000000aa", manager)
        self.desk.redis.ask("zadd", self.desk.key(f"{manager}:queue"), "1", "t-00000000000000aa")
        self.refused(daemon)
        self.assertEqual(self.desk.ctl("redeliver", ok=False), "")
        self.assertEqual(self.desk.redis.ask("hget", self.desk.key("delivery"), "epoch"), "another")
        summary = self.fill_again(daemon, "--replace")
        self.assertEqual(summary["forgotten"], 1)
        self.assertEqual(snapshot(self.desk, self.desk.redis), before)
        self.assertEqual(self.desk.redis.ask("exists", stale), "0")

    def test_a_redis_ahead_of_the_outbox(self):
        daemon = self.some_tasks()
        before = snapshot(self.desk, self.desk.redis)
        task, manager = next(i for i in before["index"].items()
                             if before["tasks"][i[0]]["client_id"] == "c1")
        self.desk.redis.ask("hset", self.desk.key("delivery"), "0", "99999", "1", "99999", "2",
                            "99999")
        self.desk.redis.ask("hset", self.desk.key(f"{manager}:task:{task}"), "version", "9",
                            "priority", "999")
        daemon.terminate()
        daemon = self.desk.start(wait=False)
        wait_for("refused", lambda: "redeliver" in daemon.said())
        self.fill_again(daemon)
        self.assertEqual(snapshot(self.desk, self.desk.redis), before)

    def test_two_at_once(self):
        """The later one takes over; whichever ends well has filled it well."""
        daemon = self.some_tasks()
        before = snapshot(self.desk, self.desk.redis)
        self.desk.redis.ask("flushall")
        self.refused(daemon)
        words = [os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "-o", "redis.batch=1",
                 "redeliver"]
        runs = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for _ in range(4)]
        said = [run.communicate() for run in runs]
        self.assertIn(0, [run.returncode for run in runs])
        for run, (_, complaint) in zip(runs, said):
            self.assertEqual(run.returncode != 0, "CWEPOCH" in complaint, complaint)
        wait_for("the daemon goes on", daemon.ready)
        self.assertEqual(snapshot(self.desk, self.desk.redis), before)

    def test_killed_at_any_point(self):
        daemon = self.some_tasks()
        before = snapshot(self.desk, self.desk.redis)
        words = [os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), "-o", "redis.batch=1",
                 "redeliver"]
        cut = 0
        for _ in range(12):
            self.desk.redis.ask("flushall")
            run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for("it has begun", lambda: run.poll() is not None or
                     self.desk.redis.ask("exists", self.desk.key("delivery")) == "1")
            run.kill()
            cut += run.wait() != 0
        print(f"cut short {cut} times", flush=True)
        self.fill_again(daemon)
        self.assertEqual(snapshot(self.desk, self.desk.redis), before)

    def test_only_counted(self):
        daemon = self.some_tasks()
        self.desk.redis.ask("flushall")
        self.refused(daemon)
        summary = json.loads(self.desk.ctl("--json", "redeliver", "--dry-run"))
        self.assertEqual((summary["tasks"], summary["written"]), (7, 0))
        summary = json.loads(self.desk.ctl("--json", "redeliver", "--dry-run", "--since", "1ms"))
        self.assertEqual(summary["records"], 0)
        self.assertEqual([k for k in self.desk.redis.lines("keys", "*") if ":status:" not in k], [])

    def test_what_people_did_comes_back(self):
        daemon = self.some_tasks()
        tasks = {self.desk.task(f"c{i}")["client_id"]: self.desk.task(f"c{i}") for i in range(7)}

        def move(name, client, *rest):
            task = tasks[client]
            self.desk.redis.ask("fcall", f"cw_{name}", "1",
                                self.desk.key(f"{task['manager']}:queue"), task["task_id"],
                                "zhang", *rest)

        move("claim", "c0", "604800")
        move("note", "c0", "will call after three")
        move("snooze", "c1", str(int(time.time()) + 86400), "on holiday")
        move("claim", "c2", "604800")
        move("release", "c2")
        wait_for("the moves are in the topic", lambda: len(self.desk.consume("outcomes")) == 5)
        wait_for("Redis has let go of them", lambda: not self.desk.redis.lines(
            "zrange", self.desk.key("outcomes-waiting"), "0", "-1"))
        before = snapshot(self.desk, self.desk.redis)
        self.desk.ingest([json.loads(m[2]) for m in self.desk.consume("outcomes")])  # sent again
        wait_for("the moves are there twice", lambda: len(self.desk.consume("outcomes")) == 10)
        self.desk.redis.ask("flushall")
        self.refused(daemon)
        summary = self.fill_again(daemon)
        self.assertEqual(summary["desks_recalled"], 3)
        self.assertEqual(snapshot(self.desk, self.desk.redis), before)
        self.assertEqual(before["shelves"]["am1", "claimed"][0], tasks["c0"]["task_id"])


if __name__ == "__main__":
    run_tests()
