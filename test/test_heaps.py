from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("open3d")

from reason_seg_ros.simulation.heaps import sample_heap


def test_the_same_seed_gives_the_same_heap():
    one, two = sample_heap(3), sample_heap(3)
    assert [item.kind for item in one.objects] == [item.kind for item in two.objects]
    assert all((a.translation == b.translation).all() for a, b in zip(one.objects, two.objects, strict=True))


def test_heaps_lean_and_rest_on_each_other_and_on_nothing_else():
    scenes = [sample_heap(seed) for seed in range(6)]
    items = [item for scene in scenes for item in scene.objects]
    lows = np.array([item.vertices[:, 2].min() for item in items])
    assert len(items) > 4 * len(scenes)
    assert (lows > -1e-3).all()
    assert 0.2 < (lows > 0.004).mean() < 0.8
    tilts = np.array([np.abs(item.rotation).max(axis=0).min() for item in items])
    assert (tilts < 0.97).any()


def test_some_things_in_heaps_look_alike():
    models = [[item.model for item in sample_heap(seed).objects] for seed in range(6)]
    assert any(len(set(map(id, scene))) < len(scene) for scene in models)
