"""Birth, adoption and end of sandboxes: those of pods, of nodes and of the fabric.

What a sandbox is made of carries its uid: the folder, the cgroups, the record of its name below
/run/netns. So whatever died when, the uid alone finds every leftover.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from minipod.errors import HostError, MinipodError
from minipod.kernel.cgroups import FOLDER
from minipod.plan import byhand
from minipod.sandbox.protocol import SANDBOX_GROUP

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

    from minipod.engine.hands import Hands
    from minipod.sandbox.remote import SandboxConnection, Sandboxed

_log = logging.getLogger(__name__)

_BUCKET = "sandboxes"
_DESCRIPTORS = 3
"""Of each sandbox: its socket, its network namespace, its pidfd."""

_SPARE_DESCRIPTORS = 64
"""Those that are left for requests, whatever pods want: a server without any is lost."""


class SandboxOwner(Protocol):
    """Whoever is told what a sandbox does unasked."""

    def journal_grew(self, size: int) -> None:
        """Take note that there is something to read: the journal has `size` bytes."""

    def sandbox_closed(self) -> None:
        """Take note that the sandbox ended without being told to."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a sandbox is to be: `names` are tried in order below /run/netns."""

    uid: str
    title: str
    folder: str
    hostname: str
    names: Sequence[str]
    groups: Sequence[str] = ()
    files: Mapping[str, tuple[str, str]] | None = None
    """By the path that containers see: the file's name in the folder, and its text."""


class Sandbox:
    """A living sandbox, connected. It is the namespace that the kernel's network asks for."""

    def __init__(self, connection: SandboxConnection, netns: int, pidfd: int) -> None:
        self.connection = connection
        self._netns = netns
        self._pidfd = pidfd

    @property
    def uid(self) -> str:
        """Whose sandbox it is."""
        return self.connection.uid

    @property
    def pid(self) -> int:
        """The sandbox's pid, in the host's numbers."""
        return self.connection.pid

    @property
    def netns(self) -> int:
        """A descriptor of the network namespace; not the caller's to close."""
        return self._netns

    async def socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        """Return a socket made inside the namespace."""
        return await self.connection.socket(family, kind, protocol)

    async def sysctl(self, values: Mapping[str, str]) -> None:
        """Set values below /proc/sys, as the namespace sees them."""
        await self.connection.request("sysctl", set=dict(values))

    async def end(self) -> None:
        """End the process and wait for it: everything in the pod ends with it."""
        if self._pidfd >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            await _readable(self._pidfd)
        self.close()

    def close(self) -> None:
        """Give the descriptors back; the namespace lives as long as the sandbox."""
        self.connection.close()
        for descriptor in (self._netns, self._pidfd):
            if descriptor >= 0:
                os.close(descriptor)
        self._netns = self._pidfd = -1


