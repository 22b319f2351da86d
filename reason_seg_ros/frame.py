"""One registered RGB-D capture and its pinhole camera."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .errors import FrameError


@dataclass(frozen=True)
class Camera:
    """Pinhole camera without distortion: pixel (u, v) = (fx x/z + cx, fy y/z + cy).

    Axes are those of a REP-103 optical frame: x right, y down, z forward.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise FrameError(f"the camera's image size is {self.width}x{self.height}: both must be positive")
        if not (np.isfinite([self.fx, self.fy, self.cx, self.cy]).all() and self.fx > 0 and self.fy > 0):
            raise FrameError(
                f"the camera's focal length is fx={self.fx}, fy={self.fy}: calibrate the camera, "
                "or let its driver publish intrinsics (K[0] must be positive)"
            )

    @cached_property
    def rays(self) -> np.ndarray:
        """Viewing rays with z = 1: (height, width, 3) float32."""
        u = (np.arange(self.width, dtype=np.float32) - np.float32(self.cx)) / np.float32(self.fx)
        v = (np.arange(self.height, dtype=np.float32) - np.float32(self.cy)) / np.float32(self.fy)
        rays = np.ones((self.height, self.width, 3), np.float32)
        rays[..., 0] = u
        rays[..., 1] = v[:, None]
        return rays


@dataclass(frozen=True, eq=False)
class Frame:
    """One registered RGB-D capture. Two frames are equal only if they are the same object.

    Attributes:
        color: (H, W, 3) uint8, RGB.
        depth: (H, W) float32, metres along the optical axis, NaN where there is no reading (REP-118).
        camera: the pinhole model shared by both images.
        stamp: capture time in nanoseconds since the epoch of the clock in use.
        frame_id: name of the optical frame.
        up: (3,) unit vector against gravity in the optical frame, or None where it is not known.

    Raises:
        FrameError: if shapes or types disagree.
    """

    color: np.ndarray
    depth: np.ndarray
    camera: Camera
    stamp: int = 0
    frame_id: str = "camera_color_optical_frame"
    up: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.color.ndim != 3 or self.color.shape[2] != 3 or self.color.dtype != np.uint8:
            raise FrameError(f"colour must be (H, W, 3) uint8, got {self.color.shape} {self.color.dtype}")
        if self.depth.ndim != 2 or self.depth.dtype != np.float32:
            raise FrameError(f"depth must be (H, W) float32 metres, got {self.depth.shape} {self.depth.dtype}")
        color, depth = _size(self.color), _size(self.depth)
        if color != depth:
            raise FrameError(
                f"depth is {depth} but colour is {color}: use depth registered to colour "
                "(RealSense: align_depth.enable:=true, others: depth_image_proc's register node)"
            )
        camera = f"{self.camera.width}x{self.camera.height}"
        if camera != color:
            raise FrameError(
                f"camera info is for {camera} but colour is {color}: publish the camera info of the colour stream"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.depth.shape[0], self.depth.shape[1]

    @cached_property
    def points(self) -> np.ndarray:
        """Every pixel in the optical frame: (H, W, 3) float32 metres, NaN where there is no depth."""
        return self.camera.rays * self.depth[..., None]

    @cached_property
    def has_depth(self) -> np.ndarray:
        """(H, W) bool, true where depth holds a reading."""
        return np.isfinite(self.depth)


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"


def clean_depth(depth: np.ndarray) -> np.ndarray:
    """Depth in metres with every non-reading as NaN: zero, negative and infinite values are none (REP-117, REP-118).

    Args:
        depth: (H, W) any float type, metres.

    Returns:
        (H, W) float32, a copy.
    """
    depth = np.array(depth, np.float32)
    depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
    return depth
