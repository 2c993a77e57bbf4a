"""tasks, task, feed and status against a real Redis, filled by the function the daemon fills it with."""

import glob
import json
import os
import pwd
import re
import shutil
import subprocess
import time

from ctl import CTL, ENV, check, check_run, ctl, end
from own_redis import ask, directory, server, socket

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def redis(*words, stdin=None):
    code, answer = ask(*words, stdin=stdin)
    assert code == 0 and not answer.startswith("ERR"), answer
    return answer


def our(*args):
    return ctl("-o", f"redis.url=redis+unix://{socket}", "-o", "language=en",
               "-o", f"bus=sqlite:{directory}/bus.db", *args)


def record(task_id, version, priority, manager="am042", **more):
    r = {"task_id": task_id, "version": version, "client_id": "g-580-0042",
         "client_name": "舟山远洋渔业", "kind": "group", "class": "A1", "vip": "none",
         "manager": manager, "purpose": "retention", "state": "open", "priority": priority,
         "risk": "0.6310", "value": "0.92", "urgency": "0.80",
         "created_at": "2026-03-02T02:00:00+08:00", "updated_at": "2026-03-02T02:00:00+08:00",
         "due_at": "2026-03-03T09:00:00+08:00", "wake": "false", "method": "visit",
         "contact": '{"role":"decision_maker","name":"张三","msisdn":"8613900000001"}',
         "headline": "Spend fell to a fifth", "talking_points": '["Ask what changed."]',
         "escalated_to": "",
         "signals": '[{"detector":"spend_drop","severity":0.71,"at":"2026-03-02T02:00:00+08:00",'
                    '"line":null,"evidence":{"day":"2026-03-01","observed":12.40},'
                    '"cleared_at":null,"source":null}]',
         "signals_omitted": 0, "settings": 12,
         "why": '[{"term":"spend_drop","log_odds":1.9},{"term":"class A1","value":0.30}]'}
    return {**r, **more}


def apply(offset, *records):
    words = []
    for r in records:
        words += [1772499600, len(r)]
        for name, value in r.items():
            words += [name, value]
    got = redis("FCALL", "cw_apply", 1, "cw:delivery", "e1", 0, offset - 1, offset,
                "1772388000", 7776000, 10000, *words)
    assert str(offset) in got, got


def fill():
    redis("FUNCTION", "LOAD", stdin=b"".join(open(part, "rb").read() for part in sorted(
        glob.glob(os.path.join(SOURCE, "delivery/functions/*.lua")))))
    redis("HSET", "cw:delivery", "epoch", "e1")
    apply(0, record("t-low", 1, 120, client_name="Harbour Hotel"), record("t-high", 1, 600))
    apply(1, record("t-high", 2, 871, headline="Port-out asked for \x1b[2J"))
    apply(2, record("t-other", 1, 5, manager="am043"))


def test_not_filled():
    """An emptied Redis looks like an idle one; it is not."""
    for words in (("tasks", "am042"), ("feed", "am042")):
        check_run("nothing was delivered", our(*words), 1,
                  err=["nothing has been delivered into this Redis", "churnwatchctl redeliver"])
    status = {"delivery": {"standing": "refused"}, "why_not": "Redis has no epoch"}
    redis("SET", "cw:status:cw-0", json.dumps(status))
    check_run("the daemon's own words", our("tasks", "am042"), 1,
              err="cw-0 delivers nothing into this Redis: Redis has no epoch")
    redis("HSET", "cw:delivery", "refill", "run-1")
    check_run("being filled", our("tasks", "am042"), 1, err="is being filled anew")
    redis("DEL", "cw:delivery")
    redis("HSET", "cw:delivery", "epoch", "another")
    check_run("refused: what there is may be looked at", our("tasks", "nobody"), 0, out="queued 0",
              err="cw-0 delivers nothing into this Redis: Redis has no epoch")
    redis("DEL", "cw:delivery", "cw:status:cw-0")


