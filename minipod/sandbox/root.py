"""The container's root, made in the container's own mount namespace before its program runs.

The host's root lies below, a scratch above (overlayfs); the host's other mounts are stacked the
same way, or bound read-only where overlay does not take them or nothing can be written anyway.
/proc, /dev, /run and /sys are the container's own. Nothing is made on the host, and what is
mounted here is seen by nobody else: this namespace gets the host's mounts but gives none back.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from minipod.sandbox.own_files import Stage
from minipod.syscalls import mounts
from minipod.syscalls.mounts import NO_DEV, READ_ONLY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.sandbox.host_mounts import HostMount
    from minipod.sandbox.protocol import SandboxSpec

_PLACE = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


class Unstackable(Exception):
    """The host's root cannot be the lower layer of an overlay; nothing was changed yet."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error)
        self.error = error


class ContainerRoot:
    """What a container's root is made from: the sandbox prepares it, the container enters it."""

    __slots__ = ("_spec", "_stage")

    def __init__(self, spec: SandboxSpec) -> None:
        """Prepare what the containers share; once in a sandbox. OSError."""
        self._spec = spec
        self._stage = Stage()

    def share_host(self) -> None:
        """Keep the host's root, with the pod's own /proc, /sys and shared memory. OSError."""
        stage = self._stage.open()
        self._stage.furnish_host(stage)
        self._stage.mask(stage, self._spec["masked"])
        os.close(stage)

    def make_private(
        self, others: list[HostMount], scratch: str, warn: Callable[[str], None]
    ) -> None:
        """Enter a root of the container's own, whose layers lie below the folder `scratch`.

        `others` are the host's other mounts that it gets; `warn` is told what is less than it
        should be. Unstackable, OSError.
        """
        stage, folder = self._stage.open(), os.open(self._spec["folder"], _PLACE)
        layers = _Layers(scratch, warn)
        old = _enter(layers.stack_root())
        self._stage.furnish(stage)
        for number, mount in enumerate(others):
            layers.add(mount, old, number)
        for path, name in self._spec["files"].items():
            _place_file(mounts.clone(name, at=folder), path)
        self._stage.mask(stage, self._spec["masked"])
        os.fchdir(old)
        mounts.umount(".", mounts.DETACH)
        os.chdir("/")
        for descriptor in (old, stage, folder, layers.scratch):
            os.close(descriptor)


def _place_file(file: int, path: str) -> None:
    """Attach a detached file at a path, which is made if need be; takes the descriptor over."""
    try:
        mounts.attach(file, path)
    except FileNotFoundError:
        with suppress(FileExistsError):
            os.makedirs(os.path.dirname(path))
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644))
        mounts.attach(file, path)
    finally:
        os.close(file)


class _Layers:
    """Stacks the host's folders, each with a scratch of its own above."""

    def __init__(self, scratch: str, warn: Callable[[str], None]) -> None:
        self._path = scratch
        self._warn = warn
        self.scratch = os.open(scratch, _PLACE)

    def stack_root(self) -> int:
        """Return a detached overlay above "/". Unstackable.

        Not every filesystem can hold the upper layer (overlay itself, NFS): then memory does.
        """
        below = os.open("/", _PLACE)
        try:
            return self._stack(below, "")
        except OSError as error:
            try:
                mounts.mount("minipod", self._path, "tmpfs", 0, "mode=0700")
                os.close(self.scratch)
                self.scratch = os.open(self._path, _PLACE)
                overlay = self._stack(below, "")
            except OSError:
                raise Unstackable(error) from error
            self._warn(
                "what the container writes is kept in memory: the filesystem of minipod's folder "
                f"cannot be the upper layer of an overlay ({error.strerror})"
            )
            return overlay
        finally:
            os.close(below)

    def add(self, mount: HostMount, old: int, number: int) -> None:
        """Put another mount of the host, whose root is `old`, below the new root."""
        source = mount.path.lstrip("/")
        layer = -1
        try:
            if mount.writable:
                with suppress(OSError):
                    layer = self._stack_below(source, old, f"{number}.")
            if layer < 0:
                layer = mounts.clone(source, at=old)
                mounts.set_attributes(layer, READ_ONLY | NO_DEV)
            mounts.attach(layer, mount.path)
        except OSError as error:
            self._warn(f"the container does not see the host's {mount.path}: {error.strerror}")
        if layer >= 0:
            os.close(layer)

    def _stack_below(self, source: str, old: int, prefix: str) -> int:
        below = os.open(source, _PLACE, dir_fd=old)
        try:
            return self._stack(below, prefix)
        finally:
            os.close(below)

    def _stack(self, below: int, prefix: str) -> int:
        """Return a detached overlay above a folder.

        The layers are named by descriptor: so their paths may be long, hold "," and ":", and are
        told to nobody who reads the mount table.
        """
        upper = self._layer(f"{prefix}upper")
        work = self._layer(f"{prefix}work")
        try:
            status = os.fstat(below)
            os.fchown(upper, status.st_uid, status.st_gid)
            os.fchmod(upper, stat.S_IMODE(status.st_mode))
            options = {
                "source": "minipod",
                "lowerdir": f"/proc/self/fd/{below}",
                "upperdir": f"/proc/self/fd/{upper}",
                "workdir": f"/proc/self/fd/{work}",
                # No sync of the scratch, ever: it does not outlive the attempt.
                "volatile": None,
            }
            return mounts.detached("overlay", options, NO_DEV)
        finally:
            os.close(upper)
            os.close(work)

    def _layer(self, name: str) -> int:
        os.mkdir(name, 0o755, dir_fd=self.scratch)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        return os.open(name, flags, dir_fd=self.scratch)


def _enter(root: int) -> int:
    """Make a detached mount the root; return a descriptor of the old one, still mounted."""
    old = os.open("/", _PLACE)
    mounts.attach(root, "/")
    os.fchdir(root)
    mounts.pivot_root(".", ".")
    os.chdir("/")
    os.close(root)
    return old
