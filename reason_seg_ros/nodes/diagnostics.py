"""What goes out on /diagnostics: how the camera, the segmenter and the answers are doing."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from reason_seg_ros.msg import Reply

from . import interface
from .answering import Outcome
from .frame_source import FrameSource
from .messages import STATUS_NAMES
from .outputs import RELIABLE
from .problems import CODE_NAMES
from .streams import KINDS
from .wording import counted

PERIOD = 1.0
_LATENCIES_KEPT = 100


class AnswerStatistics:
    """Counts how questions ended and how long each stage took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endings: Counter[str] = Counter()
        self._drops: Counter[str] = Counter()
        self._latencies: dict[str, deque[float]] = {}
        self._last: Outcome | None = None

    def count(self, outcome: Outcome) -> None:
        """Take in how a question ended."""
        array = outcome.array
        with self._lock:
            self._last = outcome
            self._endings[STATUS_NAMES[array.status]] += 1
            if array.status == Reply.ERROR:
                self._drops[CODE_NAMES[array.error_code]] += 1
            elif array.status == Reply.CANCELLED:
                self._drops[array.text] += 1
            for latency in array.latencies:
                kept = self._latencies.setdefault(latency.stage, deque(maxlen=_LATENCIES_KEPT))
                kept.append(latency.milliseconds)

    def begin(self) -> None:
        """Let go of the last instruction: what kept it from being answered may be over."""
        with self._lock:
            self._last = None

    def status(self, name: str, waiting: int) -> DiagnosticStatus:
        """WARN while the last instruction was not answered because of an error, else OK."""
        with self._lock:
            last = self._last.array if self._last is not None else None
            failed = last is not None and last.status == Reply.ERROR
            values: dict[str, Any] = {"waiting": waiting, **self._endings}
            values.update({f"not answered: {why}": count for why, count in self._drops.items()})
            for stage, kept in self._latencies.items():
                values[f"{stage} ms, last"] = f"{kept[-1]:.1f}"
                values[f"{stage} ms, median of {len(kept)}"] = f"{np.median(kept):.1f}"
        if last is not None:
            values["last instruction"] = last.instruction[:200]
        if not failed or last is None:
            heard = sum(self._endings.values())
            text = counted(heard, "instruction") if heard else "no instruction yet"
            return make_status(name, DiagnosticStatus.OK, text, values)
        return make_status(name, DiagnosticStatus.WARN, f"{CODE_NAMES[last.error_code]}: {last.text}", values)


def camera_status(name: str, frames: FrameSource) -> DiagnosticStatus:
    """How the camera's messages arrive; WARN with the reason if there is no frame that could be used."""
    streams, topics = frames.streams, frames.topics
    why, age = frames.health()
    values: dict[str, Any] = {}
    for kind in KINDS:
        values[f"{topics[kind]} received"] = streams[kind].received
        values[f"{topics[kind]} Hz"] = f"{streams[kind].rate:.1f}"
    values["stamps jumped back"] = streams.jumps
    values["age of newest frame, s"] = "none" if age is None else f"{age:.3f}"
    values.update({f"nearest {kind} stamp, s": f"{offset:+.4f}" for kind, offset in streams.offsets().items()})
    return make_status(name, DiagnosticStatus.WARN if why else DiagnosticStatus.OK, why or "frames arrive", values)


def make_status(name: str, level: bytes, message: str, values: Mapping[str, Any]) -> DiagnosticStatus:
    """A status whose values are written with str()."""
    return DiagnosticStatus(
        level=level,
        name=name,
        message=message,
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
    )


class DiagnosticsThread:
    """Publishes once a second from a thread of its own, so also while the executor loads a segmenter.

    Args:
        node: whose diagnostics they are.
        statuses: what to publish; an exception in it is logged and the next period tries again.
    """

    def __init__(self, node: Node, statuses: Callable[[], Sequence[DiagnosticStatus]]) -> None:
        self._node = node
        self._statuses = statuses
        self._publisher = node.create_publisher(DiagnosticArray, interface.DIAGNOSTICS.name, RELIABLE)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="diagnostics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop publishing."""
        self._stop.set()
        self._thread.join()

    def publish(self) -> None:
        """Publish now."""
        message = DiagnosticArray(status=list(self._statuses()))
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _run(self) -> None:
        while not self._stop.wait(PERIOD) and self._node.context.ok():
            self._try_to_publish()

    def _try_to_publish(self) -> None:
        try:
            self.publish()
        except Exception as error:  # diagnostics must not end the node
            if self._node.context.ok():
                self._node.get_logger().error(f"diagnostics failed: {error}", throttle_duration_sec=10.0)
