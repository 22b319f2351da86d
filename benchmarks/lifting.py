"""Lifting ten instances of a 640x480 frame: this package beside Open3D's usual pipeline, split by step.

    python -m benchmarks.lifting [--frame DIR] [--repeat N]

DIR is a frame folder with `instances.png` (ids of the first ten are lifted); without it ten spheres on a table serve.
Both pipelines run on the same masks, one after the other, in one process. Beside the median of the runs stands the
least, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from reason_seg_ros.frame import Camera, Frame
from reason_seg_ros.frame_folder import load_frame
from reason_seg_ros.lifting import cleaning
from reason_seg_ros.lifting import lift as lifting
from reason_seg_ros.reply import Segment

from .machine import describe

COUNT = 10
VOXEL = 0.005  # metres; without it DBSCAN takes seconds
DBSCAN_DISTANCE, DBSCAN_POINTS = 0.02, 10


def made_frame() -> tuple[Frame, list[np.ndarray]]:
    """Ten spheres in two rows before a camera that looks down on a table, with sensor noise."""
    camera = Camera(640, 480, 610.0, 610.0, 320.0, 240.0)
    rays = camera.rays.astype(float)
    up = np.array([0, -np.cos(0.7), -np.sin(0.7)])
    depth = (up @ np.array([0, 0, 1.0])) / (rays @ up)
    ids = np.zeros(depth.shape, int)
    length = (rays**2).sum(-1)
    for i in range(COUNT):
        center = np.array([0.19 * (i % 5 - 2), -0.1 + 0.2 * (i // 5), 0.95])
        along = rays @ center
        with np.errstate(invalid="ignore"):
            hit = (along - np.sqrt(along**2 - length * (center @ center - 0.07**2))) / length
        ids[hit < depth] = i + 1
        depth = np.fmin(depth, hit)
    depth += np.random.default_rng(0).normal(size=depth.shape) * 0.0015 * depth**2
    color = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    return Frame(color, depth.astype(np.float32), camera, up=up), [ids == i + 1 for i in range(COUNT)]


def read_frame(folder: Path) -> tuple[Frame, list[np.ndarray]]:
    """A frame folder with its first annotated masks."""
    ids = cv2.imread(str(folder / "instances.png"), cv2.IMREAD_UNCHANGED)
    return load_frame(folder), [ids == i for i in np.unique(ids)[1 : COUNT + 1]]


class Clock:
    """Adds up the time of named steps."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}

    def wrap(self, name: str, function: Callable) -> Callable:
        """The function, timed under a name."""

        def timed(*arguments, **options):
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self.steps[name] = self.steps.get(name, 0.0) + 1000 * (time.perf_counter() - start)

        return timed


def ours(frame: Frame, segments: Sequence[Segment], up: np.ndarray | None) -> dict[str, float]:
    """Milliseconds per step of one `lift`."""
    clock = Clock()
    saved = lifting.clean_mask, lifting._points, lifting.fit_box, cleaning.find_unsound
    lifting.clean_mask = clock.wrap("cleaning", lifting.clean_mask)
    lifting._points = clock.wrap("points", lifting._points)
    lifting.fit_box = clock.wrap("box", lifting.fit_box)
    cleaning.find_unsound = clock.wrap("depth edges", cleaning.find_unsound)
    try:
        clock.wrap("total", lifting.lift)(frame, segments, up)
    finally:
        lifting.clean_mask, lifting._points, lifting.fit_box, cleaning.find_unsound = saved
    steps = clock.steps
    steps["cleaning"] -= steps["depth edges"]
    order = ("depth edges", "cleaning", "points", "box")
    rest = steps["total"] - sum(steps[name] for name in order)
    return {**{name: steps[name] for name in order}, "rest": rest, "total": steps["total"]}


def usual(frame: Frame, segments: Sequence[Segment]) -> dict[str, float]:
    """Milliseconds per step of what most lifting nodes do with Open3D."""
    import open3d as o3d

    camera = frame.camera
    intrinsic = o3d.camera.PinholeCameraIntrinsic(
        camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy
    )
    clock = Clock()

    def back_project(mask: np.ndarray):
        image = o3d.geometry.RGBDImage.create_from_color_and_depth(
            o3d.geometry.Image(frame.color),
            o3d.geometry.Image(np.where(mask, np.nan_to_num(frame.depth), np.float32(0))),
            depth_scale=1.0,
            depth_trunc=10.0,
            convert_rgb_to_intensity=False,
        )
        return o3d.geometry.PointCloud.create_from_rgbd_image(image, intrinsic)

    def largest_cluster(cloud):
        labels = np.asarray(cloud.cluster_dbscan(DBSCAN_DISTANCE, DBSCAN_POINTS))
        return cloud.select_by_index(np.flatnonzero(labels == np.bincount(labels[labels >= 0]).argmax()))

    start = time.perf_counter()
    for segment in segments:
        cloud = clock.wrap("RGBDImage to cloud", back_project)(segment.mask)
        cloud = clock.wrap("voxel grid", cloud.voxel_down_sample)(VOXEL)
        cloud, _ = clock.wrap("statistical outliers", cloud.remove_statistical_outlier)(20, 2.0)
        cloud = clock.wrap("DBSCAN", largest_cluster)(cloud)
        clock.wrap("oriented box", cloud.get_oriented_bounding_box)()
    clock.steps["total"] = 1000 * (time.perf_counter() - start)
    return clock.steps


def show(title: str, run: Callable[[], dict[str, float]], repeat: int) -> None:
    """One table: every step over several runs, after one to warm up."""
    run()
    runs = [run() for _ in range(repeat)]
    print(f"\n| {title} | median ms | least ms |\n|---|---:|---:|")
    for name in runs[0]:
        times = [steps[name] for steps in runs]
        print(f"| {name} | {np.median(times):.1f} | {min(times):.1f} |")


def main() -> None:
    """Run both and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frame", type=Path, help="frame folder with instances.png")
    parser.add_argument("--repeat", type=int, default=30)
    arguments = parser.parse_args()
    frame, masks = read_frame(arguments.frame) if arguments.frame else made_frame()
    segments = [Segment(mask, str(i)) for i, mask in enumerate(masks)]
    up = frame.up if frame.up is not None else np.array([0.0, -0.8, -0.6])
    pixels = sum(segment.pixels for segment in segments)
    print(f"{len(segments)} instances, {pixels} pixels, 640x480. {describe()}")
    show("reason_seg_ros, upright boxes", lambda: ours(frame, segments, up), arguments.repeat)
    free = Frame(frame.color, frame.depth, frame.camera)
    show("reason_seg_ros, boxes of least volume", lambda: ours(free, segments, None), arguments.repeat)
    try:
        import open3d
    except ImportError:
        print("\nOpen3D is not installed: its pipeline is left out.")
        return
    title = f"Open3D {open3d.__version__}, usual pipeline"
    show(title, lambda: usual(frame, segments), max(3, arguments.repeat // 6))


if __name__ == "__main__":
    main()
