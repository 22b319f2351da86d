"""The language model's layers in 8 or 4 bits, by bitsandbytes.

Only the matrices of the layers: lm_head, the embeddings, mm_projector, text_hidden_fcs and SAM keep 16 bits, since
masks come from small differences that quantising them loses.
"""

from __future__ import annotations

import logging
import re

import torch
from torch import nn

from ....errors import SegmenterError
from ..options import Precision

# A feature is kept in 16 bits where it is larger than this (Dettmers et al. 2022, LLM.int8()).
_OUTLIER = 6.0
# Older kernels run beside a CUDA graph that is captured, and silently not in it.
_OLDEST = (0, 45)
_LAYER_MATRIX = re.compile(r"language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj\.weight")


def is_quantized(name: str, precision: Precision) -> bool:
    """Whether a tensor (by our names) is quantised in a precision."""
    return precision in (Precision.INT8, Precision.INT4) and _LAYER_MATRIX.fullmatch(name) is not None


def check_available() -> None:
    """See that bitsandbytes is there, in a version whose kernels can be captured in CUDA graphs.

    Raises:
        SegmenterError: if it is not.
    """
    # On a CPU it warns of a faster kernel that is not there, in words that read like a failure.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    remedy = f"pip install 'bitsandbytes>={'.'.join(map(str, _OLDEST))}', or use precision bf16"
    try:
        import bitsandbytes
    except ImportError as error:
        raise SegmenterError(
            f"precision 8bit and 4bit need the package bitsandbytes, which cannot be imported ({error}): {remedy}"
        ) from error
    if tuple(int(part) for part in bitsandbytes.__version__.split(".")[:2]) < _OLDEST:
        raise SegmenterError(f"bitsandbytes {bitsandbytes.__version__} is too old for 8bit and 4bit: {remedy}")


def quantized(weight: torch.Tensor, precision: Precision, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A linear layer without bias that holds a matrix quantised.

    Args:
        weight: (out, in), on the CPU.
        precision: INT8 is LLM.int8(), INT4 is NF4 with doubly quantised scales (Dettmers et al. 2023, QLoRA).
        device: where it is to lie.
        dtype: in which it computes.
    """
    import bitsandbytes

    rows, columns = weight.shape
    weight = weight.to(dtype).contiguous()
    module: nn.Module
    if precision == Precision.INT8:
        module = bitsandbytes.nn.Linear8bitLt(
            columns, rows, bias=False, has_fp16_weights=False, threshold=_OUTLIER, device="meta"
        )
        module.weight = bitsandbytes.nn.Int8Params(weight, requires_grad=False, has_fp16_weights=False)
    else:
        module = bitsandbytes.nn.Linear4bit(
            columns, rows, bias=False, compute_dtype=dtype, quant_type="nf4", compress_statistics=True, device="meta"
        )
        module.weight = bitsandbytes.nn.Params4bit(
            weight, requires_grad=False, quant_type="nf4", compress_statistics=True, module=module
        )
    return module.to(device)
