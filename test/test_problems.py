"""Which exception is told as which error code."""

from __future__ import annotations

import pytest

pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")

from reason_seg_ros.errors import InstructionError, NoDepthError, OutOfMemoryError, SegmenterError
from reason_seg_ros.msg import Reply
from reason_seg_ros.nodes.problems import Problem, problem_of


class TorchLikeOutOfMemoryError(RuntimeError):
    """As `torch.OutOfMemoryError`, which only a GPU raises."""


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (InstructionError("it is empty"), Reply.BAD_INSTRUCTION, "it is empty"),
        (NoDepthError("no depth"), Reply.NO_DEPTH, "no depth"),
        (SegmenterError("the weights are gone"), Reply.SEGMENTER_FAILED, "the weights are gone"),
        (OutOfMemoryError("take precision 4bit"), Reply.OUT_OF_MEMORY, "take precision 4bit"),
        (MemoryError(), Reply.OUT_OF_MEMORY, "(out of memory): free memory"),
        (TorchLikeOutOfMemoryError("CUDA out of memory.\nTried"), Reply.OUT_OF_MEMORY, "(CUDA out of memory.): free"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"), Reply.OUT_OF_MEMORY, "smaller"),
        (RuntimeError("shapes differ"), Reply.SEGMENTER_FAILED, "RuntimeError: shapes differ"),
        (ValueError("not enough memory"), Reply.SEGMENTER_FAILED, "ValueError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_have_their_codes(error: Exception, code: int, hint: str) -> None:
    problem = problem_of(error)
    assert problem.code == code
    assert hint in problem.text


def test_a_problem_stays_as_it_is() -> None:
    problem = Problem(Reply.NOT_ACTIVE, "the node is not active")
    assert problem_of(problem) is problem


def test_torch_out_of_memory_on_the_cpu() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 58)
    assert problem_of(raised.value).code == Reply.OUT_OF_MEMORY
