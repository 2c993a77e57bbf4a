"""How the cost grows: replay with more clients, partitions, threads and lines, one table and one picture.

    python3 bench/growth.py [--build BUILD] [--svg FILE] [--most CLIENTS] [--repetitions N] [--drained ROWS]

Each row is a load of its own, an event a client within one day (so that one day closes), judged by `churnwatchctl replay`
with no server. What profiles and starting cost is measured by the same run without events and taken off. Medians; only
rows of one run can be compared. Ten million clients need 12 GB of memory and of disk; --most leaves out what is larger.
ROWS, as bench/run.sh -g wrote them, become a panel of the picture: draining from Kafka by partitions."""
import argparse
import html
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CLIENTS = (200_000, 1_000_000, 5_000_000, 10_000_000)
PARTITIONS = (1, 3, 12, 48)
LINES = (1, 5, 20, 100, 500)
USUAL = 200_000  # clients, and lines, of the rows in which something else varies
EVENTS_USUAL = 1_000_000


def note(text):
    print("==", text, file=sys.stderr, flush=True)


def measured(build, directory, events, options):
    """CPU seconds, seconds, peak MB, and the summary of one replay."""
    (Path(directory) / "none.ndjson").touch()
    command = [build / "churnwatchctl", "replay", "--json", "--tasks", "/dev/null", "--profiles",
               f"{directory}/profiles.ndjson", "--events", f"{directory}/{events}", *options]
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"replay failed: {said[-2000:]}")
    summary = json.loads(said.splitlines()[-1])
    return usage.ru_utime + usage.ru_stime, summary["seconds"], usage.ru_maxrss / 1024, summary


def row(build, directory, n_events, options, repetitions):
    with_events = [measured(build, directory, "events.ndjson", options) for _ in range(repetitions)]
    without = [measured(build, directory, "none.ndjson", options) for _ in range(repetitions)]

    def middle(of, i):
        return statistics.median(m[i] for m in of)

    summary = with_events[0][3]
    return {
        "µs CPU/event": (middle(with_events, 0) - middle(without, 0)) / n_events * 1e6,
        "events/s": n_events / max(middle(with_events, 1) - middle(without, 1), 1e-9),
        "bytes/client": summary["bytes"] / summary["clients"],
        "MB peak": middle(with_events, 2),
    }


def load(build, directory, clients, events, lines=1):
    note(f"{clients:,} clients of {lines} lines, {events:,} events")
    subprocess.run(list(map(str, (build / "bench_load", clients, events, 1, directory, lines))), check=True)


