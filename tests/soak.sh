#!/usr/bin/env bash
# As many faults as asked for, and the table of them: which, how often, where they hit, recovery.
#
#   soak.sh --seeds N                       the simulator alone, N runs
#   soak.sh --pairs N                       two mishaps at each of the first N pairs of calls (0: of all)
#   soak.sh --kills N --zombies N …         real faults alone; tests/faults/run.py --help names the families
#   soak.sh --seeds N --kills N …           one after the other
#   soak.sh --first N …                     the first seed (1), of both
#
# Real faults come in rounds of at most 40, each on servers of its own. What was recorded is left in
# build/faults/tests/faults/soak.ndjson; the table is printed from it. What the daemons said in a round
# is left beside it, in logs.ROUND.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }

seeds=0 first=1 total=0 pairs=
declare -A left=()
while (($#)); do
    [[ $# -ge 2 && $2 =~ ^[0-9]+$ ]] || usage
    case $1 in
    --seeds) seeds=$2 ;;
    --first) first=$2 ;;
    --pairs) pairs=$2 ;;
    --*) left[$1]=$2; total=$((total + $2)) ;;
    *) usage ;;
    esac
    shift 2
done
((seeds + total)) || [[ -n $pairs ]] || usage

build=$top/build/faults
cmake -S "$top" --preset faults >/dev/null
cmake --build "$build" >/dev/null
((seeds == 0)) || "$build/tests/sim" --seeds "$seeds" --from "$first"
[[ -z $pairs ]] || "$build/tests/sim" --pairs --to "$pairs"
((total)) || exit 0

# A round has of each family its share.
rounds=$(((total + 39) / 40)) status=0
record=$build/tests/faults/soak.ndjson
mkdir -p "${record%/*}"
: >"$record"
for ((round = 0; round < rounds; round++)); do
    words=()
    for family in "${!left[@]}"; do
        share=$((left[$family] * (round + 1) / rounds - left[$family] * round / rounds))
        words+=("$family" "$share")
    done
    note "round $((round + 1)) of $rounds: ${words[*]}"
    CW_TEST_BIN=$build python3 -B "$top/tests/faults/run.py" --only --seed $((first + round)) "${words[@]}" || status=1
    cat "$build/tests/faults/faults.ndjson" >>"$record"
    rm -rf "$build/tests/faults/logs.$((round + 1))"
    mv "$build/tests/faults/logs" "$build/tests/faults/logs.$((round + 1))"
done
python3 -B "$top/tests/faults/table.py" "$record"
exit $status
