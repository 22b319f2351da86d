"""The node `folder_camera`: plays recorded frames in a loop as a camera."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from ..errors import DatasetError
from ..frame_folder import find_frames, load_frame
from .camera_publisher import CameraMessages, CameraPublisher
from .parameters import NodeParameters, Parameter
from .runtime import run_node
from .sim_camera import FRAME_ID, RATE
from .wording import counted

_FRAMES_KEPT = 64

FOLDER_CAMERA_PARAMETERS = (
    Parameter(
        "frames", "",
        "Frame folder (color.png, depth.png, camera.json) or folder of such folders; several separated by ':'.",
    ),
    RATE,
    Parameter("hold", 0.0, "Seconds that each frame is shown; 0 goes on with every message.", 0.0, 3600.0),
    FRAME_ID,
)  # fmt: skip


class FolderCamera(Node):
    """Publishes the frames of folders one after another, in a loop, with the stamps of now.

    Raises:
        DatasetError: if `frames` names no frame folder.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__("folder_camera", **options)
        parameters = NodeParameters(self, FOLDER_CAMERA_PARAMETERS)
        self._folders = _folders(parameters["frames"])
        self._repeats = max(1, round(parameters["hold"] * parameters["rate"]))
        self._published = 0
        self._publisher = CameraPublisher(self)
        self._messages = lru_cache(_FRAMES_KEPT)(
            lambda folder: CameraMessages.of(load_frame(folder), parameters["frame_id"])
        )
        # In real time, so that there is a picture also while use_sim_time waits for a clock.
        self.create_timer(1 / parameters["rate"], self._play, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.get_logger().info(f"playing {counted(len(self._folders), 'frame')} at {parameters['rate']:g} Hz")

    def _play(self) -> None:
        folder = self._folders[self._published // self._repeats % len(self._folders)]
        self._published += 1
        try:
            messages = self._messages(folder)
        except DatasetError as error:
            self.get_logger().error(str(error), throttle_duration_sec=10.0)
            return
        self._publisher.publish(messages, self.get_clock().now().to_msg())


def _folders(frames: str) -> tuple[Path, ...]:
    if not frames:
        raise DatasetError(
            "the parameter frames is empty: name a frame folder, or a folder of frame folders (-p frames:=DIR)"
        )
    return tuple(folder for part in frames.split(":") for folder in find_frames(Path(part).expanduser()))


def main(arguments: list[str] | None = None) -> int:
    """Run the folder camera."""
    return run_node(FolderCamera, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
