"""The score of the Numenta Anomaly Benchmark, written afresh from its description.

    nab.py NAB_DIR SCORES_DIR        what the files SCORES_DIR/FOLDER/FILE.csv are worth
    nab.py NAB_DIR --published       the same for the results NAB publishes, against its figures

NAB_DIR is a checkout of github.com/numenta/NAB, of which data/, labels/ and results/ are read.

Method (Lavin, Ahmad 2015): the first detection in a labelled window earns what a sigmoid says of its
place, about 1 at the window's left edge and 0 at its right; a missed window costs fn; each row told of
outside costs fp times the same sigmoid's other half, all of it far behind a window. The first 15 % of a
file, at most 750 rows, do not count. One threshold for all files, the best one; 0 is what a detector has
that never speaks, 100 one that speaks at each window's first row and nowhere else.
"""

import csv
import json
import math
import os
import sys

# Name and the costs of a missed window and of a false alarm: config/profiles.json there.
PROFILES = (("standard", 1.0, 0.11), ("low FP", 1.0, 0.22), ("low FN", 2.0, 0.11))
# Standard scores as NAB's README has them, of which results/ still holds all that was scored.
PUBLISHED = {"numenta": 70.1011, "contextOSE": 69.8996, "ARTime": 74.8538, "knncad": 57.9943,
             "twitterADVec": 47.0620, "windowedGaussian": 39.6495, "skyline": 35.6870, "null": 0.0}
FAR = 3.0  # window lengths behind a window at which an alarm costs all of it


def worth(place):
    """The sigmoid: place is -1 at a window's left edge, 0 at its right, in window lengths."""
    return -1.0 if place > FAR else 2 / (1 + math.exp(5 * place)) - 1


BEST = worth(-1.0)


def points(times, scores, windows, name):
    """Rows that count, as (score, worth, window or None)."""
    quiet = min(math.floor(0.15 * len(times)), 0.15 * 5000)
    index = {}
    for i, t in enumerate(times):
        index.setdefault(t, i)
    spans = [(index[a], index[b], b) for a, b in windows]
    inside, behind, rows = None, None, []
    for i, score in enumerate(scores):
        if spans and times[i] == times[spans[0][0]]:
            inside = spans.pop(0)
        if inside:
            first, last, _ = inside
            value, window = worth(-(last - i + 1) / (last - first + 1)) / BEST, (name, first)
        else:
            value, window = (worth((i - behind[1]) / (behind[1] - behind[0])) if behind else -1.0), None
        if i >= quiet:
            rows.append((score, value, window))
        if inside and times[i] == inside[2]:
            inside, behind = None, inside
    return rows


def best(rows, n_windows):
    """For each profile the highest normalised score and its threshold."""
    rows = sorted(rows, key=lambda r: -r[0])
    earned = {}  # the best place of each window found so far
    hits = false = 0.0
    top = [(0.0, math.inf)] * len(PROFILES)
    for i, (score, value, window) in enumerate(rows):
        if window is None:
            false += value
        else:
            before = earned.get(window)
            if before is None or value > before:
                hits += value - (before or 0.0)
                earned[window] = value
        if i + 1 < len(rows) and rows[i + 1][0] == score:
            continue  # Rows of one score are told of together.
        for p, (_, fn, fp) in enumerate(PROFILES):
            raw = hits + fp * false - fn * (n_windows - len(earned))
            now = 100 * (raw + fn * n_windows) / (n_windows * (1 + fn))
            if now > top[p][0]:
                top[p] = (now, score)
    return top


def read(path, column):
    with open(path, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    return [r["timestamp"] for r in rows], [float(r[column]) for r in rows]


def corpus(directory, path_of, column):
    """All rows of all files; path_of makes a result's path of a data file's name."""
    with open(os.path.join(directory, "labels", "combined_windows.json"), encoding="utf-8") as f:
        labels = {name: [[t[:19] for t in w] for w in windows]
                  for name, windows in json.load(f).items()}
    rows = []
    for name, windows in sorted(labels.items()):
        times, _ = read(os.path.join(directory, "data", name), "value")
        _, scores = read(path_of(name), column)
        if len(scores) != len(times):
            sys.exit(f"{path_of(name)}: {len(scores)} scores for {len(times)} rows")
        rows += points(times, scores, windows, name)
    return rows, sum(len(w) for w in labels.values())


def print_row(name, top, *more):
    print(f"| {name} |", " | ".join(f"{score:.4f}" for score, _ in top), "|",
          " | ".join(f"{t:.6g}" for _, t in top), "|", *more)


def published(directory):
    """Each detector's published standard score must come out of its own result files."""
    wrong = 0
    for name, figure in PUBLISHED.items():
        def path_of(data, detector=name):
            folder, file = os.path.split(data)
            return os.path.join(directory, "results", detector, folder, f"{detector}_{file}")
        top = best(*corpus(directory, path_of, "anomaly_score"))
        same = abs(top[0][0] - figure) < 0.0001
        wrong += not same
        print_row(name, top, f"{figure:.4f} published |", "" if same else "DIFFERS")
    return wrong


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    directory, what = sys.argv[1:]
    print("| detector |", " | ".join(p[0] for p in PROFILES), "| thresholds | | |")
    print("|---|" + "---|" * (2 * len(PROFILES)))
    if what == "--published":
        sys.exit(1 if published(directory) else 0)
    print_row("churnwatchctl score",
              best(*corpus(directory, lambda name: os.path.join(what, name), "score")))


if __name__ == "__main__":
    main()
