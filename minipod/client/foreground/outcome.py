"""With which code `up` ends. Pure."""

from __future__ import annotations

from typing import NamedTuple

FORCED = 2
"""The signal that does not wait for programs: the second."""

_BY_SIGNAL = 128
_UNKNOWN = 1


class Outcome(NamedTuple):
    """How it came to an end.

    `signals` came, `last` of them last. `aborted` is the code of the run whose end stopped all.
    `wants_code`: the code of one container is asked for; `code` is that of its last run. `natural`:
    all had ended by themselves, and with this code.
    """

    signals: int = 0
    last: int = 0
    aborted: int | None = None
    wants_code: bool = False
    code: int | None = None
    natural: int | None = None


def exit_code(outcome: Outcome) -> int:
    """Return the command's exit code: as docker compose has it, where that knows the case."""
    if outcome.signals >= FORCED:
        return _BY_SIGNAL + outcome.last
    if outcome.wants_code and outcome.code is not None:
        return outcome.code
    if outcome.signals:
        return 0
    if outcome.wants_code:
        return _UNKNOWN
    ends = (outcome.aborted, outcome.natural)
    return next((code for code in ends if code is not None), _UNKNOWN)
