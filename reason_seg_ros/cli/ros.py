"""Importing the nodes, which need ROS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ReasonSegError


class RosMissing(ReasonSegError):  # noqa: N818 (a circumstance, not a fault)
    """ROS 2 cannot be imported."""


@contextmanager
def ros_nodes() -> Iterator[None]:
    """Turns a failed import inside into an error that says how to get ROS 2.

    Raises:
        RosMissing: if a module of ROS 2 or the package's own messages cannot be imported.
    """
    try:
        yield
    except ImportError as error:
        raise RosMissing(
            f"this command needs ROS 2 and the package's messages ({error}): run 'make setup' and '. ./env.sh' in the "
            "checkout, or source a workspace where reason_seg_ros is built"
        ) from error
