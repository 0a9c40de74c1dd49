"""What `minipod doctor` tells of the machine: how binds are seen, and what that costs."""

from __future__ import annotations

import msgspec


class Cost(msgspec.Struct, frozen=True, rename="camel"):
    """What the hooks in the kernel cost: nanoseconds with them, as a multiple of those without.

    Of one socket, bind and close in a pod, and of one other system call, anywhere.
    """

    bind_nanoseconds: float
    bind_ratio: float
    other_nanoseconds: float
    other_ratio: float


class WatcherReport(msgspec.Struct, frozen=True, rename="camel"):
    """How refused binds are seen.

    `reasons` says of each better mechanism why it is not in use; `missing` what is not seen with
    this one; `trouble` why there is no watcher. `lost` counts calls that did not fit into memory.
    """

    mechanism: str
    pid: int | None
    reasons: dict[str, str]
    missing: tuple[str, ...]
    trouble: str | None
    lost: int
    cost: Cost | None


class Report(msgspec.Struct, frozen=True):
    """All of it."""

    watcher: WatcherReport
