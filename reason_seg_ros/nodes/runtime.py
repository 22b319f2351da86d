"""What every program with nodes does: DDS profile, rclpy, spinning, an orderly end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import rclpy
import yaml
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node

from ..errors import ReasonSegError
from .dds_profile import profile_setting
from .parameters import ParameterError

_PATIENCE = 10.0
_INTERRUPT_AGAIN = 0.2  # seconds

NodeT = TypeVar("NodeT", bound=Node)


def run_node(
    make: Callable[[], NodeT],
    arguments: list[str] | None = None,
    first: Callable[[NodeT], None] = lambda node: None,
) -> int:
    """Run one node until it is interrupted.

    Args:
        make: makes the node, once rclpy is there.
        arguments: of the command line, None for the program's own.
        first: called with the node once it spins.

    Returns:
        The program's exit status: 1 if it could not start, which one line on standard error explains.
    """
    words = sys.argv if arguments is None else arguments
    use_large_image_profile()
    try:
        check_parameter_files(words)
        interrupts = _Interrupts()
        rclpy.init(args=arguments)
    except (ParameterError, rclpy_implementation.RCLError) as error:
        return _cannot_start(start_error(error, words))
    if interrupts.came:
        rclpy.try_shutdown()
    try:
        node = interrupts.node = make()
    except Exception as error:
        if not rclpy.ok():
            return 0  # interrupted already
        known = start_error(error, words)
        if known is error and not isinstance(error, ReasonSegError):
            raise
        rclpy.try_shutdown()
        return _cannot_start(known)
    try:
        spin(node, lambda: first(node))
    finally:
        interrupts.end()
        node.destroy_node()
        rclpy.try_shutdown()
        interrupts.ignore()
    return 0


class _Interrupts:
    """Ctrl-C ends whoever spins, and nothing else, however often it comes and whatever the main thread is at.

    Python's own handler would raise KeyboardInterrupt anywhere, also in the middle of the orderly end: a node gets two
    interrupts when it is stopped with its launch file. ROS's handler, which goes on beside this one, wakes an executor
    and shuts ROS down in either order, so an executor may look too early and go on to wait.

    Attributes:
        came: true once there was an interrupt.
        node: the node that spins, once there is one.
    """

    def __init__(self) -> None:
        self.came = False
        self.node: Node | None = None
        self._ended = threading.Event()
        self._set(self._on_interrupt)

    def end(self) -> None:
        """Nobody spins any more."""
        self._ended.set()

    def ignore(self) -> None:
        """After ROS, which takes its own handler away at its end: Python gives up its handlers before it has ended."""
        self._set(signal.SIG_IGN)

    def _on_interrupt(self, *_: object) -> None:
        if not self.came:
            self.came = True
            # The main thread may hold whatever locks it takes to tell its executor.
            threading.Thread(target=self._stop_spinning, name="interrupt", daemon=True).start()

    def _stop_spinning(self) -> None:
        while True:
            executor = self.node.executor if self.node is not None else None
            if executor is not None:
                with suppress(Exception):  # of an executor that ends meanwhile
                    executor.create_task(_stop)
            if self._ended.wait(_INTERRUPT_AGAIN):
                return

    @staticmethod
    def _set(handler: Callable[..., object] | signal.Handlers) -> None:
        # Elsewhere Python allows no handlers, and raises nothing.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)


def check_parameter_files(words: Sequence[str]) -> None:
    """See that the parameter files among ROS arguments are YAML; rcl's own errors name no line.

    Raises:
        ParameterError: if one is not.
    """
    for file in _parameter_files(words):
        _check_parameter_file(file)


def start_error(error: Exception, words: Sequence[str]) -> Exception:
    """What keeps a node from being made, for people, if they can mend it; the exception itself if not.

    Args:
        words: the ROS arguments, whose parameter files a wrong parameter may come from.
    """
    files = ", ".join(_parameter_files(words))
    if isinstance(error, ParameterError) and files and not str(error).startswith(files):
        return ParameterError(f"{files}: {error}")
    if isinstance(error, (ValueError, OSError, rclpy_implementation.RCLError)):
        return ReasonSegError(str(error))
    return error


def _check_parameter_file(file: str) -> None:
    try:
        list(yaml.parse(Path(file).read_text(encoding="utf-8")))
    except OSError as error:
        raise ParameterError(f"{file}: the parameter file cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{file}: the parameter file is no YAML ({error})") from error


def _parameter_files(words: Sequence[str]) -> list[str]:
    return [value for word, value in pairwise(words) if word == "--params-file"]


def _cannot_start(error: Exception) -> int:
    print(f"cannot start: {' '.join(str(error).split())}", file=sys.stderr)
    return 1


def spin(node: Node, first: Callable[[], None] | None = None) -> None:
    """Run `first`, then a node's callbacks, on this thread until ROS shuts down; an exception ends only its callback.

    One thread is the cheapest way to spin, so callbacks are short and what takes long has a thread of its own.
    """
    if not rclpy.ok():
        return
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    if first is not None:
        executor.create_task(first)
    try:
        while rclpy.ok() and not _interrupted(executor, node):
            pass
    finally:
        # Removes it, and leaves nothing to an executor that has ended; rclpy's annotation forgets None.
        node.executor = None  # type: ignore[assignment]
        # Without a timeout rclpy waits for every callback, so for ever for a coroutine that waits, as ~/change_state's.
        executor.shutdown(timeout_sec=0)


def _interrupted(executor: SingleThreadedExecutor, node: Node) -> bool:
    """Spin until a callback fails (False) or ROS shuts down (True)."""
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        return True
    except Exception as error:  # of any callback
        if node.context.ok():
            node.get_logger().error(f"a callback failed with {type(error).__name__}: {error}")
            return False
    return True


def on_executor(node: Node, callback: Callable[..., Any], *arguments: Any) -> None:
    """Let a node's executor run a callback in its turn, from any thread; nothing happens once the node has none.

    What an executor waits for may only be destroyed there: rclpy's wait fails if it goes away in between.
    """
    executor = node.executor
    if executor is not None:
        executor.create_task(callback, *arguments)


def spin_in_thread(node: Node, first: Callable[[], None] | None = None) -> threading.Thread:
    """As `spin`, on a thread of its own, which ends when ROS shuts down."""
    thread = threading.Thread(target=spin, args=(node, first), name=f"spin {node.get_name()}", daemon=True)
    thread.start()
    return thread


def end(nodes: Sequence[Node], threads: Iterable[threading.Thread]) -> None:
    """End the threads that `spin_in_thread` started for nodes, then destroy the nodes and shut ROS down."""
    for node in nodes:
        executor = node.executor
        if executor is not None and rclpy.ok():
            # Shutting down would end it too, but newer versions of rclpy destroy the nodes first, while they spin.
            executor.create_task(_stop)
    for thread in threads:
        thread.join(_PATIENCE)
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown()


def _stop() -> None:
    raise ExternalShutdownException


def use_large_image_profile() -> None:
    """Let Fast DDS carry images through shared memory, see `profile_setting`; call before `rclpy.init`.

    Its default segment is smaller than a VGA image, which then goes through UDP in fragments.
    """
    profile = config_file("fastdds_large_images.xml")
    if profile is not None:
        os.environ.update(profile_setting(profile, os.environ))


def config_file(name: str) -> Path | None:
    """A file of the package's config folder: installed, else in the source folder; None if there is none."""
    candidates = [Path(__file__).resolve().parents[2] / "config" / name]
    try:
        from ament_index_python.packages import get_package_share_directory

        candidates.insert(0, Path(get_package_share_directory("reason_seg_ros")) / "config" / name)
    except (ImportError, LookupError, OSError):
        pass
    return next((path for path in candidates if path.is_file()), None)
