# Shared by the scripts of this directory: the cache, packages of any Debian suite, the programs, virtual machines.
# shellcheck shell=bash
# Needs root, apt, dpkg and qemu-system-x86.

set -euo pipefail

systems=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$systems/../.." && pwd)
# Everything that is downloaded or built. Nothing is written into the tree.
cache=${PKILL_SYSTEMS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pkill-systems}
results=$cache/results
mkdir -p "$cache" "$results"

# The mirrors that this machine's apt uses.
site() {
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -E "/debian$1/?$" | head -1
}
mirror=${PKILL_SYSTEMS_MIRROR:-$(site '')}
security=${PKILL_SYSTEMS_SECURITY:-$(site -security || true)}


fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# apt_of SUITE ARCHITECTURE COMMAND...: apt with a state of its own, so that this machine's packages stay as they are.
# A snapshot, or a mirror that is not updated any more, is as good as another.
apt_of() {
    local suite=$1 arch=$2 state=$cache/apt/$1-$2
    shift 2
    local options=(
        -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State="$state"
        -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" -o APT::Architecture="$arch"
        -o APT::Architectures="$arch" -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -qq
    )
    if [ ! -e "$state/updated" ]; then
        mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
        : >"$state/status"
        echo "deb $mirror $suite main" >"$state/sources.list"
        case $suite in
            sid | forky | *-backports) ;;
            *) [ -z "$security" ] || echo "deb $security $suite-security main" >>"$state/sources.list" ;;
        esac
        apt-get "${options[@]}" update >&2
        : >"$state/updated"
    fi
    "$1" "${options[@]}" "${@:2}"
}

# unpacked SUITE ARCHITECTURE PACKAGE: the directory into which the newest version of a package is unpacked.
unpacked() {
    local suite=$1 arch=$2 package=$3 directory=$cache/unpacked/$1-$2/$3 download
    if [ ! -d "$directory" ]; then
        download=$(mktemp -d)
        (cd "$download" && apt_of "$suite" "$arch" apt-get download "$package" >&2)
        mkdir -p "$(dirname "$directory")"
        dpkg-deb --extract "$download"/*.deb "$directory.new"
        mv "$directory.new" "$directory"
        rm -r "$download"
    fi
    echo "$directory"
}

# system SUITE NAME PACKAGE...: the archive of a minimal Debian with these packages.
system() {
    local suite=$1 archive=$cache/$2-$1.tar
    shift 2
    if [ ! -e "$archive" ]; then
        mmdebstrap --quiet --format=tar --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' --include="$(IFS=,; echo "$*")" "$suite" \
            "$archive.new" "$mirror" >&2
        mv "$archive.new" "$archive"
    fi
    echo "$archive"
}

# The fully static program, or the one that PKILL_SYSTEMS_PROGRAM names, such as a published file.
static_program() {
    if [ -n "${PKILL_SYSTEMS_PROGRAM:-}" ]; then
        echo "$PKILL_SYSTEMS_PROGRAM"
        return
    fi
    local target
    target=$(uname -m)-unknown-linux-gnu
    (cd "$tree" && CARGO_TARGET_DIR=$cache/target RUSTFLAGS='-C target-feature=+crt-static' \
        cargo build --quiet --locked --release --bin pgrep --target "$target" >&2)
    echo "$cache/target/$target/release/pgrep"
}

# The dynamically linked one.
dynamic_program() {
    (cd "$tree" && CARGO_TARGET_DIR=$cache/target cargo build --quiet --locked --release --bin pgrep >&2)
    echo "$cache/target/release/pgrep"
}

# install_programs DIRECTORY: the programs there, with the links.
install_programs() {
    mkdir -p "$1"
    cp "$(static_program)" "$1/pgrep"
    ln -sf pgrep "$1/pkill"
    ln -sf pgrep "$1/pidwait"
}

# A root in memory: busybox, the programs, and the parts of the tests that run inside.
small_root() {
    local root=$1 shell
    shell=$(unpacked trixie amd64 busybox-static)
    chmod 755 "$root"
    mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,root,systems}
    cp "$shell"/usr/bin/busybox "$root/bin/" 2>/dev/null || cp "$shell"/bin/busybox "$root/bin/"
    install_programs "$root/systems/bin"
    cp "$systems"/guest/* "$root/systems/"
    cp "$systems/guest/init" "$root/init"
    printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    printf 'pkilltest 47011/tcp\n' >"$root/etc/services"
}

# The kernel image of a suite.
image() {
    local package
    package=$(apt_of "$1" amd64 apt-cache depends --recurse --no-recommends --no-suggests linux-image-cloud-amd64 |
        grep -xE 'linux-(binary|image)-[0-9].*-cloud-amd64' | sort | head -1) # in newer ones the image is in "binary"
    find "$(unpacked "$1" amd64 "$package")" -name 'vmlinuz*' | grep . || fail "$package has no kernel image"
}

# boot SECONDS KERNEL OPTION...: what the virtual machine writes between the markers on its serial console. KVM is
# not used: the results must not depend on whether the machine has it.
boot() {
    local seconds=$1 kernel=$2 console status=0
    shift 2
    console=$(mktemp)
    timeout --kill-after 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m "${MEMORY:-1024}" \
        -kernel "$kernel" -nodefaults -no-user-config -no-reboot -display none -serial "file:$console" "$@" \
        </dev/null || status=$?
    tr -d '\r' <"$console" | sed -n '/^=== begin$/,/^=== end$/{/^===/!p}'
    if ! grep -q '^=== end' "$console"; then
        echo "machine: WRONG: it ended with status $status before the tests did: $(tail -n 15 "$console" | tr '\n\r' ' ')"
    fi
    cp "$console" "$cache/console.txt"
    rm "$console"
}

# The text that a kernel command line needs for the serial console, without messages.
console='console=ttyS0 panic=-1 quiet loglevel=2 no_timer_check' # a starved timer is none that does not work

# report SYSTEM: reads lines of results, prints and keeps them, and fails if one of them is wrong.
report() {
    tee "$results/$1.txt"
    ! grep -q ': WRONG' "$results/$1.txt"
}
