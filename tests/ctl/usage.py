"""Every mistake on the command line ends with status 2 and the line that helps."""

from ctl import check, check_run, ctl, end

REPLAY = "usage: churnwatchctl replay --events FILE…"
ROWS = [
    ([], "a command is missing"),
    ([], "churnwatchctl --help lists the commands"),
    (["reply"], 'no command "reply"'),
    (["--nonsense"], "no option --nonsense"),
    (["replay"], "--events FILE… is missing"),
    (["replay"], REPLAY),
    (["replay", "--events", "-", "--tasks", "-", "--partitions", "none"], REPLAY),
    (["tasks"], "usage: churnwatchctl tasks [--limit N] MANAGER"),
    (["tasks", "am 042"], '"am 042" is no manager id'),
    (["tasks", "am042", "--limit", "0"], "from 1 to"),
    (["task", "a*"], '"a*" is no task id'),
    (["task", "a", "b"], '"b" is one word too many'),
    (["feed", "am042", "--since", "yesterday"], '"yesterday" is no entry id'),
    (["sim"], "sim wants --out DIR, --send, or both"),
    (["sim", "--out", "x", "--rate", "5"], "--rate goes with --send"),
    (["sim", "--out", "x", "--clients", "59"], "from 60 to"),
    (["settings", "all"], 'no command "settings all"'),
    (["thresholds"], "churnwatchctl help thresholds lists them"),
    (["thresholds", "set", "complaint.leave=3"], "--reason TEXT is missing"),
    (["thresholds", "rollback", "1"], "--reason TEXT is missing"),
    (["thresholds", "rollback", "one", "--reason", "r"], '"one" is no version'),
    (["thresholds", "list", "--segment", "A1"], '"A1": conditions such as class=A1 are wanted'),
    (["thresholds", "list", "--segment", "class=A9"], "allowed: A1, A2"),
    (["thresholds", "list", "--detector", "spend"], 'there is no detector "spend"'),
    (["thresholds", "get", "complaint.leave", "--client", "c", "--segment", "class=A1"], "either --client or"),
    (["replay", "--events", "-", "--tasks", "-", "--partitions", "1025"], "from 1 to 1024"),
    (["explain", "c", "--events", "-", "--partitions", "1025"], "from 1 to 1024"),
    (["help", "nothing"], 'no command "nothing"'),
]
for args, says in ROWS:
    check_run(" ".join(args), ctl(*args), 2, err=says)

for args in (["--help"], ["help"], ["replay", "--help"], ["help", "replay"], ["--version"]):
    got = ctl(*args)
    check_run(" ".join(args), got, 0)
    check(f"{args} speaks on standard output alone", got[1] and not got[2], *got)
check("every command is listed", all(f"  {name}" in ctl("help")[1] for name in
      ("replay", "tasks", "task", "feed", "status", "ingest", "sim", "settings", "help")))
check_run("a wrong threshold", ctl("thresholds", "set", "complaint.laeve=3", "--reason", "r"), 1,
          err="did you mean complaint.leave?")
check_run("out of range", ctl("thresholds", "set", "complaint.leave=99", "--reason", "r"), 1, err="allowed: -5 to 15")
check_run("a bad setting", ctl("-o", "engine.threads=none", "tasks", "am042"), 1,
          err="engine.threads")
for words, says in ((("redis.url=redis://h:0",), "churnwatchctl: redis.url: a port is "),
                    (("redis.password_file=/none",), "churnwatchctl: redis.password_file: /none: No such file")):
    got = ctl(*(w for o in words for w in ("-o", o)), "tasks", "am042")
    check_run(f"{words[0]} is wrong", got, 1)
    check(f"{words[0]} is named once", got[2].startswith(says), got[2])
check_run("no Redis", ctl("-o", "redis.url=redis://127.0.0.1:1", "tasks", "am042"), 3, err="Redis: ")
end()
