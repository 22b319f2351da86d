"""A frame as a folder: color.png, depth.png (16-bit) and camera.json."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from .errors import DatasetError, FrameError
from .frame import Camera, Frame, clean_depth

FILES = ("color.png", "depth.png", "camera.json")


def load_frame(folder: str | Path) -> Frame:
    """Read a frame folder.

    camera.json holds width, height, fx, fy, cx, cy in pixels and depth_scale: metres = depth.png / depth_scale,
    0 = no reading.

    Raises:
        DatasetError: if a file is missing or unreadable, or the files disagree in size.
    """
    folder = Path(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DatasetError(f"{folder} is not a frame folder: it lacks {', '.join(missing)}")
    color = _read_image(folder / "color.png", cv2.IMREAD_COLOR)
    depth = _read_image(folder / "depth.png", cv2.IMREAD_UNCHANGED)
    if depth.ndim != 2 or depth.dtype != np.uint16:
        raise DatasetError(f"{folder / 'depth.png'} must be a 16-bit image with one channel")
    camera, depth_scale = _read_camera(folder / "camera.json")
    try:
        return Frame(
            color=cv2.cvtColor(color, cv2.COLOR_BGR2RGB),
            depth=clean_depth(depth / np.float32(depth_scale)),
            camera=camera,
        )
    except FrameError as error:
        raise DatasetError(f"{folder}: {error}") from error


def save_frame(frame: Frame, folder: str | Path, depth_scale: float = 1000.0) -> None:
    """Write a frame as a folder that `load_frame` reads; depth is rounded to 1/depth_scale metres."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    depth = np.round(np.nan_to_num(frame.depth) * depth_scale).clip(0, np.iinfo(np.uint16).max)
    camera = {key: getattr(frame.camera, key) for key in ("width", "height", "fx", "fy", "cx", "cy")}
    cv2.imwrite(str(folder / "color.png"), cv2.cvtColor(frame.color, cv2.COLOR_RGB2BGR))
    cv2.imwrite(str(folder / "depth.png"), depth.astype(np.uint16))
    (folder / "camera.json").write_text(json.dumps({**camera, "depth_scale": depth_scale}, indent=1) + "\n")


def find_frames(folder: str | Path) -> tuple[Path, ...]:
    """The frame folders at or directly below a folder, sorted by name.

    Raises:
        DatasetError: if there are none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder")
    if (folder / FILES[0]).is_file():
        return (folder,)
    frames = tuple(sorted(path.parent for path in folder.glob(f"*/{FILES[0]}")))
    if not frames:
        raise DatasetError(f"{folder} holds no frame folder (one with {', '.join(FILES)})")
    return frames


def _read_image(path: Path, flags: int) -> np.ndarray:
    image = cv2.imread(str(path), flags)
    if image is None:
        raise DatasetError(f"{path} is not an image that can be read")
    return image


def _read_camera(path: Path) -> tuple[Camera, float]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        camera = Camera(
            width=int(data["width"]),
            height=int(data["height"]),
            **{key: float(data[key]) for key in ("fx", "fy", "cx", "cy")},
        )
        depth_scale = float(data.get("depth_scale", 1000.0))
    except KeyError as error:
        raise DatasetError(f"{path} lacks the field {error}") from error
    except (ValueError, TypeError, FrameError) as error:
        raise DatasetError(f"{path} cannot be used: {error}") from error
    if not depth_scale > 0:
        raise DatasetError(f"{path}: depth_scale is {depth_scale}, it must be positive (1000 for millimetres)")
    return camera, depth_scale
