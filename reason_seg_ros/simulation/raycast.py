"""Open3D's ray caster over this package's meshes (Wald et al., Embree, SIGGRAPH 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .shapes import Mesh


def caster(meshes: Sequence[Mesh]) -> Any:
    """An `open3d.t.geometry.RaycastingScene`; the geometry id of a mesh is its place in the sequence."""
    import open3d as o3d

    scene = o3d.t.geometry.RaycastingScene()
    for mesh in meshes:
        scene.add_triangles(tensor(mesh.vertices), tensor(mesh.triangles, np.uint32))
    return scene


def tensor(array: np.ndarray, dtype: type = np.float32) -> Any:
    """An array as Open3D takes it."""
    import open3d as o3d

    return o3d.core.Tensor.from_numpy(np.ascontiguousarray(array, dtype))