def measure(arguments):
    """Title to rows of (what varies, figures)."""
    tables = {"clients": [], "partitions, one thread": [], "threads, 12 partitions": [],
              "lines a client, 200,000 lines": []}
    with tempfile.TemporaryDirectory() as directory:
        def take(title, x, n_events, *options):
            tables[title].append((x, row(arguments.build, directory, n_events, options, arguments.repetitions)))

        for clients in (c for c in CLIENTS if c <= arguments.most):
            load(arguments.build, directory, clients, clients)
            take("clients", clients, clients, "--threads", "1")
        load(arguments.build, directory, USUAL, EVENTS_USUAL)
        for partitions in PARTITIONS:
            take("partitions, one thread", partitions, EVENTS_USUAL, "--threads", "1", "--partitions", partitions)
        for threads in range(1, (os.cpu_count() or 1) + 1):
            take("threads, 12 partitions", threads, EVENTS_USUAL, "--threads", threads, "--partitions", 12)
        for lines in LINES:
            load(arguments.build, directory, USUAL // lines, EVENTS_USUAL, lines)
            take("lines a client, 200,000 lines", lines, EVENTS_USUAL, "--threads", "1")
    return tables


# ---- the page ----


def rounded(v):
    return f"{v:,.0f}" if v >= 100 else f"{v:.3g}"


def print_tables(tables):
    names = ("µs CPU/event", "events/s", "bytes/client", "MB peak")
    for title, rows in tables.items():
        print(f"| {title} | " + " | ".join(names) + " |")
        print("|---:|" + "---:|" * len(names))
        for x, figures in rows:
            print(f"| {x:,} | " + " | ".join(rounded(figures[n]) for n in names) + " |")
        print()


# ---- the picture ----

WIDTH, HEIGHT, GAP, LEFT, TOP = 210, 180, 56, 52, 64
STYLE = """svg { font: 12px system-ui, 'Noto Sans CJK SC', sans-serif; } .paper { fill: #ffffff; } text { fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; } .note { fill: #57606a; font-size: 11px; } .grid { stroke: #d0d7de; }
.is { fill: none; stroke: #0969da; stroke-width: 2; } .point { fill: #0969da; }
@media (prefers-color-scheme: dark) { .paper { fill: #0d1117; } text { fill: #e6edf3; } .note { fill: #9da7b1; }
.grid { stroke: #30363d; } .is { stroke: #58a6ff; } .point { fill: #58a6ff; } }"""


def panel(left, title, rows):
    """CPU an event over what varies, both axes by powers; the first row is the measure of the others."""
    xs = [math.log(x) for x, _ in rows]
    ys = [figures["µs CPU/event"] / rows[0][1]["µs CPU/event"] for _, figures in rows]
    span = (xs[-1] - xs[0]) or 1

    def place(x, y):
        up = (math.log2(min(max(y, .5), 8)) + 1) / 4
        return left + WIDTH * (x - xs[0]) / span, TOP + HEIGHT * (1 - up)

    out = [f'<text x="{left}" y="{TOP - 14}">{html.escape(title)}</text>']
    for y in (.5, 1, 2, 4, 8):
        at = place(xs[0], y)[1]
        out.append(f'<line class="grid" x1="{left}" y1="{at:.1f}" x2="{left + WIDTH}" y2="{at:.1f}"/>'
                   f'<text class="note" x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">× {y:g}</text>')
    points = [place(x, y) for x, y in zip(xs, ys)]
    out.append('<polyline class="is" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
    for (x, y), (value, _) in zip(points, rows):
        out.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/><text class="note" x="{x:.1f}" '
                   f'y="{TOP + HEIGHT + 16}" text-anchor="middle">{short(value)}</text>')
    return "\n".join(out)


def short(n):
    return f"{n // 1_000_000} M" if n >= 1_000_000 else f"{n // 1000} k" if n >= 1000 else str(n)


def picture(tables):
    width = LEFT + len(tables) * (WIDTH + GAP)
    height = TOP + HEIGHT + 32
    panels = "\n".join(panel(LEFT + i * (WIDTH + GAP), title, rows)
                       for i, (title, rows) in enumerate(tables.items()))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-labelledby="title">\n<title id="title">CPU an event as work grows</title>\n'
            f'<style>\n{STYLE}\n</style>\n<rect class="paper" width="{width}" height="{height}"/>\n'
            f'<text class="title" x="{LEFT}" y="26">CPU an event as work grows, against the least</text>\n'
            f"{panels}\n</svg>\n")


def main():
    top = Path(__file__).resolve().parent.parent
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", type=Path, default=top / "build/release")
    p.add_argument("--svg", type=Path)
    p.add_argument("--most", type=int, default=CLIENTS[-1])
    p.add_argument("--repetitions", type=int, default=1)
    p.add_argument("--drained", type=Path)
    arguments = p.parse_args()
    tables = measure(arguments)
    print_tables(tables)
    if arguments.drained:
        tables["partitions, drained from Kafka"] = [
            (n, {"µs CPU/event": figures["µs CPU/message"]}) for n, figures in json.loads(arguments.drained.read_text())]
    if arguments.svg:
        arguments.svg.write_text(picture(tables), encoding="utf-8")


if __name__ == "__main__":
    main()
