"""`reason-seg bringup`: the ROS nodes in one process, where launch is not installed."""

from __future__ import annotations

import argparse
from typing import Any

from .arguments import add_command
from .ros import ros_nodes


def add(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "bringup",
        run,
        "start the ROS nodes in one process, with the arguments of bringup.launch.py",
        "Start segmenter, camera and viewer in one process. Takes the arguments of bringup.launch.py as NAME:=VALUE, "
        "for example:\n\n  reason-seg bringup camera:=sim viewer:=true",
    )
    parser.add_argument("values", nargs="*", metavar="NAME:=VALUE", help="an argument of bringup")
    parser.set_defaults(parser=parser)
    parser.add_argument("-s", "--show-args", action="store_true", help="describe the arguments of bringup and leave")


def run(arguments: argparse.Namespace) -> int:
    """Describe the arguments, or run the nodes until interrupted."""
    with ros_nodes():
        from ..nodes import compose
    if arguments.show_args:
        print(compose.describe_arguments())
        return 0
    try:
        values = compose.read_arguments(arguments.values)
    except compose.BringupError as error:
        arguments.parser.error(str(error))
    return compose.bringup(values)
