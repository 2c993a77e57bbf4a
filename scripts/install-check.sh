#!/usr/bin/env bash
# Installs into bare Debian systems and looks whether what is left can be started. As root; takes
# minutes, and is not one of test.sh's tests.
#
#   install-check.sh [--mirror URL] [--keep DIR] [RELEASE…]     default: bookworm trixie
#
# For each release: a system made by debootstrap, in which churnwatch is built; a second, bare one
# which gets the packages of the libraries the programs name, and what `cmake --install` leaves.
# There systemd makes the user and the folders, judges the units, and the unit's own ExecStart is run
# as that user, on an embedded log: it says READY=1 on a notification socket and ends with status 0
# when told to. --keep uses and leaves the systems under DIR; the mirror is apt's own unless given.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mirror='' keep='' releases=()
while (($#)); do
    case $1 in
    --mirror) mirror=${2:?--mirror URL} && shift 2 ;;
    --keep) keep=${2:?--keep DIR} && shift 2 ;;
    -*) die "usage: install-check.sh [--mirror URL] [--keep DIR] [RELEASE…]" ;;
    *) releases+=("$1") && shift ;;
    esac
done
((${#releases[@]})) || releases=(bookworm trixie)
((EUID == 0)) || die "run as root: it makes systems and enters them"
command -v debootstrap >/dev/null || die "install debootstrap"

# The mirror that apt uses, whatever it is.
[[ -n $mirror ]] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
[[ -n $mirror ]] || die "apt names no mirror; give one with --mirror"

work=${keep:-$(mktemp -d)}
mkdir -p "$work"
mounted=()
tidy() {
    local at
    for at in "${mounted[@]}"; do umount "$at" 2>/dev/null || true; done
    [[ -n $keep ]] || rm -rf --one-file-system "$work"
}
trap tidy EXIT

# bare RELEASE DIR: a system with little more than systemd.
bare() {
    [[ -e $2/etc/debian_version ]] || debootstrap --variant=minbase \
        --include=ca-certificates,systemd "$1" "$2" "$mirror" >"$2.log" 2>&1 ||
        die "debootstrap of $1 failed; see $2.log"
    cp /etc/resolv.conf "$2/etc/resolv.conf"
    if compgen -G '/etc/apt/apt.conf.d/*proxy*' >/dev/null; then
        cp /etc/apt/apt.conf.d/*proxy* "$2/etc/apt/apt.conf.d/"
    fi
}

# mount_in DIR: what programs expect of a system.
mount_in() {
    mount -t proc proc "$1/proc" && mounted=("$1/proc" "${mounted[@]}")
    mount --bind /dev "$1/dev" && mounted=("$1/dev" "${mounted[@]}")
}

# built TREE: builds the sources of this repository in the tree, and stages what is installed.
built() {
    rm -rf "$1/src" "$1/stage"
    mkdir -p "$1/src"
    git -C "$top" ls-files -z | tar -C "$top" --null -T - -cf - | tar -C "$1/src" -xf -
    chroot "$1" bash -euc '
        cd /src
        scripts/setup.sh build >/dev/null 2>&1
        cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr >/dev/null
        cmake --build build/release >/dev/null
        DESTDIR=/stage cmake --install build/release >/dev/null'
}

# The packages of the libraries that the staged programs name.
libraries() {
    chroot "$1" bash -euc '
        for library in $(ldd /stage/usr/bin/churnwatchd /stage/usr/bin/churnwatchctl |
            sed -nE "s/.*=> (\/[^ ]+) .*/\1/p" | sort -u); do
            dpkg -S "$library" 2>/dev/null || dpkg -S "/usr$library" 2>/dev/null ||
                dpkg -S "${library#/usr}"
        done' | sed 's/:.*//' | sort -u
}

check_release() {
    local release=$1 build=$work/$1-build run=$work/$1-run packages
    note "$release: building"
    bare "$release" "$build"
    mount_in "$build"
    built "$build"
    packages=$(libraries "$build" | tr '\n' ' ')
    note "$release: installing into a bare system, with $packages"
    bare "$release" "$run"
    mount_in "$run"
    # shellcheck disable=SC2086
    chroot "$run" bash -euc "apt-get update -q && apt-get install -y -q --no-install-recommends \
        tzdata python3-minimal $packages" >"$run.apt.log" 2>&1 || die "see $run.apt.log"
    cp -a "$build/stage/." "$run/"
    chroot "$run" systemd-sysusers
    # What else tmpfiles finds is for a system that runs.
    chroot "$run" systemd-tmpfiles --create churnwatch.conf
    [[ $(chroot "$run" churnwatchd -t) == 'configuration ok' ]] || die "$release: the sample is wrong"
    chroot "$run" systemd-analyze verify --man=no churnwatch.service churnwatch@cw-0.service ||
        die "$release: systemd does not take the units"
    chroot "$run" systemd-analyze security --offline=true --threshold=13 --no-pager \
        churnwatch.service | tail -n 1
    cp "$top/tests/support/start_unit.py" "$run/start_unit.py"
    chroot "$run" python3 /start_unit.py || die "$release: the daemon did not start as its unit says"
    note "$release: starts"
}

for release in "${releases[@]}"; do
    check_release "$release"
done
echo "installed and started: ${releases[*]}"
