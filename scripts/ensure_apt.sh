#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs the Debian packages that some checks need, when they are missing and this is root on a
# Debian machine. Prints one line for each that stays missing; whoever needs it then fails with
# CI=true and is skipped, by name, elsewhere.
set -euo pipefail

packages=(bind9-dnsutils clang-format-14 curl dnsmasq-base libclang-14-dev libuv1-dev netcat-openbsd pkg-config
    socat strace zstd)
is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: ${packages[*]} are looked for but not installed"
    exit 0
fi
missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" -eq 0 ]; then
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq install --no-install-recommends -y "${missing[@]}" >/dev/null ||
        echo "apt-get could not install them"
fi
for package in "${packages[@]}"; do
    is_installed "$package" || echo "missing: $package"
done
