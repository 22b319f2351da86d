"""The newest usable frame of the camera, or the reason why there is none."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

from reason_seg_ros.msg import Reply

from ..errors import FrameError
from ..frame import Frame
from ..segmenters.base import Listener
from .camera_info import camera_from_info
from .compressed_images import color_from_compressed, depth_from_compressed
from .images import color_from_image, depth_from_image
from .problems import Problem
from .streams import KINDS, Streams, Triple
from .transforms import Transforms
from .wording import listed

_LOOK_EVERY = 0.1
_TOO_OLD = (
    "raise max_frame_age for a slow camera, synchronise the clocks, or set use_sim_time for a bag played with --clock"
)
_NO_CLOCK = (
    "use_sim_time is set but nothing has arrived on /clock: play the bag with --clock, start the simulator, or unset "
    "use_sim_time"
)


@dataclass(frozen=True, eq=False)
class Capture:
    """A frame with what its messages need: the colour image's header and, if known, the camera's pose.

    Attributes:
        camera_pose: (4, 4) float64 pose of the optical frame in `target_frame`, None without a target frame.
    """

    frame: Frame
    header: Header
    camera_pose: np.ndarray | None = None


@dataclass
class FrameLimits:
    """How old a frame may be and how long to wait for one, seconds."""

    max_frame_age: float
    frame_timeout: float


class FrameSource:
    """Turns the newest triple into a capture when a question needs one; the same triple gives the same capture.

    Args:
        streams: where the messages arrive.
        transforms: brings the camera's pose, or nothing without a target frame.
        limits: read at every question, so that they may change.
        now: the node's clock in nanoseconds.
        topics: name of the topic of each kind, for what is said to the user.
        crowded: says which topics have several publishers, "" if none has.
    """

    def __init__(
        self,
        streams: Streams,
        transforms: Transforms,
        limits: FrameLimits,
        now: Callable[[], int],
        topics: Mapping[str, str],
        crowded: Callable[[], str] = lambda: "",
    ) -> None:
        self.streams = streams
        self.limits = limits
        self._transforms = transforms
        self._now = now
        self.topics = topics
        self._crowded = crowded
        self._cached: tuple[Triple, Capture] | None = None
        streams.on_jump = transforms.clear

    def get(self, listener: Listener) -> Capture:
        """A capture no older than `max_frame_age`; waits for one up to `frame_timeout`.

        Raises:
            Problem: if there is none, or the newest cannot be used.
            Cancelled: if the listener no longer wants it.
        """
        deadline = time.monotonic() + self.limits.frame_timeout
        while True:
            triple = self.streams.newest
            if triple is not None and self._fresh(triple):
                try:
                    return self._capture(triple)
                except Problem as problem:
                    raise self._with_crowd(problem) from problem
            listener.check()
            left = deadline - time.monotonic()
            if left <= 0:
                raise self._with_crowd(self.problem())
            self.streams.wait(min(left, _LOOK_EVERY))

    def health(self) -> tuple[str, float | None]:
        """What is wrong with the camera's frames ("" if nothing is), and the newest frame's age."""
        triple = self.streams.newest
        if triple is None:
            return self._with_crowd(self.problem()).text, None
        age = self.age(triple)
        if not self._fresh(triple):
            return self._with_crowd(self._stale(triple)).text, age
        try:
            triple_to_frame(triple)
        except Problem as problem:
            return self._with_crowd(problem).text, age
        return self._crowded(), age

    def age(self, triple: Triple) -> float:
        """Seconds since the colour image was captured; negative if its stamp lies ahead of the node's clock."""
        return (self._now() - triple.stamp) / 1e9

    def close(self) -> None:
        """Forget every message and capture, and stop listening to transforms."""
        self.streams.clear()
        self._cached = None
        self._transforms.close()

    def problem(self) -> Problem:
        """Why there is no frame that could be used now."""
        codes = {"color": Reply.NO_COLOR, "depth": Reply.NO_DEPTH, "camera_info": Reply.NO_CAMERA_INFO}
        missing = [kind for kind in codes if not self.streams[kind].received]
        if missing:
            topics = listed([self.topics[kind] for kind in missing])
            return Problem(
                codes[missing[0]],
                f"nothing has arrived on {topics}: start the camera, or remap the topic to where it publishes",
            )
        triple = self.streams.newest
        return self._stale(triple) if triple is not None else self._unmatched()

    def _with_crowd(self, problem: Problem) -> Problem:
        """A problem that two cameras on one topic may be the cause of."""
        crowd = self._crowded()
        return Problem(problem.code, f"{problem.text}; {crowd}") if crowd else problem

    def _fresh(self, triple: Triple) -> bool:
        """True if the image may be asked about; without a clock none may, not even one that is stamped 0 too."""
        return self._now() > 0 and abs(self.age(triple)) <= self.limits.max_frame_age

    def _stale(self, triple: Triple) -> Problem:
        if self._now() == 0:
            return Problem(Reply.STALE_FRAME, _NO_CLOCK)
        age, limit = self.age(triple), self.limits.max_frame_age
        if triple.stamp == 0:
            cause = "has stamp 0: let the camera's driver stamp its images"
        elif age < 0:
            cause = (
                f"is stamped {-age:.2f} s ahead of the node's clock ({limit:g} s are allowed): synchronise the clocks, "
                "or set use_sim_time where the stamps are simulated time"
            )
        else:
            cause = f"is {age:.2f} s old, {limit:g} s are allowed (max_frame_age): {self._silence() or _TOO_OLD}"
        return Problem(Reply.STALE_FRAME, f"the newest image {cause}")

    def _silence(self) -> str:
        """Which topics have fallen silent; empty if none has."""
        silent = [self.topics[kind] for kind in KINDS if self.streams[kind].silent]
        return f"nothing arrives any more on {listed(silent)}, check that the camera still publishes" if silent else ""

    def _unmatched(self) -> Problem:
        silence = self._silence()
        if silence:
            return Problem(Reply.STALE_FRAME, silence)
        offsets = self.streams.offsets()
        said = ", ".join(f"{self.topics[kind]} {offset:+.3f} s" for kind, offset in offsets.items())
        return Problem(
            Reply.UNMATCHED_STAMPS,
            f"no images with stamps within {self.streams.slop:g} s of each other have arrived; nearest to "
            f"{self.topics['color']} are: {said}; let the driver synchronise the streams, or raise slop",
        )

    def _capture(self, triple: Triple) -> Capture:
        if self._cached is not None and self._cached[0] is triple:
            return self._cached[1]
        capture = Capture(triple_to_frame(triple), triple.header)
        pose = self._transforms.camera_pose(triple.header)
        if pose is not None:
            up = self._transforms.up(pose)
            capture = Capture(replace(capture.frame, up=up) if up is not None else capture.frame, triple.header, pose)
        self._cached = (triple, capture)
        return capture


