"""Small things of English that several messages need."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """A number of things: "1 frame", "2 frames"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(items: Sequence[str]) -> str:
    """An enumeration: "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def choices_text(choices: Sequence[str]) -> str:
    """What is allowed, with '' for the empty string: "'', raw, compressed"."""
    return ", ".join(choice or "''" for choice in choices)


def printable(text: str) -> str:
    """A model's words for a terminal: one line, with nothing in it that would steer the terminal."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in text)


def clipped(text: str, width: int) -> str:
    """The end of a text in one line of at most `width` characters, 1 or more: "…on the right"."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= width else f"…{line[len(line) - width + 1 :]}"
