"""From the image's stamp to the published instances, over DDS between processes, split by stage.

    python -m benchmarks.latency [--repeat N] [--frame DIR]

A camera at 15 Hz (the simulated table, or a frame folder) and the segmenter run in processes of their own. Every
instruction is said as soon as the last one is answered, each on a new image: nothing is reused from image to image.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from .machine import describe

INSTRUCTIONS = (
    "the red mug",
    "the object closest to the camera",
    "something to write with",
    "all the fruit",
    "the largest thing on the left",
    "hand me the elephant",
)


def measure(repeat: int, frame: Path | None) -> dict[str, list[float]]:
    """Milliseconds of every answer by stage; "total" is from stamp to publishing, "heard" from asking to hearing."""
    import rclpy

    from reason_seg_ros.nodes.demo_client import DemoClient
    from reason_seg_ros.nodes.programs import running
    from reason_seg_ros.nodes.runtime import spin_in_thread

    camera = {"folder_camera": ["-p", f"frames:={frame}", "-p", "rate:=15.0"]} if frame else {"sim_camera": []}
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as logs, running({**camera, "segmenter": []}, Path(logs)) as programs:
        rclpy.init()
        client = DemoClient()
        spin_in_thread(client)
        try:
            programs.wait_until(lambda: client.ready, 90.0)
            for instruction in INSTRUCTIONS * repeat:
                heard = client.ask(instruction, 30.0, lambda stage: None)
                if heard is None:
                    raise SystemExit(f"no answer to '{instruction}' within 30 s")
                times["heard"].append(1000 * heard.seconds)
                for latency in heard.array.latencies:
                    times[latency.stage].append(latency.milliseconds)
        finally:
            rclpy.try_shutdown()
            client.destroy_node()
    return times


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="rounds of the six instructions")
    parser.add_argument("--frame", type=Path, help="frame folder to play instead of the simulated table")
    arguments = parser.parse_args()
    times = measure(arguments.repeat, arguments.frame)
    print(f"{len(times['heard'])} answers on 640x480 images at 15 Hz. {describe()}\n")
    print("| stage | median ms | 95 % ms |\n|---|---:|---:|")
    for stage in [*(name for name in times if name not in ("heard", "total")), "total", "heard"]:
        print(f"| {stage} | {np.median(times[stage]):.1f} | {np.percentile(times[stage], 95):.1f} |")


if __name__ == "__main__":
    main()
