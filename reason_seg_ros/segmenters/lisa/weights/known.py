"""The published checkpoints of the LISA family and the vision towers that they use. Imports nothing heavy.

Licences, sizes and checksums are those that the publishers' pages state; what they do not state is not filled in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from ..memory.budget import Budget, Parameters
from ..options import Family, Precision

# Names from this likeness on are suggested, at most so many; one that begins as an id does counts as this alike.
_ALIKE, _SHOWN, _BEGINS = 0.75, 3, 0.9
_NAME = re.compile(r"\w[\w+-]*(\.[\w+-]+)*(/\w[\w.+-]*)?")
NOT_STATED = "not stated"
CLIP_224, CLIP_336 = "openai/clip-vit-large-patch14", "openai/clip-vit-large-patch14-336"


@dataclass(frozen=True)
class Sizes:
    """Of a checkpoint's network: as in its config.json, and the numbers of linear layers of its projector."""

    hidden: int
    intermediate: int
    layers: int
    vocabulary: int
    projector_layers: int


_7B = (4096, 11008, 32)
_13B = (5120, 13824, 40)


@dataclass(frozen=True)
class Known:
    """A published checkpoint.

    Attributes:
        id: on the hub.
        family: which system it belongs to.
        what: what it can do, in a few words.
        licence: as its publisher states it; weights derived from others' are bound by theirs too.
        base: the model that it was trained from.
        gigabytes: to download, 1e9 bytes; None where it is not known.
        sizes: of its network.
        sha256: of those of its files whose checksum is known, by name.
        supported: false if it is of another layout than this package reads.
    """

    id: str
    family: Family
    what: str
    licence: str
    base: str
    gigabytes: float | None
    sizes: Sizes
    sha256: Mapping[str, str] = field(default_factory=dict)
    supported: bool = True

    def budget(self, precision: Precision, context: int = 2048) -> Budget:
        """What it takes while it answers."""
        sizes = self.sizes
        shape = (sizes.hidden, sizes.intermediate, sizes.layers)
        parameters = Parameters.of_sizes(*shape, sizes.vocabulary, sizes.projector_layers)
        return Budget.of_sizes(*shape, parameters, precision, context)


@dataclass(frozen=True)
class KnownTower:
    """A published vision tower."""

    id: str
    what: str
    licence: str
    gigabytes: float
    sha256: Mapping[str, str] = field(default_factory=dict)


