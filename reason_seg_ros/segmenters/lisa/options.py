"""What can be chosen about a segmenter of the LISA family. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, TypeVar

from ...errors import SegmenterError


class Family(str, Enum):
    """Which of the published systems a checkpoint belongs to: they share the network and differ in their prompts."""

    AUTO = "auto"
    LISA = "lisa"
    LISA_PLUS = "lisa++"
    SESAME = "sesame"


class Mode(str, Enum):
    """What is asked of the model.

    - semantic: one mask of all that is meant
    - instance: a mask for each thing that is meant (LISA++; other checkpoints get the semantic prompt)
    - dialogue: words and one mask (segmentation in dialogue)
    - dialogue_instance: words and a mask for each thing
    - text: words only, the instruction goes to the model as it stands
    - auto: semantic, instance or a dialogue, by the instruction's own wording
    """

    SEMANTIC = "semantic"
    INSTANCE = "instance"
    DIALOGUE = "dialogue"
    DIALOGUE_INSTANCE = "dialogue_instance"
    TEXT = "text"
    AUTO = "auto"


class Precision(str, Enum):
    """Number format of the weights; 8bit and 4bit quantise the language model's layers alone."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    INT8 = "8bit"
    INT4 = "4bit"


class ClipCrop(str, Enum):
    """What the language model sees of an image that is not square.

    - center: its central square, as the published models were trained; of 640x480 a quarter is never seen
    - pad: the whole image, padded to a square
    """

    CENTER = "center"
    PAD = "pad"


class ConversationStyle(str, Enum):
    """Template of the conversation; auto takes the one that the checkpoint's family was trained with."""

    AUTO = "auto"
    LLAVA_V1 = "llava_v1"
    VICUNA_V1 = "vicuna_v1"
    LLAVA_LLAMA_2 = "llava_llama_2"


_Choice = TypeVar("_Choice", bound=Enum)


@dataclass(frozen=True)
class Options:
    """Options of `LisaSegmenter`.

    Attributes:
        checkpoint: a folder in the published layout, or a hub id such as "xinlai/LISA-7B-v1".
        device: "auto" (CUDA if there is any), "cuda", "cuda:1", "cpu".
        precision: number format; auto is bf16 on CUDA and fp32 on the CPU.
        mode: what is asked of the model.
        stop_after_mask: end the answer as soon as its first mask is there.
        family: prompts to use; auto tells it from the checkpoint.
        conversation: template; auto tells it from the family.
        clip_crop: what the language model sees of an image that is not square.
        vision_tower: folder or hub id of the CLIP tower; "" takes the checkpoint's own choice.
        tokenizer: folder with the tokenizer's files; "" takes the checkpoint's.
        max_new_tokens: longest answer, in tokens.
        context: tokens that a conversation may have, the image's included; 0 takes what the model was trained for, up
            to 2048.
        kv_cache: keep keys and values of earlier tokens; False runs the whole prefix for each token, to check by.
    """

    checkpoint: str = ""
    device: str = "auto"
    precision: Precision = Precision.AUTO
    mode: Mode = Mode.AUTO
    stop_after_mask: bool = False
    family: Family = Family.AUTO
    conversation: ConversationStyle = ConversationStyle.AUTO
    clip_crop: ClipCrop = ClipCrop.CENTER
    vision_tower: str = ""
    tokenizer: str = ""
    max_new_tokens: int = 256
    context: int = 0
    kv_cache: bool = True

    @classmethod
    def of(cls, **given: Any) -> Options:
        """Options from plain values, as a command line or a parameter file has them.

        Raises:
            SegmenterError: if there is no such option, or a value is not allowed; the message says which are.
        """
        known = {field.name: field for field in fields(cls)}
        if unknown := [name for name in given if name not in known]:
            # In the words of ../registry.py, which cannot see the options behind **options.
            raise SegmenterError(
                f"segmenter 'lisa' does not take {', '.join(unknown)}; its options are: {', '.join(known)}"
            )
        return cls(**{name: _checked(name, value, known[name].default) for name, value in given.items()})


def how_to_set(name: str, value: str) -> str:
    """How a further option is given to the command line and to the node, for messages."""
    return f"with --option {name}={value}, or with '{{{name}: {value}}}' in the node's parameter segmenter_options"


def _checked(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, Enum):
        return _choice(name, value, type(default))
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise SegmenterError(f"the option {name} is {value!r}: it must be true or false")
        return value
    if isinstance(default, int):
        if isinstance(value, bool) or not isinstance(value, int) or value < (0 if name == "context" else 1):
            raise SegmenterError(f"the option {name} is {value!r}: it must be a whole number above 0")
        return value
    return str(value)


def _choice(name: str, value: Any, kind: type[_Choice]) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(choice.value for choice in kind)
        raise SegmenterError(f"the option {name} is '{value}': it must be one of {allowed}") from None
