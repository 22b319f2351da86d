"""The device that a model runs on, and the number format that suits it."""

from __future__ import annotations

import torch

from ...errors import SegmenterError
from .options import Precision


def choose_device(name: str) -> torch.device:
    """The device that a name means.

    Raises:
        SegmenterError: if there is none of that name here.
    """
    if name in ("", "auto"):
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise SegmenterError(f"the device is '{name}': it must be auto, cpu, cuda or cuda:N")
    if device.type == "cuda":
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= found:
            raise SegmenterError(
                f"the device is '{name}', but PyTorch {torch.__version__} finds {found} CUDA devices here: use device "
                "cpu, or install a driver and a PyTorch build for your GPU"
            )
        return torch.device("cuda", device.index if device.index is not None else torch.cuda.current_device())
    return device


def choose_precision(precision: Precision, device: torch.device) -> Precision:
    """The precision, where it is left open: bf16 (fp16 on GPUs without it), on the CPU fp32."""
    if precision is not Precision.AUTO:
        return precision
    if device.type != "cuda":
        return Precision.FP32
    return Precision.BF16 if has_bf16(device) else Precision.FP16


def has_bf16(device: torch.device) -> bool:
    """Whether a device computes in bf16 itself: GPUs from Ampere on, and CPUs."""
    return device.type != "cuda" or torch.cuda.get_device_capability(device) >= (8, 0)


def set_up_cuda(precision: Precision) -> None:
    """Switches of PyTorch that hold for the whole process."""
    # cuDNN's attention plans each new shape on the host, for tens of milliseconds; every prompt has another length.
    torch.backends.cuda.enable_cudnn_sdp(False)
    if precision is Precision.FP32:
        torch.backends.cudnn.allow_tf32 = False  # else convolutions keep ten bits of their inputs
