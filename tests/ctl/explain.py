"""churnwatchctl explain, from files: the stored texts in both languages, the document, the picture, and
that a look back is what was seen then. --regenerate writes the stored texts anew."""
import datetime
import json
import os
import shutil
import sys
import tempfile
import xml.etree.ElementTree

from ctl import check, check_modes, check_run, ctl, end

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "..", "replay")
STORED = os.path.join(HERE, "..", "explain")
directory = tempfile.mkdtemp(prefix="cw-explain-")


def path(name):
    return os.path.join(directory, name)


def read(name):
    with open(name, "rb") as f:
        return f.read()


def explain(client, *more, case="days", events=None, options=()):
    folder = os.path.join(CASES, case)
    return ctl("-c", os.path.join(folder, "settings.conf"), *options, "explain", client,
               "--events", *(events or [os.path.join(folder, "events.ndjson")]),
               "--profiles", os.path.join(folder, "profiles.ndjson"),
               "--managers", os.path.join(folder, "managers.ndjson"), *more)


def clients(case):
    return [json.loads(line)["client_id"] for line in
            read(os.path.join(CASES, case, "profiles.ndjson")).splitlines()]


def document(client, *more, **options):
    got = explain(client, *more, options=("--json",), **options)
    check_run(f"{client} as JSON", got, 0)
    return json.loads(got[1])


def test_stored(regenerate):
    for case, client in (("days", "g-3"), ("steps", "g-hotel")):
        for language in ("zh_CN", "en"):
            name = os.path.join(STORED, f"{case}-{language}.txt")
            got = explain(client, case=case, options=("-o", f"language={language}"))
            if regenerate:
                with open(name, "w", encoding="utf-8") as f:
                    f.write(got[1])
                continue
            check_run(f"{case} in {language}", got, 0)
            check(f"{case} in {language}: the stored text", got[1].encode() == read(name), got[1])


def test_stored_pictures(regenerate):
    for language in ("zh_CN", "en"):
        # The English one is the picture of docs/explain.md.
        name = os.path.join(STORED, "days-zh_CN.svg") if language == "zh_CN" \
            else os.path.join(HERE, "..", "..", "docs", "explain.svg")
        got = explain("g-3", "--svg", "-", options=("-o", f"language={language}"))
        if regenerate:
            with open(name, "w", encoding="utf-8") as f:
                f.write(got[1])
            continue
        check_run(f"a picture in {language}", got, 0)
        check(f"a picture in {language}: the stored one", got[1].encode() == read(name))


SVG = "{http://www.w3.org/2000/svg}"


def test_pictures():
    with open(os.path.join(CASES, "days/profiles.ndjson"), encoding="utf-8") as f:
        profiles = [json.loads(line) for line in f]
    for p in profiles:
        p["name"] = "<A & \"B\"> \x01 " + p["client_id"]
    with open(path("profiles.ndjson"), "w", encoding="utf-8") as f:
        f.writelines(json.dumps(p) + "\n" for p in profiles)
    for client in clients("days"):
        got = explain(client, "--svg", path("picture.svg"), "--profiles", path("profiles.ndjson"))
        check_run(f"{client} drawn", got, 0, out=client)
        check_modes(0o640, path("picture.svg"))
        root = xml.etree.ElementTree.parse(path("picture.svg")).getroot()
        title, desc = (root.find(SVG + name).text for name in ("title", "desc"))
        check(f"{client}: the title says who", title == f'{client} · <A & "B"> ? {client}', title)
        check(f"{client}: the description says when", desc.startswith("2026-01-01 – "), desc)
        width, height = (float(v) for v in root.get("viewBox").split()[2:])
        for shape in root.iter():
            x = [float(shape.get(a)) for a in ("x", "x1", "x2", "cx") if shape.get(a)]
            y = [float(shape.get(a)) for a in ("y", "y1", "y2", "cy") if shape.get(a)]
            check(f"{client}: a shape on the paper", all(0 <= v <= width for v in x)
                  and all(0 <= v <= height for v in y), shape.attrib)
        doc = document(client)
        points = [e for e in root.iter(SVG + "circle") if e.get("class") == "point"]
        check(f"{client}: signals are points", bool(points) == (client in ("g-2", "g-3", "g-5", "g-7")), doc["task"])
    check_run("a picture in a folder that is not there", explain("g-3", "--svg", "/nonexistent/a.svg"), 1,
              err="/nonexistent/a.svg")
    check_run("nothing to draw", explain("g-3", "--svg", path("none.svg"), "--at", "2026-01-01T10:00:00+08:00"),
              1, err="nothing to draw")


