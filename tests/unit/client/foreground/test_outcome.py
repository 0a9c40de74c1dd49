"""With which code `up` ends."""

from __future__ import annotations

import pytest

from minipod.client.foreground.outcome import Outcome, exit_code


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(natural=0), 0),
        (Outcome(natural=1), 1),
        (Outcome(signals=1, last=2), 0),
        (Outcome(signals=1, last=15), 0),
        (Outcome(signals=2, last=2), 130),
        (Outcome(signals=3, last=15), 143),
        (Outcome(aborted=4), 4),
        (Outcome(aborted=4, wants_code=True, code=0), 0),
        (Outcome(aborted=0, wants_code=True, code=7), 7),
        (Outcome(aborted=4, wants_code=True), 1),
        (Outcome(signals=1, last=2, wants_code=True, code=7), 7),
        (Outcome(signals=1, last=2, wants_code=True), 0),
        (Outcome(signals=2, last=2, wants_code=True, code=7), 130),
        (Outcome(), 1),
    ],
)
def test_the_exit_code(outcome: Outcome, code: int) -> None:
    assert exit_code(outcome) == code
