"""What the package logs by Python's `logging`, in a node's log: segmenters know nothing of ROS."""

from __future__ import annotations

import logging

from rclpy.node import Node

PACKAGE_LOGGER = logging.getLogger("reason_seg_ros")


class NodeLogHandler(logging.Handler):
    """Hands the records of the package's logger to a node's; the node's log level decides which are shown.

    Records do not say which node they are about, so with several nodes in a process each hears all. A node that cannot
    log any more, because ROS has been shut down, drops them without a word.
    """

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._node = node

    def attach(self) -> None:
        """Begin to hear; nothing happens if it hears already."""
        if PACKAGE_LOGGER.level == logging.NOTSET:
            PACKAGE_LOGGER.setLevel(logging.DEBUG)  # the root's, WARNING, would keep the others from the node
        PACKAGE_LOGGER.addHandler(self)

    def detach(self) -> None:
        """Hear no more."""
        PACKAGE_LOGGER.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record; never raises."""
        try:
            if self._node.context.ok():
                self._log(self.format(record), record.levelno)
        except Exception:  # a record that cannot be formatted, or a context that ends meanwhile
            return

    def _log(self, text: str, level: int) -> None:
        # A line for each: rclpy refuses two severities from one.
        logger = self._node.get_logger()
        if level >= logging.CRITICAL:
            logger.fatal(text)
        elif level >= logging.ERROR:
            logger.error(text)
        elif level >= logging.WARNING:
            logger.warning(text)
        elif level >= logging.INFO:
            logger.info(text)
        else:
            logger.debug(text)