class Sandboxes:
    """The sandboxes of one root."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def create(self, order: Order, owner: SandboxOwner) -> Sandbox:
        """Make a sandbox; HostError if it cannot be, and then nothing of it is left."""
        hands = self._hands
        if hands.store.record(_BUCKET, order.uid) is not None:
            # Of an attempt that could not be cleared: a group that was killed is never used again.
            await self.clear(order.uid)
        # The owner is recorded before the first thing exists: a crash leaves a name to sweep by.
        hands.store.put_record(_BUCKET, order.uid, {"pid": None, "names": list(order.names)})
        try:
            return await self._create(order, owner)
        except BaseException:
            await asyncio.shield(self.clear(order.uid))
            raise

    async def _create(self, order: Order, owner: SandboxOwner) -> Sandbox:
        trace = self._hands.trace
        self._make_place(order)
        began = trace.begin()
        born = await self._fork(order)
        try:
            connection = await self._connect(order.uid, order.folder, owner)
        except BaseException:
            born.close()
            raise
        sandbox = Sandbox(connection, born.netns, born.pidfd)
        if trace.on:
            trace.tell(byhand.sandbox(connection.pid, order.hostname), began)
        try:
            self._name(connection)
        except BaseException:
            sandbox.close()
            raise
        return sandbox

    def _make_place(self, order: Order) -> None:
        """Make the files and the control groups that a sandbox finds at its birth. HostError."""
        hands, groups = self._hands, (SANDBOX_GROUP, *order.groups)
        try:
            os.makedirs(order.folder, mode=0o700, exist_ok=True)
            for name, text in (order.files or {}).values():
                _write(f"{order.folder}/{name}", text)
        except OSError as error:
            raise HostError(f"cannot write {error.filename}: {error.strerror}") from error
        began = hands.trace.begin()
        hands.cgroups.ensure(order.uid, groups)
        if hands.trace.on:
            hands.trace.tell(byhand.groups(self._group(order.uid), groups), began)

    async def _fork(self, order: Order) -> Sandboxed:
        hands = self._hands
        group = hands.cgroups.open(order.uid)
        try:
            _check_room(group, "hold one more pod")  # the lowest number that was free
            return await hands.zygote.fork(
                {
                    "uid": order.uid,
                    "title": f"minipod: {order.title} of {hands.root.path}",
                    "hostname": order.hostname,
                    "folder": order.folder,
                    "masked": [hands.root.path],
                    "files": {path: name for path, (name, _) in (order.files or {}).items()},
                },
                group,
            )
        finally:
            os.close(group)

    def _group(self, uid: str) -> str:
        return f"{FOLDER}/{self._hands.root.id}/{uid}"

    def _name(self, connection: SandboxConnection) -> None:
        """Give a sandbox's namespace its name; the pid is recorded before the link exists."""
        hands, uid = self._hands, connection.uid
        record = hands.store.record(_BUCKET, uid) or {"names": []}
        if record.get("pid") != connection.pid:
            hands.store.put_record(_BUCKET, uid, record | {"pid": connection.pid})
        given = hands.names.add(record["names"], connection.pid)
        if hands.trace.on and given is not None:
            hands.trace.tell(byhand.name(given, connection.pid))

    async def adopt(self, uid: str, folder: str, owner: SandboxOwner) -> Sandbox | None:
        """Take back a sandbox that an earlier server made; None if it does not live."""
        try:
            connection = await self._connect(uid, folder, owner)
        except HostError:
            return None
        try:
            descriptors = await connection.namespace()
        except MinipodError:
            connection.close()
            return None
        try:
            self._name(connection)  # the earlier server may not have come to it
        except HostError as error:
            _log.warning("%s", error)
        return Sandbox(connection, *descriptors)

    async def _connect(self, uid: str, folder: str, owner: SandboxOwner) -> SandboxConnection:
        connection = await self._hands.connect(
            folder, on_journal=owner.journal_grew, on_close=owner.sandbox_closed
        )
        if connection.uid != uid:
            connection.close()
            raise HostError(f"cannot connect to sandbox {uid}: {connection.uid} answers there")
        return connection

    async def clear(self, uid: str) -> None:
        """Remove what a sandbox leaves on the host: processes, cgroups, its name. Idempotent."""
        hands = self._hands
        record = hands.store.record(_BUCKET, uid)
        removed: list[str] = []
        began = hands.trace.begin()
        if record and record["pid"] is not None:
            if hands.trace.on:
                removed = hands.names.of(record["pid"])
            for name in record["names"]:
                hands.names.remove(name, record["pid"])
        elif record is None:  # the root's folder was removed, say: the process still tells
            for pid in hands.cgroups.pids(uid, SANDBOX_GROUP):
                for name in hands.names.of(pid):
                    hands.names.remove(name, pid)
        await hands.cgroups.kill(uid)
        await hands.cgroups.remove(uid)
        if hands.trace.on and record is not None:
            hands.trace.tell(byhand.cleared(self._group(uid), removed), began)
        hands.store.drop_record(_BUCKET, uid)

    def forget_pids(self) -> None:
        """Take note of a reboot: a recorded pid is another program's by now, or nobody's."""
        for uid, record in self._hands.store.records(_BUCKET).items():
            self._hands.store.put_record(_BUCKET, uid, record | {"pid": None})

    def check_room(self) -> None:
        """Raise HostError if there are not descriptors enough to take all back.

        Some would be taken for dead then, and killed.
        """
        count = len(self.recorded())
        _check_room(count * _DESCRIPTORS, f"take back {count} sandboxes")

    def recorded(self) -> set[str]:
        """Return the uids of all sandboxes that were begun and not cleared."""
        return set(self._hands.store.records(_BUCKET))


def _check_room(descriptors: int, wish: str) -> None:
    """Raise HostError if with so many descriptors too few are left for everything else."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors + _SPARE_DESCRIPTORS > limit:
        raise HostError(
            f"cannot {wish}: the server may have {limit} files open, and each takes three",
            hint="'ulimit -n 65536', then 'minipod server stop', and 'minipod server start'",
        )


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=_world_readable) as file:
        file.write(text)


def _world_readable(path: str, flags: int) -> int:
    return os.open(path, flags, 0o644)


async def _readable(descriptor: int) -> None:
    """Wait until a descriptor can be read: a pidfd can when its process has ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
