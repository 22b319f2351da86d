"""The demo: a simulated camera and the segmenter in processes of their own, and a dialogue with them over DDS."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rclpy

from ..reply import Status
from ..simulation.camera import DEMO_SEED, SimulatedCamera
from ..simulation.questions import Query
from .demo_client import DemoClient, Heard
from .demo_report import Terminal, full_mask, remove_results, save, write_answers
from .messages import STATUS_CODES
from .parameters import parameter_arguments
from .programs import ProgramError, Programs, running
from .runtime import end, spin_in_thread

CAMERA_HZ = 20.0
WANTED_HZ = 15.0
_START_TIMEOUT = 60.0
_LOADING_TIMEOUT = 1800.0
_ANSWER_TIMEOUT = 30.0
_RIGHT = 0.5  # IoU above which an answer counts as right
_KINDS = ("explicit", "attribute", "spatial", "affordance", "multi", "absent", "knowledge")


def run_demo(out: Path, segmenter: Mapping[str, str | bool], view: bool = False, seed: int = DEMO_SEED) -> int:
    """Start everything, hold the dialogue, write the results to a folder; those of an earlier demo go.

    Args:
        out: the folder.
        segmenter: the segmenter node's parameters.
        view: also show it in the browser.
        seed: which scene.

    Returns:
        0 if every instruction was answered; a camera that is slower than wanted is told but no failure.
    """
    out.mkdir(parents=True, exist_ok=True)
    remove_results(out)
    terminal = Terminal()
    terminal.say("starting the simulated camera and the segmenter, each in a process of its own")
    try:
        with running(_programs(seed, segmenter, view), out) as programs:
            patience = _LOADING_TIMEOUT if segmenter.get("checkpoint") else _START_TIMEOUT
            return _run(programs, SimulatedCamera(seed), view, terminal, out, patience)
    except ProgramError as error:
        terminal.say(str(error), 31)
        return 1
    except KeyboardInterrupt:
        terminal.say()
        return 130


def _programs(seed: int, segmenter: Mapping[str, str | bool], view: bool) -> dict[str, list[str]]:
    """Each program's ROS arguments."""
    programs = {
        "sim_camera": ["-p", f"rate:={CAMERA_HZ}", "-p", f"seed:={seed}"],
        "segmenter": parameter_arguments(segmenter),
    }
    if view:
        programs["viewer"] = ["-p", "open_browser:=true"]
    return programs


def _run(programs: Programs, scene: SimulatedCamera, view: bool, terminal: Terminal, out: Path, patience: float) -> int:
    rclpy.init()
    client = DemoClient()
    thread = spin_in_thread(client)
    try:
        programs.wait_until(lambda: client.ready, patience, lambda: _show_start(client, terminal))
        terminal.say("both are ready")
        failures = _dialogue(client, scene, terminal, out)
        if view:
            _stay(client, programs, terminal)
        return 1 if failures else 0
    finally:
        end([client], [thread])


def _show_start(client: DemoClient, terminal: Terminal) -> None:
    """Show what the start waits for.

    Raises:
        ProgramError: if that is a segmenter that could not be loaded.
    """
    if client.failure:
        raise ProgramError(f"the segmenter cannot be used: {client.failure}")
    terminal.progress(client.state)


def _dialogue(client: DemoClient, scene: SimulatedCamera, terminal: Terminal, out: Path) -> int:
    """Ask one question of each kind; returns how many were not answered."""
    rate = client.measure_rate(2.0)
    terminal.say(f"camera: 640x480 colour, depth and camera info at {rate:.1f} Hz over DDS")
    if rate < WANTED_HZ:
        terminal.say(f"  that is less than {WANTED_HZ:g} Hz: this machine is busy or slow", 33)
    records: list[dict[str, Any]] = []
    failures = 0
    truth_ids = scene.truth()[0].ids
    for number, query in enumerate(_one_of_each_kind(scene.questions()), 1):
        terminal.say()
        terminal.say(f"{number}. {query.instruction}   ({query.kind})", 1)
        heard = client.ask(query.instruction, _ANSWER_TIMEOUT, terminal.progress)
        if heard is None:
            terminal.say(f"  no answer within {_ANSWER_TIMEOUT:g} s", 31)
            failures += 1
            continue
        terminal.answer(heard.array)
        record = save(heard, number, query.kind, out)
        iou = _agreement(heard, query, truth_ids)
        record["iou_with_truth"] = round(iou, 3)
        terminal.say(f"    {'right' if iou > _RIGHT else 'wrong'} by the simulation's truth: IoU {iou:.2f}", 2)
        failures += heard.array.status not in STATUS_CODES.values()
        records.append(record)
    write_answers(out / "answers.json", records, rate)
    terminal.say()
    right = sum(record["iou_with_truth"] > _RIGHT for record in records)
    terminal.say(f"{len(records)} answers, {right} of them right; pictures, clouds and answers.json are in {out}/")
    return failures


def _one_of_each_kind(queries: Sequence[Query]) -> list[Query]:
    first = {query.kind: query for query in reversed(queries)}
    return [first[kind] for kind in _KINDS if kind in first]


def _agreement(heard: Heard, query: Query, ids: np.ndarray) -> float:
    """IoU of the answer's masks with the true ones; 1 for an absent target that was not found."""
    answered = heard.array.instances
    if heard.array.status == STATUS_CODES[Status.AMBIGUOUS]:
        answered = answered[:1]
    elif heard.array.status != STATUS_CODES[Status.FOUND]:
        answered = []
    masks = [full_mask(instance, ids.shape) for instance in answered]
    predicted = np.any(masks, axis=0) if masks else np.zeros(ids.shape, bool)
    true = np.isin(ids, query.target_ids)
    union = np.count_nonzero(predicted | true)
    return float(np.count_nonzero(predicted & true) / union) if union else 1.0


def _stay(client: DemoClient, programs: Programs, terminal: Terminal) -> None:
    """Leave everything up until Ctrl-C; what is typed is asked."""
    programs.wait_until(lambda: "http" in programs.log("viewer"), _START_TIMEOUT)
    url = next(word for word in programs.log("viewer").split() if word.startswith("http"))
    terminal.say()
    terminal.say(f"The viewer is at {url}", 1)
    terminal.say("Ctrl-C ends it." + (" Type an instruction to ask it." if sys.stdin.isatty() else ""))
    while True:
        programs.check()
        if not sys.stdin.isatty():
            time.sleep(0.5)
            continue
        try:
            instruction = input("> ")
        except EOFError:
            return
        heard = client.ask(instruction, _ANSWER_TIMEOUT, terminal.progress)
        if heard is not None:
            terminal.answer(heard.array)
