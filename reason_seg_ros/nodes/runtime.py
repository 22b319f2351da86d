"""What every program with nodes does: DDS profile, rclpy, spinning, an orderly end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from ..errors import ReasonSegError
from .dds_profile import profile_setting

_PATIENCE = 10.0

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
        The program's exit status.
    """
    use_large_image_profile()
    rclpy.init(args=arguments)
    try:
        node = make()
    except (ReasonSegError, ParameterException, ValueError, OSError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        rclpy.try_shutdown()
        return 2
    except Exception:
        if rclpy.ok():
            raise
        return 0  # interrupted already
    try:
        spin(node, lambda: first(node))
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


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
