"""The package's Python log reaches the log of the nodes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `. ./env.sh`")

from reason_seg_ros.nodes.python_log import PACKAGE_LOGGER, NodeLogHandler

SEGMENTER_LOGGER = logging.getLogger("reason_seg_ros.segmenters.mine")


class Node:
    """The part of a node that the handler needs; its context and logger are itself."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.alive = True
        self.context = self

    def ok(self) -> bool:
        return self.alive

    def get_logger(self) -> Any:
        return self

    def __getattr__(self, severity: str) -> Any:
        return lambda text: self.lines.append((severity, text))


@pytest.fixture
def nodes() -> Iterator[list[tuple[Node, NodeLogHandler]]]:
    """Two nodes of one process, each with its handler; nothing is left behind."""
    level = PACKAGE_LOGGER.level
    pairs = [(node, NodeLogHandler(node)) for node in (Node(), Node())]  # type: ignore[arg-type]  # a part of a node
    yield pairs
    for _, handler in pairs:
        handler.detach()
    PACKAGE_LOGGER.setLevel(level)


def test_every_severity_has_its_own(nodes: list[tuple[Node, NodeLogHandler]]) -> None:
    (node, handler), _ = nodes
    handler.attach()
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        SEGMENTER_LOGGER.log(level, "%d of %s", 2, "them")
    assert [severity for severity, _ in node.lines] == ["debug", "info", "warning", "error", "fatal"]
    assert {text for _, text in node.lines} == {"2 of them"}


def test_nodes_come_and_go(nodes: list[tuple[Node, NodeLogHandler]]) -> None:
    (first, first_handler), (second, second_handler) = nodes
    SEGMENTER_LOGGER.warning("before")
    for handler in (first_handler, second_handler, first_handler):  # configured twice
        handler.attach()
    SEGMENTER_LOGGER.warning("both")
    first_handler.detach()
    SEGMENTER_LOGGER.warning("one")
    assert [text for _, text in first.lines] == ["both"]
    assert [text for _, text in second.lines] == ["both", "one"]


def test_nothing_is_raised_and_nothing_said_after_the_end(
    nodes: list[tuple[Node, NodeLogHandler]], capsys: pytest.CaptureFixture[str]
) -> None:
    (node, handler), _ = nodes
    handler.handle(logging.LogRecord("reason_seg_ros", logging.WARNING, "", 1, "%d", ("no number",), None))
    handler.attach()
    node.alive = False
    SEGMENTER_LOGGER.warning("too late")
    assert node.lines == []
    assert capsys.readouterr().err == ""


def test_exceptions_come_with_their_traceback(nodes: list[tuple[Node, NodeLogHandler]]) -> None:
    (node, handler), _ = nodes
    handler.attach()
    try:
        raise ValueError("broken")
    except ValueError:
        SEGMENTER_LOGGER.exception("reading failed")
    ((severity, text),) = node.lines
    assert severity == "error"
    assert text.startswith("reading failed\nTraceback") and text.endswith("ValueError: broken")


def test_rclpy_takes_every_severity(nodes: list[tuple[Node, NodeLogHandler]]) -> None:
    """Its own logger refuses two severities from one line of code."""
    from rclpy.logging import get_logger

    class RealNode(Node):
        def get_logger(self) -> Any:
            return get_logger("test_python_log")

    handler = NodeLogHandler(RealNode())  # type: ignore[arg-type]  # a part of a node
    for level in (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL, logging.INFO):
        handler._log("said", level)
