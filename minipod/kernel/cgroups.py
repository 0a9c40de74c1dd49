"""Control groups (v2) of one root: BASE/minipod/ROOTID/UID/NAME, one for each container.

A group is a container's identity and its end: sockets and bind events carry its id, also those of
grandchildren and of the dead, and `cgroup.kill` ends all that is in it. No controller is ever
enabled, so a tree without any will do, and on a machine with systemd nothing of systemd's changes.
Everything goes through a descriptor of BASE: masks and mounts made later never matter.
Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from minipod.errors import HostError
from minipod.kernel.mount_table import table
from minipod.syscalls import mounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.kernel.mount_table import Mount

FOLDER = "minipod"
"""The folder below BASE that the groups of all roots share: GROUPS of the sandbox's protocol."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MODE = 0o755
_ATTRIBUTES = mounts.NO_SUID | mounts.NO_DEV | mounts.NO_EXEC
_KILL = "cgroup.kill"
_REMOVAL = 5.0
_PAUSE = 0.01
_KILL_ROUNDS = 1000


class CgroupTree:
    """The groups of one root. Those of a pod are named by its uid, a container's by its name.

    `base` is a descriptor of BASE, which the tree takes over; `base_path` is BASE as
    /proc/PID/cgroup shows it. An absent group counts as empty: what ends or removes one may be
    called again after anything.
    """

    def __init__(self, base: int, base_path: str, root_id: str) -> None:
        self._base = base
        self._root = f"{FOLDER}/{root_id}"
        self._seen_as = f"{base_path.rstrip('/')}/{self._root}"

    def close(self) -> None:
        """Give the descriptor back; the groups stay."""
        os.close(self._base)

    def ensure(self, uid: str, names: Iterable[str] = ()) -> None:
        """Make a pod's group and those of its containers, where they are not there yet."""
        for path in (self._path(uid), *(self._path(uid, name) for name in names)):
            try:
                self._make(path)
            except OSError as error:
                raise _cannot("make", path, error) from error

    def open(self, uid: str) -> int:
        """Return a descriptor of a pod's group, for CLONE_INTO_CGROUP; the caller closes it."""
        path = self._path(uid)
        try:
            return os.open(path, _DIRECTORY, dir_fd=self._base)
        except OSError as error:
            raise _cannot("open", path, error) from error

    def open_root(self) -> int:
        """Return a descriptor of the root's own group, made if need be; the caller closes it."""
        try:
            self._make(self._root)
            return os.open(self._root, _DIRECTORY, dir_fd=self._base)
        except OSError as error:
            raise _cannot("open", self._root, error) from error

    def id(self, uid: str, name: str | None = None) -> int:
        """Return a group's id, as sock_diag and bpf_get_current_cgroup_id tell it.

        It is the inode number of the group's directory (on machines of 64 bits).
        """
        path = self._path(uid, name)
        try:
            return os.stat(path, dir_fd=self._base).st_ino
        except OSError as error:
            raise _cannot("look at", path, error) from error

    def names(self, uid: str) -> dict[int, str]:
        """Return the names of a pod's groups by their ids; one look at its directory."""
        return dict(self._children(self._path(uid)))

    def uids(self) -> list[str]:
        """Return the pods that have a group, living or left behind."""
        return [name for _, name in self._children(self._root)]

    def read(self, uid: str, name: str, file: str) -> str:
        """Return what a file of a group says; "" if the kernel has no such file, or group."""
        path = f"{self._path(uid, name)}/{file}"
        try:
            with self._file(path) as opened:
                return _read(opened).decode()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _cannot("read", path, error) from error

    def pids(self, uid: str, name: str | None = None) -> list[int]:
        """Return the processes in a group and below it, without those that have ended."""
        return list(self._pids(self._path(uid, name)))

    def id_of(self, pid: int) -> int | None:
        """Return the id of the group of this root that a process is in now; None: in none."""
        try:
            group = _group_of(pid)
            if not group.startswith(f"{self._seen_as}/"):
                return None
            path = self._root + group.removeprefix(self._seen_as)
            return os.stat(path, dir_fd=self._base).st_ino
        except OSError:
            return None

    async def kill(self, uid: str, name: str | None = None) -> None:
        """Send SIGKILL to all that is in a group and below it, and to what they fork meanwhile.

        The group must go afterwards (`remove`). On Linux 6.12 and later, what is born by
        CLONE_INTO_CGROUP from one group into another is killed at birth, if one of the two has
        been killed before and the other has not (kernel/cgroup/cgroup.c: kill_seq).

        They may still be on their way out afterwards: `remove` waits for them.
        """
        path = self._path(uid, name)
        try:
            with self._file(f"{path}/{_KILL}", os.O_WRONLY) as kill:
                os.write(kill, b"1")
        except FileNotFoundError:
            await self._kill_each(path)  # a kernel before 5.14, or no such group
        except OSError as error:
            raise _cannot("kill what is in", path, error) from error

    async def remove(self, uid: str, timeout: float = _REMOVAL) -> None:  # noqa: ASYNC109 - part of the message
        """Remove a pod's group and all below it. Waits `timeout` seconds for tasks that die.

        HostError if processes are still there then.
        """
        path = self._path(uid)
        try:
            async with asyncio.timeout(timeout):
                await self._end(path)
        except TimeoutError:
            left = ", ".join(map(str, self._pids(path))) or "none that can be seen"
            raise HostError(
                f"cannot remove control group {path}: "
                f"processes are still in it after {timeout:g} s: {left}",
                hint="a process in uninterruptible sleep (state D) ends when its disk answers",
            ) from None
        except OSError as error:
            raise _cannot("remove", path, error) from error

    def remove_root(self) -> None:
        """Remove what is empty of this root; groups of pods that live on stay."""
        try:
            if self._removed(self._root):
                os.rmdir(FOLDER, dir_fd=self._base)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.EBUSY, errno.ENOTEMPTY}:
                raise _cannot("remove", self._root, error) from error

    def _path(self, uid: str, name: str | None = None) -> str:
        return f"{self._root}/{uid}" if name is None else f"{self._root}/{uid}/{name}"

    def _make(self, path: str) -> None:
        """Make one group, and those above it; another root may remove FOLDER at any moment."""
        try:
            os.mkdir(path, _MODE, dir_fd=self._base)
        except FileExistsError:
            return
        except FileNotFoundError:
            parent, slash, _ = path.rpartition("/")
            if not slash:
                raise
            self._make(parent)
            self._make(path)

    def _children(self, path: str) -> Iterator[tuple[int, str]]:
        try:
            directory = os.open(path, _DIRECTORY, dir_fd=self._base)
        except FileNotFoundError:
            return
        try:
            with os.scandir(directory) as entries:
                yield from [(each.inode(), each.name) for each in entries if each.is_dir()]
        finally:
            os.close(directory)

    def _removed(self, path: str) -> bool:
        """Try to remove a group and all below it; return False if tasks are still in one."""
        try:
            os.rmdir(path, dir_fd=self._base)
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno not in {errno.EBUSY, errno.ENOTEMPTY}:
                raise
        else:
            return True
        children = [self._removed(f"{path}/{name}") for _, name in self._children(path)]
        return bool(children) and all(children) and self._removed(path)

    async def _end(self, path: str) -> None:
        while not self._removed(path):
            await self._emptied(path)
            if self._removed(path):
                return
            await asyncio.sleep(_PAUSE)  # empty, and busy all the same: somebody moved in

    async def _emptied(self, path: str) -> None:
        """Wait until a group and all below it hold no process."""
        with suppress(FileNotFoundError), self._file(f"{path}/cgroup.events") as events:
            while b"populated 1" in _read(events):
                await _urgent(events)

    def _pids(self, path: str) -> Iterator[int]:
        try:
            with self._file(f"{path}/cgroup.procs") as processes:
                text = _read(processes)
        except FileNotFoundError:
            return
        yield from map(int, text.split())
        for _, name in self._children(path):
            yield from self._pids(f"{path}/{name}")

    async def _kill_each(self, path: str) -> None:
        """Signal one by one, until no process shows that was not signalled before."""
        signalled: set[int] = set()
        for _ in range(_KILL_ROUNDS):
            fresh = set(self._pids(path)) - signalled
            if not fresh:
                return
            for pid in fresh:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            signalled |= fresh
            await asyncio.sleep(0)
        raise HostError(f"cannot kill what is in control group {path}: it forks faster than that")

    @contextmanager
    def _file(self, path: str, flags: int = os.O_RDONLY) -> Iterator[int]:
        """Open a kernel's file; FileNotFoundError also if the group goes while it is open."""
        descriptor = os.open(path, flags | os.O_CLOEXEC, dir_fd=self._base)
        try:
            yield descriptor
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error
            raise
        finally:
            os.close(descriptor)


