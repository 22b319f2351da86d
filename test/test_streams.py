"""Which colour, depth and camera info belong together."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from reason_seg_ros.nodes.streams import HISTORY, KINDS, Streams

MS = 1_000_000


def message(milliseconds: float) -> SimpleNamespace:
    stamp = round(milliseconds * MS)
    return SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=stamp // 1_000_000_000, nanosec=stamp % 1_000_000_000))
    )


def feed(streams: Streams, milliseconds: float, kinds: tuple[str, ...] = KINDS) -> dict[str, SimpleNamespace]:
    messages = {kind: message(milliseconds) for kind in kinds}
    for kind, each in messages.items():
        streams.add(kind, each)
    return messages


@pytest.fixture
def streams() -> Streams:
    return Streams(slop=0.03)


@pytest.mark.parametrize("order", [KINDS, KINDS[::-1], ("depth", "camera_info", "color")])
def test_newest_triple_whatever_comes_first(streams: Streams, order: tuple[str, ...]) -> None:
    feed(streams, 1000, order)
    last = feed(streams, 1033, order)
    assert streams.newest is not None
    assert streams.newest.stamp == 1033 * MS
    assert all(getattr(streams.newest, kind) is last[kind] for kind in KINDS)


def test_a_triple_needs_all_three(streams: Streams) -> None:
    feed(streams, 1000, ("color", "depth"))
    assert streams.newest is None


@pytest.mark.parametrize(("offset", "matches"), [(30, True), (-30, True), (31, False), (-31, False)])
def test_slop_bounds_the_offset(streams: Streams, offset: float, matches: bool) -> None:
    feed(streams, 1000, ("color", "camera_info"))
    feed(streams, 1000 + offset, ("depth",))
    assert (streams.newest is not None) == matches


def test_the_nearest_partner_wins(streams: Streams) -> None:
    feed(streams, 975, ("depth",))
    feed(streams, 1000, ("color", "camera_info"))
    assert streams.newest is not None
    assert streams.newest.mismatch == 25 * MS
    best = feed(streams, 1002, ("depth",))
    assert streams.newest.depth is best["depth"]
    feed(streams, 1028, ("depth",))
    assert streams.newest.depth is best["depth"]


def test_partners_of_a_slow_stream_are_kept(streams: Streams) -> None:
    """The triple stays although its depth has long left the memory."""
    feed(streams, 1000)
    for i in range(1, 3 * HISTORY):
        feed(streams, 1000 + 33 * i, ("depth",))
    assert streams.newest is not None
    assert streams.newest.stamp == 1000 * MS


def test_memory_is_bounded(streams: Streams) -> None:
    for i in range(10 * HISTORY):
        feed(streams, 1000 + 33 * i)
    assert all(len(streams[kind].history) == HISTORY for kind in KINDS)
    assert all(streams[kind].received == 10 * HISTORY for kind in KINDS)


def test_a_bag_that_starts_over_recovers(streams: Streams) -> None:
    heard: list[str] = []
    streams.on_jump = lambda: heard.append("jump")
    for i in range(5):
        feed(streams, 60_000 + 33 * i)
    again = feed(streams, 1000, ("color",))
    assert streams.newest is None
    assert streams.jumps == 1
    again = feed(streams, 1033)
    assert streams.newest is not None
    assert streams.newest.color is again["color"]
    assert streams.jumps == 1
    assert heard == ["jump"]


def test_a_late_message_of_the_old_time_does_not_stay(streams: Streams) -> None:
    feed(streams, 60_000)
    feed(streams, 1000, ("color",))
    feed(streams, 60_033, ("depth",))
    for i in range(1, 4):
        feed(streams, 1000 + 33 * i)
    assert streams.newest is not None
    assert streams.newest.stamp == 1099 * MS


def test_small_disorder_is_no_jump(streams: Streams) -> None:
    feed(streams, 1000)
    feed(streams, 1033)
    feed(streams, 1010)
    assert streams.jumps == 0
    assert streams.newest is not None
    assert streams.newest.stamp == 1033 * MS


def test_offsets_of_streams_that_never_match(streams: Streams) -> None:
    for i in range(4):
        feed(streams, 1000 + 100 * i, ("color", "camera_info"))
        feed(streams, 1045 + 100 * i, ("depth",))
    assert streams.newest is None
    assert streams.offsets() == {"depth": pytest.approx(0.045), "camera_info": pytest.approx(0.0)}


def test_nothing_matches_in_silence(streams: Streams) -> None:
    assert streams.offsets() == {}
    assert all(streams[kind].silent and streams[kind].rate == 0 for kind in KINDS)


def test_waiting_ends_with_a_triple(streams: Streams) -> None:
    waiting = threading.Event()

    def wait() -> None:
        waiting.set()
        while streams.newest is None:
            streams.wait(60)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    waiting.wait()
    feed(streams, 1000)
    thread.join(30)
    assert not thread.is_alive()


def test_clear_forgets_everything(streams: Streams) -> None:
    feed(streams, 1000)
    streams.clear()
    assert streams.newest is None
    assert not any(streams[kind].received for kind in KINDS)
