"""What programs take of the machine."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Whose usage: a container of a pod, by the pod's uid and its name."""

    uid: str
    container: str


MACHINE = Place("", "")
"""All that runs on the machine."""


class Sample(NamedTuple):
    """The processor time that a place has used up to a moment: both in seconds, any zero."""

    at: float
    cpu: float


class Usage(NamedTuple):
    """Processors in use, as the mean over the last `window` seconds, and bytes of memory."""

    cores: float
    memory: int
    window: float
