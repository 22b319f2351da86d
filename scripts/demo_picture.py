"""Draw the README's picture from what the demo wrote: make demo && python3 scripts/demo_picture.py"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "demo.png"
KINDS = ("spatial", "affordance", "multi")
WIDTH = 480
"""Pixels of each of the pictures side by side."""


def main() -> int:
    """Put the overlays of `KINDS` side by side; those with less text get room below."""
    files = [file for kind in KINDS for file in sorted((ROOT / "outputs" / "demo").glob(f"*_{kind}.png"))]
    if not files:
        print("outputs/demo has no pictures: run 'make demo' first", file=sys.stderr)
        return 1
    pictures = [Image.open(file).convert("RGB") for file in files]
    sizes = [(WIDTH, round(WIDTH * picture.height / picture.width)) for picture in pictures]
    below = pictures[0].getpixel((pictures[0].width - 1, pictures[0].height - 1))
    row = Image.new("RGB", (WIDTH * len(pictures), max(height for _, height in sizes)), below)
    for column, (picture, size) in enumerate(zip(pictures, sizes, strict=True)):
        row.paste(picture.resize(size, Image.Resampling.LANCZOS), (WIDTH * column, 0))
    row.save(PICTURE, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
