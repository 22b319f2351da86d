"""What the segmenter node costs while nobody asks: processor and memory with a VGA RGB-D stream at 30 Hz.

    python -m benchmarks.idle [--seconds N]

The camera plays one frame in a process of its own. The node's processor time and memory come from /proc.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from reason_seg_ros.frame_folder import save_frame
from reason_seg_ros.simulation.camera import SimulatedCamera

from .machine import describe

RATE = 30.0


def processor_seconds(pid: int) -> float:
    """User and system time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(seconds: float, parts: int = 6) -> tuple[float, list[tuple[float, float]]]:
    """Frames per second that arrive, and for each part of the time (per cent of one core, MiB at its end)."""
    import rclpy

    from reason_seg_ros.nodes.demo_client import DemoClient
    from reason_seg_ros.nodes.programs import running
    from reason_seg_ros.nodes.runtime import spin_in_thread

    with tempfile.TemporaryDirectory() as folder:
        save_frame(SimulatedCamera().capture(0), Path(folder) / "frame")
        camera = ["-p", f"frames:={folder}/frame", "-p", f"rate:={RATE}"]
        with running({"folder_camera": camera, "segmenter": []}, Path(folder)) as programs:
            rclpy.init()
            client = DemoClient()
            spin_in_thread(client)
            try:
                programs.wait_until(lambda: client.ready, 90.0)
                rate = client.measure_rate(3.0)
            finally:
                rclpy.try_shutdown()
                client.destroy_node()
            return rate, _watch(programs["segmenter"].pid, seconds / parts, parts)


def _watch(pid: int, seconds: float, parts: int) -> list[tuple[float, float]]:
    rows = []
    for _ in range(parts):
        start, used = time.monotonic(), processor_seconds(pid)
        time.sleep(seconds)
        share = (processor_seconds(pid) - used) / (time.monotonic() - start)
        rows.append((100 * share, resident_mib(pid)))
    return rows


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    rate, rows = measure(arguments.seconds)
    print(f"640x480 colour, depth and camera info at {rate:.1f} Hz, nobody asks. {describe()}\n")
    print("| after s | % of one core | resident MiB |\n|---:|---:|---:|")
    for index, (share, memory) in enumerate(rows, 1):
        print(f"| {index * arguments.seconds / len(rows):.0f} | {share:.1f} | {memory:.1f} |")


if __name__ == "__main__":
    main()
