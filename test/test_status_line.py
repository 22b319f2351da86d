"""The terminal while a segmenter works: its log is shown, and only then."""

from __future__ import annotations

import logging

import pytest

from reason_seg_ros.cli.status_line import StatusLine


def test_information_and_warnings_are_shown_while_it_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    log, package = logging.getLogger("reason_seg_ros.segmenters.somebody"), logging.getLogger("reason_seg_ros")
    level = package.level
    with StatusLine() as status:
        status.stage("load")
        log.debug("not this")
        log.info("needs %d GB", 17)
        log.warning("three turns are left out")
    log.info("nor this")
    assert capsys.readouterr().err == "reason-seg: needs 17 GB\nreason-seg: three turns are left out\n"
    assert package.level == level
    assert not package.handlers
