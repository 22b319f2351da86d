"""Programs with nodes: what is interrupted while it starts ends without a word, what fails then says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import rclpy
from rclpy.node import Node

from reason_seg_ros.nodes import compose
from reason_seg_ros.nodes.runtime import run_node


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    rclpy.try_shutdown()


def interrupted(**options: Any) -> Node:
    """Make a node, but ROS is shut down meanwhile, as a signal does it."""
    rclpy.shutdown()
    return Node("late", **options)


def interrupted_last(**options: Any) -> Node:
    """The same, just after the node has been made."""
    node = Node("last", **options)
    rclpy.shutdown()
    return node


def failing(**options: Any) -> Node:
    """Fail to make a node."""
    raise RuntimeError("told to fail")


@pytest.mark.parametrize("make", [interrupted, interrupted_last])
def test_an_interrupt_while_a_node_is_made(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_node(make, []) == 0
    monkeypatch.setattr(compose, "parts", lambda values: [compose.Part(make, {})])
    assert compose.bringup(compose.read_arguments([])) == 0


def test_a_node_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="told to fail"):
        run_node(failing, [])
    rclpy.shutdown()
    monkeypatch.setattr(compose, "parts", lambda values: [compose.Part(failing, {})])
    with pytest.raises(RuntimeError, match="told to fail"):
        compose.bringup(compose.read_arguments([]))
