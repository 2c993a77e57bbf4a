"""fit: weights fitted to a county's leavers load and fit better; what is not given is asked for."""
import json
import os
import re
import tempfile
import xml.dom.minidom

from ctl import check, check_modes, check_run, ctl, end

folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


def replay(to, *conf):
    check_run(f"replay {to}", ctl("-c", path("sim.conf"), *conf, "replay", "--events", path("events.ndjson"),
                                  "--profiles", path("profiles.ndjson"), "--managers", path("managers.ndjson"),
                                  "--tasks", path(to)), 0)


def fit(*words, conf="sim.conf"):
    return ctl("-c", path(conf), "fit", "--tasks", path("tasks.ndjson"), *words)


check_run("a county", ctl("sim", "--out", folder.name, "--seed", "3", "--clients", "400", "--days", "110"), 0)
replay("tasks.ndjson")

ENGLISH = ("-o", "language=en")
got = fit("--truth", path("truth.json"), "--settings-out", path("fitted.conf"), *ENGLISH)
check_run("a fit", got, 0, out=["weight", "base, individuals", "Brier skill", "risk up to"])
figures = json.loads(fit("--truth", path("truth.json"), "--json")[1])
check("it fits better", figures["after"]["brier_skill"] > figures["before"]["brier_skill"], figures)
check("and is better calibrated", figures["after"]["calibration_error"] < figures["before"]["calibration_error"],
      figures)
check("all detectors are told of", len(figures["detectors"]) == 17, figures)
for one in figures["detectors"]:
    check(f"the steps of {one['detector']} are all of it", sum(s["mornings"] for s in one["steps"]) == one["mornings"]
          and sum(s["before_leaving"] for s in one["steps"]) == one["before_leaving"], one)
check("steps are told apart", sum(len(d["steps"]) > 1 for d in figures["detectors"]) >= 4, figures)
check("in a table", "log-odds more" in got[1], got[1])
check("the same twice", got == fit("--truth", path("truth.json"), "--settings-out", path("again.conf"), *ENGLISH))
with open(path("fitted.conf"), encoding="utf-8") as f, open(path("again.conf"), encoding="utf-8") as g:
    fitted = f.read()
    check("to the byte", fitted == g.read())
check_modes(0o640, path("tasks.ndjson"), path("truth.json"))
check_modes(0o644, path("fitted.conf"))  # It names no client, and the daemon is to read it.

# All clients: those without a task count, and the picture shows both.
all_of = ("--truth", path("truth.json"), "--profiles", path("profiles.ndjson"))
everybody = json.loads(fit(*all_of, "--json")[1])
with open(path("profiles.ndjson"), encoding="utf-8") as f:
    clients = len({json.loads(line)["client_id"] for line in f})
days = (everybody["without_task"] + everybody["mornings"]) / clients
check("each client on each morning until it leaves", 30 < days <= 80, days, everybody)
check("few leave untold", everybody["without_task_left"] / everybody["without_task"] <
      .5 * sum(d["before_leaving"] for d in everybody["detectors"]) / everybody["mornings"], everybody)
check("the same of those with a task", everybody["mornings"] == figures["mornings"])
check("better calibrated among all", everybody["after"]["calibration_error"] < everybody["before"]["calibration_error"],
      everybody)
check_run("in words", fit(*all_of, *ENGLISH), 0, out="mornings of clients without one, ")
chinese = fit(*all_of)[1]
left = re.sub(r"Brier|PR-AUC|\bx\b", "", chinese)
check("in Chinese", all(w in chinese for w in ("客户无未结任务的清晨 ", "检测项", "消费骤降", "集团客户基准 ", "校准误差"))
      and not re.search("[A-Za-z]", left), chinese)
check_run("a picture", fit(*all_of, "--svg", path("fit.svg")), 0, out="Brier 技巧评分")
with open(path("fit.svg"), encoding="utf-8") as f:
    picture = f.read()