def test_names():
    """Who is not known to Redis is looked for among the managers; where those cannot be read, that is
    said and nobody is wrong. What is found there is in tests/e2e/moves.py."""
    check_run("the managers cannot be read", our("tasks", "far"), 0, out="queued 0",
              err="whether there is a manager far could not be seen: ")
    check_run("no id", our("reassign", "t-high", "am 43", "--as", "li"), 2,
              err='"am 43" is no manager id')


def test_tasks():
    got = our("tasks", "am042")
    check_run("tasks", got, 0, out=["priority", "t-high", "63.1%", "2026-03-03 09:00", "g-580-0042",
                                    "queued 2, claimed 0, snoozed 0"])
    lines = got[1].splitlines()
    check("the highest priority comes first", "871" in lines[1] and "120" in lines[2], got[1])
    check("no escape sequence passes", "\x1b" not in got[1], got[1])
    # A Chinese character fills two columns: the class stands in one column in both rows.
    column = [sum(2 if ord(c) > 0x2e80 else 1 for c in line.split("A1")[0]) for line in lines[1:3]]
    check("columns line up", column[0] == column[1], got[1])
    check("Chinese titles", "优先级" in our("-o", "language=zh_CN", "tasks", "am042")[1])
    check("a limit", len(our("tasks", "am042", "--limit", "1")[1].splitlines()) == 3)
    check_run("an empty queue", our("tasks", "far"), 0, out="queued 0")

    got = our("--json", "tasks", "am042")
    tasks = json.loads(got[1])
    check("ids in order", [t["task_id"] for t in tasks] == ["t-high", "t-low"], got[1])
    check("numbers as they were written", '"risk":0.6310' in got[1], got[1])
    check("types", tasks[0]["version"] == 2 and tasks[0]["wake"] is False
          and tasks[0]["escalated_to"] is None and tasks[0]["client_name"] == "舟山远洋渔业"
          and tasks[0]["signals"][0]["evidence"]["observed"] == 12.4, tasks[0])
    check("an empty queue as JSON", json.loads(our("--json", "tasks", "far")[1]) == [])
    redis("HSET", "cw:am042:task:t-low", "signals", "[{")
    check("broken members stay readable",
          json.loads(our("--json", "tasks", "am042")[1])[1]["signals"] == "[{")


def test_task():
    check_run("task", our("task", "t-high"), 0,
              out=["open · queued", "decision maker · 张三 · 8613900000001", "Ask what changed.",
                   "spend_drop", "observed 12.4", "log_odds 1.9", "value 0.3", "created", "raised"])
    task = json.loads(our("--json", "task", "t-high")[1])
    check("history", [e["event"] for e in task["history"]] == ["created", "raised"], task)
    check("history's versions", [e["version"] for e in task["history"]] == [1, 2], task)
    check_run("in Chinese", our("-o", "language=zh_CN", "task", "t-high"), 0,
              out=["进行中 · 待办", "集团", "上门"])
    check_run("the queue in Chinese", our("-o", "language=zh_CN", "tasks", "am042"), 0, out="上门")
    check_run("an unknown task", our("task", "t-none"), 1, err="no task t-none")


def test_feed():
    got = our("--json", "feed", "am042")
    entries = [json.loads(line) for line in got[1].splitlines()]
    check("the feed", [(e["task_id"], e["event"]) for e in entries] ==
          [("t-low", "created"), ("t-high", "created"), ("t-high", "raised")], got[1])
    rest = our("--json", "feed", "am042", "--since", entries[1]["id"])[1].splitlines()
    check("since", [json.loads(line)["id"] for line in rest] == [entries[2]["id"]], rest)
    check_run("the feed for people", our("feed", "am042"), 0, out=["raised", "871", "t-high"])


