"""redeliver and dead-letters list against a real Redis and an embedded log with records of our choice."""

import datetime
import glob
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import threading
import time

from ctl import check, check_run, ctl, end
from own_redis import ask, directory, server, socket

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TOPICS = ("client.profiles", "manager.profiles", "billing.events", "service.events",
          "task.outcomes", "churnwatch.tasks", "churnwatch.state", "churnwatch.control",
          "churnwatch.dead-letters", "churnwatch.outcomes-refused")
DAY = 86400


def redis(*words, stdin=None):
    return ask(*words, stdin=stdin)[1]


class Bus:
    """As bus/sqlite_file.h describes it."""

    def __init__(self, name, partitions=1):
        self.partitions = partitions
        self.path = os.path.join(directory, name)
        with sqlite3.connect(self.path) as db:
            db.executescript(
                "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
                "CREATE TABLE topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
                " partitions INTEGER NOT NULL) STRICT;"
                "CREATE TABLE partition (id INTEGER PRIMARY KEY, topic INTEGER NOT NULL REFERENCES"
                " topic, number INTEGER NOT NULL, first INTEGER NOT NULL DEFAULT 0,"
                " next INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
                " committed INTEGER NOT NULL DEFAULT -1, clean INTEGER NOT NULL DEFAULT 0,"
                " UNIQUE (topic, number)) STRICT;"
                "CREATE TABLE record (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, key BLOB,"
                " value BLOB, headers BLOB) STRICT;"
                "CREATE TABLE latest (partition INTEGER NOT NULL, key BLOB NOT NULL,"
                " offset INTEGER NOT NULL, PRIMARY KEY (partition, key)) STRICT, WITHOUT ROWID;"
                f"PRAGMA application_id = {0x63776c67}; PRAGMA user_version = 1;")
            for i, topic in enumerate(TOPICS, 1):
                n = 1 if topic in ("manager.profiles", "churnwatch.control") else partitions
                db.execute("INSERT INTO topic VALUES (?, ?, ?)", (i, topic, n))
                for number in range(n):
                    db.execute("INSERT INTO partition (id, topic, number) VALUES (?, ?, ?)",
                               (self.place(topic, number), i, number))

    @staticmethod
    def place(topic, partition):
        return (TOPICS.index(topic) + 1) * 16 + partition

    def records(self, topic, partition=0):
        place = self.place(topic, partition)
        with sqlite3.connect(self.path, timeout=30) as db:
            return db.execute("SELECT key, value FROM record WHERE id >> 40 = ? ORDER BY id",
                              (place,)).fetchall()

    def put(self, topic, value, key=None, ago=0, headers=(), partition=0):
        """A record written so many seconds ago."""
        packed = b"".join(struct.pack("<I", len(part)) + part for pair in headers
                          for part in (pair[0].encode(), pair[1].encode()))
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        place = self.place(topic, partition)
        with sqlite3.connect(self.path, timeout=30) as db:
            at = db.execute("SELECT next FROM partition WHERE id = ?", (place,)).fetchone()[0]
            db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)",
                       (place << 40 | at, int((time.time() - ago) * 1000),
                        key.encode() if key else None, text, packed or None))
            db.execute("UPDATE partition SET next = next + 1 WHERE id = ?", (place,))

    def our(self, *args):
        return ctl("-o", f"redis.url=redis+unix://{socket}", "-o", "language=en",
                   "-o", f"bus=sqlite:{self.path}", "-o",
                   f"sqlite.partitions={self.partitions}", *args)


def task_id(n):
    return f"t-{n * 0x0123456789abcdf:016x}"


def version(n, number, manager="am1", **more):
    return {"task_id": task_id(n), "version": number, "client_id": f"c{n}", "manager": manager,
            "state": "open", "priority": 100, "escalated_to": None, "wake": False,
            "headline": "Spend fell", "updated_at": stamp(0), **more}


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + seconds))


def move(n, action, number, manager="am1", **more):
    return {"id": f"{n}-{action}-{number}-{manager}", "task_id": task_id(n), "client_id": f"c{n}",
            "manager": manager, "who": "li", "action": action, "version": number,
            "at": stamp(-DAY), **more}


def load_functions():
    redis("FUNCTION", "LOAD", "REPLACE", stdin=b"".join(open(part, "rb").read() for part in sorted(
        glob.glob(os.path.join(SOURCE, "delivery/functions/*.lua")))))


def desk(n, manager="am1"):
    return redis("HGET", f"cw:{manager}:task:{task_id(n)}", "desk")