def find_or_mount(root_id: str) -> CgroupTree:
    """Return the groups of a root: on the machine's v2 mount, else on a private one.

    The private mount is detached: it appears in no mount table, and the same groups are found
    again by the next one. HostError if the kernel gives neither.
    """
    writable = [each for each in table() if each.kind == "cgroup2" and not each.is_read_only]
    for mount in sorted(writable, key=lambda mount: len(mount.root)):
        base = _usable(mount)
        if base is not None:
            return CgroupTree(base, mount.root, root_id)
    try:
        return CgroupTree(mounts.detached("cgroup2", attributes=_ATTRIBUTES), "/", root_id)
    except OSError as error:
        raise HostError(
            f"cannot mount cgroup2: {error.strerror}",
            hint="minipod needs control groups v2: root's rights and a kernel with CONFIG_CGROUPS",
        ) from error


def _usable(mount: Mount) -> int | None:
    """Return a descriptor of a mount's top if it can be seen and written to, else None."""
    try:
        base = os.open(mount.point, _DIRECTORY)
    except OSError:
        return None
    try:
        if os.fstat(base).st_dev == mount.device:  # else another mount hides it
            os.mkdir(FOLDER, _MODE, dir_fd=base)
            return base
    except FileExistsError:
        return base
    except OSError:
        pass
    os.close(base)
    return None


def _read(descriptor: int) -> bytes:
    """Read a kernel's file from its beginning to its end."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    return b"".join(parts)


async def _urgent(descriptor: int) -> None:
    """Wait until a kernel's file has news since it was read.

    It says so by EPOLLPRI, which a loop's reader does not hear: hence a poll of its own.
    """
    loop = asyncio.get_running_loop()
    news: asyncio.Future[None] = loop.create_future()
    with select.epoll() as poll:
        poll.register(descriptor, select.EPOLLPRI)
        loop.add_reader(poll.fileno(), _set, news)
        try:
            await news
        finally:
            loop.remove_reader(poll.fileno())


def _set(news: asyncio.Future[None]) -> None:
    if not news.done():
        news.set_result(None)


def _group_of(pid: int) -> str:
    """Return the v2 group of a process, as /proc shows it; "" if it has none. OSError."""
    lines = Path(f"/proc/{pid}/cgroup").read_text(errors="surrogateescape").splitlines()
    return next((line.removeprefix("0::") for line in lines if line.startswith("0::")), "")


def _cannot(act: str, path: str, error: OSError) -> HostError:
    return HostError(f"cannot {act} control group {path}: {error.strerror}")
