#!/usr/bin/env bash
# Build the messages and install the package to install/, linked to its sources: edits of Python files are live.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

ros=$(ros_prefix)
stamp=$root/install/.set-up-build
wanted=$(
    echo "$root" "${ros:-wheels}"
    cat "$venv/.set-up-python" CMakeLists.txt package.xml cmake/* msg/* action/* scripts/build.sh
    find reason_seg_ros launch config -type f -not -name '*.pyc' | sort
)
wanted=$(hash_of <<<"$wanted")
if is_done "$stamp" "$wanted"; then exit; fi

say "Build: messages and package, into install/"
purpose=$(cat build/.set-up-purpose 2>/dev/null || echo "${ros:-wheels}")
if [ "$purpose" != "${ros:-wheels}" ]; then rm -rf build install; fi
mkdir -p build && echo "${ros:-wheels}" >build/.set-up-purpose

cmake_args=(-DBUILD_TESTING=OFF "-DREASON_SEG_PYTHON=$venv/bin/python3")
if [ -n "$ros" ]; then
    colcon=$(command -v colcon || echo "$venv/bin/colcon")
    cmake_args+=("-DPython3_EXECUTABLE=$("$venv/bin/python3" -c 'import sys; print(sys._base_executable)')")
else
    colcon=$venv/bin/colcon
    cmake_args+=("-DPython3_EXECUTABLE=$venv/bin/python3")
    unset PYTHONPATH COLCON_PREFIX_PATH
    export AMENT_PREFIX_PATH=$venv CMAKE_PREFIX_PATH=$venv VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH
fi

"$colcon" --log-base build/log build --symlink-install --paths . --event-handlers console_cohesion- \
    --cmake-args "${cmake_args[@]}" ||
    fail "the build failed; the whole output is in build/log/latest_build"
echo "$wanted" >"$stamp"
