"""A simulated scene: objects placed on surfaces, lights, and a camera that looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..frame import Camera
from .arranging import Arranger, Field, SimulatedObject, Wanted
from .surroundings import Surroundings, sample_surroundings


@dataclass(frozen=True, eq=False)
class Light:
    """A round area light at a place (3,), with colour (3,) and radius in metres."""

    position: np.ndarray
    color: np.ndarray
    radius: float


@dataclass(frozen=True, eq=False)
class SimulatedScene:
    """Everything that can be seen.

    The world frame has z up and its origin in the middle of the main surface.

    Attributes:
        seed: what the scene was sampled with.
        objects: with ids 1, 2, ... in order.
        surroundings: surfaces and background.
        lights: the first casts the strongest shadow.
        ambient: (3,) light from everywhere.
        camera: intrinsics.
        pose: (4, 4) optical frame to world frame.
    """

    seed: int
    objects: tuple[SimulatedObject, ...]
    surroundings: Surroundings
    lights: tuple[Light, ...]
    ambient: np.ndarray
    camera: Camera
    pose: np.ndarray


@dataclass(frozen=True)
class View:
    """Where the camera stands: looking at a point from a distance, down by a pitch, around by an azimuth."""

    target: tuple[float, float, float]
    distance: float
    pitch_deg: float
    azimuth_deg: float = 0.0
    roll_deg: float = 0.0

    @property
    def pose(self) -> np.ndarray:
        """(4, 4) optical frame (x right, y down, z forward; REP-103) to world frame."""
        pitch, azimuth, roll = np.radians([self.pitch_deg, self.azimuth_deg, self.roll_deg])
        forward = np.array([np.sin(azimuth) * np.cos(pitch), np.cos(azimuth) * np.cos(pitch), -np.sin(pitch)])
        right = np.array([np.cos(azimuth), -np.sin(azimuth), 0.0])
        down = np.cross(forward, right)
        pose = np.eye(4)
        pose[:3, 0] = np.cos(roll) * right + np.sin(roll) * down
        pose[:3, 1] = np.cos(roll) * down - np.sin(roll) * right
        pose[:3, 2] = forward
        pose[:3, 3] = np.asarray(self.target) - self.distance * forward
        return pose


def sample_scene(
    seed: int,
    clutter: float | None = None,
    surroundings: str | None = None,
    camera: Camera | None = None,
    view: View | None = None,
    wanted: Sequence[Wanted] = (),
) -> SimulatedScene:
    """Put objects on a surface.

    Args:
        seed: same seed, same scene.
        clutter: 0 (about 4 objects, apart) to 1 (about 14, many touching or stacked); None: random.
        surroundings: "table", "floor" or "shelf"; None: random.
        camera, view: None: random intrinsics of a 640x480 camera, random pose that sees the objects.
        wanted: objects to place instead of random ones.
    """
    rng = np.random.default_rng(seed)
    clutter = float(rng.uniform(0.1, 1.0)) if clutter is None else clutter
    around = sample_surroundings(rng, surroundings)
    camera = camera or sample_camera(rng)
    view = view or _sample_view(rng, around)
    objects = Arranger(rng, around, _field(camera, view), clutter).arrange(wanted)
    ambient, lights = sample_lights(rng)
    return SimulatedScene(seed, objects, around, lights, ambient, camera, view.pose)


def sample_camera(rng: np.random.Generator, width: int = 640, height: int = 480) -> Camera:
    """Intrinsics like those of common RGB-D cameras: 55 to 60 degrees across, the axis near the middle."""
    focal = width * rng.uniform(0.90, 0.98)
    middle = (width / 2 + rng.uniform(-6, 6), height / 2 + rng.uniform(-6, 6))
    return Camera(width, height, focal, focal * rng.uniform(0.998, 1.002), *middle)


def _sample_view(rng: np.random.Generator, around: Surroundings) -> View:
    main = around.surfaces[0]
    reach = 0.22 * min(main.size)
    pitch = rng.uniform(25, 60)
    distance = rng.uniform(0.65, 1.05)
    y = rng.uniform(-reach, 0.5 * reach)
    if len(around.surfaces) > 1:  # the shelf comes into view
        pitch, distance, y = rng.uniform(22, 40), rng.uniform(0.9, 1.15), around.surfaces[1].center[1] - 0.2
    target = (rng.uniform(-reach, reach), y, 0.05)
    return View(target, distance, pitch, rng.uniform(-35, 35), rng.normal(0, 1.5))


def _field(camera: Camera, view: View) -> Field:
    """The part of the surface that the camera sees well."""
    across = 0.78 * view.distance * camera.width / camera.fx / 2
    along = 0.62 * view.distance * camera.height / camera.fy / 2 / max(np.sin(np.radians(view.pitch_deg)), 0.55)
    return Field(view.target[:2], view.azimuth_deg, (across, along))


def sample_lights(rng: np.random.Generator) -> tuple[np.ndarray, tuple[Light, ...]]:
    """Ceiling lamps and perhaps a window; colour temperatures from warm to cool."""
    ambient = rng.uniform(0.38, 0.55) * np.array([1.0, rng.uniform(0.97, 1.02), rng.uniform(0.94, 1.08)])
    lights = []
    for strength in rng.uniform(0.25, 0.6, int(rng.integers(1, 4))):
        place = np.array([rng.uniform(-1.8, 1.8), rng.uniform(-1.5, 1.2), rng.uniform(1.5, 2.4)])
        tint = np.array([1.0, rng.uniform(0.93, 1.0), rng.uniform(0.82, 1.05)])
        lights.append(Light(place, strength * tint, rng.uniform(0.10, 0.45)))
    return ambient, tuple(sorted(lights, key=lambda light: -light.color.sum()))
