from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("open3d", reason="the simulated camera casts its rays with open3d")

from reason_seg_ros.frame import Camera
from reason_seg_ros.simulation import shapes
from reason_seg_ros.simulation.arranging import SimulatedObject
from reason_seg_ros.simulation.materials import Material, solid
from reason_seg_ros.simulation.model import Model, Part
from reason_seg_ros.simulation.render import Renderer, Rendering
from reason_seg_ros.simulation.scene import Light, SimulatedScene, View
from reason_seg_ros.simulation.sensor import DepthSensor
from reason_seg_ros.simulation.surroundings import Surface, Surroundings

CAMERA = Camera(160, 120, 150.0, 150.0, 80.0, 60.0)
GREY = Material(solid(np.array([0.6, 0.6, 0.6])))


def _wall(distance: float = 1.0, incidence: float = 1.0, reflectance: float = 0.5) -> Rendering:
    shape = (CAMERA.height, CAMERA.width)
    depth = np.full(shape, distance, np.float32)
    return Rendering(
        camera=CAMERA, pose=np.eye(4), color=np.full((*shape, 3), 0.5, np.float32), depth=depth,
        ids=np.zeros(shape, np.uint8),
        incidence=np.full(shape, incidence, np.float32), reflectance=np.full(shape, reflectance, np.float32),
        gloss=np.zeros(shape, np.float32), beyond=depth, seen_twice=np.ones(shape, bool),
    )  # fmt: skip


def _captures(sensor: DepthSensor, rendering: Rendering, count: int = 30) -> np.ndarray:
    rng = np.random.default_rng(5)
    field = sensor.observe(rendering, rng)
    return np.stack([field.capture(rng) for _ in range(count)]).astype(float)


@pytest.mark.parametrize("distance", [0.5, 1.0, 2.0])
def test_noise_grows_with_the_square_of_the_range(distance: float) -> None:
    sensor = DepthSensor(subpixel=0.05, step=1 / 256)
    readings = _captures(sensor, _wall(distance))
    assert (readings > 0).mean() > 0.999
    expected = 0.05 * distance**2 / (CAMERA.fx * sensor.baseline) * 1000
    assert readings[readings > 0].std() == pytest.approx(expected, rel=0.15)
    assert readings[readings > 0].mean() == pytest.approx(1000 * distance, rel=0.003)


def test_disparity_is_quantised() -> None:
    sensor = DepthSensor()
    readings = _captures(sensor, _wall(1.2), 4)
    disparity = CAMERA.fx * sensor.baseline * 1000 / readings[readings > 0]
    steps = disparity / sensor.step
    assert np.abs(steps - np.round(steps)).max() < 0.12  # what rounding to millimetres leaves
    assert len(np.unique(readings)) < 20


def test_noise_is_correlated_between_neighbours_but_not_between_captures() -> None:
    readings = _captures(DepthSensor(step=1 / 512), _wall(2.0), 12)
    deviation = readings - readings.mean()
    assert (deviation[:, :, 1:] * deviation[:, :, :-1]).mean() / deviation.var() > 0.7
    assert abs((deviation[0] * deviation[1]).mean()) / deviation.var() < 0.35


@pytest.mark.parametrize(
    ("rendering", "least", "most"),
    [
        (_wall(), 0.0, 0.001),
        (_wall(incidence=float(np.cos(np.radians(60)))), 0.0, 0.001),
        (_wall(incidence=float(np.cos(np.radians(88)))), 0.9, 1.0),
        (_wall(reflectance=0.0005), 0.9, 1.0),
        (_wall(0.1), 1.0, 1.0),
        (_wall(20.0), 1.0, 1.0),
        (replace(_wall(), seen_twice=np.zeros((120, 160), bool)), 0.99, 1.0),
        (replace(_wall(), gloss=np.ones((120, 160), np.float32)), 0.9, 1.0),
    ],
    ids=["plain", "slanted", "grazing", "dark", "near", "far", "occluded", "mirror"],
)
def test_readings_are_lost_where_a_stereo_camera_loses_them(rendering: Rendering, least: float, most: float) -> None:
    lost = float((_captures(DepthSensor(), rendering, 2) == 0).mean())
    assert least <= lost <= most


def test_the_second_imager_throws_its_shadow_to_the_left() -> None:
    block = Model("toy block", "grey", (Part(shapes.rounded_box(0.1, 0.1, 0.2, 0.001), GREY),))
    floor = Part(shapes.rounded_box(6.0, 6.0, 0.02, 0.001).moved([0, 0, -0.02]), GREY)
    around = Surroundings((Surface("floor", (0, 0, 0), (6, 6)),), (floor,))
    item = SimulatedObject(1, block, "upright", np.eye(3), np.zeros(3), None, None, "floor")
    light = Light(np.array([0.5, -0.5, 2.0]), np.full(3, 0.5), 0.1)
    pose = View((0, 0, 0), 0.9, 89.0).pose
    scene = SimulatedScene(0, (item,), around, (light,), np.full(3, 0.4), CAMERA, pose)
    rendering = Renderer(scene).render(CAMERA, pose, baseline=0.055)
    columns = np.flatnonzero(rendering.ids[60] == 1)
    shadow = np.flatnonzero(~rendering.seen_twice[60] & (rendering.ids[60] == 0))
    assert shadow.max() < columns.min()
    assert len(shadow) == pytest.approx(CAMERA.fx * 0.055 * (1 / 0.7 - 1 / 0.9), abs=1.5)


def test_some_pixels_fly_between_foreground_and_background() -> None:
    rendering = _wall(1.0)
    rendering.depth[:, 80:] = 2.0

    def between(sensor: DepthSensor) -> float:
        readings = _captures(sensor, rendering, 8)
        return float(((readings > 1150) & (readings < 1850)).sum(axis=(1, 2)).mean())

    assert between(DepthSensor(flying=0.3)) > 10 * max(between(DepthSensor(flying=0.0)), 1)


def test_edges_are_ragged() -> None:
    rendering = _wall(1.0)
    rendering.depth[:, 80:] = 2.0
    edge = (_captures(DepthSensor(flying=0.0, lateral=1.0), rendering, 1)[0] < 1500).sum(axis=1)
    assert 0.4 < edge.std() < 2.5
    straight = (_captures(DepthSensor(flying=0.0, lateral=0.0), rendering, 1)[0] < 1500).sum(axis=1)
    assert edge.std() > 2 * straight.std()
