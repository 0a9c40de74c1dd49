"""What the kernel can do, tried: each in a child, whose end undoes it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from typing import TYPE_CHECKING, NoReturn

from minipod.errors import HostError
from minipod.kernel import nft, sockets
from minipod.kernel.cgroups import find_or_mount
from minipod.kernel.mount_table import table
from minipod.kernel.rtnetlink import Rtnetlink
from minipod.model.doctor import Check
from minipod.model.host_facts import Trials
from minipod.syscalls import mounts, namespaces, processes

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 4096
_KINDS = {
    "network": namespaces.NEWNET,
    "UTS": namespaces.NEWUTS,
    "IPC": namespaces.NEWIPC,
    "mount": namespaces.NEWNS,
    "PID": namespaces.NEWPID,
}
_PLACE = "/tmp"  # noqa: S108 - covered by a filesystem of the child's own
_GROUPS = "/sys/fs/cgroup"
_NAT = """
table ip doctor {
    chain out { type nat hook postrouting priority 100; ct status dnat masquerade; }
    chain in {
        type nat hook prerouting priority -100;
        fib daddr type local tcp dport 1 dnat to 192.0.2.1:1;
    }
}
"""
_NOT_TRIED = "\0"


def trials() -> Trials:
    """Try all that may be tried: without root the little that needs none.

    Only for a process of one thread: it forks.
    """
    tries: dict[Check, Callable[[], None]] = {
        Check.PIDFD: _pidfd,
        Check.SOCK_DIAG: _sock_diag,
    }
    if os.geteuid() == 0:
        tries |= {
            Check.NAMESPACES: _namespaces,
            Check.CLONE3: _clone3,
            Check.CONTROL_GROUPS: _control_groups,
            Check.OVERLAYFS: _overlay,
            Check.VETH: lambda: _link("veth"),
            Check.BRIDGE: lambda: _link("bridge"),
            Check.NAT: _nat,
        }
    results = {check: _outcome(attempt) for check, attempt in tries.items()}
    tried = {check: said for check, said in results.items() if said != _NOT_TRIED}
    return Trials(tried, *_group_mount())


def trials_without_fork() -> Trials:
    """Try what leaves nothing behind, and may keep a pod from coming up."""
    return Trials({Check.PIDFD: _refusal(_pidfd) or None})


class _NotTriedError(Exception):
    """Something that the trial needs was refused, and is a trial of its own."""


def _outcome(attempt: Callable[[], None]) -> str | None:
    """Return what a child was refused; None if all went well."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _try(attempt, writer)
    os.close(writer)
    with open(reader, "rb") as answers:
        said = answers.read(_LONGEST)
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0 and not said:
        return f"the trial ended with {os.waitstatus_to_exitcode(status)}"
    return said.decode(errors="replace") or None


def _try(attempt: Callable[[], None], writer: int) -> NoReturn:
    said = ""
    try:
        said = _refusal(attempt)
    finally:
        os.write(writer, said.encode(errors="replace"))
        os._exit(0)


def _refusal(attempt: Callable[[], None]) -> str:
    """Return what was refused; "" if all went well."""
    try:
        attempt()
    except _NotTriedError:
        return _NOT_TRIED
    except OSError as error:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    except HostError as error:
        return error.message
    return ""


def _group_mount() -> tuple[str, bool]:
    """Return where v2 groups are mounted; else where they can be, and cover nothing there is."""
    points = {mount.point: mount.kind for mount in table()}
    mounted = next((point for point, kind in points.items() if kind == "cgroup2"), None)
    if mounted is not None:
        return mounted, True
    taken = any(point.startswith(_GROUPS) for point in points)
    return f"{_GROUPS}/unified" if taken else _GROUPS, False


def _namespaces() -> None:
    for name, flag in _KINDS.items():
        try:
            namespaces.unshare(flag)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror} ({name} namespace)") from error


def _clone3() -> None:
    pid, _ = processes.fork_with_clone3(namespaces.NEWPID | namespaces.NEWNS, None)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _pidfd() -> None:
    own = os.pidfd_open(os.getpid())
    try:
        signal.pidfd_send_signal(own, 0)
    finally:
        os.close(own)


def _sock_diag() -> None:
    sockets.held(sockets.open_here())


def _control_groups() -> None:
    tree = find_or_mount(f"doctor-{os.getpid()}")
    os.close(tree.open_root())
    tree.remove_root()


def _overlay() -> None:
    _unshare(namespaces.NEWNS)
    mounts.set_propagation("/", mounts.MS_REC | mounts.MS_PRIVATE)
    mounts.mount("minipod", _PLACE, "tmpfs")
    for layer in ("upper", "work"):
        os.mkdir(f"{_PLACE}/{layer}")
    options = {"lowerdir": "/", "upperdir": f"{_PLACE}/upper", "workdir": f"{_PLACE}/work"}
    os.close(mounts.detached("overlay", options))


def _link(kind: str) -> None:
    _unshare(namespaces.NEWNET)
    route = Rtnetlink(socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, socket.NETLINK_ROUTE))
    route.add_plain(kind)


def _nat() -> None:
    """Have rules such as ours in a namespace that ends with this process."""
    program = nft.find()
    if program is None:
        raise _NotTriedError
    _unshare(namespaces.NEWNET)
    if _nft(program, "list", "tables"):
        raise _NotTriedError  # it is nft that does not work: another check
    refusal = _nft(program, "-f", "-", text=_NAT)
    if refusal:
        raise HostError(refusal)


def _nft(program: str, *argv: str, text: str = "") -> str:
    """Run nft; return its first complaint, "" if there is none."""
    done = subprocess.run(  # noqa: S603 (our own command line, no shell)
        [program, *argv], input=text, capture_output=True, text=True, timeout=10, check=False
    )
    if done.returncode == 0:
        return ""
    complaint = done.stderr.partition("\n")[0]
    return complaint.rpartition("Error: ")[2].partition(";")[0] or "nft failed"


def _unshare(flag: int) -> None:
    try:
        namespaces.unshare(flag)
    except OSError as error:
        raise _NotTriedError from error