CHECKPOINTS = (
    Known(
        id="xinlai/LISA-7B-v1",
        family=Family.LISA,
        what="one mask per question",
        licence=NOT_STATED,
        base="LLaVA-Lightning-7B-v1-1 (LLaMA)",
        gigabytes=16.1,
        sizes=Sizes(*_7B, vocabulary=32004, projector_layers=1),
        sha256={"pytorch_model-00002-of-00002.bin": "9290b230d2a80c782a21b508eff2da04ed373188f31e023302d73c18e55c28b6"},
    ),
    Known(
        id="xinlai/LISA-7B-v1-explanatory",
        family=Family.LISA,
        what="one mask and why",
        licence=NOT_STATED,
        base="LLaVA-Lightning-7B-v1-1 (LLaMA)",
        gigabytes=16.1,
        sizes=Sizes(*_7B, vocabulary=32004, projector_layers=1),
        sha256={"pytorch_model-00002-of-00002.bin": "8db6d703169c626e2f83b133ac5788adfb35a05024d200e1cb687d7780c1a75d"},
    ),
    Known(
        id="xinlai/LISA-13B-llama2-v1",
        family=Family.LISA,
        what="one mask per question",
        licence=NOT_STATED,
        base="llava-llama-2-13b-chat (Llama 2)",
        gigabytes=28.7,
        sizes=Sizes(*_13B, vocabulary=32003, projector_layers=1),
        sha256={"pytorch_model-00003-of-00003.bin": "852696043ebc76a8b2f382d0dee91faf85d814b5e25440688466bcc406d4b2be"},
    ),
    Known(
        id="xinlai/LISA-13B-llama2-v1-explanatory",
        family=Family.LISA,
        what="one mask and why",
        licence=NOT_STATED,
        base="llava-llama-2-13b-chat (Llama 2)",
        gigabytes=28.7,
        sizes=Sizes(*_13B, vocabulary=32003, projector_layers=1),
        sha256={
            "pytorch_model-00001-of-00003.bin": "ac55a74eeeff7c594faefc59ec28cf2351eb2caf4e2ef747a72e566802bf0f79",
            "pytorch_model-00003-of-00003.bin": "50ac03c112dcc0b405889dd4bedda93ff65ecaa16fe880a018ea419c6f31a5bd",
        },
    ),
    Known(
        id="xinlai/LISA-13B-llama2-v0-explanatory",
        family=Family.LISA,
        what="older",
        licence=NOT_STATED,
        base="llava-llama-2-13b-chat (Llama 2)",
        gigabytes=None,
        sizes=Sizes(*_13B, vocabulary=32003, projector_layers=1),
        supported=False,
    ),
    Known(
        id="Senqiao/LISA_Plus_7b",
        family=Family.LISA_PLUS,
        what="mask per thing, dialogue",
        licence="apache-2.0",
        base="LLaVA-1.5 7B (Llama 2)",
        gigabytes=16.3,
        sizes=Sizes(*_7B, vocabulary=32001, projector_layers=2),
        sha256={"pytorch_model-00001-of-00002.bin": "ed131fed56c67a10e20ce8fc71dc95860527e308fbfeab25a0e90399c547cf05"},
    ),
    Known(
        id="tsunghanwu/SESAME",
        family=Family.SESAME,
        what="says what is absent",
        licence="mit",
        base="LLaVA-1.5 7B (Llama 2)",
        gigabytes=16.2,
        sizes=Sizes(*_7B, vocabulary=32003, projector_layers=2),
    ),
    Known(
        id="tsunghanwu/SESAME_minus",
        family=Family.SESAME,
        what="SESAME without negatives",
        licence="mit",
        base="LLaVA-1.5 7B (Llama 2)",
        gigabytes=16.2,
        sizes=Sizes(*_7B, vocabulary=32003, projector_layers=2),
    ),
)

TOWERS = (
    KnownTower(
        id=CLIP_224,
        what="vision tower, 224 px",
        licence=NOT_STATED,
        gigabytes=1.7,
        sha256={"model.safetensors": "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb"},
    ),
    KnownTower(id=CLIP_336, what="vision tower, 336 px", licence=NOT_STATED, gigabytes=1.7),
)


def find(hub_id: str) -> Known | KnownTower | None:
    """The known checkpoint or tower of this id, if it is one."""
    return next((known for known in (*CHECKPOINTS, *TOWERS) if known.id == hub_id), None)


def did_you_mean(name: str) -> str:
    """A question with the known ids that a name may stand for, with a space before it; "" if there are none.

    Args:
        name: as a person typed it, with or without its owner. A known id, or a path, means itself.
    """
    if find(name) is not None or not _NAME.fullmatch(name):
        return ""
    ids = [known.id for known in (*CHECKPOINTS, *TOWERS) if not isinstance(known, Known) or known.supported]
    likeness = {each: _likeness(name.lower(), each.lower()) for each in ids}
    best = max(likeness.values())
    least = 1.0 if best == 1.0 else _ALIKE
    near = sorted((each for each in ids if likeness[each] >= least), key=lambda each: -likeness[each])
    return f" Did you mean {' or '.join(near[:_SHOWN])}?" if near else ""


def _likeness(name: str, hub_id: str) -> float:
    """How alike a name and an id are, from 0 to 1: without their owners, or whole."""
    tail, own = (each.rpartition("/")[2] for each in (name, hub_id))
    if tail == own:
        return 1.0
    begins = _BEGINS if len(tail) > 2 and own.startswith(tail) else 0.0
    whole = SequenceMatcher(None, name, hub_id).ratio()
    return max(begins, whole, SequenceMatcher(None, tail, own).ratio())


def smallest() -> Known:
    """The supported checkpoint that takes the least memory."""
    return min((each for each in CHECKPOINTS if each.supported), key=lambda each: each.budget(Precision.INT4).total)
