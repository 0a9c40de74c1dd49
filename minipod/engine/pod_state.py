"""What the server knows of one pod besides its object: its sandbox, and what its journal tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minipod.model.observed import History
from minipod.plan.history import fold
from minipod.plan.lifecycle import Asked, Deletion, PodFacts, Restart, SandboxState
from minipod.plan.reboot import after_reboot
from minipod.sandbox.remote import append_to_journal, read_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from minipod.engine.sandboxes import Sandbox
    from minipod.model.host_ports import HostPort
    from minipod.model.pod import JSON, Pod
    from minipod.plan.process import Process
    from minipod.store.protocol import Key


WIRED = "wired"
"""The bucket of records for pods whose link and addresses are in place, by uid."""

JOURNALS = "journals"
"""The bucket of offsets, by uid: up to where a pod's journal has been told of in events."""

REPLACED = "replaced"
"""The bucket of attempts that were asked to end so as to start as something else, by uid, name."""


@dataclass(slots=True)
class PodState:
    """The facts of one pod, as far as they do not stand in its object.

    `told` holds, for each container, the attempt and the restart that its sandbox was last told;
    `asked_to_end` the attempts that were sent SIGTERM, `replaced` those of them that are to start
    as something else; `deadline` when a deletion ends with force, to the fraction that the object's
    deletionTimestamp lacks. `open_ports` are the host ports that lead to the pod (None: not known),
    `port_troubles` says why others do not. `on_change` is called when a fact changed that nobody
    was asked for.
    """

    key: Key
    uid: str
    folder: str
    sandbox: Sandbox | None = None
    stage: SandboxState = SandboxState.ABSENT
    wired: bool = False
    history: History = field(default_factory=History)
    journal_offset: int = 0
    told: dict[str, tuple[int, Restart | None]] = field(default_factory=dict)
    asked_to_end: dict[tuple[str, int], Asked] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    deadline: float | None = None
    open_ports: frozenset[HostPort] | None = frozenset()
    port_troubles: tuple[str, ...] = ()
    retry_ports_at: float | None = None
    on_change: Callable[[], None] = lambda: None

    @property
    def link(self) -> str:
        """The name of the pod's port on its node's bridge; 15 characters, as the kernel allows."""
        return "v" + self.uid.replace("-", "")[:14]

    def read_journal(self) -> Sequence[Mapping[str, Any]]:
        """Fold in what the journal tells by now; return the new records."""
        records, self.journal_offset = read_journal(self.folder, self.journal_offset)
        if records:
            self.history = fold(self.history, records)
        return records

    def recall(self, told: int) -> None:
        """Fold in what an earlier server has told of: the journal's first `told` bytes."""
        records, length = read_journal(self.folder)
        told = min(told, length)  # a machine that lost its power may have lost the journal's end
        news, _ = read_journal(self.folder, told)
        self.history = fold(self.history, records[: len(records) - len(news)])
        self.journal_offset = told

    def rebooted(self, status: JSON, boot_id: str, now: float) -> None:
        """Take note, in the journal too, that what ran has ended with the machine. OSError."""
        whole = fold(self.history, read_journal(self.folder, self.journal_offset)[0])
        append_to_journal(self.folder, after_reboot(whole, status, boot_id, now))

    def journal_grew(self, size: int) -> None:
        """Take note that the journal has `size` bytes: mostly they have been read by now."""
        if size > self.journal_offset:
            self.on_change()

    def sandbox_closed(self) -> None:
        """Take note that the sandbox ended without being told to."""
        if self.sandbox is None:
            return
        self.sandbox.close()
        self.sandbox = None
        self.stage = SandboxState.LOST
        self.wired = False
        self.open_ports = frozenset()
        self.told.clear()
        self.asked_to_end.clear()
        self.on_change()

    def facts(
        self,
        pod: Pod,
        processes: Mapping[str, Process | None],
        *,
        has_address: bool,
        finished: bool,
        deletion: Deletion | None,
        since: float | None,
    ) -> PodFacts:
        """Return all that a decision looks at."""
        current = {
            name: container.current.number for name, container in self.history.containers.items()
        }
        return PodFacts(
            pod,
            processes,
            has_address=has_address,
            sandbox=self.stage,
            wired=self.wired,
            open_ports=self.open_ports,
            retry_ports_at=self.retry_ports_at,
            finished=finished,
            history=self.history,
            told={
                name: restart
                for name, (attempt, restart) in self.told.items()
                if current.get(name) == attempt
            },
            asked_to_end={
                name: asked
                for (name, attempt), asked in self.asked_to_end.items()
                if current.get(name) == attempt
            },
            replaced=frozenset(
                name for name, attempt in self.replaced.items() if current.get(name) == attempt
            ),
            deletion=deletion,
            since=since,
        )
