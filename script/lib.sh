# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Shared by script/* and bench/*: Debian packages and the build.

# Debian packages that building and running mod_wfp needs.
build_packages=(apache2-bin apache2-dev autoconf automake libtool pkg-config
    gcc make libc6-dev liblua5.4-dev libcurl4-openssl-dev libssl-dev
    ca-certificates libjansson-dev libxml2-dev libsqlite3-dev zlib1g-dev
    libaprutil1-dbd-sqlite3 libaprutil1-dbd-pgsql)

missing_packages() {
    local name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null |
            grep -q '^ii' || echo "$name"
    done
}

# Install those of the packages named that are missing.
install_packages() {
    local wanted as_root=()
    mapfile -t wanted < <(missing_packages "$@")
    [ ${#wanted[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -qy --no-install-recommends "${wanted[@]}"
}

# build_tree DIR [ARGUMENT...]: build into DIR, configured with the arguments
# when it is not yet.
build_tree() {
    local dir=$1
    shift
    [ -x configure ] || ./autogen.sh || return
    mkdir -p "$dir" || return
    if [ ! -f "$dir/Makefile" ]; then
        (cd "$dir" && ../configure "$@") || return
    fi
    make -s -j"$(nproc)" -C "$dir" all
}

# install_clients DIR: clients of the REST API that tests drive, as
# tests/clients/package-lock.json pins them.
install_clients() {
    mkdir -p "$1" || return
    cmp -s tests/clients/package-lock.json "$1/package-lock.json" &&
        [ -d "$1/node_modules/wrangler" ] && return
    cp tests/clients/package*.json "$1/" || return
    if ! npm --prefix "$1" ci --ignore-scripts --no-audit --no-fund; then
        rm -f "$1/package-lock.json"
        return 1
    fi
}

# Tests run a stock httpd: the sanitizers' runtimes must come first.
use_asan() {
    WFP_PRELOAD="$(gcc -print-file-name=libasan.so)"
    WFP_PRELOAD+=" $(gcc -print-file-name=libstdc++.so.6)"
    export WFP_PRELOAD
}
