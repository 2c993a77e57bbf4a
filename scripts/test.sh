#!/usr/bin/env bash
# Installs what is missing, builds, runs every test and ends with the line "N passed, N failed".
#
#   test.sh            everything: formats, gcc and clang without warnings, unit and replay tests
#                      under ASan and UBSan, then real Redis, the simulator, real Apache Kafka, and
#                      faults on three brokers and three daemons
#   test.sh --quick    unit and replay tests alone
#
# Results of the runs are left under build/tests/.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

quick=
case ${1:-} in
--quick) quick=1 ;;
'') ;;
*) die "usage: test.sh [--quick]" ;;
esac

passed=0 failed=0
out=$top/build/tests

# check NAME COMMAND…: one test that is a command.
check() {
    local name=$1
    shift
    if "$@" >"$out/$name.log" 2>&1; then
        passed=$((passed + 1))
        note "$name: passed"
    else
        failed=$((failed + 1))
        note "$name: FAILED"
        tail -n 60 "$out/$name.log" >&2
    fi
}

# tests NAME PRESET LABELS…: the CTest entries with one of the labels.
tests() {
    local name=$1 preset=$2 junit=$out/$1.xml counts
    shift 2
    note "$name: running"
    ctest --test-dir "$top/build/$preset" -j "$(nproc)" -L "$(IFS='|'; echo "$*")" --output-on-failure \
        --no-tests=error --output-junit "$junit" >"$out/$name.log" 2>&1 || true
    # CTest's own summary is the only count we trust; none means that it did not get so far.
    counts=$(sed -nE 's/.*<testsuite.*//; s/^\t*(tests|failures|skipped)="([0-9]+)"$/\1=\2/p' \
        "$junit" 2>/dev/null) || true
    if [[ -z $counts ]]; then
        failed=$((failed + 1))
        note "$name: FAILED, no results"
        tail -n 60 "$out/$name.log" >&2
        return
    fi
    local tests=0 failures=0 skipped=0
    eval "${counts//$'\n'/;}"
    # What is skipped here was not tested: every test's server is started above.
    passed=$((passed + tests - failures - skipped))
    failed=$((failed + failures + skipped))
    note "$name: $((tests - failures - skipped)) passed, $((failures + skipped)) failed"
    ((failures + skipped == 0)) || grep -vE '^ *Start|Passed ' "$out/$name.log" >&2
}

build() {
    cmake -S "$top" --preset "$1" && cmake --build "$top/build/$1"
}

formatted() {
    # Releases of clang-format differ in details; ours is Debian 12's.
    clang-format --version | grep -q 'version 14\.' ||
        { echo "another release of clang-format: not compared"; return; }
    (cd "$top" && find . -path ./build -prune -o -name '*.[ch]' -print0 |
        xargs -0 clang-format --dry-run -Werror)
}

clean_under_clang() {
    cmake -S "$top" -B "$top/build/clang" -G Ninja -DCMAKE_C_COMPILER=clang -DCW_WERROR=ON &&
        cmake --build "$top/build/clang"
}

"$top/scripts/setup.sh" test
mkdir -p "$out"
cd "$top"
check build-asan build asan
tests unit asan unit replay
if [[ -z $quick ]]; then
    check formats formatted
    check build-clang clean_under_clang
    check build-release build release
    tests release release redis ctl install quality sim
    check build-faults build faults
    tests bugs faults bugs
    kafka=$(mktemp -d)
    trap '"$top/scripts/kafka.sh" stop "$kafka" && rm -rf "$kafka"' EXIT
    port=$(free_port)
    "$top/scripts/kafka.sh" start "$kafka" "$port" >&2
    CW_TEST_KAFKA=127.0.0.1:$port tests kafka release kafka e2e
    tests faults faults faults
fi
echo "$passed passed, $failed failed"
((failed == 0))
