"""Nodes as programs of their own, as the demo and the benchmarks run them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import ReasonSegError
from .runtime import use_large_image_profile

_MODULES = {
    "segmenter": "segmenter_node",
    "sim_camera": "sim_camera",
    "folder_camera": "folder_camera",
    "viewer": "viewer_node",
}
_PATIENCE = 10.0
_LINES_TOLD = 15


class ProgramError(ReasonSegError):
    """A program that ended or was not ready in time."""


class Programs:
    """Running programs by name, with their logs NAME.log in a folder."""

    def __init__(self, processes: Mapping[str, subprocess.Popen[bytes]], logs: Path) -> None:
        self._processes = processes
        self._logs = logs

    def __getitem__(self, name: str) -> subprocess.Popen[bytes]:
        return self._processes[name]

    def log(self, name: str) -> str:
        """What a program has said so far."""
        return (self._logs / f"{name}.log").read_text(errors="replace")

    def check(self) -> None:
        """See that all of them run.

        Raises:
            ProgramError: with what it said last, if one has ended.
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                said = "\n".join(self.log(name).splitlines()[-_LINES_TOLD:])
                raise ProgramError(f"{name} ended with status {process.returncode}; it said last:\n{said}")

    def wait_until(
        self, condition: Callable[[], bool], timeout: float, waiting: Callable[[], None] = lambda: None
    ) -> None:
        """Wait until something holds while all of them run; calls `waiting` ten times a second.

        Raises:
            ProgramError: if a program ends, or `timeout` seconds have passed.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise ProgramError(f"not ready after {timeout:g} s; the programs' logs are in {self._logs}/")
            waiting()
            time.sleep(0.1)


@contextmanager
def running(arguments: Mapping[str, Sequence[str]], logs: Path) -> Iterator[Programs]:
    """Run nodes as programs; they are interrupted when the context ends.

    Args:
        arguments: ROS arguments of each program by its name, as for `ros2 run reason_seg_ros NAME`.
        logs: folder for their logs.
    """
    use_large_image_profile()
    # Humble does not know the discovery range yet.
    on_humble = os.environ.get("ROS_DISTRO") == "humble"
    local = ("ROS_LOCALHOST_ONLY", "1") if on_humble else ("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    os.environ.setdefault(*local)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, words in arguments.items():
            processes[name] = _start(name, words, logs / f"{name}.log")
        yield Programs(processes, logs)
    finally:
        for process in processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _PATIENCE
        while any(process.poll() is None for process in processes.values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in processes.values():
            process.kill()


def _start(name: str, words: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"{__package__}.{_MODULES[name]}", "--ros-args", *words]
    with log.open("wb") as output:
        # In a session of its own, so that Ctrl-C reaches it once, when the context ends.
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
