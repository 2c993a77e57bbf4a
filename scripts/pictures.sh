#!/usr/bin/env bash
# Draws the pictures of docs/detection.md and docs/tuning.md anew.
#
#   pictures.sh [-b BUILD]
#
# Of a simulated county, always the same, one client a story: the first in the truth's order that lives this story alone.
# Without BUILD the release preset is built.
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

"$build/churnwatchctl" sim --out "$county" --seed 1 --days 90 --start 2026-01-05
for story in arrears complaints contract_end downgrade erosion forwarding gradual_decline on_request one_off outage \
    port_out silence sudden_decline watched_calls; do
    client=$(python3 -c '
import json, sys
of = json.load(open(sys.argv[1]))["clients"]
print(next(c["client_id"] for c in of if [s["kind"] for s in c["stories"]] == [sys.argv[2]]))' \
        "$county/truth.json" "$story")
    ctl explain "$client" "${files[@]}" --svg "$top/docs/pictures/$story.svg" >/dev/null
done

# Calibration is of many: a larger county, and longer.
"$build/churnwatchctl" sim --out "$county" --seed 2 --clients 1500 --days 150 --start 2026-01-05
ctl replay "${files[@]}" --tasks "$county/tasks.ndjson"
ctl fit --tasks "$county/tasks.ndjson" --truth "$county/truth.json" --profiles "$county/profiles.ndjson" \
    --svg "$top/docs/pictures/calibration.svg" | tail -18
