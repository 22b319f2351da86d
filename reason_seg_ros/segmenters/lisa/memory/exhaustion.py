"""What happens when memory runs out: it is given back, and the person is told what would need less."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from ....errors import OutOfMemoryError, is_out_of_memory
from ..options import Options, Precision


@contextmanager
def mending_memory(options: Options, forget: Callable[[], None]) -> Iterator[None]:
    """Turn running out of memory into an error that names the remedy, with everything given back that can be.

    Args:
        options: in use.
        forget: gives back what is only kept to be faster.

    Raises:
        OutOfMemoryError: in place of what PyTorch raises.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        reason = str(error).splitlines()[0]
        error.__traceback__ = None  # its frames hold the tensors that took the memory
    else:
        return
    forget()
    release()
    raise OutOfMemoryError(f"the model ran out of memory ({reason}): {remedy(options)}")


def remedy(options: Options) -> str:
    """What would need less memory than the options in use."""
    smaller = {
        Precision.FP32: "set precision to bf16",
        Precision.INT8: "set precision to 4bit",
        Precision.INT4: "use a smaller checkpoint or a device with more memory",
    }.get(options.precision, "set precision to 8bit or 4bit")
    return f"{smaller}, lower the options context and max_new_tokens, or end other programs that use the device"


def release() -> None:
    """Give memory that nothing uses any more back to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
