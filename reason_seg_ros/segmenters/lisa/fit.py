"""Whether a checkpoint fits a device, told before it is loaded."""

from __future__ import annotations

import torch

from ...errors import OutOfMemoryError
from .memory.budget import GB, Budget
from .memory.host import free_host_memory
from .options import Precision
from .weights.known import smallest

# From the most precise to the smallest; fp16 takes what bf16 takes.
_ORDER = (Precision.FP32, Precision.BF16, Precision.INT8, Precision.INT4)


def check_memory(budget: Budget, free: float, device: str) -> None:
    """See that there is enough memory.

    Args:
        budget: what is needed.
        free: bytes that the device has to give.
        device: its name, for the message.

    Raises:
        OutOfMemoryError: if there is not; the message names the most precise alternative that fits.
    """
    if budget.total <= free:
        return
    smaller = [budget.in_precision(each) for each in _ORDER]
    fitting = [each for each in smaller if each.total < budget.total and each.total <= free]
    if fitting:
        remedy = f"set precision to {fitting[0].precision.value}, which needs {fitting[0].total / GB:.1f} GB"
    else:
        least = smaller[-1]
        remedy = (
            f"even {least.precision.value} would need {least.total / GB:.1f} GB: {_smaller_checkpoint(budget)}"
            "end other programs that use it, or use a device with more memory"
        )
    raise OutOfMemoryError(f"the checkpoint needs {budget}, and {device} has {free / GB:.1f} GB free: {remedy}")


def free_memory(device: torch.device) -> float:
    """Bytes that a device has to give."""
    if device.type == "cuda":
        # What PyTorch keeps for itself without using it is free for the model as well.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return float(torch.cuda.mem_get_info(device)[0] + kept)
    return free_host_memory()


def _smaller_checkpoint(budget: Budget) -> str:
    """What to say of checkpoints with fewer parameters."""
    least = smallest()
    other = least.budget(Precision.INT4)
    if other.parameters.total >= budget.parameters.total:
        return ""
    return f"use a smaller checkpoint such as {least.id} ({other.total / GB:.1f} GB in 4bit), "
