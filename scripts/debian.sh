#!/usr/bin/env bash
# Install the system packages that are missing (Debian, Ubuntu); needs root or sudo only if some are.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(build-essential cmake git libegl1 libgl1 libgomp1 libusb-1.0-0)
python=$(find_python)
case $python in
    "" | /usr/bin/*) packages+=(python3 python3-dev python3-venv) ;; # others bring their headers and venv module
esac

missing() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || printf '%s ' "$package"
    done
}

# Without apt nothing can be installed: go on if the tools are there under another name.
check_by_hand() {
    local lacking=()
    [ -n "$python" ] || lacking+=("Python 3.10 to 3.14")
    command -v cmake >/dev/null || lacking+=(cmake)
    command -v c++ >/dev/null || lacking+=("a C++ compiler")
    if [ ${#lacking[@]} -gt 0 ]; then
        fail "this machine has no apt-get and lacks: $(printf '%s; ' "${lacking[@]}")" \
            "install your distribution's equivalents of these Debian packages, then run this again:" "${packages[*]}"
    fi
    note "no apt-get here: taking the machine's own equivalents of ${packages[*]}"
}

install() {
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "installing system packages needs root, and there is no sudo here" \
            "as root, run: apt-get install $*"
        sudo=(sudo)
    fi
    say "System packages: installing $*"
    with_retries "${sudo[@]}" apt-get update -q || note "apt-get update failed; trying with the lists at hand"
    with_retries "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" ||
        fail "apt-get could not install: $*" "see its message above; once they are installed, run this again"
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    check_by_hand
    exit
fi
read -r -a wanted <<<"$(missing)"
if [ ${#wanted[@]} -gt 0 ]; then install "${wanted[@]}"; fi
