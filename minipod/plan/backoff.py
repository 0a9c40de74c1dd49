"""When a container that has ended starts again (kubelet: doBackOff, flowcontrol.Backoff)."""

from __future__ import annotations

from minipod.model.pod import RestartPolicy

INITIAL_DELAY = 10.0
LONGEST_DELAY = 300.0
RESET_AFTER = 600.0
"""Seconds of running after which a container's back-off begins anew."""


def restart_delay(restarts_in_row: int) -> float:
    """Return the seconds between an end and the next start: 0, 10, 20, 40, 80, 160, then 300."""
    if restarts_in_row == 0:
        return 0.0
    # The exponent is bounded first: 2 ** 10,000 is a number, but not a useful one.
    return min(INITIAL_DELAY * 2.0 ** min(restarts_in_row - 1, 10), LONGEST_DELAY)


def restarts_after(policy: RestartPolicy, exit_code: int) -> bool:
    """Return whether a container that ended with this code is started again."""
    match policy:
        case RestartPolicy.ALWAYS:
            return True
        case RestartPolicy.ON_FAILURE:
            return exit_code != 0
        case RestartPolicy.NEVER:
            return False
