"""The machine that a benchmark ran on, as one line."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe(device: str = "cpu") -> str:
    """Processor, usable cores, operating system and Python version; of a CUDA device also its name and PyTorch's."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"{_processor()}, {cores} cores, {_system()}, Python {platform.python_version()}"
    return f"{_accelerator(device)}, {machine}" if device.startswith("cuda") else machine


def _accelerator(device: str) -> str:
    import torch

    return f"{torch.cuda.get_device_name(device)}, PyTorch {torch.__version__}, CUDA {torch.version.cuda}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)
