"""Frames and answers in the browser, by Rerun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np

from ..errors import ReasonSegError
from ..frame import Frame
from .palette import color_of

WEB_PORT = 9090
GRPC_PORT = 9876
_CLOUD_STRIDE = 3
_JPEG_QUALITY = 80
_MEMORY = "512MiB"


@dataclass(frozen=True, eq=False)
class ShownInstance:
    """What the viewer shows of an instance.

    Attributes:
        points: (N, 3) float32, metres, optical frame.
        center, quaternion, extents: oriented box in the optical frame: (3,), (4,) x y z w, (3,); None to leave it out.
        box: (x0, y0, x1, y1) in pixels.
    """

    id: int
    label: str
    score: float
    points: np.ndarray
    box: tuple[int, int, int, int]
    center: np.ndarray | None = None
    quaternion: np.ndarray | None = None
    extents: np.ndarray | None = None

    @property
    def caption(self) -> str:
        """Label, id and score."""
        return f"{self.label} #{self.id} {self.score:.2f}"


class RerunLog:
    """Serves a web page that shows the live cloud and image, the instances and the dialogue.

    Args:
        web_port: of the page.
        grpc_port: of the data.
        open_browser: open the page on this machine.

    Raises:
        ReasonSegError: if rerun-sdk is not installed or a port is taken.
    """

    def __init__(self, web_port: int = WEB_PORT, grpc_port: int = GRPC_PORT, open_browser: bool = False) -> None:
        self._rr = _rerun()
        self._recording = self._rr.RecordingStream("reason_seg_ros")
        try:
            data = self._recording.serve_grpc(
                grpc_port=grpc_port, default_blueprint=_blueprint(), server_memory_limit=_MEMORY
            )
            self._rr.serve_web_viewer(web_port=web_port, open_browser=open_browser, connect_to=data)
        except (RuntimeError, OSError) as error:
            raise ReasonSegError(
                f"the viewer cannot serve on ports {web_port} and {grpc_port}: {error}; "
                "end what uses them, or choose others"
            ) from error
        self.url = f"http://localhost:{web_port}/?url={quote(data, safe='')}"
        self._log("world", self._rr.ViewCoordinates.RDF, static=True)

    def frame(self, frame: Frame) -> None:
        """Show a capture: its cloud and its image."""
        self._at(frame.stamp)
        points = frame.points[::_CLOUD_STRIDE, ::_CLOUD_STRIDE].reshape(-1, 3)
        colors = frame.color[::_CLOUD_STRIDE, ::_CLOUD_STRIDE].reshape(-1, 3)
        valid = np.isfinite(points[:, 2])
        self._log("world/cloud", self._rr.Points3D(points[valid], colors=colors[valid]))
        self._log("camera/image", self._picture(frame.color))

    def overlay(self, picture: np.ndarray, stamp: int) -> None:
        """Show the image that an answer was given on, with its masks: (H, W, 3) uint8 RGB."""
        self._at(stamp)
        self._log("answer/overlay", self._picture(picture))

    def instances(self, instances: Sequence[ShownInstance], stamp: int) -> None:
        """Show an answer's instances in 3D and their 2D boxes, in place of those of the answer before.

        Args:
            instances: may be empty.
            stamp: of the source image, nanoseconds.
        """
        self._at(stamp)
        rr = self._rr
        points = [instance.points for instance in instances] or [np.zeros((0, 3), np.float32)]
        tints = [np.tile(color_of(instance.id), (len(instance.points), 1)) for instance in instances]
        colors = np.concatenate([*tints, np.zeros((0, 3))]).astype(np.uint8)
        self._log("world/instances/points", rr.Points3D(np.concatenate(points), colors=colors, radii=0.002))
        boxed = [instance for instance in instances if instance.center is not None]
        self._log(
            "world/instances/boxes",
            rr.Boxes3D(
                centers=np.array([instance.center for instance in boxed]).reshape(-1, 3),
                sizes=np.array([instance.extents for instance in boxed]).reshape(-1, 3),
                quaternions=np.array([instance.quaternion for instance in boxed]).reshape(-1, 4),
                colors=[color_of(instance.id) for instance in boxed],
                labels=[instance.caption for instance in boxed],
                show_labels=True,
            ),
        )
        self._log(
            "answer/boxes",
            rr.Boxes2D(
                array=np.array([instance.box for instance in instances], np.float32).reshape(-1, 4),
                array_format=rr.Box2DFormat.XYXY,
                colors=[color_of(instance.id) for instance in instances],
                labels=[instance.caption for instance in instances],
                show_labels=False,  # the overlay has name tags; these show where one points
            ),
        )

    def dialogue(self, markdown: str) -> None:
        """Show what was said, newest first, as Markdown."""
        # Without a time: an answer has its image's stamp, which is older than that of the news that it was worked out.
        document = self._rr.TextDocument(markdown, media_type=self._rr.MediaType.MARKDOWN)
        self._log("dialogue", document, static=True)

    def close(self) -> None:
        """Stop sending."""
        self._recording.flush()
        self._recording.disconnect()

    def _picture(self, color: np.ndarray) -> Any:
        return self._rr.Image(np.ascontiguousarray(color)).compress(jpeg_quality=_JPEG_QUALITY)

    def _at(self, stamp: int) -> None:
        if stamp:
            self._recording.set_time("stamp", timestamp=np.datetime64(stamp, "ns"))

    def _log(self, path: str, *data: Any, static: bool = False) -> None:
        self._recording.log(path, *data, static=static)


def _rerun() -> Any:
    try:
        import rerun
    except ImportError as error:
        raise ReasonSegError(f"the viewer needs rerun-sdk ({error}): pip install rerun-sdk") from error
    return rerun


def _blueprint() -> Any:
    import rerun.blueprint as rrb

    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Spatial3DView(origin="world", name="instances"),
            rrb.Vertical(
                rrb.Tabs(
                    rrb.Spatial2DView(origin="answer", name="answer"),
                    rrb.Spatial2DView(origin="camera", name="camera"),
                ),
                rrb.TextDocumentView(origin="dialogue", name="dialogue"),
            ),
            column_shares=[3, 2],
        ),
        collapse_panels=True,
    )