def triple_to_frame(triple: Triple) -> Frame:
    """The frame of a triple.

    Raises:
        Problem: FRAME_ID_MISMATCH, UNCALIBRATED_CAMERA, SIZE_MISMATCH or BAD_IMAGE.
    """
    color_frame, depth_frame = triple.color.header.frame_id, triple.depth.header.frame_id
    if color_frame != depth_frame:
        raise Problem(
            Reply.FRAME_ID_MISMATCH,
            f"depth is in frame '{depth_frame}' but colour is in '{color_frame}': use depth registered to colour "
            "(RealSense: align_depth.enable:=true, others: depth_image_proc's register node)",
        )
    camera = camera_from_info(triple.camera_info)
    compressed = isinstance(triple.color, CompressedImage), isinstance(triple.depth, CompressedImage)
    try:
        color = color_from_compressed(triple.color) if compressed[0] else color_from_image(triple.color)
        depth = depth_from_compressed(triple.depth) if compressed[1] else depth_from_image(triple.depth)
    except FrameError as error:
        raise Problem(Reply.BAD_IMAGE, str(error)) from error
    try:
        return Frame(color, depth, camera, triple.stamp, color_frame)
    except FrameError as error:
        raise Problem(Reply.SIZE_MISMATCH, str(error)) from error