def test_follow():
    command = [CTL, "-o", f"redis.url=redis+unix://{socket}", "--json", "feed", "am042", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENV) as following:
        first = [json.loads(following.stdout.readline()) for _ in range(3)]
        apply(3, record("t-late", 1, 300))
        late = json.loads(following.stdout.readline())
        following.terminate()
    check("what was there comes first", first[2]["event"] == "raised", first)
    check("what happens follows", late["task_id"] == "t-late", late)


def feed(topic, **more):
    return {"topic": topic, "last_message": "2026-03-02T02:00:00+08:00", "quiet_s": 5,
            "usual_pause_s": 60, "silent_after_s": 900, "silent": False, "taken": 10, "refused": 2,
            "refused_last_hour": 2, **more}


def instance(name, first_shard, **more):
    return {"instance": name, "version": "0.1.0", "settings": 3, "ready": True, "why_not": "",
            "delivery": {"standing": "open",
                         "shards": [{"shard": first_shard, "offset": 41, "waiting": 7}]},
            "feeds": [feed("billing.events"), feed("service.events")],
            "shards": [{"shard": first_shard, "standing": "running", "judged": 200, "late": 1,
                        "clock": "2026-03-02T02:00:00+08:00",
                        "lag": {"profiles": 0, "billing": 3, "service": 0, "outcomes": 0}},
                       {"shard": first_shard + 1, "standing": "restoring", "restored": 45,
                        "to_restore": 100, "restored_bytes": 3 << 20,
                        "lag": {"billing": -1, "service": 7}}], **more}


def put(status):
    redis("SET", "cw:status:" + status["instance"], json.dumps(status))


def problems():
    got = our("--json", "status")
    return got[0], [p["code"] for p in json.loads(got[1])["problems"]]


def test_status():
    check_run("no instance", our("status"), 1, out="2 managers, 4 tasks", err="no instance")
    one = instance("cw-0", 0)
    put(one)
    check_run("status", our("status"), 0,
              out=["cw-0", "restoring 45%, 45 / 100, 3.0 MiB", "15m", "too late for their day: 0.50%",
                   "outbox partition 0: 3"])
    check_run("in Chinese", our("-o", "language=zh_CN", "status"), 0,
              out=["恢复中 45%", "迟到事件", "2 位客户经理"])
    got = our("--json", "status")
    check("status as JSON", json.loads(got[1]) == {
        "instances": {"cw-0": one}, "problems": [],
        "redis": {"managers": 2, "tasks": 4, "delivery": {"epoch": "e1", "0": "3"}}}, got[1])


def test_status_says_how_right_detectors_were():
    def right(detector, segment, false_alarm, lost):
        return {"detector": detector, "segment": segment, "retained": 0, "recovering": 0,
                "no_issue": 0, "false_alarm": false_alarm, "lost": lost, "unreachable": 0}
    check("nothing yet", "false alarms" not in our("status")[1])
    put(instance("cw-0", 0, accuracy=[right("spend_drop", "", 3, 1), right("outage", "", 0, 2)]))
    put(instance("cw-1", 2, accuracy=[right("spend_drop", "", 3, 1),
                                      right("spend_drop", "class=A1", 1, 1)]))
    rows = [line.split() for line in our("status")[1].splitlines()]
    for row in ("spend_drop 0 0 0 6 2 0 75%", "outage 0 0 0 0 2 0 0%",
                "spend_drop class=A1 0 0 0 1 1 0 50%"):
        check(f"accuracy: {row}", row.split() in rows, rows)
    check_run("in Chinese", our("-o", "language=zh_CN", "status"), 0, out=["误报率", "消费骤降"])
    redis("DEL", "cw:status:cw-1")