def billed(*amounts):
    """The picture of g-1 with a charge a day from 2026-01-01 on and these bills, each on the third of the next month."""
    first = datetime.date(2026, 1, 1)
    days = [first + datetime.timedelta(i) for i in range(31 * len(amounts) + 4)]
    events = []
    for day in days:
        events.append((day, "charge", {"msisdn": "8613510000001", "amount": 5 + day.toordinal() % 3, "category": "voice"}))
        if day.day == 3 and day > days[2] and day.month <= len(amounts) + 1:
            amount = amounts[day.month - 2]
            events.append((day, "bill", {"cycle": f"2026-{day.month - 1:02}", "amount": amount,
                                         "due_date": f"{day:%Y-%m}-18"}))
            events.append((day, "payment", {"amount": amount}))
    with open(path("bills.ndjson"), "w", encoding="utf-8") as f:
        for i, (day, kind, data) in enumerate(events):
            f.write(json.dumps({"specversion": "1.0", "id": str(i), "source": "/b", "type": f"billing.{kind}",
                                "time": f"{day}T10:00:00+08:00", "subject": "g-1", "data": data}) + "\n")
    check_run(f"bills of {amounts} drawn", explain("g-1", "--svg", path("bills.svg"), events=[path("bills.ndjson")]), 0)
    return xml.etree.ElementTree.parse(path("bills.svg")).getroot()


def test_signals_apart():
    """The same detector tells of two things, which read differently."""
    texts = [e.text for e in billed(150, 150, 150, 40).iter(SVG + "text")]
    check("a bill that fell", any(t.endswith("Bill below earlier ones") for t in texts), texts)
    check("and did not rise", not any("Bill above" in t for t in texts), texts)


def test_bills():
    """A bar for each bill, over the range it was judged by: the usual bill is 150, a rise is told from 0.8 of it on, a
    fall from 0.5."""
    root = billed(150, 150, 150, 400, 150, 60)
    bars = [{a: float(e.get(a)) for a in ("x", "y", "width", "height")} for e in root.iter(SVG + "rect")
            if e.get("class").startswith("bill")]
    told = [e.get("class") == "bill told" for e in root.iter(SVG + "rect") if e.get("class").startswith("bill")]
    check("the bars of bills", told == [False, False, False, True, False, True], told)
    foot, scale = bars[0]["y"] + bars[0]["height"], bars[0]["height"] / 150
    heights = [round(b["height"] / scale) for b in bars]
    check("as high as the bills", heights == [150, 150, 150, 400, 150, 60], heights)
    bands = [[round((foot - y) / scale) for y in (float(e.get("y")), float(e.get("y")) + float(e.get("height")))]
             for e in root.iter(SVG + "rect") if e.get("class") == "band" and float(e.get("y")) > 100]
    check("over their ranges", bands == [[270, 75]] * 4, bands)
    usual = [round((foot - float(e.get("y1"))) / scale) for e in root.iter(SVG + "line")
             if e.get("class") == "usual" and float(e.get("y1")) > 100]
    check("and the usual bill", usual == [150] * 4, usual)
    numbers = [(e.text, float(e.get("x"))) for e in root.iter(SVG + "text") if e.get("class") == "number"]
    for bar, text in ((bars[3], "Bill above earlier ones"), (bars[5], "Bill below earlier ones")):
        on_bar = [n for n, x in numbers if abs(x - bar["x"] - bar["width"] / 2) < 0.2]
        listed = [e.text for e in root.iter(SVG + "text") if on_bar and e.text.startswith(on_bar[0] + "  ")]
        check(f"its number is that of {text}", len(listed) == 1 and text in listed[0], numbers, listed)
    check("no bars before one is judged", not [e for e in billed(150, 150).iter(SVG + "rect")
                                               if e.get("class").startswith("bill")])


