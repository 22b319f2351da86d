"""The segmenter node's topics, action and service: one table that the node uses and the README shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """A topic, action or service of the node.

    Attributes:
        direction: "subscribes", "publishes", "action" or "service".
        name: relative to the node's namespace; a leading ~/ stands for the node's name.
        type: "package/Type".
        qos: in words; empty for actions and services.
    """

    direction: str
    name: str
    type: str
    qos: str
    description: str


_SENSOR = "sensor data, can be overridden"
_RELIABLE = "reliable"
_LATCHED = "reliable, latched"

COLOR = Endpoint(
    "subscribes",
    "color/image_raw",
    "sensor_msgs/Image",
    _SENSOR,
    "colour: rgb8, bgr8, rgba8, bgra8, mono8 and others; or `CompressedImage` on `/compressed`",
)
DEPTH = Endpoint(
    "subscribes",
    "depth/image_raw",
    "sensor_msgs/Image",
    _SENSOR,
    "depth registered to colour: 16UC1 in millimetres or 32FC1 in metres; or `CompressedImage` on `/compressedDepth`",
)
CAMERA_INFO = Endpoint(
    "subscribes", "color/camera_info", "sensor_msgs/CameraInfo", _SENSOR, "intrinsics of the colour image"
)
INSTRUCTION = Endpoint(
    "subscribes",
    "instruction",
    "std_msgs/String",
    _RELIABLE,
    "what is wanted, in words; while one is being answered, a newer one replaces the one that waits",
)
INSTANCES = Endpoint(
    "publishes",
    "~/instances",
    "reason_seg_ros/SegmentedInstanceArray",
    _RELIABLE,
    "the answer to each instruction: masks, boxes and clouds of what was meant; header of the source image",
)
PARTIAL_INSTANCES = Endpoint(
    "publishes",
    "~/partial_instances",
    "reason_seg_ros/SegmentedInstanceArray",
    _RELIABLE,
    "status WORKING: all instances so far, whenever one is ready before the whole answer is; they keep their ids",
)
REPLY = Endpoint(
    "publishes",
    "~/reply",
    "reason_seg_ros/Reply",
    _RELIABLE,
    "status and text, also while the answer is being worked out; errors with a code and what to change",
)
CLOUD = Endpoint(
    "publishes",
    "~/cloud",
    "sensor_msgs/PointCloud2",
    _LATCHED,
    "x y z rgb instance_id of all instances, in the camera's optical frame; empty if there is no current answer",
)
MARKERS = Endpoint(
    "publishes",
    "~/markers",
    "visualization_msgs/MarkerArray",
    _LATCHED,
    "boxes and labels, for RViz; none if there is no current answer",
)
OVERLAY = Endpoint(
    "publishes",
    "~/overlay",
    "sensor_msgs/Image",
    _LATCHED,
    "rgb8: the masks drawn over the image; the bare image if there is no current answer",
)
LABEL_IMAGE = Endpoint(
    "publishes",
    "~/label_image",
    "sensor_msgs/Image",
    _LATCHED,
    "16UC1: each pixel's instance id, 0 for none; where masks overlap, the best one's; all 0 if there is no current "
    "answer",
)
DIAGNOSTICS = Endpoint(
    "publishes",
    "/diagnostics",
    "diagnostic_msgs/DiagnosticArray",
    _RELIABLE,
    "once a second: rates, what is missing, latency per stage, drops with reasons, state of the segmenter",
)
SEGMENT = Endpoint(
    "action",
    "~/segment",
    "reason_seg_ros/Segment",
    "",
    "the same as `instruction`, with feedback, result, error code and cancel; goals wait for their turn",
)
RESET = Endpoint(
    "service",
    "~/reset_conversation",
    "std_srvs/Trigger",
    "",
    "forgets what was said and the instances' ids",
)

ENDPOINTS = (
    COLOR, DEPTH, CAMERA_INFO, INSTRUCTION, INSTANCES, PARTIAL_INSTANCES, REPLY, CLOUD, MARKERS, OVERLAY, LABEL_IMAGE,
    DIAGNOSTICS, SEGMENT, RESET,
)  # fmt: skip


def markdown_table() -> str:
    """The interface as a Markdown table."""
    rows = ["| | name | type | QoS | |", "|---|---|---|---|---|"]
    rows += [f"| {e.direction} | `{e.name}` | {e.type} | {e.qos} | {e.description} |" for e in ENDPOINTS]
    return "\n".join(rows) + "\n"