def test_status_finds_what_is_wrong():
    put(instance("cw-0", 0, ready=False, why_not="Redis is being checked"))
    check_run("not ready", our("status"), 1, err="cw-0 is not ready: Redis is being checked")
    chinese = ("-o", "language=zh_CN")
    check_run("in Chinese", our(*chinese, "status"), 1, err="cw-0 未就绪：正在核对 Redis")
    text = json.loads(our(*chinese, "--json", "status")[1])["problems"][0]["text"]
    check("for programs as the instance says it", text == "cw-0 未就绪：Redis is being checked", text)
    stopped = instance("cw-0", 0)
    stopped["shards"][0].update(standing="stopped", reason="torn")
    put(stopped)
    check_run("a stopped shard", our("status"), 1, out="stopped",
              err="a shard has stopped, 0, cw-0: torn")
    silent = [feed("billing.events", silent=True, quiet_s=7200), feed("service.events")]
    put(instance("cw-0", 0, feeds=silent))
    check_run("a silent feed", our("status"), 1, out="SILENT",
              err="billing.events has fallen silent: no message for 2h")
    put(instance("cw-1", 2))
    check("heard elsewhere", problems() == (0, []), problems())
    put(instance("cw-1", 2, feeds=silent))
    check("silent everywhere", problems() == (1, ["feed_silent"]), problems())
    put(instance("cw-0", 0, feeds=[feed("billing.events", refused_last_hour=6)]))
    put(instance("cw-1", 2, feeds=[feed("billing.events", refused_last_hour=6)]))
    check("refusals of both", problems() == (1, ["refusals"]), problems())
    put(instance("cw-0", 0))
    put(instance("cw-1", 2, settings=2))
    check("other settings", problems() == (1, ["settings_differ"]), problems())
    put(instance("cw-1", 2, reload={"refused": True}))
    check("a reload refused", problems() == (1, ["reload_refused"]), problems())
    redis("SET", "cw:status:cw-1", "no JSON")
    check("unreadable", problems() == (1, ["unreadable"]), problems())
    redis("DEL", "cw:status:cw-1")
    redis("HSET", "cw:delivery", "refill", "abc")
    check("a redeliver", problems() == (1, ["refilling"]), problems())
    redis("HDEL", "cw:delivery", "refill")


def test_status_says_that_the_topics_are_away():
    """3, as for Redis. That a server which refuses is not away is in repair.py, where there are topics."""
    nobody = ("-o", "bus=kafka", "-o", "kafka.bootstrap_servers=127.0.0.1:1")
    check_run("Kafka is away", our(*nobody, "status", "--bus"), 3, err="the topics cannot be reached")


def desk(task, manager="am042"):
    flat = redis("HMGET", f"cw:{manager}:task:{task}", "desk", "desk_by", "desk_until", "desk_rev")
    return (flat + "\n" * (3 - flat.count("\n"))).split("\n")


def last_outcome(manager="am042"):
    flat = redis("XREVRANGE", f"cw:{manager}:outcomes", "+", "-", "COUNT", "1").split("\n")
    return dict(zip(flat[1::2], flat[2::2]))


