"""settings list: the values in force and where each comes from; secrets are not shown."""

import json
import os
import tempfile

from ctl import check, check_run, ctl, end

with tempfile.TemporaryDirectory(prefix="cw-settings-") as folder:
    conf, part = os.path.join(folder, "cw.conf"), os.path.join(folder, "conf.d", "10-a.conf")
    os.mkdir(os.path.dirname(part))
    with open(conf, "w", encoding="utf-8") as f:
        f.write('language = "en";\nredis = { url = "redis://u:hush@h:1"; batch = 3; };\n'
                'segments = ( { match = { class = "A1"; };\n'
                ' detectors = { outage = { mode = "dry"; }; }; } );\n')
    with open(part, "w", encoding="utf-8") as f:
        f.write('\nkafka = { properties = ["sasl.password=hush", "a=b"]; };\nredis = { batch = 4; };\n')
    words = ("-c", conf, "-o", "redis.in_flight=5", "--json", "settings", "list")
    got = ctl(*words)
    check_run("all of it", got, 0)
    check("secrets are not shown", "hush" not in got[1])
    rows = {(r["setting"], r.get("segment")): (r["value"], r["origin"]) for r in json.loads(got[1])}
    for key, is_, where in ((("language", None), "en", f"{conf}:1"),
                            (("redis.batch", None), "4", f"{part}:3"),
                            (("redis.in_flight", None), "5", "-o"),
                            (("redis.url", None), "redis://u:***@h:1", f"{conf}:2"),
                            (("kafka.properties", None), "sasl.password=***,a=b", f"{part}:2"),
                            (("detectors.outage.mode", None), "on", "default"),
                            (("detectors.outage.mode", "class=A1"), "dry", f"{conf}:4")):
        check(f"{key}", rows.get(key) == (is_, where), str(rows.get(key)))
    some = json.loads(ctl(*words, "redis", "detectors.outage.mode")[1])
    sections = [r["setting"].split(".")[0] for r in some]
    check("a section and a setting", set(sections) == {"redis", "detectors"}
          and sections.count("detectors") == 2, str(some))
    check_run("for people", ctl(*words[:4], "settings", "list", "language"), 0,
              out=("setting", "language", f"{conf}:1"))
    for url, shown in (("redis://hush@h:6379", "redis://***@h:6379"),
                       ("redis://:hush@h", "redis://:***@h"), ("redis://u:@h", "redis://u:***@h"),
                       ("redis+unix://hush@/run/r.sock", "redis+unix://***@/run/r.sock"),
                       ("redis://h:6379/1", "redis://h:6379/1")):
        got = ctl("-o", f"redis.url={url}", "--json", "settings", "list", "redis.url")
        check(f"{url} is shown without its password", json.loads(got[1])[0]["value"] == shown, *got)
    check_run("a wrong name", ctl(*words, "redis.bacth"), 1, err="did you mean redis.batch?")
end()
