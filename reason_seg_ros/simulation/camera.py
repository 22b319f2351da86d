"""A simulated RGB-D camera that streams frames."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..frame import Camera, Frame
from ..segmenters.embedded.knowledge.base import load_knowledge
from .arranging import Wanted
from .imager import ColorSensor
from .purposes import sample_queries
from .questions import Query
from .render import Renderer, Rendering
from .scene import SimulatedScene, View, sample_scene
from .sensor import DepthField, DepthSensor, crop
from .truth import SeenObject, seen_objects

DEMO_SEED = 2
_DEMO_OBJECTS = (
    Wanted("cracker box", "red", "upright", "free"),
    Wanted("bowl", "teal", "upright", "free"),
    Wanted("apple", "red", "upright", "inside"),
    Wanted("mug", "white", "upright", "free"),
    Wanted("mug", "blue", "upright", "free"),
    Wanted("mustard bottle", "yellow", "upright", "free"),
    Wanted("power drill", "orange", "upright", "free"),
    Wanted("banana", place="free"),
    Wanted("scissors", "green", place="free"),
    Wanted("spoon", place="free"),
)
_DEMO_QUESTIONS = {
    "explicit": 2,
    "attribute": 2,
    "spatial": 2,
    "affordance": 2,
    "knowledge": 1,
    "multi": 2,
    "absent": 2,
}
_GRAIN_MARGIN = 64
_SWAY_VIEWS = 7
_SWAY_PERIOD_NS = 14_000_000_000


def demo_scene(seed: int = DEMO_SEED, width: int = 640, height: int = 480) -> SimulatedScene:
    """A table with ten everyday objects, seen from 0.95 m."""
    camera = Camera(width, height, 0.95 * width, 0.95 * width, width / 2 - 0.5, height / 2 - 0.5)
    view = View((0.0, 0.0, 0.03), 0.95, 42.0, -8.0)
    return sample_scene(seed, 0.2, "table", camera, view, _DEMO_OBJECTS)


@dataclass(frozen=True, eq=False)
class _View:
    """One camera pose, ready for captures."""

    rendering: Rendering
    picture: np.ndarray  # (H, W, 3) float32, 0 to 255
    grain_size: np.ndarray  # (H, W, 3) float32
    depth: DepthField


class SimulatedCamera:
    """A live RGB-D camera in front of a table.

    What is dear (ray casting, shading) is done once per pose when the camera is made, in about 3 s; a capture only
    draws new noise and takes a few milliseconds.

    Attributes:
        camera: intrinsics.
        scene: what is in front of the camera.
    """

    def __init__(
        self, seed: int = DEMO_SEED, width: int = 640, height: int = 480, sway_deg: float = 0.0,
        scene: SimulatedScene | None = None,
    ) -> None:  # fmt: skip
        """Set the scene up and render it.

        Args:
            seed: of scene and noise; the default is a good-looking one.
            width, height: image size in pixels.
            sway_deg: if above 0, the camera swings slowly around the table by this angle to either side, in steps,
                for which seven views are rendered.
            scene: another scene than the demo's; then width and height are those of its camera.
        """
        self.scene = scene or demo_scene(seed, width, height)
        self.camera = self.scene.camera
        self._rng = np.random.default_rng([seed, 2])
        self._depth_sensor = DepthSensor(subpixel=0.045)
        color_sensor = ColorSensor()
        self._renderer = Renderer(self.scene)
        shape = (self.camera.height + _GRAIN_MARGIN, self.camera.width + _GRAIN_MARGIN)
        self._grain = color_sensor.grain(shape, self._rng)
        angles = np.linspace(-sway_deg, sway_deg, _SWAY_VIEWS) if sway_deg > 0 else [0.0]
        self._views = [self._look(_swung(self.scene.pose, angle), color_sensor) for angle in angles]

    def capture(self, stamp: int = 0, frame_id: str = "camera_color_optical_frame") -> Frame:
        """A frame as the camera sees it now.

        Args:
            stamp: capture time in nanoseconds.
            frame_id: name of the optical frame.
        """
        view = self._views[self._at(stamp)]
        size = (self.camera.height, self.camera.width)
        noise = cv2.multiply(crop(self._grain, size, self._rng), view.grain_size)
        color = cv2.add(view.picture, noise, dtype=cv2.CV_8U)
        millimetres = view.depth.capture(self._rng)
        depth = millimetres * np.float32(0.001)
        depth[millimetres == 0] = np.nan
        return Frame(color=color, depth=depth, camera=self.camera, stamp=stamp, frame_id=frame_id)

    def truth(self, stamp: int = 0) -> tuple[Rendering, tuple[SeenObject, ...]]:
        """The noise-free view at a time, and the objects in it."""
        rendering = self._views[self._at(stamp)].rendering
        shares = self._renderer.visible_share(self.camera, rendering.pose, rendering.ids)
        return rendering, seen_objects(self.scene, rendering, shares)

    def pose(self, stamp: int = 0) -> np.ndarray:
        """(4, 4) optical frame to world frame (z up, origin in the middle of the table top) at a time."""
        return self._views[self._at(stamp)].rendering.pose

    def questions(self) -> tuple[Query, ...]:
        """Instructions of all kinds about what is in view, with the ids of the objects that they mean."""
        _, seen = self.truth()
        return sample_queries(seen, load_knowledge(), np.random.default_rng([self.scene.seed, 3]), _DEMO_QUESTIONS)

    def _look(self, pose: np.ndarray, color_sensor: ColorSensor) -> _View:
        rendering = self._renderer.render(self.camera, pose, self._depth_sensor.baseline)
        picture = color_sensor.develop(rendering.color)
        return _View(
            rendering, picture, color_sensor.grain_size(picture), self._depth_sensor.observe(rendering, self._rng)
        )

    def _at(self, stamp: int) -> int:
        """Index of the view at a time: to and fro."""
        last = len(self._views) - 1
        if last == 0:
            return 0
        phase = (stamp % _SWAY_PERIOD_NS) / _SWAY_PERIOD_NS
        return round(last * (0.5 - 0.5 * float(np.cos(2 * np.pi * phase))))


def _swung(pose: np.ndarray, degrees: float) -> np.ndarray:
    """A pose turned about the world's vertical axis."""
    turn = np.eye(4)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn[:2, :2] = [[cosine, -sine], [sine, cosine]]
    return turn @ pose