def test_moves():
    apply(8, record("t-act", 1, 300), record("t-two", 2, 200, escalated_to="chief07"))
    check_run("claim", our("claim", "t-act", "--as", "li", "--for", "45m"), 0,
              out="t-act  claimed · until 20")
    check("claimed by li", desk("t-act")[:2] == ["claimed", "li"], desk("t-act"))
    check_run("another's claim", our("claim", "t-act", "--as", "zhang"), 1,
              err="churnwatchctl: task t-act is claimed by li until")
    got = our("--json", "claim", "t-act", "--as", "li")
    answer = json.loads(got[1])
    check("claim as JSON", answer == {"task_id": "t-act", "manager": "am042", "desk": "claimed",
                                      "desk_rev": 3, "desk_until": desk("t-act")[2]}, got)
    check_run("release", our("release", "t-act", "--as", "li"), 0, out="t-act  queued\n")
    check_run("nothing to release", our("release", "t-act", "--as", "li"), 1,
              err="task t-act is queued and cannot be released")

    soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 20 * 86400))
    check_run("snooze", our("snooze", "t-act", "--as", "li", "--until", soon, "--reason", "away"), 0,
              out=f"t-act  snoozed · until {soon}T00:00:00+08:00")
    check_run("snooze for a while", our("snooze", "t-act", "--as", "li", "--for", "3d"), 0,
              out="t-act  snoozed · until ")
    for words in ((), ("--for", "3d", "--until", "2026-12-24")):
        check_run("one of the two", our("snooze", "t-act", "--as", "li", *words), 2,
                  err="either --until TIME or --for DURATION")
    check_run("no duration", our("snooze", "t-act", "--as", "li", "--for", "soon"), 2,
              err='"soon" is no time')
    for words in (("--for", "400d"), ("--until", "2020-01-01")):
        check_run("too far", our("snooze", "t-act", "--as", "li", *words), 2,
                  err="--until, --for: later than now, and at most 366d ahead")
    check_run("too long in hand", our("claim", "t-act", "--as", "li", "--for", "8d"), 2,
              err="--for: a claim lasts from 1s to 7d")
    check_run("too much to say", our("snooze", "t-act", "--as", "li", "--for", "1d", "--reason",
                                     "x" * 2001), 2, err="--reason is UTF-8 text of at most 2000")
    check_run("nothing to say", our("note", "t-act", "", "--as", "li"), 2, err="TEXT is empty")

    check_run("note", our("note", "t-act", "她在等回话", "--as", "li"), 0, out="t-act  snoozed · until")
    check_run("the task shows it", our("task", "t-act"), 0, out=["li: 她在等回话", "snoozed", "note\n"])
    check_run("the feed shows it", our("feed", "am042"), 0, out=["li: 她在等回话\n", "li: away\n"])
    check("the note's outcome", last_outcome().get("note") == "她在等回话", last_outcome())
    check_run("to whom it is", our("reassign", "t-act", "am042", "--as", "li"), 2,
              err="MANAGER is another manager's id")
    check_run("reassign", our("reassign", "t-act", "am044", "--as", "li"), 0,
              out="asked for: the task's next version carries it out")
    check("where to", last_outcome().get("to") == "am044", last_outcome())
    check_run("escalate", our("escalate", "t-act", "--as", "li", "--reason", "big"), 0, out="asked for")
    check_run("escalated already", our("escalate", "t-two", "--as", "li"), 1,
              err="task t-two is escalated to chief07 already")

    check_run("done wants a result", our("done", "t-act", "--as", "li"), 2, err="--result RESULT")
    check_run("no such result", our("done", "t-act", "--as", "li", "--result", "sold"), 2,
              err="--result is retained")
    check_run("a version nobody saw", our("done", "t-two", "--as", "li", "--result", "lost",
                                          "--seen", "3"), 1, err="has version 2; 3 was never seen")
    check_run("done", our("done", "t-two", "--as", "li", "--result", "lost", "--method", "visit",
                          "--note", "signed elsewhere"), 0, out="t-two  closed · version 2")
    check("what came of it", {k: last_outcome().get(k) for k in ("action", "version", "result",
                                                                 "method", "note")} ==
          {"action": "done", "version": "2", "result": "lost", "method": "visit",
           "note": "signed elsewhere"}, last_outcome())
    got = our("--json", "done", "t-act", "--as", "li", "--result", "no_issue", "--seen", "1")
    check("done as JSON", json.loads(got[1])["version"] == 1, got)
    check_run("once", our("done", "t-two", "--as", "li", "--result", "lost"), 1,
              err="task t-two is closed and cannot be done")

    check_run("in Chinese", our("-o", "language=zh_CN", "claim", "t-low", "--as", "li"), 0,
              out="t-low  处理中 · 至 20")
    check_run("no such task", our("claim", "t-none", "--as", "li"), 1, err="no task t-none")
    check_run("no task id", our("claim", "t 1", "--as", "li"), 2, err="is no task id")
    check_run("who", our("claim", "t-low", "--as", "l i"), 2, err="--as is a name of 1 to 64")
    redis("HSET", "cw:tasks", "t-stale", "am042")
    check_run("a task that is gone", our("claim", "t-stale", "--as", "li"), 1,
              err="task t-stale is not on the desk of am042")
    check_run("that is gone and done", our("done", "t-stale", "--as", "li", "--result", "lost"), 1,
              err="task t-stale is not on the desk of am042")
    ENV["USER"] = "li"
    check_run("the user acts", our("claim", "t-low"), 0, out="claimed")
    check_run("who has it lets go", our("release", "t-low"), 0, out="queued")
    for user in (None, ""):
        ENV.pop("USER", None)
        if user is not None:
            ENV["USER"] = user
        check_run("without USER the account acts", our("note", "t-low", "by the account"), 0)
        check("under its name", f" {pwd.getpwuid(os.getuid()).pw_name}" in
              redis("HGET", "cw:am042:task:t-low", "note").splitlines()[-1])
    ENV["USER"] = "li"
    redis("FUNCTION", "FLUSH")
    check_run("without the functions", our("claim", "t-low"), 1,
              err="churnwatchd loads them when it connects")


