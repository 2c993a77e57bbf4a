#!/usr/bin/env bash
# Installs what building, testing and the demo need on Debian 12 or 13, as root or with sudo.
# Does nothing for what is there already.
#
#   setup.sh [build] [test] [demo] [kafka] [fuzz]     default: build; kafka is what kafka.sh needs
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=(gcc cmake ninja-build pkg-config libc6-dev librdkafka-dev libhiredis-dev libssl-dev libev-dev
    libjansson-dev libconfig-dev libmicrohttpd-dev libsqlite3-dev libxxhash-dev libzstd-dev zlib1g-dev
    libsystemd-dev)
run=(ca-certificates curl tzdata redis-server redis-tools)
kafka=(maven default-jre-headless procps)
# promtool has a package of its own from Debian 13 on.
. /etc/os-release
promtool=promtool
[[ ${VERSION_ID:-} != 12 ]] || promtool=prometheus
test=("$promtool" libcmocka-dev python3 kcat zstd gzip clang clang-format
    systemd mandoc)

packages=()
for use in "${@:-build}"; do
    case $use in
    build) packages+=("${build[@]}") ;;
    demo) packages+=("${build[@]}" "${run[@]}") ;;
    kafka) packages+=("${kafka[@]}") ;;
    test) packages+=("${build[@]}" "${run[@]}" "${kafka[@]}" "${test[@]}") ;;
    fuzz) packages+=("${build[@]}" clang libclang-rt-dev) ;;
    *) die "unknown use '$use'; one of build, test, demo, kafka, fuzz" ;;
    esac
done

missing=()
for package in $(printf '%s\n' "${packages[@]}" | sort -u); do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] ||
        missing+=("$package")
done
((${#missing[@]})) || exit 0

root=()
if ((EUID)); then
    command -v sudo >/dev/null || die "run as root, or install sudo: ${missing[*]} are missing"
    root=(sudo)
fi
note "installing ${missing[*]}"
"${root[@]}" apt-get update -q >&2
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    "${missing[@]}" >&2