check("it is well formed", xml.dom.minidom.parseString(picture).documentElement.tagName == "svg")
check("with a point a bin", picture.count("<circle") >= 8 and "校准误差" in picture, picture.count("<circle"))
check("alone on standard output", fit(*all_of, "--svg", "-")[1] == picture)
check("in English", "calibration error" in ctl("-c", path("sim.conf"), "-o", "language=en", "fit", "--tasks", path("tasks.ndjson"),
                                  *all_of, "--svg", "-")[1])
check_run("profiles of outcomes", fit("--outcomes", path("truth.json"), "--profiles", path("profiles.ndjson")), 2,
          err="--profiles is of --truth")
open(path("nameless.ndjson"), "w").write('{"kind":"group"}\n')
check_run("no client", fit("--truth", path("truth.json"), "--profiles", path("nameless.ndjson")), 1,
          err="nameless.ndjson:1: a profile without its client_id")

# What was written is loaded, and does what was said of it.
with open(path("sim.conf"), encoding="utf-8") as f, open(path("both.conf"), "w", encoding="utf-8") as g:
    g.write(f.read() + fitted)
value = json.loads(ctl("-c", path("both.conf"), "--json", "settings", "list")[1])
of = value if isinstance(value, list) else value["settings"]
base = [s for s in of if "risk.base_individual" in json.dumps(s)]
check("the base in force is the fitted one", any(abs(float(s["value"]) - figures["base_individual"]) < .001 for s in base),
      base, figures["base_individual"])
check_run("replay with them", ctl("-c", path("both.conf"), "replay", "--events", path("events.ndjson"), "--profiles",
                                  path("profiles.ndjson"), "--managers", path("managers.ndjson"), "--tasks",
                                  path("tasks.ndjson")), 0)
again = json.loads(fit("--truth", path("truth.json"), "--json", conf="both.conf")[1])
check("what they judge is calibrated", again["before"]["calibration_error"] < figures["before"]["calibration_error"],
      again, figures)

# Outcomes: who was lost.
with open(path("truth.json"), encoding="utf-8") as f, open(path("outcomes.ndjson"), "w", encoding="utf-8") as g:
    for c in json.load(f)["clients"]:
        if c["churn_day"]:
            g.write(json.dumps({"client_id": c["client_id"], "action": "done", "result": "lost",
                                "at": c["churn_day"] + "T00:00:00+08:00"}) + "\n")
lost = json.loads(fit("--outcomes", path("outcomes.ndjson"), "--json", conf="both.conf")[1] or "{}")
check("outcomes do as well", 0 < lost.get("leavers", 0) <= again["leavers"], lost)

# What is missing is said.
check_run("neither", fit(), 2, err="either --outcomes or --truth")
check_run("both", fit("--truth", path("truth.json"), "--outcomes", path("outcomes.ndjson")), 2, err="either")
open(path("nobody.json"), "w").write('{"clients":[]}')
check_run("nobody left", fit("--truth", path("nobody.json")), 1, err="0 clients left")
check_run("no truth", fit("--truth", path("absent.json")), 1, err="absent.json")
open(path("bad.json"), "w").write('{"clients":[{"client_id":"c-1","churn_day":"tomorrow"}]}')
check_run("no day", fit("--truth", path("bad.json")), 1, err='c-1: "tomorrow" is no day')
open(path("lost.ndjson"), "w").write('{"client_id":"c-1","action":"done","result":"lost","at":"soon"}\n')
check_run("no time", fit("--outcomes", path("lost.ndjson")), 1, err="lost.ndjson:1: lost, but not who")
open(path("bad.ndjson"), "w").write('{"purpose":"retention","client_id":"c"}\n')
check_run("no why", ctl("-c", path("sim.conf"), "fit", "--tasks", path("bad.ndjson"), "--truth", path("truth.json")),
          1, err="bad.ndjson:1: no task version")
folder.cleanup()
end()