def test_document():
    for case in ("days", "steps"):
        for client in clients(case):
            doc = document(client, case=case)
            check(f"{client}: all detectors", len(doc["detectors"]) == 17, doc)
            for d in doc["detectors"]:
                for r in d["readings"]:
                    fired = r["standing"] == "fired"
                    check(f"{client}: {d['detector']} fired or not",
                          fired == (r["since"] is not None) or r["standing"] in ("inhibited", "off"), r)
                    check(f"{client}: {d['detector']} share", (r["share"] == 0) if fired
                          else 0 <= r["share"] <= 1, r)
            check(f"{client}: the desk of an open task", (doc["desk"] is None) == (doc["task"] is None)
                  and (doc["desk"] or {"moves": {}})["moves"] == {}, doc["desk"])
            open_signals = [s for s in (doc["task"] or {"signals": []})["signals"] if not s["cleared_at"]]
            told = [(d["detector"], r["line"]) for d in doc["detectors"] for r in d["readings"]
                    if r["since"]]
            check(f"{client}: the task's open signals are the ones that fired",
                  sorted(told, key=str) == sorted([(s["detector"], s["line"]) for s in open_signals], key=str),
                  told, open_signals)


def test_look_back():
    """What is read at an instant is what was read when the clock stood there."""
    lines = read(os.path.join(CASES, "days/events.ndjson")).splitlines()
    times = [json.loads(line)["time"] for line in lines]
    for part in (3, 5, 8):
        n = len(lines) * part // 10
        while times[n] == times[n - 1]:
            n += 1
        with open(path("then.ndjson"), "wb") as f:
            f.write(b"\n".join(lines[:n]) + b"\n")
        for client in clients("days"):
            now = document(client, "--at", times[n - 1])
            then = document(client, events=[path("then.ndjson")])
            check(f"{client} at {times[n - 1]}", now == then, now, then)
    first, last = document(clients("days")[0], "--at", times[0]), document(clients("days")[0])
    check("it is not always the same", first["detectors"] != last["detectors"])


def test_unknown():
    got = explain("nobody")
    check_run("an unknown client", got, 1, err=["nobody", "partition 0 of 1", "up to 20"])
    check_run("a file that is not there", explain("nobody", events=[path("none")]), 1, err="No such file")
    check_run("no client", ctl("explain"), 2)


def test_origins():
    got = explain(clients("days")[0], options=("--json", "-o", "detectors.spend_drop.fire_score=17"))
    doc = json.loads(got[1])
    needs = [n for d in doc["detectors"] if d["detector"] == "spend_drop" for r in d["readings"]
             for n in r["needs"] if n["setting"] and n["setting"]["name"].endswith("fire_score")]
    check("a setting's value and origin", needs and needs[0]["at_least"] == 17
          and needs[0]["setting"]["value"] == 17 and needs[0]["setting"]["origin"] == "-o", needs)


try:
    regenerate_only = "--regenerate" in sys.argv
    test_stored(regenerate_only)
    test_stored_pictures(regenerate_only)
    for test in () if regenerate_only else (test_pictures, test_signals_apart, test_bills, test_document,
                                            test_look_back, test_unknown, test_origins):
        test()
finally:
    shutil.rmtree(directory)
end()
