from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("open3d", reason="the simulated camera casts its rays with open3d")

from reason_seg_ros.frame import Camera
from reason_seg_ros.frame_folder import find_frames, load_frame
from reason_seg_ros.segmenters.embedded.knowledge.base import load_knowledge
from reason_seg_ros.segmenters.embedded.knowledge.entry import COLORS
from reason_seg_ros.simulation import shapes
from reason_seg_ros.simulation.arranging import SimulatedObject, Wanted
from reason_seg_ros.simulation.camera import SimulatedCamera
from reason_seg_ros.simulation.catalogue import catalogue
from reason_seg_ros.simulation.dataset import simulate
from reason_seg_ros.simulation.materials import PALETTE, Material, solid
from reason_seg_ros.simulation.model import Model, Part
from reason_seg_ros.simulation.raycast import caster, tensor
from reason_seg_ros.simulation.render import Renderer, Rendering
from reason_seg_ros.simulation.scene import Light, SimulatedScene, View, sample_scene
from reason_seg_ros.simulation.surroundings import Surface, Surroundings

KINDS = {"explicit", "attribute", "spatial", "affordance", "knowledge", "multi", "absent"}
CAMERA = Camera(160, 120, 150.0, 150.0, 80.0, 60.0)
GREY = Material(solid(np.array([0.6, 0.6, 0.6])))


# Catalogue


def test_catalogue_has_many_kinds_and_all_are_in_the_knowledge_base() -> None:
    known = load_knowledge().by_name
    assert len(catalogue()) >= 30
    assert [name for name in catalogue() if name not in known] == []


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_specimens_have_the_size_that_the_knowledge_base_gives(name: str) -> None:
    ranges = load_knowledge().by_name[name].size_cm
    for seed in range(5):
        size = np.sort(catalogue()[name].sample(np.random.default_rng(seed)).size)[::-1] * 100
        for extent, (low, high) in zip(size, ranges, strict=True):
            assert 0.97 * low <= extent <= 1.03 * high, f"{name}: {size.round(1)} cm, expected {ranges}"


def test_colors_are_those_of_the_knowledge_base() -> None:
    assert set(PALETTE) == COLORS
    assert {color for entry in catalogue().values() for color in entry.colors} <= COLORS


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_pose_of_a_kind_can_be_taken(name: str) -> None:
    entry = catalogue()[name]
    for seed in range(2):
        rng = np.random.default_rng(seed)
        model = entry.sample(rng)
        for pose in entry.poses:
            turn = next((r for r in (model.resting(pose, rng),) if r is not None), None)
            assert turn is not None, pose
            np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
            assert np.linalg.det(turn) == pytest.approx(1)


# Shapes


def _volume(mesh: shapes.Mesh) -> float:
    return float(np.einsum("ij,ij->", mesh.vertices[mesh.triangles[:, 0]], mesh.face_normals) / 6)


def test_revolved_cylinder_has_its_volume() -> None:
    mesh = shapes.revolve([[0, 0], [0.05, 0], [0.05, 0.2], [0, 0.2]], 200)
    assert _volume(mesh) == pytest.approx(np.pi * 0.05**2 * 0.2, rel=1e-3)


def test_vessel_is_hollow() -> None:
    mesh = shapes.vessel([[0.04, 0], [0.04, 0.1]], wall=0.004, floor=0.006)
    shell = np.pi * (0.04**2 * 0.1 - 0.036**2 * 0.094)
    assert _volume(mesh) == pytest.approx(shell, rel=0.04)


def test_torus_has_its_volume() -> None:
    ring = np.pad(shapes.circle(0.05, 120), ((0, 0), (0, 1)))
    assert _volume(shapes.tube(ring, 0.01, closed=True, segments=60)) == pytest.approx(
        2 * np.pi**2 * 0.05 * 1e-4, rel=5e-3
    )


def test_rounded_box_fills_its_extents() -> None:
    mesh = shapes.rounded_box(0.2, 0.1, 0.06, 0.004)
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [0.2, 0.1, 0.06], atol=1e-9)
    assert mesh.vertices[:, 2].min() == pytest.approx(0)


def test_normals_are_smooth_on_a_ball_and_sharp_on_a_box() -> None:
    ball = shapes.sphere(0.05)
    corners = ball.vertices[ball.triangles]
    cosine = np.einsum("tij,tij->ti", ball.corner_normals(), corners / np.linalg.norm(corners, axis=2, keepdims=True))
    assert cosine.min() > 0.99
    box = shapes.prism(shapes.rounded_rectangle(0.1, 0.1, 1e-4), 0.1)
    top = np.abs(box.face_normals[:, 2]) > 1e-6
    np.testing.assert_allclose(np.abs(box.corner_normals()[top][..., 2]), 1, atol=1e-6)


# Scenes


@pytest.fixture(scope="module")
def cluttered() -> list[SimulatedScene]:
    return [sample_scene(seed, clutter=1.0) for seed in (0, 1)]


