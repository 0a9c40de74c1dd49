"""What the engine works with: given by the composition root, played by fakes in unit tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from minipod.engine.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from minipod.kernel.cgroups import CgroupTree
    from minipod.kernel.netns_names import NetnsNames
    from minipod.kernel.protocols import Network
    from minipod.model.binds import BindCall
    from minipod.model.doctor import Cost
    from minipod.model.host_facts import HostFacts
    from minipod.model.root import Root
    from minipod.plan.objects import Machine
    from minipod.sandbox.remote import SandboxConnection, Zygote
    from minipod.store.protocol import Store
    from minipod.watcher.remote import Position, WatcherConnection


class Watchers(Protocol):
    """Starts a root's watcher, and connects to it: minipod.watcher.remote."""

    async def spawn(self, root: Root, cgroup: int) -> None:
        """Start it; `cgroup` is a descriptor of the root's group. HostError."""

    async def connect(
        self,
        root: Root,
        after: Position | None,
        on_calls: Callable[[Sequence[BindCall]], None],
        on_close: Callable[[], None],
    ) -> WatcherConnection:
        """Return the connection. HostError if none answers."""

    async def measure(self, connection: WatcherConnection, group: int) -> Cost:
        """Return what it costs; `group` as above. HostError, Unavailable."""


class Connect(Protocol):
    """Connects to the sandbox whose socket is in a folder: SandboxConnection.connect."""

    async def __call__(
        self, folder: str, *, on_journal: Callable[[int], None], on_close: Callable[[], None]
    ) -> SandboxConnection:
        """Return the connection. HostError if no sandbox answers."""


@dataclass(frozen=True, slots=True)
class Hands:
    """The store, the kernel and the clock of one root. `clock` gives seconds since the epoch.

    `look` tells how the machine is, in milliseconds: asked when a pod does not come up.
    """

    root: Root
    store: Store
    network: Network
    cgroups: CgroupTree
    names: NetnsNames
    zygote: Zygote
    connect: Connect
    watcher: Watchers
    clock: Callable[[], float]
    machine: Machine
    look: Callable[[], Awaitable[HostFacts]]
    trace: Trace = field(default_factory=Trace)

    @property
    def node_name(self) -> str:
        """The default node's name: the machine's."""
        return self.machine.name
