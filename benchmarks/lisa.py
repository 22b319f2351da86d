"""LISA's speed and memory at its published shapes, with random weights, beside the floor and the official way.

    python -m benchmarks.lisa [--models 7b 13b tiny] [--sizes WxH ...] [--device D] [--precision P] [--tokens N]
                              [--repeats N] [--growth N] [--skip-official] [--load]

Without --models it measures 7b and 13b if there is a CUDA GPU, and none if not; what is counted is counted anywhere.
Random weights never say [SEG], so the third token is taken for it, as in "It is [SEG]", and no token ends an answer.
"here" is the median of several runs, "floor" what the device allows at best (benchmarks/lisa_floor.py), "official way"
the same weights run as the published code does (benchmarks/lisa_official.py). 1 GB is 1e9 bytes.
"""

from __future__ import annotations

import argparse
import time

import torch

from reason_seg_ros.segmenters.lisa.device import choose_device
from reason_seg_ros.segmenters.lisa.fit import free_memory
from reason_seg_ros.segmenters.lisa.network.lisa import Lisa

from .lisa_counts import compare
from .lisa_floor import Floor, Rates
from .lisa_memory import growth, load_seconds, peak, release
from .lisa_official import Official
from .lisa_ours import Answer, Figures, Ours, synchronize
from .lisa_shapes import SEG_AT, SHAPES, Shape, build, bytes_needed, frames, prompts, shared
from .lisa_tables import aims, counts_table, figures_table
from .machine import describe

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
_SPARE = 2e9  # bytes that work takes beside weights and cache of a large model


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the tables."""
    options = _parse(arguments)
    device = choose_device(options.device)
    on_gpu = device.type == "cuda"
    models = options.models if options.models is not None else ["7b", "13b"] if on_gpu else []
    options.repeats = options.repeats or (5 if on_gpu else 1)
    options.growth = (200 if on_gpu else 0) if options.growth is None else options.growth
    precision = options.precision or ("bf16" if on_gpu else "fp32")
    print(f"{describe(str(device))}\n")
    if not models:
        print(
            "No CUDA GPU is here, so the table of LISA-7B and LISA-13B is empty: run `python -m benchmarks.lisa` where "
            "there is one (neither ROS nor a checkpoint is needed).\n"
        )
    print(counts_table(compare(options.tokens)), flush=True)
    if not models:
        return
    rates = Rates.measure(device, DTYPES[precision])
    print(f"\nMeasured on the device in {precision}: {rates}.", flush=True)
    for model in models:
        release(device)
        print(f"\n### {SHAPES[model].title}, {precision}\n", flush=True)
        try:
            _measure_model(SHAPES[model], device, precision, rates, options)
        except torch.cuda.OutOfMemoryError:
            print("The device ran out of memory: what would follow was not measured.", flush=True)


def _measure_model(
    shape: Shape, device: torch.device, precision: str, rates: Rates, options: argparse.Namespace
) -> None:
    """Print a model's tables."""
    dtype = DTYPES[precision]
    needed, free = bytes_needed(shape, dtype) + (_SPARE if device.type == "cuda" else 0), free_memory(device)
    if needed > free:
        print(f"Left out: it takes about {needed / 1e9:.0f} GB, and {free / 1e9:.0f} GB are free.")
        return
    begin = time.perf_counter()
    network = build(shape, device, dtype)
    synchronize(device)
    print(f"- Random weights made on the device: {time.perf_counter() - begin:.1f} s")
    if options.load:
        print(f"- Loaded from files that were just written: {load_seconds(network, shape):.1f} s")
    for size in options.sizes:
        _measure_size(network, shape, size, rates, options)
    if options.growth:
        print(f"\n{_grown(network, shape, options)}", flush=True)


def _measure_size(
    network: Lisa, shape: Shape, size: tuple[int, int], rates: Rates, options: argparse.Namespace
) -> None:
    """Print the table of frames of one size, (width, height)."""
    device, asked, shown = network.device, prompts(shape), frames(*size)
    prompt, kept = len(asked[0]) + network.vision_tower.patches - 1, shared(asked)
    release(device)
    ours = Ours(network, options.tokens)
    here = ours.measure(shown, shape, options.repeats) | peak(device)
    ours.model.forget()
    answer = ours.answer(shown[0], asked[0])
    del ours
    floor = Floor(network, shape, size).figures(prompt, len(asked[1]) - kept, options.tokens, rates)
    print(
        f"\n#### {size[0]}x{size[1]}: a prompt of {prompt} tokens, an answer of {options.tokens}, its mask at token "
        f"{SEG_AT}\n",
        flush=True,
    )
    official, agreement = _measure_official(network, shape, size, answer, options)
    print(figures_table(here, floor, official))
    print(f"\n{agreement}")
    for line in aims(shape, size, network.dtype, here, official) if device.type == "cuda" else []:
        print(line)


def _measure_official(
    network: Lisa, shape: Shape, size: tuple[int, int], answer: Answer, options: argparse.Namespace
) -> tuple[Figures, str]:
    """Figures of the official way, and a sentence on whether it answers as here."""
    if options.skip_official:
        return {}, "The official way was not run."
    device, asked, shown = network.device, prompts(shape), frames(*size)
    release(device)
    try:
        official = Official(network, shape)
        figures = official.measure(shown, asked, options.tokens, options.repeats) | peak(device)
        ids, mask = official.answer(shown[0], asked[0], options.tokens, follow=answer.ids)
    except torch.cuda.OutOfMemoryError:
        return {}, "The official way ran out of memory."
    same = sum(mine == theirs for mine, theirs in zip(answer.ids, ids, strict=True))
    return figures, (
        f"After the same tokens the official way chooses the same next one in {same} of {options.tokens} cases; "
        f"{100 * (answer.mask == mask).mean():.3f} % of the mask's pixels are the same "
        f"({100 * mask.mean():.0f} % of the image is in the mask)."
    )


def _grown(network: Lisa, shape: Shape, options: argparse.Namespace) -> str:
    release(network.device)
    ours = Ours(network, 2 * SEG_AT)
    before, after = growth(ours, frames(*options.sizes[0]), shape, options.growth)
    return f"Memory before and after {options.growth} questions: {before / 1e9:.4f} GB, {after / 1e9:.4f} GB."


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(SHAPES))
    parser.add_argument("--sizes", nargs="+", type=_size, default=[(640, 480), (1280, 720)], metavar="WxH")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", choices=list(DTYPES), help="bf16 on CUDA, fp32 elsewhere")
    parser.add_argument("--tokens", type=int, default=32, help="length of an answer")
    parser.add_argument("--repeats", type=int, help="runs behind a median: 5 on CUDA, 1 elsewhere")
    parser.add_argument(
        "--growth", type=int, metavar="N", help="questions by which to see whether memory grows: 200 on CUDA, else 0"
    )
    parser.add_argument("--skip-official", action="store_true")
    parser.add_argument(
        "--load", action="store_true", help="also write a checkpoint and load it; takes twice the memory"
    )
    options = parser.parse_args(arguments)
    if options.tokens <= SEG_AT or (options.repeats or 1) < 1:
        parser.error(f"--tokens must be more than {SEG_AT}, --repeats 1 or more")
    return options


def _size(text: str) -> tuple[int, int]:
    width, height = (int(side) for side in text.split("x"))
    return width, height


if __name__ == "__main__":
    main()