def test_same_seed_same_scene(cluttered: list[SimulatedScene]) -> None:
    again = sample_scene(0, clutter=1.0)
    assert [o.kind for o in again.objects] == [o.kind for o in cluttered[0].objects]
    for one, other in zip(again.objects, cluttered[0].objects, strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)


def test_objects_rest_exactly_on_their_surface(cluttered: list[SimulatedScene]) -> None:
    for scene in cluttered:
        heights = {surface.name: surface.center[2] for surface in scene.surroundings.surfaces}
        for item in scene.objects:
            if item.on is None and item.inside is None:
                assert item.vertices[:, 2].min() == pytest.approx(heights[item.surface], abs=1e-9)


def test_objects_do_not_run_into_each_other(cluttered: list[SimulatedScene]) -> None:
    for scene in cluttered:
        assert len(scene.objects) >= 8
        for item in scene.objects:
            points = item.vertices[:: max(1, len(item.vertices) // 600)]
            for other in scene.objects:
                if other is item:
                    continue
                for part in other.model.parts:
                    solid_part = caster([part.mesh.moved(other.translation, other.rotation)])
                    depth = -solid_part.compute_signed_distance(tensor(points), nsamples=3).numpy().min()
                    assert depth < 0.003, f"{item.kind} is {depth * 1000:.1f} mm inside {other.kind}"


def test_an_apple_goes_into_a_bowl() -> None:
    scene = sample_scene(
        3, 0.2, "table", wanted=(Wanted("bowl", "", "upright", "free"), Wanted("apple", place="inside"))
    )
    bowl, apple = scene.objects
    assert apple.inside == bowl.id and apple.on is None
    assert apple.vertices[:, 2].min() < bowl.vertices[:, 2].max()


# Rendering


def _bare_scene(*meshes: shapes.Mesh) -> SimulatedScene:
    """Things on a large floor, seen from 0.8 m at 45 degrees."""
    floor = shapes.rounded_box(6.0, 6.0, 0.02, 0.001).moved([0, 0, -0.02])
    objects = tuple(
        SimulatedObject(
            i, Model("toy block", "grey", (Part(mesh, GREY),)), "upright", np.eye(3), np.zeros(3), None, None, "floor"
        )
        for i, mesh in enumerate(meshes, 1)
    )
    around = Surroundings((Surface("floor", (0, 0, 0), (6, 6)),), (Part(floor, GREY),))
    light = Light(np.array([0.5, -0.5, 2.0]), np.full(3, 0.5), 0.1)
    pose = View((0.0, 0.0, 0.0), 0.8, 45.0).pose
    return SimulatedScene(0, objects, around, (light,), np.full(3, 0.4), CAMERA, pose)


def _world(rendering: Rendering, identity: int) -> np.ndarray:
    points = (rendering.camera.rays * rendering.depth[..., None])[rendering.ids == identity]
    return points @ rendering.pose[:3, :3].T + rendering.pose[:3, 3]


def test_a_rendered_box_has_its_extents_and_the_ids_agree_with_the_depth() -> None:
    turn = shapes.rotation("z", 35)
    size = np.array([0.16, 0.10, 0.12])
    scene = _bare_scene(shapes.rounded_box(size[0], size[1], size[2], 0.001).moved([0.02, 0.03, 0.0], turn))
    rendering = Renderer(scene).render(CAMERA, scene.pose)
    local = (_world(rendering, 1) - [0.02, 0.03, 0.0]) @ turn
    assert len(local) > 400
    np.testing.assert_allclose(local.max(axis=0), size * [0.5, 0.5, 1], atol=0.008)
    assert local[:, 2].min() < 0.012
    assert np.all(np.abs(local[:, :2]) < size[:2] / 2 + 1e-4)
    on_a_face = np.min(np.abs(np.abs(local - [0, 0, size[2] / 2]) - size / 2), axis=1)
    assert on_a_face.max() < 1e-3
    np.testing.assert_allclose(_world(rendering, 0)[:, 2], 0, atol=1e-5)


def test_a_rendered_ball_is_a_ball() -> None:
    scene = _bare_scene(shapes.sphere(0.06).moved([0, 0, 0.06]))
    points = _world(Renderer(scene).render(CAMERA, scene.pose), 1)
    np.testing.assert_allclose(np.linalg.norm(points - [0, 0, 0.06], axis=1), 0.06, atol=5e-4)


def test_up_is_against_gravity_and_the_picture_is_lit() -> None:
    scene = _bare_scene()
    rendering = Renderer(scene).render(CAMERA, scene.pose)
    np.testing.assert_allclose(rendering.up, [0, -np.sqrt(0.5), -np.sqrt(0.5)], atol=1e-12)
    assert rendering.color.min() > 0.02


def test_visible_share_tells_how_much_is_covered() -> None:
    front = shapes.rounded_box(0.2, 0.02, 0.1, 0.001).moved([0, -0.1, 0])
    behind = shapes.rounded_box(0.1, 0.02, 0.1, 0.001).moved([0, 0.0, 0])
    scene = _bare_scene(front, behind)
    renderer = Renderer(scene)
    rendering = renderer.render(CAMERA, scene.pose)
    shares = renderer.visible_share(CAMERA, scene.pose, rendering.ids)
    assert shares[1] == pytest.approx(1.0)
    assert 0.1 < shares[2] < 0.9


# Data sets


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    told: list[tuple[int, int]] = []
    simulate(out, 1, 4, lambda done, wanted: told.append((done, wanted)))
    assert told == [(1, 1)]
    return out


def test_same_seed_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    simulate(tmp_path, 1, 4)
    files = sorted(path.name for path in (tmp_path / "sim_0000").iterdir())
    assert files == [
        "camera.json", "color.png", "depth.png", "ignore.png", "instances.json", "instances.png", "queries.json",
    ]  # fmt: skip
    for name in files:
        assert (tmp_path / "sim_0000" / name).read_bytes() == (written / "sim_0000" / name).read_bytes(), name


def test_written_frames_load(written: Path) -> None:
    folders = find_frames(written)
    assert [folder.name for folder in folders] == ["sim_0000"]
    for folder in folders:
        frame = load_frame(folder)
        assert frame.shape == (480, 640)
        assert 0.7 < frame.has_depth.mean() <= 1.0
        assert 60 < frame.color.mean() < 190


def _image(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


def test_written_instances_agree_with_the_id_map(written: Path) -> None:
    for folder in find_frames(written):
        ids, ignore = _image(folder / "instances.png"), _image(folder / "ignore.png")
        instances = json.loads((folder / "instances.json").read_text())
        assert ids.dtype == np.uint8 and set(np.unique(ignore)) <= {0, 255}
        assert sorted(set(np.unique(ids)) - {0}) == sorted(item["id"] for item in instances)
        assert not ids[ignore > 0].any()
        for item in instances:
            rows, columns = np.nonzero(ids == item["id"])
            assert item["area_px"] == len(rows)
            assert item["bbox"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert item["category"] in load_knowledge().by_name


def test_written_queries_have_known_kinds_and_targets(written: Path) -> None:
    for folder in find_frames(written):
        instances = {item["id"]: item for item in json.loads((folder / "instances.json").read_text())}
        queries = json.loads((folder / "queries.json").read_text())
        assert len(queries) >= 6
        assert len({query["id"] for query in queries}) == len(queries)
        for query in queries:
            assert query["kind"] in KINDS
            assert set(query["target_ids"]) <= set(instances)
            assert (query["kind"] == "absent") == (not query["target_ids"])
            if query["kind"] == "multi":
                assert len(query["target_ids"]) > 1


# Live camera


@pytest.fixture(scope="module")
def live() -> SimulatedCamera:
    return SimulatedCamera(width=320, height=240)


def test_the_live_camera_shows_ten_objects_and_asks_about_them(live: SimulatedCamera) -> None:
    rendering, seen = live.truth()
    assert len(seen) >= 9 and all(item.clear for item in seen)
    assert set(np.unique(rendering.ids)) - {0} == {item.id for item in seen}
    questions = live.questions()
    assert len(questions) >= 8
    assert {"explicit", "attribute", "spatial", "affordance", "multi", "absent"} <= {q.kind for q in questions}
    assert all(set(q.target_ids) <= {item.id for item in seen} for q in questions)


def test_captures_differ_by_noise_only(live: SimulatedCamera) -> None:
    rendering, _ = live.truth()
    one, two = live.capture(stamp=7), live.capture(stamp=8)
    assert one.stamp == 7 and one.shape == (240, 320) and one.up is None
    assert (one.color != two.color).mean() > 0.3
    assert np.abs(one.color.astype(int) - two.color).mean() < 6
    both = one.has_depth & two.has_depth
    assert both.mean() > 0.8 and (one.depth != two.depth)[both].any()
    error = np.abs(one.depth - rendering.depth)[one.has_depth]
    assert np.median(error) < 0.005


def test_the_live_camera_is_deterministic_by_seed() -> None:
    scene = _bare_scene(shapes.rounded_box(0.1, 0.1, 0.1, 0.002))
    first, second, other = (SimulatedCamera(seed, scene=scene).capture() for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.color, second.color)
    np.testing.assert_array_equal(first.depth, second.depth)
    assert (first.color != other.color).any()


def test_the_camera_can_sway() -> None:
    scene = _bare_scene(shapes.rounded_box(0.1, 0.1, 0.1, 0.002))
    camera = SimulatedCamera(sway_deg=10, scene=scene)
    start, far = camera.pose(0), camera.pose(7_000_000_000)
    angle = np.degrees(np.arccos((np.trace(start[:3, :3].T @ far[:3, :3]) - 1) / 2))
    assert angle == pytest.approx(20, abs=0.1)
    np.testing.assert_allclose(camera.pose(14_000_000_000), start)
    counts = Counter(int((camera.truth(t * 10**9)[0].ids == 1).sum()) for t in range(0, 15, 2))
    assert len(counts) > 2
