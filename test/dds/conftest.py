"""Nodes in processes of their own, each test module in a DDS domain of its own."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TextIO

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]  # the helpers' folders

collect_ignore_glob: list[str] = []
try:
    from camera import Camera
    from diagnostic_msgs.msg import DiagnosticStatus
    from person import Person

    from reason_seg_ros.msg import Reply
except ImportError:
    collect_ignore_glob = ["test_*.py"]  # without ROS 2 and the built messages there is nothing to test here

_domains: list[TextIO] = []  # locks of those in use


def new_domain() -> int:
    """A DDS domain that no other test uses, not even one of another test run on this machine."""
    for i in range(100):  # those above 101 collide with the ports that Linux hands out
        domain = 1 + (os.getpid() + i) % 100
        lock = _locked(Path(tempfile.gettempdir()) / f"reason_seg_ros_test_domain_{domain}")
        if lock is not None:
            _domains.append(lock)
            return domain
    raise RuntimeError("every DDS domain is in use by a test: end other test runs")


def _locked(path: Path) -> TextIO | None:
    """A file, locked until it is closed; None if another process holds the lock."""
    with suppress(OSError), ExitStack() as unless_locked:
        lock = unless_locked.enter_context(path.open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unless_locked.pop_all()
        return lock
    return None


def pytest_unconfigure() -> None:
    """Give the domains back."""
    while _domains:
        _domains.pop().close()


class Program:
    """A node's process with its output."""

    def __init__(self, module: str, domain: int, log: Path, *ros_arguments: str) -> None:
        environment = dict(os.environ, ROS_DOMAIN_ID=str(domain), ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
        environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), environment.get("PYTHONPATH", "")])
        self._log = log
        self._module = module
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "--ros-args", *ros_arguments],
                env=environment,
                cwd=log.parent,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text()

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self.process.poll() is None

    def fault(self) -> str:
        """End it; what was wrong with it, with all that it has printed, or "" if nothing was."""
        status: int | None = None
        with suppress(subprocess.TimeoutExpired):
            status = self.end()
        output = self.output
        unexpected = output.count("Traceback") - output.count(": told to fail\n")
        if status == 0 and "a callback failed" not in output and not unexpected:
            return ""
        return f"{self._module} ended with status {status}, {unexpected} tracebacks; it has printed:\n{output}"

    def end(self) -> int:
        """Interrupt it as Ctrl-C does and return its exit status."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def parameters(**values: Any) -> list[str]:
    """ROS arguments that set parameters."""
    written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}
    return [word for name, value in written.items() for word in ("-p", f"{name}:={value}")]


@pytest.fixture(scope="module")
def domain() -> int:
    return new_domain()


@pytest.fixture(scope="module")
def start(domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Program]]:
    """Start a module as a program; all must end without fault at the end."""
    programs: list[Program] = []

    def starter(module: str, *ros_arguments: str) -> Program:
        log = tmp_path_factory.mktemp("log") / f"{module}.txt"
        programs.append(Program(module, domain, log, *ros_arguments))
        return programs[-1]

    yield starter
    faults = [fault for program in programs if program.alive and (fault := program.fault())]
    assert not faults, "\n\n".join(faults)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder whose files let "hold NAME" go on."""
    return tmp_path_factory.mktemp("gate")


@pytest.fixture(scope="module")
def near(gate: Path) -> list[str]:
    """ROS arguments for the segmenter of these tests."""
    return parameters(segmenter="near_segmenter:NearSegmenter", segmenter_options=f"'{{gate: {gate}}}'")


# What most tests want; the others define a person and a camera of their own.


@pytest.fixture(scope="module")
def program(start: Callable[..., Program], near: list[str]) -> Program:
    """A segmenter node."""
    return start("reason_seg_ros.nodes.segmenter_node", *near, *parameters(frame_timeout=0.7, max_frame_age=0.4))


@pytest.fixture(scope="module")
def person(domain: int, program: Program) -> Iterator[Person]:
    """Somebody who talks to it."""
    person = Person(domain)
    yield person
    person.close()


@pytest.fixture(scope="module")
def shared_camera(person: Person) -> Iterator[Camera]:
    """Its camera."""
    person.connect()
    camera = Camera(person.node)
    person.until(lambda: (status := person.status("camera")) and status.level == DiagnosticStatus.OK)
    yield camera
    camera.close()


@pytest.fixture
def camera(person: Person, shared_camera: Camera) -> Iterator[Camera]:
    """Its camera, healthy after each test."""
    yield shared_camera
    shared_camera.healthy()
    person.until(lambda: person.ask("are you well").status == Reply.FOUND)
