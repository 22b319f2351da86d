"""Fast DDS's profile for large images: which variable names it, and when. Imports nothing of ROS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# Fast DDS 2 (Humble to Jazzy) reads the older name; Fast DDS 3 (Kilted, the wheels) complains about it.
_OLDER, _NEWER = "FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE"
_FAST_DDS_2 = ("humble", "iron", "jazzy")
_CHOICES = (_OLDER, _NEWER, "FASTDDS_BUILTIN_TRANSPORTS")


def profile_setting(profile: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to an environment for Fast DDS to read a profile; nothing if its user has chosen transports.

    env.sh has the same rule.
    """
    if any(environment.get(name) for name in _CHOICES):
        return {}
    return {_OLDER if environment.get("ROS_DISTRO") in _FAST_DDS_2 else _NEWER: str(profile)}
