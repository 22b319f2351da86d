"""The build, the launch file and the set-up agree with the code."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

import reason_seg_ros
from reason_seg_ros.nodes.bringup_arguments import ARGUMENTS
from reason_seg_ros.nodes.interface import CAMERA_INFO, CLOUD, COLOR, DEPTH, MARKERS, OVERLAY

ROOT = Path(__file__).resolve().parents[1]
PACKAGE_XML = ElementTree.parse(ROOT / "package.xml").getroot()
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh") if shutil.which(shell)]
IS_SET_UP = (ROOT / "install" / "setup.sh").is_file() and (ROOT / ".venv" / "bin" / "python3").exists()

ROS_PACKAGES = {
    "action_msgs", "ament_index_python", "builtin_interfaces", "cv_bridge", "diagnostic_msgs", "diagnostic_updater",
    "geometry_msgs", "launch", "launch_ros", "lifecycle_msgs", "message_filters", "rcl_interfaces", "rclpy",
    "sensor_msgs", "sensor_msgs_py", "std_msgs", "std_srvs", "tf2_geometry_msgs", "tf2_ros", "vision_msgs",
    "visualization_msgs",
}  # fmt: skip


def declared(*tags: str) -> set[str]:
    return {element.text or "" for tag in tags for element in PACKAGE_XML.findall(tag)}


def test_version_is_the_same_everywhere():
    assert PACKAGE_XML.findtext("version") == reason_seg_ros.__version__


def test_every_message_and_action_is_built():
    files = {f"{path.parent.name}/{path.name}" for folder in ("msg", "action") for path in (ROOT / folder).iterdir()}
    assert set(re.findall(r"^  ((?:msg|action)/\w+\.\w+)$", CMAKE, re.MULTILINE)) == files


def test_every_program_has_a_main():
    programs = re.findall(r"^reason_seg_program\(\S+ reason_seg_ros\.(\S+)\)$", CMAKE, re.MULTILINE)
    assert len(programs) >= 5
    for module in programs:
        path = ROOT / "reason_seg_ros" / module.replace(".", "/")
        source = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        body = ast.parse(source.read_text(encoding="utf-8")).body
        names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
        for node in body:
            if isinstance(node, ast.ImportFrom):
                names |= {alias.asname or alias.name for alias in node.names}
        assert "main" in names, module


def test_ros_packages_that_are_imported_are_declared_and_no_others():
    imported = set()
    for path in [*(ROOT / "reason_seg_ros").rglob("*.py"), *(ROOT / "launch").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                imported.add(node.module.partition(".")[0])
    needed_by_messages = {"action_msgs"}
    assert imported & ROS_PACKAGES == declared("depend", "exec_depend") & ROS_PACKAGES - needed_by_messages


def test_data_files_are_installed_with_the_library():
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    files = (path for path in (ROOT / "reason_seg_ros").rglob("*") if path.is_file())
    suffixes = {path.suffix for path in files} - {".py", ".pyc"}
    assert ".yaml" in suffixes
    assert all(f'"{suffix}"' in setup for suffix in suffixes), suffixes


def test_bringup_arguments_have_defaults_among_their_choices():
    for argument in ARGUMENTS:
        assert not argument.choices or argument.default in argument.choices, argument.name
        assert argument.description, argument.name


def test_rviz_shows_topics_that_exist():
    view = yaml.safe_load((ROOT / "config" / "reason_seg.rviz").read_text(encoding="utf-8"))
    shown = set(re.findall(r"/[a-z_]+/[a-z_]+", str(view["Visualization Manager"]["Displays"])))
    own = {f"/segmenter/{endpoint.name.removeprefix('~/')}" for endpoint in (CLOUD, MARKERS, OVERLAY)}
    assert {topic for topic in shown if not topic.startswith("/rviz")} == own | {
        f"/{endpoint.name}" for endpoint in (COLOR, DEPTH, CAMERA_INFO)
    }


def test_dds_profile_gives_shared_memory_room_for_images():
    text = (ROOT / "config" / "fastdds_large_images.xml").read_text(encoding="utf-8")
    namespace = re.search(r'xmlns="(.+?)"', text)
    assert namespace
    transports = ElementTree.fromstring(text.split("?>", 1)[1]).iter(f"{{{namespace.group(1)}}}transport_descriptor")
    sizes = {each.findtext("{*}type"): each for each in transports}
    assert set(sizes) == {"SHM", "UDPv4"}
    image = 1280 * 720 * 4
    assert int(sizes["SHM"].findtext("{*}maxMessageSize", "0")) > image
    assert int(sizes["SHM"].findtext("{*}segment_size", "0")) > 4 * image


@pytest.mark.skipif(not IS_SET_UP, reason="this checkout is not set up (make setup)")
@pytest.mark.parametrize("shell", SHELLS)
def test_environment_file_works_in_every_shell(shell: str, tmp_path: Path):
    script = f"""
        set -eu
        . {ROOT}/env.sh
        first=$PATH:$AMENT_PREFIX_PATH:$PYTHONPATH
        . {ROOT}/env.sh
        test "$first" = "$PATH:$AMENT_PREFIX_PATH:$PYTHONPATH"
        command -v reason-seg >/dev/null
        python3 -c "import reason_seg_ros.msg"
    """
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run([shell, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(not IS_SET_UP, reason="this checkout is not set up (make setup)")
@pytest.mark.parametrize("variable", ["", "FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_BUILTIN_TRANSPORTS"])
def test_environment_file_leaves_a_users_dds_transports_alone(variable: str):
    environment = {"PATH": "/usr/bin:/bin", **({variable: "mine"} if variable else {})}
    script = f"""
        . {ROOT}/env.sh
        echo "${{FASTRTPS_DEFAULT_PROFILES_FILE-}}${{FASTDDS_DEFAULT_PROFILES_FILE-}}${{FASTDDS_BUILTIN_TRANSPORTS-}}"
    """
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == ("mine" if variable else str(ROOT / "config" / "fastdds_large_images.xml"))


@pytest.mark.parametrize("shell", SHELLS)
def test_environment_file_says_what_is_missing(shell: str, tmp_path: Path):
    shutil.copy(ROOT / "env.sh", tmp_path)
    done = subprocess.run([shell, "-c", ". ./env.sh"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "make setup" in done.stderr
