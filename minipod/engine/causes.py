"""Why a step of a pod's birth may have failed: looked for only then, so that all else is free."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from minipod.plan.host_checks.judge import hints, judge

if TYPE_CHECKING:
    from minipod.engine.hands import Hands
    from minipod.model.doctor import Finding
    from minipod.plan.lifecycle import Step

_log = logging.getLogger(__name__)


class Causes:
    """Looks at the machine after a failure."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def of(self, step: type[Step]) -> tuple[Finding, ...]:
        """Return what of the machine may be why this step failed; nothing if that cannot be seen.

        A machine that is short of everything may be short of what looking needs, too.
        """
        try:
            seen = await self._hands.look()
        except (OSError, RuntimeError) as error:  # RuntimeError: no thread can be started
            _log.warning("cannot look at this machine: %s", error)
            return ()
        return hints(step, judge(seen))