def test_moves_older_than_what_is_read():
    """--since reads of each task its last version only; what was done at earlier ones comes back, but
    not what went with the task to another manager."""
    redis("FLUSHALL")
    bus = Bus("since.db")
    for n in (1, 2, 3):
        bus.put("churnwatch.tasks", version(n, 1), ago=20 * DAY)
    for n, manager in ((1, "am1"), (2, "am1"), (3, "am2")):
        bus.put("churnwatch.tasks", version(n, 2, manager), ago=DAY)
    bus.put("task.outcomes", move(1, "snooze", 1, until=stamp(9 * DAY)))
    bus.put("task.outcomes", move(2, "claim", 1, until=stamp(DAY)))
    bus.put("task.outcomes", move(3, "claim", 1, until=stamp(DAY)))
    got = bus.our("redeliver", "--since", "8d")
    check_run("redeliver --since", got, 0, out="3 tasks written")
    check("a snooze", desk(1) == "snoozed", desk(1), *got)
    check("a claim", desk(2) == "claimed", desk(2), *got)
    check("a claim that went with the task", desk(3, "am2") == "queued", desk(3, "am2"))


def test_functions_are_loaded_to_write():
    """Neither a look nor a refusal replaces what another installation has loaded."""
    redis("FLUSHALL")
    redis("FUNCTION", "FLUSH")
    bus = Bus("functions.db")
    bus.put("churnwatch.tasks", version(1, 1))
    check_run("a look", bus.our("redeliver", "--dry-run"), 0, out="nothing was written")
    check("loads nothing", redis("FUNCTION", "LIST") == "", redis("FUNCTION", "LIST"))
    bus.put("churnwatch.control", {"epoch": "ours"}, key="epoch")
    redis("HSET", "cw:delivery", "epoch", "theirs")
    redis("HSET", "cw:tasks", "t-1", "am9")
    check_run("another's Redis", bus.our("redeliver"), 1, err="filled by another installation")
    check("is left alone", redis("FUNCTION", "LIST") == "", redis("FUNCTION", "LIST"))
    check_run("on purpose", bus.our("redeliver", "--replace"), 0, out="1 tasks written")


LETTERS = (
    ("key-mismatch", '/subject: "g-580-0042", but the message\'s key is "g-580-9943", at byte 16'),
    ("out-of-range", '/data/msisdn: expected 1 to 15 digits, found "139-5800-1234", at byte 17'),
    ("out-of-range", '/kind: expected one of individual, group, found "王小明", at byte 18'),
    ("not-json", "string or '}' expected near '陈大文', at byte 19"),
)


def test_letters_are_masked():
    """Reasons quote what was found, which may be anybody's id, number or name."""
    bus = Bus("letters.db")
    for code, detail in LETTERS:
        bus.put("churnwatch.dead-letters", b"{}", key="g-580-9943", headers=(
            ("cw_error", code), ("cw_detail", detail), ("cw_topic", "billing.events"),
            ("cw_partition", "0"), ("cw_offset", "3")))
    said = ["key-mismatch", "g-…42", "g-…43", "expected one of individual, group, found",
            "string or '}' expected near '…'", *(f"at byte {n}" for n in range(16, 20))]
    for words in (("dead-letters", "list"), ("--json", "dead-letters", "list")):
        got = bus.our(*words)
        check_run("letters", got, 0, out=said)
        for secret in ("580", "王", "陈大文"):
            check(f"{secret} is masked", secret not in got[1], got[1])


def holder_says(*standings):
    """An instance holds shards, which stand as it is said of each."""
    redis("SET", "cw:status:cw-0", json.dumps({
        "instance": "cw-0", "ready": True,
        "shards": [{"shard": i, "standing": s, "reason": ""} for i, s in enumerate(standings)]}))


CHINESE = ("-o", "language=zh_CN")


def test_thresholds_in_chinese():
    """All but what is typed."""
    redis("FLUSHALL")
    bus = Bus("thresholds.db")
    redis("SET", "cw:status:cw-0", json.dumps({"instance": "cw-0", "settings": 1}))
    check_run("set", bus.our(*CHINESE, "thresholds", "set", "complaint.leave=2", "--reason", "试"), 0,
              out="已记录为版本 1\n已生效的实例：cw-0\n")
    check_run("get", bus.our(*CHINESE, "thresholds", "get", "complaint.leave"), 0,
              out=["detectors.complaint.leave：一次投诉使离网对数几率增加多少；越大越紧急。",
                   "允许范围：-5 至 15（对数几率）", "在线版本 1"])
    got = bus.our(*CHINESE, "thresholds", "list")
    check_run("list", got, 0, out=["complaint.window_days", "1 至 365 天", "该检测项信号的去向"])
    left = re.sub(r"[a-z]+_[a-z._]+|[a-z]+\.[a-z_]+|\b(on|dry|off|inactivity|MB|CF(U|B|NRy|NRc))\b|，root，20\S+", "",
                  got[1])
    check("no English in it", not re.search("[A-Za-z]{2,}", left), left)
    check("as JSON in English", '"meaning":"What a complaint adds' in
          bus.our(*CHINESE, "--json", "thresholds", "list")[1])
    redis("DEL", "cw:status:cw-0")
    check_run("nobody asked", bus.our(*CHINESE, "thresholds", "rollback", "0", "--reason", "试"), 0,
              out=["已记录为版本 2", "未能向任何实例查询是否生效"])


