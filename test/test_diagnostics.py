"""What /diagnostics says of the answers."""

from __future__ import annotations

import pytest

pytest.importorskip("diagnostic_msgs.msg", reason="needs ROS 2's messages: run `make setup`, then `. ./env.sh`")
pytest.importorskip("reason_seg_ros.msg", reason="needs the built messages: run `make setup`, then `. ./env.sh`")

from diagnostic_msgs.msg import DiagnosticStatus

from reason_seg_ros.msg import Reply, SegmentedInstanceArray
from reason_seg_ros.nodes.answering import Outcome
from reason_seg_ros.nodes.diagnostics import AnswerStatistics


def test_a_complaint_stands_until_the_next_instruction_or_the_next_activation() -> None:
    statistics = AnswerStatistics()
    assert statistics.status("answers", 0).message == "no instruction yet"
    early = SegmentedInstanceArray(status=Reply.ERROR, error_code=Reply.NOT_ACTIVE, text="it is loading")
    statistics.count(Outcome(Reply(), early))
    status = statistics.status("answers", 0)
    assert (status.level, status.message) == (DiagnosticStatus.WARN, "NOT_ACTIVE: it is loading")
    statistics.begin()
    status = statistics.status("answers", 0)
    assert (status.level, status.message) == (DiagnosticStatus.OK, "1 instruction")
