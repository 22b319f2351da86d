#!/usr/bin/env bash
# Make .venv and fill it: ROS 2 as wheels and all libraries or, beside a sourced ROS 2, only what that lacks.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ros=$(ros_prefix)
stamp=$venv/.set-up-python

# What the environment is for: the wheels, or a certain ROS installation.
purpose=${ros:-wheels}
wanted=$(
    echo "$purpose"
    cat "$root"/requirements/*.txt "$root/scripts/python.sh" "$root/scripts/prepare_ros_wheels.py"
)
wanted=$(hash_of <<<"$wanted")

base_executable() { "$1" -c 'import sys; print(sys._base_executable)' 2>/dev/null; }

# An environment that runs and was made for the same purpose is kept, unless another interpreter is asked for by name.
is_reusable() {
    local base
    [ -f "$venv/.set-up-purpose" ] && base=$(base_executable "$venv/bin/python3") || return 1
    [ "$(cat "$venv/.set-up-purpose")" = "$purpose" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$base" = "$(base_executable "$PYTHON")" ]
}

make_environment() {
    local python
    if [ -n "$ros" ]; then
        python=$(find_python -c 'import rclpy')
        [ -n "$python" ] || fail "ROS 2 $ROS_DISTRO is sourced, but no python3 here can import rclpy" \
            "set PYTHON to the interpreter that your ROS 2 was built for: make setup PYTHON=/usr/bin/python3"
    else
        python=$(find_python)
        [ -n "$python" ] || fail "there is no Python 3.10 to 3.14 here" "name one: make setup PYTHON=/path/to/python3"
    fi
    say "Python environment: .venv with $("$python" --version)${ros:+, beside ROS 2 $ROS_DISTRO in $ros}"
    rm -rf "$venv"
    "$python" -m venv ${ros:+--system-site-packages} "$venv" ||
        fail "$python cannot make a virtual environment" "install its venv module (Debian: python3-venv)"
    echo "$purpose" >"$venv/.set-up-purpose"
}

# --progress-bar off keeps logs readable where nobody watches.
pip_install() {
    local quiet=(--quiet --progress-bar off)
    if [ -t 1 ]; then quiet=(); fi
    with_retries "$venv/bin/python3" -m pip --disable-pip-version-check install \
        --retries 5 --timeout 60 ${quiet[@]+"${quiet[@]}"} "$@" ||
        fail "pip could not install the packages" "see its message above; what is downloaded is kept: run this again"
}

install_wheels() {
    say "Python packages: ROS 2 wheels, PyTorch, Open3D and more (about 6 GB on disk, several minutes the first time)"
    pip_install -r "$root/requirements/ros.txt" -r "$root/requirements/base.txt" \
        -r "$root/requirements/libraries.txt" -r "$root/requirements/dev.txt"
    "$venv/bin/python3" "$root/scripts/prepare_ros_wheels.py"
}

# Line of requirements/base.txt for each library that ROS's Python cannot import.
base_that_ros_lacks() {
    local pair
    for pair in numpy:numpy cv2:opencv-python-headless PIL:pillow yaml:pyyaml scipy:scipy; do
        "$venv/bin/python3" -c "import ${pair%%:*}" 2>/dev/null || grep "^${pair#*:}" "$root/requirements/base.txt"
    done
}

install_beside_ros() {
    local constraints=$venv/.ros-constraints.txt
    say "Python packages: what ROS 2 $ROS_DISTRO lacks: PyTorch, Open3D and more (several minutes the first time)"
    # Compiled ROS packages work with the NumPy generation that they were built with, and with no other.
    "$venv/bin/python3" - >"$constraints" <<'PYTHON'
try:
    import numpy
    major = int(numpy.__version__.split(".")[0])
    print(f"numpy>={major},<{major + 1}")
    if major < 2:
        print("pyarrow<22")  # newer releases need NumPy 2 without saying so
except ImportError:
    pass
PYTHON
    base_that_ros_lacks >"$venv/.ros-lacks.txt"
    command -v colcon >/dev/null || echo colcon-common-extensions >>"$venv/.ros-lacks.txt"
    pip_install -c "$constraints" -r "$venv/.ros-lacks.txt" \
        -r "$root/requirements/libraries.txt" -r "$root/requirements/dev.txt"
}

if is_reusable; then
    if is_done "$stamp" "$wanted"; then exit; fi
else
    make_environment
fi
if [ -n "$ros" ]; then install_beside_ros; else install_wheels; fi
echo "$wanted" >"$stamp"