def test_repair_in_chinese():
    redis("FLUSHALL")
    bus = Bus("chinese.db", partitions=2)
    bus.put("churnwatch.tasks", version(1, 1))
    bus.put("churnwatch.tasks", b"{}")
    bus.put("churnwatch.dead-letters", b"{}", key="g-1", headers=(
        ("cw_error", "not-json"), ("cw_detail", "at byte 1"), ("cw_topic", "billing.events"),
        ("cw_partition", "0"), ("cw_offset", "3"), ("trace", "t-1")))
    check_run("a look", bus.our(*CHINESE, "redeliver", "--dry-run"), 0,
              out=["已读取发件箱记录 2 条，任务 1 个，其中进行中 1 个", "1 条记录不是任务，已跳过", "未写入任何内容（--dry-run）"])
    check_run("redeliver", bus.our(*CHINESE, "redeliver"), 0, out="已写入任务 1 个，用时 ")
    check_run("list", bus.our(*CHINESE, "dead-letters", "list"), 0, out="1 条死信，0 条已重放")
    check_run("show", bus.our(*CHINESE, "dead-letters", "show", "0:0"), 0,
              out=["死信      0:0\n消息      billing.events，分区 0，位置 3\n代码      not-json\n",
                   "消息头    trace = t-1"])
    words = ("dead-letters", "replay", "0:0")
    check_run("would be sent", bus.our(*CHINESE, *words, "--dry-run"), 0,
              out="将重新送入消息 1 条（--dry-run），另有 0 条此前已重放，不再送入\n")
    check_run("sent", bus.our(*CHINESE, *words), 0, out="已重新送入消息 1 条，另有 0 条此前已重放，未再送入\n")
    check_run("once", bus.our(*CHINESE, *words), 0, out="另有 1 条此前已重放，未再送入（加 --again 则一并送入）\n")
    check_run("shown", bus.our(*CHINESE, "dead-letters", "show", "0:0"), 0, out="0:0，已重放")
    torn = "torn: billing is committed at 7, the state log stands at 9"
    redis("SET", "cw:status:cw-0", json.dumps({
        "instance": "cw-0", "ready": True,
        "shards": [{"shard": 0, "standing": "restoring"}, {"shard": 1, "standing": "stopped", "reason": torn}]}))
    said = "不一致：billing 已提交至 7，状态日志位于 9"
    check_run("doctor", bus.our(*CHINESE, "doctor"), 1,
              out=["恢复中", "已停止", f"停摆：分片 1，持有它的实例已将其停止：{said} -> "])
    check("for programs as the daemon says it", torn in bus.our(*CHINESE, "--json", "doctor")[1])
    check_run("status", bus.our(*CHINESE, "status"), 1, err=f"分片已停止，1, cw-0：{said}; churnwatchctl")


def orders(bus):
    return [json.loads(value)["shard"] for key, value in bus.records("churnwatch.control")
            if key == b"repair"]


def test_each_stopped_shard_gets_its_order():
    """The first is not carried out within its time, the second at once."""
    redis("FLUSHALL")
    bus = Bus("orders.db", partitions=2)
    holder_says("stopped", "stopped")

    def carry_out():
        until = time.monotonic() + 60
        while 1 not in orders(bus) and time.monotonic() < until:
            time.sleep(0.05)
        bus.put("churnwatch.state", b"state", partition=1)
    hand = threading.Thread(target=carry_out)
    hand.start()
    got = bus.our("doctor", "--repair", "--yes")
    hand.join()
    check_run("two orders", got, 1, out=["shard 0: ordered and not carried out", "shard 1: mended"])
    check("were left", orders(bus) == [0, 1], orders(bus))


def test_a_shard_at_work_gets_no_order():
    redis("FLUSHALL")
    bus = Bus("at-work.db")
    holder_says("running")
    words = ("doctor", "--shard", "0", "--anew", "--repair", "--yes")
    check_run("at work", bus.our(*words), 1, err="shard 0: nothing was ordered: the shard is at work")
    check("no order", orders(bus) == [], orders(bus))
    redis("DEL", "cw:status:cw-0")
    check_run("held by nobody", bus.our(*words), 0, out="when an instance takes the shard")
    check("an order", orders(bus) == [0], orders(bus))


