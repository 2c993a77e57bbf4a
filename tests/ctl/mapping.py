"""Field mappings: the samples that are shipped become the contract's own events and give the same
tasks; what a wrong line and a wrong profile are told.

    mapping.py CHURNWATCHCTL
"""

import datetime
import json
import os
import re
import shutil
import tempfile

from ctl import check, check_run, ctl, end

HERE = os.path.dirname(os.path.abspath(__file__))
MAPPINGS = os.path.join(HERE, "..", "..", "config", "mappings")
CONTRACT = os.path.join(HERE, "..", "replay", "mapped")
SAMPLES = ("chinese", "flat", "tmf688")
directory = tempfile.mkdtemp(prefix="cw-mapping-")


def sample(name):
    return os.path.join(MAPPINGS, name)


def contract(name):
    return os.path.join(CONTRACT, name)


def write(name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def comparable(record, left_out):
    record = {k: v for k, v in record.items() if k not in left_out}
    if "time" in record:
        record["time"] = datetime.datetime.fromisoformat(record["time"]).timestamp()
    return record


def test_becomes(name, expected, left_out=()):
    got = ctl("--json", "map", "test", sample(name + ".conf"), sample(name + ".ndjson"))
    check_run(name, got, 0)
    become = [json.loads(line)["becomes"] for line in got[1].splitlines()]
    wanted = lines_of(contract(expected))
    check(f"{name}: as many lines", len(become) == len(wanted))
    for i, (a, b) in enumerate(zip(become, wanted)):
        check(f"{name}: line {i + 1} becomes the contract's",
              comparable(a, left_out) == comparable(b, left_out), a, b)


def replay(events, profiles, managers, *options):
    tasks = os.path.join(directory, "tasks")
    got = ctl("-c", contract("settings.conf"), *options, "replay", "--events", events, "--profiles",
              profiles, "--managers", managers, "--tasks", tasks, "--partitions", "3", "--until",
              "2026-03-12")
    check_run(f"replay {events}", got, 0, err="任务版本 ")
    return lines_of(tasks)


def test_tasks():
    expected = replay(*(contract(n + ".ndjson") for n in ("events", "profiles", "managers")))
    check("the contract's events give tasks", len(expected) > 20)
    for name in SAMPLES:
        options = [w for i, n in (("billing", name), ("service", name),
                                  ("profiles", "chinese-profiles"), ("managers", "chinese-managers"))
                   for w in ("-o", f"input.mapping.{i}={os.path.abspath(sample(n))}.conf")]
        got = replay(*(sample(n + ".ndjson")
                       for n in (name, "chinese-profiles", "chinese-managers")), *options)
        # The flat sample has no ids, and a task's id is made of its event's.
        left_out = ("task_id",) if name == "flat" else ()
        check(f"{name}: the same task versions",
              [comparable(t, left_out) for t in got] ==
              [comparable(t, left_out) for t in expected])


def test_wrong_lines():
    good = lines_of(sample("chinese.ndjson"))[1]
    lines = [
        good,
        {**good, "金额(元)": "12.34567"},
        {**good, "发生时间": "2026-02-30 10:00:00"},
        {**good, "号码": None},
        {**good, "业务类型": "天气"},
        {**good, "号码": {"a": 1}},
    ]
    events = write("wrong.ndjson", "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines))
    got = ctl("-o", "language=en", "map", "test", sample("chinese.conf"), events)
    check_run("wrong lines", got, 1, out="2: refused, out-of-range: /data/amount (from /金额(元)): ",
              err="6 lines, 4 refused")
    for line, words in ((3, "out-of-range: /time (from /发生时间): expected YYYY-MM-DD hh:mm:ss"),
                        (4, "missing-member: /data/msisdn (from /号码): missing"),
                        (6, "wrong-type: /data/msisdn (from /号码): expected a single value")):
        check(f"line {line} is told", f"{line}: refused, {words}" in got[1], got[1])
    check("an unknown kind is passed over", "5: passed over" in got[1])
    check("what nothing points at is told", "/操作员" in got[2])
    check_run("in Chinese", ctl("map", "test", sample("chinese.conf"), events), 1,
              out=["2: 拒收，out-of-range：/data/amount", "5: 已略过：映射方案中没有匹配的类型"],
              err=["共 6 行，拒收 4 行", "不属于映射方案中的任何类型", "输入行中未被引用的字段：", " 次出现，/操作员"])
    said = [json.loads(x) for x in ctl("--json", "map", "test", sample("chinese.conf"),
                                       events)[1].splitlines()]
    text = json.dumps(lines[1], ensure_ascii=False).encode()
    at = text.index(b'"12.34567"')
    check("the byte is one of the line as it came", said[1]["detail"].endswith(f", at byte {at}"),
          said[1])
    summary = json.loads(ctl("--json", "map", "test", sample("chinese.conf"), events)[2])
    check("the summary in JSON", summary["refused"] == 4 and summary["unused"] == ["/操作员"],
          summary)


# profile, and what must be said of it
WRONG_PROFILES = (
    ('', "input = \"events\""),
    ('input = "event";', "input"),
    ('input = "managers"; manager_id = "/a"; nmae = "/b";', "did you mean name?"),
    ('input = "managers"; manager_id = "a";', "it begins with /"),
    ('input = "managers"; manager_id = "/a~3";', "after ~ stands 0"),
    ('input = "managers";', "nothing gives manager_id"),
    ('input = "managers"; manager_id = { form = "/a"; };', "did you mean from?"),
    ('input = "managers"; manager_id = { from = "/a"; const = "b"; };', "one of from, const"),
    ('input = "managers"; manager_id = "/a"; daily_capacity = { const = "many"; };',
     "a whole number that the contract allows is wanted"),
    ('input = "managers"; manager_id = "/a"; daily_capacity = { const = -1; };',
     "a whole number that the contract allows"),
    ('input = "managers"; manager_id = "/a"; daily_capacity = { const = "007"; };',
     "a whole number that the contract allows"),
    ('input = "managers"; manager_id = { const = "a b"; };', "an id of 1 to 64 characters"),
    ('input = "profiles"; client_id = { const = ""; }; kind = "/k"; manager = "/m";',
     "a text as long as"),
    ('input = "managers"; manager_id = "/a"; absences = { each = "/b"; };', "nothing gives from"),
    ('input = "profiles"; client_id = "/a"; manager = "/m";\n'
     'kind = { from = "/k"; map = ( [ "x", "gruop" ] ); };', ":2: kind.map"),
    ('input = "profiles"; client_id = "/a"; manager = "/m"; kind = "/k";\n'
     'annual_output = { from = "/o"; unit = "fan"; };', "did you mean fen?"),
    ('input = "profiles"; client_id = "/a"; manager = "/m"; kind = "/k";\n'
     'contract_ends = { from = "/e"; time = "YYYYDDD"; };', "is no form of a time"),
    ('input = "events"; kinds = ( { type = "billing.bil"; } );', "did you mean billing.bill?"),
    ('input = "events"; subject = "/s"; time = "/t"; source = "/o";\n'
     'kinds = ( { type = "service.resumed"; data = { msisdn = "/m"; }; } );',
     "id = { hash = [ ]; }; makes one"),
    ('input = "events"; id = "/i"; subject = "/s"; time = "/t"; source = "/o";\n'
     'kinds = ( { type = "billing.payment"; data = { amout = "/m"; }; } );', "did you mean amount?"),
    ('input = "events"; input = "events";', "duplicate setting name"),
)


def test_wrong_profiles():
    for i, (text, words) in enumerate(WRONG_PROFILES):
        profile = write(f"wrong{i}.conf", text + "\n")
        got = ctl("map", "test", profile, "/dev/null")
        check_run(f"profile {i}", got, 1, err=words)
        check(f"profile {i}: the file is named", got[2].startswith(profile + ":"), got[2])


def test_settings_name_profiles():
    conf = write("named.conf", 'input = { mapping = { billing = "none.conf"; }; };\n')
    empty = write("empty.ndjson", "")
    words = ("replay", "--events", empty, "--tasks", "-")
    check_run("a profile that is not there", ctl("-c", conf, *words), 1,
              err=["none.conf: cannot be", f"{conf}:1: input.mapping.billing: there is no profile"])
    profiles = os.path.abspath(sample("chinese-profiles.conf"))
    got = ctl("-c", conf, "-o", f"input.mapping.billing={profiles}", *words)
    check_run("a profile of something else", got, 1, err="one of events is wanted")


def test_documented():
    """What docs/mapping.md shows is what happens."""
    with open(os.path.join(HERE, "..", "..", "docs", "mapping.md"), encoding="utf-8") as f:
        text = f.read()
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```", text, flags=re.M | re.S))
    got = ctl("-o", "language=en", "map", "test", write("boss.conf", blocks["profile"]),
              write("lines.ndjson", blocks["lines"]))
    check("the documented profile", got == (0, blocks["becomes"], blocks["summary"]), *got)


test_becomes("chinese", "events.ndjson")
test_becomes("tmf688", "events.ndjson")
test_becomes("flat", "events.ndjson", ("id", "source"))
test_becomes("chinese-profiles", "profiles.ndjson")
test_becomes("chinese-managers", "managers.ndjson")
test_tasks()
test_wrong_lines()
test_wrong_profiles()
test_settings_name_profiles()
test_documented()
shutil.rmtree(directory)
end()
