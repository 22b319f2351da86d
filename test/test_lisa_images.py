"""Images as LISA's two encoders see them, against Pillow and the published processors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from shared_data import SHARED

from reason_seg_ros.errors import SegmenterError
from reason_seg_ros.segmenters.lisa.images import pil_resize
from reason_seg_ros.segmenters.lisa.images.clip_input import CLIP_MEAN, CLIP_STD, ClipInput
from reason_seg_ros.segmenters.lisa.images.pil_resize import Kernel, resize
from reason_seg_ros.segmenters.lisa.images.sam_input import SamGeometry, sam_input
from reason_seg_ros.segmenters.lisa.options import ClipCrop

GOLDEN = sorted((SHARED / "golden").glob("lisa_*/case*.png"))
PILLOW = {Kernel.BILINEAR: Image.Resampling.BILINEAR, Kernel.BICUBIC: Image.Resampling.BICUBIC}
CAMERAS = [((480, 640), (768, 1024)), ((720, 1280), (576, 1024)), ((480, 640), (224, 298)), ((720, 1280), (336, 597))]


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth in one half, bytes of 0 and 255 in the other, where a bicubic kernel overshoots most."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    image[:, width // 2 :] = np.where(image[:, width // 2 :] > 127, 255, 0)
    return image


def pillow(image: np.ndarray, size: tuple[int, int], kernel: Kernel) -> np.ndarray:
    """Rows first, then columns: Pillow 13 goes about very tall images the other way round when given both at once."""
    rows = Image.fromarray(image).resize((size[1], image.shape[0]), PILLOW[kernel])
    return np.asarray(rows.resize((size[1], size[0]), PILLOW[kernel]))


@pytest.mark.parametrize("kernel", Kernel)
def test_resizing_is_pillows_for_any_size(kernel: Kernel) -> None:
    random = np.random.default_rng(7)
    for seed in range(150):
        sides = [int(random.choice([1, 2, 3, random.integers(4, 40), random.integers(40, 300)])) for _ in range(4)]
        image, size = noise(sides[0], sides[1], seed), (sides[2], sides[3])
        np.testing.assert_array_equal(resize(torch.from_numpy(image), size, kernel), pillow(image, size, kernel))


@pytest.mark.parametrize("kernel", Kernel)
@pytest.mark.parametrize(("old", "new"), CAMERAS)
def test_resizing_is_pillows_for_camera_images(old: tuple[int, int], new: tuple[int, int], kernel: Kernel) -> None:
    image = noise(*old)
    expected = Image.fromarray(image).resize((new[1], new[0]), PILLOW[kernel])
    np.testing.assert_array_equal(resize(torch.from_numpy(image), new, kernel), np.asarray(expected))


def test_an_image_of_the_wanted_size_stays_as_it_is() -> None:
    image = torch.from_numpy(noise(30, 40))
    assert torch.equal(resize(image, (30, 40), Kernel.BICUBIC), image)


def test_views_and_single_channels_can_be_resized() -> None:
    image = noise(60, 80)[::-1, ::2, :1].copy()
    expected = pillow(image[..., 0], (25, 61), Kernel.BICUBIC)
    np.testing.assert_array_equal(resize(torch.from_numpy(image), (25, 61), Kernel.BICUBIC)[..., 0], expected)
    view = torch.from_numpy(noise(60, 80)).flip(0)[:, 10:50]
    np.testing.assert_array_equal(
        resize(view, (25, 61), Kernel.BILINEAR), pillow(view.numpy().copy(), (25, 61), Kernel.BILINEAR)
    )


def test_tables_are_made_once_for_a_size() -> None:
    image = torch.from_numpy(noise(50, 70))
    resize(image, (33, 44), Kernel.BICUBIC)
    made = pil_resize._taps.cache_info().misses
    resize(image, (33, 44), Kernel.BICUBIC)
    assert pil_resize._taps.cache_info().misses == made


@pytest.mark.parametrize("shape", [(480, 640), (500, 300), (224, 224), (97, 331), (20, 30)])
@pytest.mark.parametrize("size", [224, 336])
def test_clip_input_is_that_of_transformers(shape: tuple[int, int], size: int) -> None:
    try:
        from transformers import CLIPImageProcessorPil as Processor
    except ImportError:
        from transformers import CLIPImageProcessor as Processor  # built on Pillow up to version 4

    image = noise(*shape)
    square = {"height": size, "width": size}
    expected = Processor(size={"shortest_edge": size}, crop_size=square)(Image.fromarray(image), return_tensors="np")
    pixels = ClipInput(size)(torch.from_numpy(image))
    assert pixels.dtype == torch.float32
    assert pixels.is_contiguous()
    np.testing.assert_allclose(pixels, expected["pixel_values"][0], atol=1e-6)


def test_padding_shows_the_whole_image_on_the_mean_colour() -> None:
    image = np.full((300, 600, 3), 255, np.uint8)
    pixels = ClipInput(224, crop=ClipCrop.PAD)(torch.from_numpy(image))
    assert pixels.shape == (3, 224, 224)
    colour = (pixels * torch.tensor(CLIP_STD)[:, None, None] + torch.tensor(CLIP_MEAN)[:, None, None]) * 255
    torch.testing.assert_close(colour[:, 60:164], torch.full((3, 104, 224), 255.0), atol=1e-3, rtol=0)
    mean = torch.tensor([int(value * 255) for value in CLIP_MEAN], dtype=torch.float32)[:, None, None]
    for beside in (colour[:, :52], colour[:, -52:]):
        torch.testing.assert_close(beside, mean.expand(3, 52, 224), atol=1e-3, rtol=0)


def test_a_tall_image_is_padded_left_and_right() -> None:
    pixels = ClipInput(64, crop=ClipCrop.PAD)(torch.zeros(128, 32, 3, dtype=torch.uint8))
    dark = (pixels.sum(0) < -3).nonzero()
    assert dark[:, 1].min() in (23, 24)
    assert dark[:, 1].max() in (39, 40)


def test_a_square_image_needs_no_padding() -> None:
    image = torch.from_numpy(noise(90, 90))
    assert torch.equal(ClipInput(64, crop=ClipCrop.PAD)(image), ClipInput(64)(image))


def preprocessor(folder: Path, **changes: object) -> Path:
    (folder / "preprocessor_config.json").write_text(json.dumps({"crop_size": 224, "size": 224, **changes}))
    return folder


def test_preprocessing_comes_from_the_towers_file(tmp_path: Path) -> None:
    read = ClipInput.of(preprocessor(tmp_path, image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.2, 0.1]), 224)
    assert read == ClipInput(224, (0.5, 0.4, 0.3), (0.2, 0.2, 0.1))


def test_newer_files_name_the_sides(tmp_path: Path) -> None:
    sides = {"size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}}
    assert ClipInput.of(preprocessor(tmp_path, **sides), 336, ClipCrop.PAD) == ClipInput(336, crop=ClipCrop.PAD)


@pytest.mark.parametrize(
    "sides",
    [{"crop_size": None}, {"size": {"shortest_edge": 224, "longest_edge": None}}, {"image_mean": None}],
    ids=str,
)
def test_what_a_file_leaves_open_is_clips(tmp_path: Path, sides: dict[str, object]) -> None:
    assert ClipInput.of(preprocessor(tmp_path, **sides), 224) == ClipInput(224)


def test_without_a_file_the_constants_of_clip_are_taken(tmp_path: Path) -> None:
    assert ClipInput.of(tmp_path, 336) == ClipInput(336, CLIP_MEAN, CLIP_STD, ClipCrop.CENTER)


def test_a_file_of_another_tower_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match="224 pixels, but the tower beside it reads 336"):
        ClipInput.of(preprocessor(tmp_path), 336)


@pytest.mark.parametrize("text", ["{", "[]", '{"image_mean": [1]}', '{"size": "big"}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "preprocessor_config.json").write_text(text)
    with pytest.raises(SegmenterError, match=r"preprocessor_config\.json cannot be read"):
        ClipInput.of(tmp_path, 224)


@pytest.mark.parametrize(
    ("original", "resized"),
    [((480, 640), (768, 1024)), ((720, 1280), (576, 1024)), ((500, 300), (1024, 614)), ((333, 517), (660, 1024))],
)
def test_the_longer_side_becomes_1024(original: tuple[int, int], resized: tuple[int, int]) -> None:
    assert SamGeometry.of(original) == SamGeometry(original, resized, 1024)


def test_no_side_vanishes() -> None:
    assert SamGeometry.of((1, 5000)).resized == (1, 1024)


def test_sam_input_is_normalised_and_padded_below_and_right() -> None:
    image = noise(120, 90)
    pixels, geometry = sam_input(torch.from_numpy(image))
    assert geometry == SamGeometry((120, 90), (1024, 768))
    assert pixels.shape == (1, 3, 1024, 1024)
    assert pixels.dtype == torch.float32
    resized = pillow(image, (1024, 768), Kernel.BILINEAR).astype(np.float32)
    expected = (resized - (123.675, 116.28, 103.53)) / (58.395, 57.12, 57.375)
    np.testing.assert_allclose(pixels[0, :, :, :768].permute(1, 2, 0), expected, atol=1e-5)
    assert not pixels[0, :, :, 768:].any()


@pytest.mark.parametrize("crop", ClipCrop)
def test_everything_stays_on_the_images_device(crop: ClipCrop) -> None:
    """The meta device has no values: reading one, or mixing in a tensor from elsewhere, is an error there."""
    image = torch.empty(480, 640, 3, dtype=torch.uint8, device="meta")
    pixels, geometry = sam_input(image)
    assert (pixels.device.type, pixels.shape, geometry.resized) == ("meta", (1, 3, 1024, 1024), (768, 1024))
    seen = ClipInput(224, crop=crop)(image)
    assert (seen.device.type, seen.shape) == ("meta", (3, 224, 224))


@pytest.mark.skipif(not GOLDEN, reason="the golden outputs of the official code are not on this machine")
def test_clip_input_is_that_of_the_official_code() -> None:
    from safetensors import safe_open

    for path in GOLDEN:
        image = torch.from_numpy(np.array(Image.open(path).convert("RGB")))
        with safe_open(path.parent / "golden.safetensors", "pt") as golden:
            expected = golden.get_tensor(f"{path.stem}.clip_pixels")
        pixels = ClipInput.of(path.parent / "clip", 224)(image)
        torch.testing.assert_close(pixels[:, ::8, ::8], expected, atol=1e-6, rtol=0)
