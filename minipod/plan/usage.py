"""How processor time becomes processors in use: a mean between two looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipod.model.usage import Place, Sample

SHORTEST = 0.2
"""Seconds between two looks: the kernel counts by ticks of a hundredth and less."""

LONGEST = 60.0
"""Seconds after which a look is too old to say what happens now."""


def cores(before: Sample, after: Sample) -> float:
    """Return how many processors were in use between two samples, on average.

    Time that went backwards is that of a group that was made anew: nothing is known of it yet.
    """
    elapsed = after.at - before.at
    return max(after.cpu - before.cpu, 0.0) / elapsed if elapsed > 0 else 0.0


def fit(samples: Mapping[Place, Sample], now: float) -> dict[Place, Sample]:
    """Return the samples that a mean up to now may begin with."""
    return {
        place: sample for place, sample in samples.items() if SHORTEST <= now - sample.at <= LONGEST
    }
