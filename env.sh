# Source this file to use what `make setup` built:  . ./env.sh
# Works in sh, dash, bash and zsh, from any folder; sourcing it again changes nothing. It says nothing unless something
# is missing.

_reason_seg_find() {
    # Set _reason_seg_prefix to the folder of this file. sh has no name for a sourced file; the shell's open file has.
    if [ -n "${BASH_VERSION:-}" ]; then
        eval '_reason_seg_file=${BASH_SOURCE[0]}'
    elif [ -n "${ZSH_VERSION:-}" ]; then
        eval '_reason_seg_file=${(%):-%x}'
    else
        _reason_seg_shell=$(exec sh -c 'echo "$PPID"')
        for _reason_seg_open in "/proc/$_reason_seg_shell/fd"/*; do
            _reason_seg_file=$(readlink "$_reason_seg_open" 2>/dev/null) || :
            case $_reason_seg_file in */env.sh) break ;; esac
            _reason_seg_file=./env.sh
        done
    fi
    _reason_seg_prefix=$(CDPATH= cd -- "$(dirname -- "$_reason_seg_file")" 2>/dev/null && pwd -P) || :
}

_reason_seg_prepend() {
    # Put folder $2 in front of the list in variable $1, once.
    eval "_reason_seg_list=\${$1:-}"
    case ":$_reason_seg_list:" in
        *":$2:"*) ;;
        *) eval "export $1=\"\$2\${_reason_seg_list:+:\$_reason_seg_list}\"" ;;
    esac
}

_reason_seg_source() {
    # Source install/$1 in this shell's flavour; sh has to be told where the script lies.
    if [ -n "${BASH_VERSION:-}" ]; then
        . "$_reason_seg_prefix/install/$1.bash"
    elif [ -n "${ZSH_VERSION:-}" ]; then
        . "$_reason_seg_prefix/install/$1.zsh"
    else
        COLCON_CURRENT_PREFIX=$_reason_seg_prefix/install
        . "$COLCON_CURRENT_PREFIX/$1.sh"
    fi
    unset COLCON_CURRENT_PREFIX
}

_reason_seg_environment() {
    _reason_seg_find
    if [ ! -x "$_reason_seg_prefix/.venv/bin/python3" ] || [ ! -f "$_reason_seg_prefix/install/setup.sh" ]; then
        echo "env.sh: ${_reason_seg_prefix:-this folder} is not set up yet: run 'make setup' there first" >&2
        return 1
    fi
    if [ -d "$_reason_seg_prefix/.venv/share/rclpy" ]; then
        # ROS 2 from wheels: the virtual environment is the ROS prefix below the workspace.
        _reason_seg_prepend AMENT_PREFIX_PATH "$_reason_seg_prefix/.venv"
        _reason_seg_prepend CMAKE_PREFIX_PATH "$_reason_seg_prefix/.venv"
        _reason_seg_source local_setup
    else
        _reason_seg_source setup
    fi
    export VIRTUAL_ENV="$_reason_seg_prefix/.venv"
    _reason_seg_prepend PATH "$_reason_seg_prefix/.venv/bin"
    # Camera images need a larger shared memory segment than Fast DDS takes by default; nodes/dds_profile.py has the
    # same rule.
    _reason_seg_profile=$_reason_seg_prefix/config/fastdds_large_images.xml
    _reason_seg_chosen=${FASTRTPS_DEFAULT_PROFILES_FILE:-}${FASTDDS_DEFAULT_PROFILES_FILE:-}
    case $_reason_seg_chosen${FASTDDS_BUILTIN_TRANSPORTS:-}:${ROS_DISTRO:-} in
        :humble | :iron | :jazzy) export FASTRTPS_DEFAULT_PROFILES_FILE="$_reason_seg_profile" ;;
        :*) export FASTDDS_DEFAULT_PROFILES_FILE="$_reason_seg_profile" ;;
    esac
}

# colcon's scripts read variables that may be unset.
case $- in *u*) _reason_seg_nounset=-u && set +u ;; *) _reason_seg_nounset=+u ;; esac
if _reason_seg_environment; then _reason_seg_status=0; else _reason_seg_status=1; fi
set "$_reason_seg_nounset"
unset -f _reason_seg_find _reason_seg_prepend _reason_seg_source _reason_seg_environment
unset _reason_seg_file _reason_seg_shell _reason_seg_open _reason_seg_list _reason_seg_prefix \
    _reason_seg_profile _reason_seg_chosen _reason_seg_nounset
eval "unset _reason_seg_status; test $_reason_seg_status = 0"
