"""The node `sim_camera`: a simulated RGB-D camera above a cluttered table."""

from __future__ import annotations

from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from ..simulation.camera import DEMO_SEED, SimulatedCamera
from .camera_publisher import CameraMessages, CameraPublisher
from .parameters import NodeParameters, Parameter
from .runtime import run_node

FRAME_ID = Parameter("frame_id", "camera_color_optical_frame", "Optical frame of the images.")
RATE = Parameter("rate", 15.0, "Frames per second.", 0.1, 120.0)
SIM_CAMERA_PARAMETERS = (
    RATE,
    Parameter("seed", DEMO_SEED, "Which scene: the same seed gives the same scene and the same noise.", 0, 2**31 - 1),
    FRAME_ID,
)


class SimCamera(Node):
    """Publishes colour, depth and camera info of a simulated scene."""

    def __init__(self, **options: Any) -> None:
        super().__init__("sim_camera", **options)
        parameters = NodeParameters(self, SIM_CAMERA_PARAMETERS)
        self._frame_id = parameters["frame_id"]
        self._publisher = CameraPublisher(self)
        self._camera = SimulatedCamera(seed=parameters["seed"])
        # In real time, so that there is a picture also while use_sim_time waits for a clock.
        self.create_timer(1 / parameters["rate"], self._capture, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.get_logger().info(f"simulating scene {parameters['seed']} at {parameters['rate']:g} Hz")

    def _capture(self) -> None:
        now = self.get_clock().now()
        frame = self._camera.capture(now.nanoseconds)
        self._publisher.publish(CameraMessages.of(frame, self._frame_id), now.to_msg())


def main(arguments: list[str] | None = None) -> int:
    """Run the simulated camera."""
    return run_node(SimCamera, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