def test_woken_before_its_time():
    """A task that got worse is back on the desk, long before the snooze is over."""
    apply(4, record("t-wake", 1, 300))
    check_run("snooze", our("snooze", "t-wake", "--as", "li", "--for", "9d"), 0, out="snoozed")
    apply(5, record("t-wake", 2, 500, wake="true"))
    check("back on the desk", desk("t-wake")[0] == "queued", desk("t-wake"))
    chinese = ("-o", "language=zh_CN")
    check_run("its history", our(*chinese, "task", "t-wake"), 0, out=["已唤醒", "优先级上升"])
    check("nothing of its time", "到期" not in our(*chinese, "feed", "am042")[1])


def test_one_word_for_one_thing():
    """What ends a task reads the same in the task, in its history and after the command."""
    chinese = ("-o", "language=zh_CN")
    apply(6, record("t-end", 1, 300), record("t-back", 1, 300))
    check_run("done", our(*chinese, "done", "t-end", "--as", "li", "--result", "lost"), 0,
              out="t-end  已关闭 · 版本 1")
    check_run("on the desk", our(*chinese, "task", "t-end"), 0, out="进行中 · 已关闭")
    apply(7, record("t-end", 2, 0, state="done"), record("t-back", 2, 0, state="withdrawn"))
    got = our(*chinese, "task", "t-end")
    check_run("done and closed", got, 0, out="已办结")
    got = our(*chinese, "feed", "am042")
    check_run("in the feed", got, 0, out=["已关闭", "已解除"])
    check("no other words", not re.search("已完成|已撤回|已结束|已处理", got[1]), got[1])


def test_refusals():
    redis("SET", "cw:odd:queue", "no set")
    check_run("a key of another type", our("tasks", "odd"), 1, err="WRONGTYPE")
    check_run("another prefix", our("-o", "redis.prefix=x:", "tasks", "am042"), 1,
              err='nothing has been delivered into this Redis under "x:"')


try:
    until = time.monotonic() + 20
    while subprocess.run(["redis-cli", "-s", socket, "ping"], capture_output=True).stdout != b"PONG\n":
        assert server.poll() is None and time.monotonic() < until, "redis-server did not start"
    test_not_filled()
    fill()
    test_names()
    for test in (test_tasks, test_task, test_feed, test_follow, test_status,
                 test_status_says_how_right_detectors_were, test_status_finds_what_is_wrong, test_status_says_that_the_topics_are_away,
                 test_woken_before_its_time, test_one_word_for_one_thing, test_moves, test_refusals):
        test()
finally:
    server.terminate()
    server.wait()
    shutil.rmtree(directory)
check_run("a server that is gone", our("tasks", "am042"), 3, err="Redis: ")
for wrong in (("snooze", "t-1"), ("snooze", "t-1", "--for", "soon"), ("claim", "t-1", "--for", "soon")):
    check_run("mistyped, whoever is gone", our(*wrong, "--as", "li"), 2, err="--for")
end()
