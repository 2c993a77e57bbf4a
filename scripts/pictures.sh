#!/usr/bin/env bash
# Draws the pictures of docs/detection.md and docs/tuning.md anew.
#
#   pictures.sh [-b BUILD]
#
# Of a simulated county, always the same, one client a story: the first in the truth's order that lives this story alone.
# Three are chosen or made otherwise, as is said where they are drawn. Without BUILD the release preset is built.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=
while getopts b: option; do
    case $option in
    b) build=$OPTARG ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
    esac
done
built churnwatchctl "$build"

county=$(mktemp -d)
trap 'rm -rf "$county"' EXIT
ctl() {
    "$build/churnwatchctl" -c "$county/sim.conf" -o language=en "$@"
}
files=(--events "$county/events.ndjson" --profiles "$county/profiles.ndjson" --managers "$county/managers.ndjson")

# living STORY: those who live this story alone, in the truth's order.
living() {
    python3 -c '
import json, sys
for c in json.load(open(sys.argv[1]))["clients"]:
    if [s["kind"] for s in c["stories"]] == [sys.argv[2]]:
        print(c["client_id"])' "$county/truth.json" "$1"
}
# picture NAME CLIENT
picture() {
    ctl explain "$2" "${files[@]}" --svg "$top/docs/pictures/$1.svg" >/dev/null
}

"$build/churnwatchctl" sim --out "$county" --seed 1 --days 90 --start 2026-01-05
for story in arrears complaints contract_end downgrade erosion forwarding gradual_decline on_request one_off outage \
    port_out silence sudden_decline watched_calls; do
    picture "$story" "$(living "$story" | sed -n 1p)"
done
# The second, smaller one of two groups that lose their lines.
picture termination "$(living erosion | sed -n 2p)"

# No client of the county has a flat fee: that of gradual_decline is made one. What it used is no longer charged, nor billed.
flat=$(living gradual_decline | sed -n 1p)
python3 -c '
import json, sys
events, client = sys.argv[1:]
kept = []
for line in open(events):
    e = json.loads(line)
    used = e["type"] == "billing.charge" and e["data"]["category"] != "monthly_fee"
    if e["subject"] != client or not (used or e["type"] == "billing.bill"):
        kept.append(line)
open(events, "w").writelines(kept)' "$county/events.ndjson" "$flat"
picture flat_fee "$flat"

# Bills are few and calibration is of many: a larger county, and longer.
"$build/churnwatchctl" sim --out "$county" --seed 2 --clients 1500 --days 150 --start 2026-01-05
ctl replay "${files[@]}" --tasks "$county/tasks.ndjson"
ctl fit --tasks "$county/tasks.ndjson" --truth "$county/truth.json" --profiles "$county/profiles.ndjson" \
    --svg "$top/docs/pictures/calibration.svg" | tail -18
# The first of those with one dear day whose bill is told.
told=$(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    t = json.loads(line)
    if any(s["detector"] == "bill_change" for s in t["signals"]):
        print(t["client_id"])' "$county/tasks.ndjson" | sort -u)
picture bills "$(living one_off | grep -Fx "$told" | sed -n 1p)"
