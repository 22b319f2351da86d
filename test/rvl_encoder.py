"""RVL compression for the tests of its decoder."""

from __future__ import annotations

import struct

import numpy as np


def encode_rvl(image: np.ndarray) -> bytes:
    """RVL as its paper has it, number by number."""
    nibbles: list[int] = []

    def write(value: int) -> None:
        while True:
            value, low = value >> 3, value & 7
            nibbles.append(low | (8 if value else 0))
            if not value:
                return

    pixels = [int(value) for value in image.ravel()]
    position = previous = 0
    while position < len(pixels):
        zeros = position
        while zeros < len(pixels) and pixels[zeros] == 0:
            zeros += 1
        readings = zeros
        while readings < len(pixels) and pixels[readings] != 0:
            readings += 1
        write(zeros - position)
        write(readings - zeros)
        for value in pixels[zeros:readings]:
            delta, previous = value - previous, value
            write(2 * delta if delta >= 0 else -2 * delta - 1)
        position = readings
    nibbles += [0] * (-len(nibbles) % 8)
    words = [
        sum(nibble << (28 - 4 * i) for i, nibble in enumerate(nibbles[k : k + 8])) for k in range(0, len(nibbles), 8)
    ]
    return struct.pack(f"<{len(words)}I", *words)
