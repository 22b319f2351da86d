"""ROS 2 nodes: they turn messages into frames, call the library and turn its answers into messages."""
