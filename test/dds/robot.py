"""A segmenter node that is led from one checkpoint of the segmenter 'lisa' to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from person import Person

from reason_seg_ros.msg import Reply, SegmentedInstanceArray

# What the parameters are without a test's own.
USUAL: dict[str, Any] = {
    "segmenter": "lisa",
    "segmenter_options": "",
    "device": "",
    "precision": "",
    "mode": "",
    "stop_after_mask": False,
}


class Robot:
    """A segmenter node, led from one checkpoint to the next, with a person who talks to it.

    Args:
        person: who talks.
        checkpoint: the usual one.
        used: the checkpoint that the node has been started with.
    """

    def __init__(self, person: Person, checkpoint: Path, used: Path) -> None:
        self.person = person
        self.checkpoint = checkpoint
        self._used = USUAL | {"checkpoint": str(used)}

    def use(self, **values: Any) -> None:
        """Let the node answer with what parameters name, those that are not given being as usual."""
        wanted = USUAL | {"checkpoint": str(self.checkpoint)} | values
        if wanted != self._used or self.person.state != "active":
            assert self.configure(wanted)
            assert self.person.change_state("activate")

    def configure(self, values: dict[str, Any]) -> bool:
        """Clean the node up, change parameters and configure it; whether that succeeded."""
        for state, transition in (("active", "deactivate"), ("inactive", "cleanup")):
            if self.person.state == state:
                assert self.person.change_state(transition)
        for name, value in values.items():
            if value != self._used.get(name):
                assert self.person.set_parameter(name, value).successful
        self._used = self._used | values
        return self.person.change_state("configure")

    def partials(self, request_id: str) -> list[SegmentedInstanceArray]:
        """What was told early about a request."""
        return [array for array in self.person.partials if array.request_id == request_id]

    def texts(self, request_id: str) -> list[str]:
        """The words of a request, as they grew."""
        told = [r for r in self.person.replies if r.request_id == request_id and r.status == Reply.WORKING]
        return list(dict.fromkeys(reply.text for reply in told if reply.text))
