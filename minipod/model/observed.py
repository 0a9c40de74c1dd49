"""What is known of a pod's containers, folded from its journal."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Failure(msgspec.Struct, frozen=True):
    """Why a container could not be started: the step, the kernel's errno (0: none), the words."""

    step: str
    errno: int
    message: str


class Attempt(msgspec.Struct, frozen=True):
    """One run of a container; times in seconds since the epoch, pid in the host's numbers.

    `image` is what it is an attempt of; None if its sandbox, of an older version, did not tell.
    `finished` is None while it runs. `code` is 128 + signal when a signal ended it. `restart_at`
    is when the sandbox will start the next attempt by itself, None when it was not told to. `lost`:
    nobody saw how it ended, for the machine did.
    """

    number: int
    id: str
    pid: int
    started: float
    finished: float | None = None
    code: int = 0
    signal: int = 0
    failure: Failure | None = None
    restart_at: float | None = None
    lost: bool = False
    image: str | None = None

    @property
    def running(self) -> bool:
        """Whether this attempt has begun and not ended."""
        return self.finished is None


class ContainerFacts(msgspec.Struct, frozen=True):
    """A container's newest attempt, the one before, and the restarts that the back-off counts."""

    current: Attempt
    previous: Attempt | None = None
    restarts_in_row: int = 0


class History(msgspec.Struct, frozen=True):
    """All that a journal tells: containers that ever began, by name; and the last warnings."""

    containers: Mapping[str, ContainerFacts] = {}
    warnings: tuple[str, ...] = ()
