"""The segmenter that needs no download: geometry, an object knowledge base and a sentence encoder."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from ...errors import InstructionError, NoDepthError, SegmenterError
from ...frame import Frame
from ...reply import Conversation, Reply, Status, Step
from ..base import Listener
from .grounding.decide import decide_all, overall
from .grounding.describe import describe
from .grounding.evidence import Evidence
from .grounding.explain import explain, segments, steps
from .grounding.history import expanded, referred
from .grounding.kind_table import KindTable
from .grounding.resolve import Resolver
from .knowledge.base import load_knowledge
from .language.embedding_cache import EmbeddingCache
from .language.encoder import SentenceEncoder
from .language.hypothesis import Reading
from .language.intent import Description, Intent
from .language.lexicon import Lexicon
from .language.meaning import Meaning
from .language.parser import parse
from .language.small_talk import small_talk
from .proposals.propose import propose

_MIN_DEPTH_PIXELS = 100


class EmbeddedSegmenter:
    """Answers in three steps: what is meant (language), what is there (geometry), which one it is (grounding).

    What is there is worked out once per frame object and kept for later questions about it.

    Args:
        objects_file: a YAML file with objects of the user's own, in the format of docs/objects.md; "" for none.
    """

    name = "embedded"

    def __init__(self, objects_file: str = "") -> None:
        self.objects_file = objects_file
        self._meaning: Meaning | None = None
        self._lexicon: Lexicon | None = None
        self._table: KindTable | None = None
        self._frame: weakref.ref[Frame] | None = None
        self._evidence: Evidence | None = None

    def load(self, listener: Listener | None = None) -> None:
        """Load the knowledge base and the sentence encoder.

        Raises:
            KnowledgeError: if the objects file cannot be read.
        """
        listener = listener or Listener()
        if self._meaning is not None:
            return
        listener.stage("load")
        knowledge = load_knowledge(self.objects_file or None)
        encoder = SentenceEncoder()
        self._lexicon = Lexicon.of(knowledge.kinds, encoder.words)
        self._table = KindTable(knowledge.kinds)
        self._meaning = Meaning(knowledge.kinds, encoder, EmbeddingCache(encoder))

    def close(self) -> None:
        """Release the encoder and what is known of the last frame."""
        self._meaning = self._table = self._frame = self._evidence = None

    def ask(
        self,
        frame: Frame,
        instruction: str,
        conversation: Conversation | None = None,
        listener: Listener | None = None,
    ) -> Reply:
        """Answer an instruction on a frame; see `base.Segmenter.ask`."""
        listener = listener or Listener()
        if not instruction.strip():
            raise InstructionError("the instruction is empty: say what you want, for example 'the red mug'")
        self.load(listener)
        clock = _Clock(listener)
        if answer := small_talk(instruction):
            listener.text(answer)
            return Reply(Status.ABSENT, answer, steps=(Step("meant", "nothing to look for"),))
        with clock.stage("understand"):
            intent = self._understand(instruction, conversation)
        if np.count_nonzero(frame.has_depth) < _MIN_DEPTH_PIXELS:
            raise NoDepthError(
                "the depth image has no pixel, or hardly any, with a depth: uncover the camera, keep its least "
                "distance, and check that it publishes registered depth in metres or millimetres"
            )
        with clock.stage("propose"):
            evidence = self._look(frame)
        with clock.stage("ground"):
            reply = self._ground(intent, evidence, conversation)
        listener.text(reply.text)
        return Reply(reply.status, reply.text, reply.segments, reply.steps, clock.milliseconds, reply.up)

    def _understand(self, instruction: str, conversation: Conversation | None) -> Intent:
        lexicon = self._lexicon
        assert lexicon is not None  # loaded together with the meaning
        return expanded(parse(instruction, lexicon), conversation, lambda text: parse(text, lexicon))

    def _look(self, frame: Frame) -> Evidence:
        """What is in a frame: from memory if it is the last frame."""
        if self._evidence is not None and self._frame is not None and self._frame() is frame:
            return self._evidence
        assert self._table is not None
        evidence = Evidence(describe(frame, propose(frame)), self._table)
        evidence.prepare()
        self._evidence, self._frame = evidence, weakref.ref(frame)
        return evidence

    def _ground(self, intent: Intent, evidence: Evidence, conversation: Conversation | None) -> Reply:
        before = referred(conversation, evidence.candidates)
        resolver = Resolver(evidence, self._reader(intent), before)
        decisions = decide_all(intent, [resolver.resolve(target) for target in intent.targets], evidence)
        words = explain(intent, decisions, evidence)
        return Reply(
            status=overall(decisions),
            text=words.text,
            segments=segments(decisions, words, evidence),
            steps=steps(intent, decisions, evidence),
            up=evidence.described.scenery.up,
        )

    def _reader(self, intent: Intent) -> Callable[[Description], Reading]:
        """Reads descriptions; the whole instruction helps to read its only target."""
        meaning = self._loaded
        alone = intent.targets[0] if len(intent.targets) == 1 else None
        return lambda described: meaning.of(described, intent.instruction if described is alone else "")

    @property
    def _loaded(self) -> Meaning:
        if self._meaning is None:
            raise SegmenterError("the embedded segmenter is closed: load it before asking")
        return self._meaning


class _Clock:
    """Times the stages, tells the listener of each and lets it cancel in between."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._listener.check()
        self._listener.stage(name)
        start = time.perf_counter()
        yield
        self.milliseconds[name] = 1000 * (time.perf_counter() - start)