def test_who_refuses_is_not_away():
    """Status 1, where a server that is away is 3."""
    redis("FLUSHALL")
    bus = Bus("refusing.db")
    holder_says("running")
    secret = os.path.join(directory, "secret")
    with open(secret, "w", encoding="utf-8") as f:
        f.write("wrong\n")
    os.chmod(secret, 0o600)
    redis("SET", "cw:tasks", "no hash")
    for command, out in (("status", ""), ("doctor", "WRONGTYPE")):
        check_run("a question", bus.our(command), 1, out=out)
        check_run("the password", bus.our("-o", f"redis.password_file={secret}", command), 1)
        check_run("away", bus.our("-o", f"redis.url=redis+unix://{socket}.not", command), 3)


def test_time_goes_back_between_partitions():
    """What ended long ago in one partition is not of the day of another's last record."""
    redis("FLUSHALL")
    bus = Bus("partitions.db", partitions=2)
    bus.put("churnwatch.tasks", version(1, 1), partition=0)
    bus.put("churnwatch.tasks", version(2, 2, state="expired"), ago=40 * DAY, partition=1)
    bus.put("churnwatch.tasks", version(3, 1), partition=1)
    check_run("redeliver", bus.our("redeliver"), 0, out="3 tasks written")
    for n, days in ((1, 0), (2, 40), (3, 0)):
        told = redis("HGET", f"cw:am1:task:{task_id(n)}", "delivered_at")
        age = time.time() - datetime.datetime.fromisoformat(told).timestamp()
        check(f"task {n}: when it was delivered", abs(age - days * DAY) < 3600, told)
    left = int(redis("TTL", f"cw:am1:task:{task_id(2)}")) / DAY
    check("what is left of its retention", 49 < left < 51, left)


def apply(epoch, before, after, *records):
    """As a daemon delivers them."""
    words = []
    for r in records:
        words += ["", len(r)]
        for name, value in r.items():
            words += [name, "" if value is None else value if isinstance(value, str)
                      else json.dumps(value)]
    return redis("FCALL", "cw_apply", 1, "cw:delivery", epoch, 0, before, after, "now", 7776000,
                 10000, *words)


def test_delivered_between_index_and_take_over():
    """What a daemon delivers while the outbox is read is no less there than what was before."""
    redis("FLUSHALL")
    load_functions()
    bus = Bus("meanwhile.db")
    first, later = version(1, 1), (version(1, 2, priority=200), version(2, 1))
    bus.put("churnwatch.control", {"epoch": "ours"}, key="epoch")
    bus.put("churnwatch.tasks", first)
    redis("HSET", "cw:delivery", "epoch", "ours")
    said = apply("ours", -1, 1, first)
    check("the first is delivered", "1" in said, said)
    said = apply("ours", 1, 3, *later)
    check("delivered", "3" in said, said)
    redis("FCALL", "cw_claim", 1, "cw:am1:queue", task_id(2), "li", 3600)
    check("claimed", desk(2) == "claimed", desk(2))
    told = redis("XLEN", "cw:am1:feed")
    # The outbox is read, and what it writes has to wait.
    redis("CLIENT", "PAUSE", 60000, "WRITE")
    got = []
    run = threading.Thread(target=lambda: got.extend(bus.our("redeliver")))
    run.start()
    until = time.monotonic() + 20
    while "cmd=fcall" not in redis("CLIENT", "LIST") and time.monotonic() < until:
        time.sleep(0.02)
    for record in later:
        bus.put("churnwatch.tasks", record)
    redis("CLIENT", "UNPAUSE")
    run.join()
    check_run("redeliver", got, 0, out=["3 records of the outbox read, 2 tasks", "0 unknown"])
    check("its version", redis("HGET", f"cw:am1:task:{task_id(1)}", "version") == "2")
    check("its desk", desk(2) == "claimed", desk(2))
    check("where it goes on", redis("HGET", "cw:delivery", "0") == "3")
    check("nobody is told twice", redis("XLEN", "cw:am1:feed") == told)


try:
    until = time.monotonic() + 20
    while subprocess.run(["redis-cli", "-s", socket, "ping"], capture_output=True).stdout != b"PONG\n":
        assert server.poll() is None and time.monotonic() < until, "redis-server did not start"
    test_moves_older_than_what_is_read()
    test_functions_are_loaded_to_write()
    test_time_goes_back_between_partitions()
    test_delivered_between_index_and_take_over()
    test_letters_are_masked()
    test_thresholds_in_chinese()
    test_repair_in_chinese()
    test_who_refuses_is_not_away()
    test_a_shard_at_work_gets_no_order()
    test_each_stopped_shard_gets_its_order()
finally:
    server.terminate()
    server.wait()
    shutil.rmtree(directory)
end()
