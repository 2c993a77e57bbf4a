#!/usr/bin/env bash
# Builds build/trained: the release build, shaped by what it does most (gcc's profile-guided
# optimization). A build that counts judges a made-up load and a simulated county, and is then built
# again by its counts: a tenth less CPU an event, for two minutes. What it computes is the same.
#
#   trained.sh [-DNAME=VALUE]…        options of cmake, such as -DCMAKE_INSTALL_PREFIX=/usr
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=$top/build/trained dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# The counts are kept beside the objects: those of an older build would not fit.
make_build() {
    { cmake -S "$top" --preset trained -DCW_TRAIN="$1" "${@:3}" && cmake --build "$build" --target "$2"; } \
        >"$dir/build.log" 2>&1 || { tail -n 40 "$dir/build.log" >&2; die "the build failed"; }
}

[[ ! -d $build ]] || find "$build" -name '*.gcda' -delete
note "building what counts"
make_build count churnwatchctl "$@"
cmake --build "$build" --target bench_load >>"$dir/build.log"
note "judging a load and a county"
"$build/bench_load" 50000 500000 2 "$dir" >/dev/null
"$build/churnwatchctl" replay --profiles "$dir/profiles.ndjson" --events "$dir/events.ndjson" --tasks /dev/null >"$dir/log" 2>&1
"$build/churnwatchctl" sim --out "$dir/county" --clients 1000 --seed 7 >>"$dir/log" 2>&1
"$build/churnwatchctl" replay -c "$dir/county/sim.conf" --profiles "$dir/county/profiles.ndjson" \
    --managers "$dir/county/managers.ndjson" --events "$dir/county/events.ndjson" --tasks /dev/null >>"$dir/log" 2>&1
note "building by the counts"
make_build use all "$@"
note "ready: build/trained"
