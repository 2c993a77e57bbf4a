#!/usr/bin/env bash
# The marks of detection, world by world, with the shipped configuration.
#
#   run.sh [-b BUILD] WORLD_DIR…
#
# A world is a folder with events.ndjson.zst, profiles.ndjson.zst, managers.ndjson, truth.json.zst and world.conf
# (docs/quality.md says what is in them). Without BUILD the release preset is built. What was judged is left in
# build/quality/WORLD.json. It prints and asserts nothing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

build=
while getopts b: option; do
    case $option in
    b) build=$OPTARG ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
(($#)) || { sed -n '4p' "$0" >&2; exit 2; }
built churnwatchctl "$build"

out=$top/build/quality
mkdir -p "$out"
for world in "$@"; do
    name=$(basename "$world")
    zstdcat "$world/profiles.ndjson.zst" >"$out/profiles.ndjson"
    "$build/churnwatchctl" -c "$world/world.conf" replay --events "$world/events.ndjson.zst" \
        --profiles "$out/profiles.ndjson" --managers "$world/managers.ndjson" --tasks "$out/$name.ndjson" \
        --risks "$out/$name-risks.ndjson"
    python3 -B "$top/tests/quality/judge.py" "$out/$name.ndjson" "$world/truth.json.zst" \
        "$out/$name-risks.ndjson" >"$out/$name.json"
    echo
    echo "## $name"
    echo
    python3 -B "$top/tests/quality/marks.py" "$out/$name.json"
    echo
    python3 -B "$top/tests/quality/delay.py" "$out/$name.ndjson" "$world/truth.json.zst" "$world/events.ndjson.zst"
done
