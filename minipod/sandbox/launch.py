"""The child's way from its birth to its program: runs in the container, ends in execve or _exit.

What goes wrong before the program runs is told over the channel, a socket that execve closes:
{"error": Failure} (`unstackable`: the root's overlay was refused), {"warning": text}, and for a
terminal {"terminal": true} with its master. The order is that of runc.
"""

from __future__ import annotations

import os
from errno import EACCES, ENOENT, ENOTDIR

from minipod.sandbox import messages
from minipod.sandbox.failures import Refused, failure_of
from minipod.sandbox.protocol import RUN, START_FAILED
from minipod.sandbox.root import Unstackable
from minipod.syscalls import capabilities, mounts, namespaces, terminals

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import NoReturn

    from minipod.sandbox.host_mounts import HostMount
    from minipod.sandbox.protocol import ContainerSpec
    from minipod.sandbox.root import ContainerRoot

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_USUAL_SIZE = (24, 80)
"""Rows and columns of a terminal that nobody looks at yet."""

KUBERNETES_CAPABILITIES = sum(
    1 << number
    for number in (
        capabilities.AUDIT_WRITE,
        capabilities.CHOWN,
        capabilities.DAC_OVERRIDE,
        capabilities.FOWNER,
        capabilities.FSETID,
        capabilities.KILL,
        capabilities.MKNOD,
        capabilities.NET_BIND_SERVICE,
        capabilities.NET_RAW,
        capabilities.SETFCAP,
        capabilities.SETGID,
        capabilities.SETPCAP,
        capabilities.SETUID,
        capabilities.SYS_CHROOT,
    )
)
"""The default of containerd and CRI-O (containerd: oci.defaultUnixCaps)."""


class Program:
    """What is run: argv, environment, working folder."""

    __slots__ = ("argv", "cwd", "env")

    def __init__(self, argv: list[str], env: dict[str, str], cwd: str) -> None:
        self.argv = argv
        self.env = env
        self.cwd = cwd


class Launch:
    """One way to a program. Each method is a part of it; `step` is what is being tried."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._step = "begin"

    def container(
        self,
        root: ContainerRoot,
        spec: ContainerSpec,
        private: tuple[str, list[HostMount]] | None,
        stdio: tuple[int, int, int] | None,
        *,
        shared: bool,
    ) -> NoReturn:
        """Become a container's first process; without `stdio` on a new terminal of the container.

        `private`: the scratch of a root of its own, and the host's mounts that go over it; None:
        the host's root. `shared`: the sandbox's mounts are shared, and this copy must not be.
        """
        try:
            if stdio is not None:
                self._detach(stdio)
            self._step = "make the container's root"
            if shared:
                mounts.set_propagation("/", mounts.MS_SLAVE | mounts.MS_REC)
            if private is None:
                root.share_host()
            else:
                scratch, others = private
                root.make_private(others, scratch, self._warn)
            if stdio is None:
                self._live_on_terminal(_USUAL_SIZE)
            self._run(Program(spec["argv"], spec["env"], spec["cwd"]))
        except Unstackable as unstackable:
            failure = failure_of("stack the container's root", unstackable.error)
            self._end({"error": failure, "unstackable": True})
        except BaseException as error:  # noqa: BLE001 - there is nobody else to tell
            self._end({"error": failure_of(self._step, error)})

    def exec(
        self,
        container: int,
        program: Program,
        stdio: tuple[int, int, int] | None,
        size: tuple[int, int] | None,
    ) -> NoReturn:
        """Become a further process of the container whose first process `container` is a pidfd of.

        Without `stdio`: on a new terminal of the container.
        """
        try:
            self._step = "enter the container"
            namespaces.setns(container, namespaces.NEWNS)
            if stdio is None:
                self._live_on_terminal(size)
            else:
                self._detach(stdio)
            self._run(program)
        except BaseException as error:  # noqa: BLE001 - there is nobody else to tell
            self._end({"error": failure_of(self._step, error)})

    def _detach(self, stdio: tuple[int, int, int]) -> None:
        """Take only the stdio along; execve cares for the signals (loop.catch_signals)."""
        self._step = "detach from the sandbox"
        os.setsid()
        for target, descriptor in enumerate(stdio):
            os.dup2(descriptor, target)

    def _live_on_terminal(self, size: tuple[int, int] | None) -> None:
        self._step = "open a terminal"
        self._detach(self._terminal(size))
        terminals.take(0)

    def _terminal(self, size: tuple[int, int] | None) -> tuple[int, int, int]:
        master, terminal = terminals.open_pair("/dev/ptmx")
        if size is not None:
            terminals.set_size(terminal, *size)
        messages.send(self._channel, {"terminal": True}, [master])
        os.close(master)
        return terminal, terminal, terminal

    def _run(self, program: Program) -> NoReturn:
        self._step = "drop capabilities"
        kept = KUBERNETES_CAPABILITIES & capabilities.permitted()
        capabilities.drop_bounding(kept)
        os.setgroups([])
        capabilities.keep_only(kept)
        self._step = f"enter the working folder {program.cwd}"
        try:
            os.chdir(program.cwd)
        except FileNotFoundError:
            os.makedirs(program.cwd)
            os.chdir(program.cwd)
        self._step = RUN
        execute(program)

    def _warn(self, text: str) -> None:
        messages.send(self._channel, {"warning": text})

    def _end(self, message: messages.Message) -> NoReturn:
        try:
            messages.send(self._channel, message)
        finally:
            os._exit(START_FAILED)


def execute(program: Program) -> NoReturn:
    """Replace this process by a program, searched in the PATH that it gets.

    Refused, in the words of Go's exec.LookPath, which runc and so Kubernetes use.
    """
    name = program.argv[0]
    argv = [_bytes(word) for word in program.argv]
    env = {_bytes(key): _bytes(value) for key, value in program.env.items()}
    problem = None
    for candidate in _candidates(name, program.env.get("PATH", DEFAULT_PATH)):
        try:
            os.execve(_bytes(candidate), argv, env)  # noqa: S606 - that is what it is for
        except OSError as error:
            if error.errno in (ENOENT, ENOTDIR) and not os.path.exists(candidate):
                continue
            problem = error
            if error.errno != EACCES:
                break
    raise Refused(RUN, *_why_not(name, problem))


def _bytes(text: str) -> bytes:
    """Return text as programs get it: UTF-8 whatever the locale, and bytes that are none kept."""
    return text.encode("utf-8", "surrogateescape")


def _candidates(name: str, path: str) -> list[str]:
    if "/" in name:
        return [name]
    return [f"{folder or '.'}/{name}" for folder in path.split(":")] if name else []


def _why_not(name: str, problem: OSError | None) -> tuple[str, int]:
    if problem is None:
        if "/" in name:
            return f'exec: "{name}": stat {name}: no such file or directory', ENOENT
        return f'exec: "{name}": executable file not found in $PATH', ENOENT
    number = problem.errno or EACCES
    if number == EACCES:
        words = "is a directory" if os.path.isdir(name) else "permission denied"
        return f'exec: "{name}": {words}', number
    return f"exec {name}: {os.strerror(number).lower()}", number
