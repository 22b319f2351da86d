"""The newest colour, depth and camera info that belong together, out of three streams of messages."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

KINDS = ("color", "depth", "camera_info")
HISTORY = 10
_RATE_WINDOW = 30
_SILENT_AFTER = 2.0


@dataclass(frozen=True, eq=False)
class Triple:
    """A colour image, depth image and camera info captured together; kept as messages until somebody asks."""

    color: Any
    depth: Any
    camera_info: Any
    stamp: int
    mismatch: int

    @property
    def header(self) -> Any:
        """Header of the colour image."""
        return self.color.header


def stamp_of(message: Any) -> int:
    """Stamp of a message's header in nanoseconds."""
    stamp = message.header.stamp
    return stamp.sec * 1_000_000_000 + stamp.nanosec


@dataclass
class Stream:
    """The newest messages of one topic, (stamp, message) oldest first, and how they arrive."""

    history: deque[tuple[int, Any]] = field(default_factory=lambda: deque(maxlen=HISTORY))
    received: int = 0
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=_RATE_WINDOW))

    def add(self, stamp: int, message: Any) -> None:
        """Keep a message; the oldest goes when there are too many."""
        self.history.append((stamp, message))
        self.received += 1
        self.arrivals.append(time.monotonic())

    def nearest(self, stamp: int, tolerance: int) -> tuple[int, Any] | None:
        """The message whose stamp is nearest to a stamp and no further from it than the tolerance."""
        best = None
        for entry in reversed(self.history):
            if entry[0] < stamp - tolerance:
                break
            distance = abs(entry[0] - stamp)
            if distance <= tolerance and (best is None or distance < abs(best[0] - stamp)):
                best = entry
        return best

    @property
    def silent(self) -> bool:
        """True if nothing has arrived for a while."""
        return not self.arrivals or time.monotonic() - self.arrivals[-1] > _SILENT_AFTER

    @property
    def rate(self) -> float:
        """Messages per second lately; 0 if the topic has fallen silent."""
        arrivals = tuple(self.arrivals)
        if len(arrivals) < 2 or self.silent:
            return 0.0
        return (len(arrivals) - 1) / max(arrivals[-1] - arrivals[0], 1e-6)


class Streams:
    """Keeps the newest triple whose stamps lie within `slop` of the colour image's.

    A stamp that goes backwards by more than `slop` means that a clock jumped or a bag started over: everything kept is
    forgotten, so that new images are not compared with old ones. Messages are added by one thread; any may wait.

    Attributes:
        jumps: how often stamps went backwards.
        on_jump: called then, on the thread that adds.
    """

    def __init__(self, slop: float) -> None:
        self.slop = slop
        self.jumps = 0
        self.on_jump: Callable[[], None] = lambda: None
        self._streams = {kind: Stream() for kind in KINDS}
        self._newest: Triple | None = None
        self._arrived = threading.Condition()

    def __getitem__(self, kind: str) -> Stream:
        return self._streams[kind]

    @property
    def newest(self) -> Triple | None:
        """The newest triple, None before there is one."""
        return self._newest

    def add(self, kind: str, message: Any) -> None:
        """Take in a message of one of `KINDS`."""
        stamp = stamp_of(message)
        stream = self._streams[kind]
        with self._arrived:
            if stream.history and stamp < stream.history[-1][0] - self._tolerance:
                self.jumps += 1
                self._forget()
                self.on_jump()
            stream.add(stamp, message)
            triple = self._match(stamp)
            if triple is not None and self._improves(triple):
                self._newest = triple
                self._arrived.notify_all()

    def wait(self, timeout: float) -> None:
        """Return when a new triple is there, or after `timeout` seconds."""
        with self._arrived:
            self._arrived.wait(timeout)

    def clear(self) -> None:
        """Forget every message and count."""
        with self._arrived:
            self._streams = {kind: Stream() for kind in KINDS}
            self._newest = None
            self.jumps = 0

    def offsets(self) -> dict[str, float]:
        """Smallest offset of depth and of camera info to a colour image in memory, seconds; positive is later."""
        with self._arrived:
            stamps = {kind: [stamp for stamp, _ in self._streams[kind].history] for kind in KINDS}
        return {
            kind: min((other - color for color in stamps["color"] for other in stamps[kind]), key=abs) / 1e9
            for kind in ("depth", "camera_info")
            if stamps[kind] and stamps["color"]
        }

    @property
    def _tolerance(self) -> int:
        return round(self.slop * 1e9)

    def _forget(self) -> None:
        self._newest = None
        for stream in self._streams.values():
            stream.history.clear()

    def _match(self, stamp: int) -> Triple | None:
        found = dict(self._partners(stamp))
        if len(found) < len(KINDS):
            return None
        color_stamp = found["color"][0]
        mismatch = max(abs(found[kind][0] - color_stamp) for kind in KINDS)
        return Triple(**{kind: found[kind][1] for kind in KINDS}, stamp=color_stamp, mismatch=mismatch)

    def _partners(self, stamp: int) -> Iterator[tuple[str, tuple[int, Any]]]:
        """The colour image nearest to a stamp, then what is nearest to that image."""
        for kind in KINDS:
            entry = self._streams[kind].nearest(stamp, self._tolerance)
            if entry is None:
                return
            if kind == "color":
                stamp = entry[0]
            yield kind, entry

    def _improves(self, triple: Triple) -> bool:
        newest = self._newest
        if newest is None or triple.stamp > newest.stamp:
            return True
        return triple.stamp == newest.stamp and triple.mismatch < newest.mismatch
