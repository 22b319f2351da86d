"""Parameters of the nodes: one table for each, which declares, checks and documents them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ReasonSegError
from ..segmenters.lisa.options import Mode, Precision
from .wording import choices_text

Value = bool | int | float | str
_TYPE_NAMES = {bool: "bool", int: "int", float: "double", str: "string"}
# When a parameter is read.
START, CONFIGURE, ACTIVATE, ANY_TIME = "start", "configure", "activate", "any time"


class ParameterError(ReasonSegError):
    """A parameter of a node, or a file of them, that cannot be used."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a node.

    Attributes:
        default: its type is the parameter's type.
        low, high: inclusive range of a number, None for none.
        choices: the strings that are allowed, empty for any.
        read: when the node reads it, and so until when it may change.
    """

    name: str
    default: Value
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    read: str = START

    @property
    def type_name(self) -> str:
        """Its type as ROS calls it."""
        return _TYPE_NAMES[type(self.default)]

    @property
    def limits(self) -> str:
        """What is allowed, in words; empty for anything."""
        if self.choices:
            return choices_text(self.choices)
        return "" if self.low is None else f"{self.low:g} to {self.high:g}"

    def refusal(self, value: Any) -> str:
        """Why a value is not allowed; empty if it is."""
        if self.choices and value not in self.choices:
            return f"{self.name} is '{value}': it must be one of {self.limits}"
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            return f"{self.name} is {value}: it must be from {self.limits}"
        return ""


# Those that go to the segmenter's class as options of the same name, where they are not left at their default.
SEGMENTER_OPTIONS = ("checkpoint", "device", "precision", "mode", "stop_after_mask", "objects_file")

PARAMETERS = (
    Parameter(
        "segmenter", "embedded", "Segmenter to answer with: its name, or module:Class of your own.", read=CONFIGURE
    ),
    Parameter(
        "checkpoint",
        "",
        "Weights of a segmenter that loads some: a folder in their published layout, or a hub id.",
        read=CONFIGURE,
    ),
    Parameter("device", "", "Where such a segmenter computes: auto, cuda, cuda:1, cpu.", read=CONFIGURE),
    Parameter(
        "precision",
        "",
        "Number format of its weights.",
        choices=("", *(precision.value for precision in Precision)),
        read=CONFIGURE,
    ),
    Parameter(
        "mode",
        "",
        "What it is asked for: masks, words, or both.",
        choices=("", *(mode.value for mode in Mode)),
        read=CONFIGURE,
    ),
    Parameter(
        "stop_after_mask",
        False,
        "End its answer as soon as its first mask is there, without the words.",
        read=CONFIGURE,
    ),
    Parameter(
        "segmenter_options",
        "",
        "Further options of the segmenter as a YAML mapping, for example '{beam: 4}'; empty for none.",
        read=CONFIGURE,
    ),
    Parameter(
        "objects_file",
        "",
        "YAML file with objects of your own for the embedded segmenter; empty for none.",
        read=CONFIGURE,
    ),
    Parameter(
        "image_transport",
        "raw",
        "How colour arrives: on color/image_raw, or on the topic's /compressed.",
        choices=("raw", "compressed"),
        read=ACTIVATE,
    ),
    Parameter(
        "depth_image_transport",
        "raw",
        "How depth arrives: on depth/image_raw, or on the topic's /compressedDepth.",
        choices=("raw", "compressedDepth"),
        read=ACTIVATE,
    ),
    Parameter(
        "target_frame",
        "",
        "Frame for poses and boxes, looked up with tf2 at the image's stamp; boxes then stand upright along its z axis "
        "(up by REP-103, unless it is an optical frame). Empty: the camera's optical frame.",
        read=ACTIVATE,
    ),
    Parameter(
        "transform_timeout", 0.2, "Seconds to wait for the transform at the image's stamp.", 0.0, 10.0, read=ACTIVATE
    ),
    Parameter("autostart", True, "Configure and activate at start, without a lifecycle manager."),
    Parameter(
        "slop",
        0.03,
        "Seconds by which the stamps of colour, depth and camera info may differ.",
        0.0,
        1.0,
        read=ANY_TIME,
    ),
    Parameter(
        "max_frame_age", 0.5, "Seconds that a frame may be old when it is asked about.", 0.01, 60.0, read=ANY_TIME
    ),
    Parameter("frame_timeout", 5.0, "Seconds that an instruction waits for a frame.", 0.0, 120.0, read=ANY_TIME),
    Parameter("max_instruction_length", 1000, "Characters that an instruction may have.", 1, 100_000, read=ANY_TIME),
    Parameter("max_queued_goals", 8, "Action goals that may wait for their turn.", 0, 1000, read=ANY_TIME),
    Parameter(
        "marker_lifetime",
        0.0,
        "Seconds that markers stay; 0 keeps them until the next answer.",
        0.0,
        3600.0,
        read=ANY_TIME,
    ),
)


class NodeParameters:
    """Declares the table on a node, keeps the values and watches over changes.

    Args:
        node: any rclpy node.
        table: its parameters.
        changed: called after a change, with the new values.
        obstacle: what has to be done before a parameter that is read then may change, "" if nothing; asked for those
            that are read on configure or activate.

    Raises:
        ParameterError: if a value given at start has another type, is out of range or not among the choices.
    """

    def __init__(
        self,
        node: Any,
        table: Sequence[Parameter],
        changed: Callable[[dict[str, Any]], None] = lambda changes: None,
        obstacle: Callable[[str], str] = lambda read: "",
    ) -> None:
        self._table = {parameter.name: parameter for parameter in table}
        self._changed = changed
        self._obstacle = obstacle
        self._values = {parameter.name: _declared(node, parameter) for parameter in table}
        node.add_on_set_parameters_callback(self._on_set)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def _on_set(self, changes: Sequence[Any]) -> Any:
        from rcl_interfaces.msg import SetParametersResult

        ours = {change.name: change.value for change in changes if change.name in self._table}
        for name, value in ours.items():
            parameter = self._table[name]
            refusal = parameter.refusal(value)
            obstacle = self._obstacle(parameter.read)
            if not refusal and obstacle and value != self._values[name]:
                refusal = f"{name} is read on {parameter.read}: {obstacle}, or start it with the new value"
            if refusal:
                return SetParametersResult(successful=False, reason=refusal)
        self._values.update(ours)
        if ours:
            self._changed(ours)
        return SetParametersResult(successful=True)


def markdown_table(table: Sequence[Parameter] = PARAMETERS) -> str:
    """Parameters as a Markdown table."""
    rows = ["| parameter | type | default | allowed | read at | description |", "|---|---|---|---|---|---|"]
    for parameter in table:
        kind = parameter.type_name
        default = str(parameter.default).lower() if kind == "bool" else f"{parameter.default}"
        rows.append(
            f"| `{parameter.name}` | {kind} | `{default or repr('')}` | {parameter.limits} | {parameter.read} "
            f"| {parameter.description} |"
        )
    return "\n".join(rows) + "\n"


def parameter_arguments(values: Mapping[str, str | bool]) -> list[str]:
    """ROS arguments that set parameters; text stays text, also if it looks like a number or a mapping."""
    words = []
    for name, value in values.items():
        written = str(value).lower() if isinstance(value, bool) else "'" + value.replace("'", "''") + "'"
        words += ["-p", f"{name}:={written}"]
    return words


def _declared(node: Any, parameter: Parameter) -> Any:
    """Declare a parameter and return its value."""
    from rclpy.exceptions import ParameterException

    try:
        value = node.declare_parameter(parameter.name, parameter.default, _descriptor(parameter)).value
    except ParameterException as error:
        limits = f" from {parameter.limits}" if parameter.low is not None else ""
        raise ParameterError(
            f"parameter {parameter.name} of {node.get_fully_qualified_name()} must be a {parameter.type_name}{limits}: "
            f"{error}"
        ) from error
    if refusal := parameter.refusal(value):
        raise ParameterError(f"parameter {refusal} (node {node.get_fully_qualified_name()})")
    return value


def _descriptor(parameter: Parameter) -> Any:
    from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

    descriptor = ParameterDescriptor(description=parameter.description, read_only=parameter.read == START)
    choices = f"one of {parameter.limits}; " if parameter.choices else ""
    descriptor.additional_constraints = f"{choices}read at {parameter.read}"
    if isinstance(parameter.default, float) and parameter.low is not None:
        descriptor.floating_point_range = [FloatingPointRange(from_value=parameter.low, to_value=parameter.high)]
    elif parameter.low is not None and parameter.high is not None:
        descriptor.integer_range = [IntegerRange(from_value=int(parameter.low), to_value=int(parameter.high), step=1)]
    return descriptor
