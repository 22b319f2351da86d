# What the set-up scripts share; sourced by them.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    if [ $# -gt 0 ]; then printf '       %s\n' "$@" >&2; fi
    exit 1
}

# The installation prefix of the sourced ROS 2, or nothing. An environment that holds ROS wheels is not one.
ros_prefix() {
    local prefix
    [ -n "${ROS_DISTRO:-}" ] || return 0
    for prefix in $(printf '%s' "${AMENT_PREFIX_PATH:-}" | tr ':' ' '); do
        if [ "$prefix" != "$venv" ] && [ -f "$prefix/share/rclpy/package.xml" ]; then
            printf '%s\n' "$prefix"
            return 0
        fi
    done
}

# True if the interpreter $1 runs and its version is one that the package supports.
is_supported_python() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}

# The first of $PYTHON (else python3 of the shell, then of the system) that is supported and passes the check "$@";
# nothing if none does. pyenv's shims and virtual environments are followed to the interpreter itself.
find_python() {
    local candidates=(python3 /usr/bin/python3) candidate
    if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi
    for candidate in "${candidates[@]}"; do
        if is_supported_python "$candidate" && { [ $# = 0 ] || "$candidate" "$@" 2>/dev/null; }; then
            "$candidate" -c 'import sys; print(sys._base_executable)'
            return 0
        fi
    done
}

# Run a command that uses the network, up to three times.
with_retries() {
    local attempt
    for attempt in 1 2 3; do
        "$@" && return 0
        [ "$attempt" = 3 ] || { note "that failed; trying again in $((10 * attempt)) s"; sleep $((10 * attempt)); }
    done
    return 1
}

# Stamps: a step is done if its stamp holds the hash of everything that the step depends on.
hash_of() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
is_done() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
