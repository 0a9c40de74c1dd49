"""Starting a root's server: the zygote is spawned, detached, and starts the server as its child."""

from __future__ import annotations

import os
import site
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import minipod
from minipod.client.text.words import reason
from minipod.client.wire import unix
from minipod.client.wire.transport import SOCKET
from minipod.errors import HostError, Unavailable
from minipod.plan.trust import require_own
from minipod.sandbox.protocol import LOCK, LOCK_HELD

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = "server.log"
_OF_A_SUPERVISOR = frozenset(
    {
        *("NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"),
        *("INVOCATION_ID", "JOURNAL_STREAM", "WATCHDOG_PID", "WATCHDOG_USEC"),
    }
)
_PACKAGE = Path(minipod.__file__).resolve().parent
_DEADLINE = 10.0  # seconds in which another command's server must answer
_LOOK_AGAIN = 0.02
_TRY_AGAIN = 0.5  # the holder of the lock may be one that is just ending


def command(root: str, cluster_cidr: str | None, ready: int | None = None) -> list[str]:
    """Return the zygote's command line; `ready` is the descriptor that it reports to."""
    zygote = [sys.executable, "-I", "-S", str(_PACKAGE / "sandbox" / "zygote.py"), "--root", root]
    if ready is not None:
        zygote += ["--ready-fd", str(ready)]
    server = [sys.executable, "-P", "-m", "minipod.server", "--root", root]
    if cluster_cidr is not None:
        server += ["--cluster-cidr", cluster_cidr]
    return [*zygote, "--", *server]


def detached_environment() -> dict[str, str]:
    """Return the environment of a server that no supervisor of ours is to know of."""
    return {name: value for name, value in environment().items() if name not in _OF_A_SUPERVISOR}


def environment() -> dict[str, str]:
    """Return the server's environment: ours, so that it finds the package where we found it."""
    variables = dict(os.environ)
    home = str(_PACKAGE.parent)
    if home not in site.getsitepackages():
        others = variables.get("PYTHONPATH")
        variables["PYTHONPATH"] = f"{home}:{others}" if others else home
    # Its HTTP library reads all certificates that the machine trusts as soon as it is imported: an
    # eighth of the start, and 2 MB for good. This server speaks no TLS.
    variables["SSL_CERT_FILE"] = os.devnull
    return variables


def make_root(root: str) -> None:
    """Make the root's folder, for its owner only, if it is not there.

    HostError, also if what is there is not its user's alone.
    """
    try:
        Path(root).mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.stat(root)
    except OSError as error:
        raise HostError(f"cannot make {root}: {reason(error)}") from error
    require_own(root, found, os.geteuid())


def has_socket() -> bool:
    """Return whether a supervisor has passed us the server's socket (sd_listen_fds(3))."""
    return os.environ.get("LISTEN_PID") == str(os.getpid())


def was_used(root: str) -> bool:
    """Return whether a server ever ran for this root."""
    return Path(root, LOCK).exists()


def left_on_host(root: str) -> bool:
    """Return whether the host has a link of this root: of one whose folder was removed, say."""
    from minipod.model.root import Root  # noqa: PLC0415 (needed by one)
    from minipod.plan.network import link_name  # noqa: PLC0415

    try:
        socket.if_nametoindex(link_name(Root(os.path.realpath(root)).id))
    except OSError:
        return False
    return True


def run_in_foreground(root: str, cluster_cidr: str | None) -> NoReturn:
    """Become the zygote; its server's log goes to stderr. HostError if that cannot be."""
    make_root(root)
    argv = command(root, cluster_cidr)
    try:
        os.execve(sys.executable, argv, environment())  # noqa: S606 (no shell is wanted)
    except OSError as error:
        raise HostError(f"cannot start the server: {reason(error)}") from error


def start(root: str, cluster_cidr: str | None, warn: Callable[[str], None]) -> None:
    """Return when a server answers at this root; start one if need be. Unavailable, HostError.

    Of several commands that come at once, one starts it, and the others wait for that one's.
    """
    make_root(root)
    deadline = time.monotonic() + _DEADLINE
    while not _spawn(root, cluster_cidr, warn):
        again = time.monotonic() + _TRY_AGAIN
        while time.monotonic() < again:
            if _answers(root):
                return
            time.sleep(_LOOK_AGAIN)
        if time.monotonic() > deadline:
            raise Unavailable(
                f"cannot reach the server of {root}: its lock is held, but nothing answers",
                hint=f"its log is {root}/{LOG}",
            )


def _answers(root: str) -> bool:
    try:
        unix.connect(root, SOCKET).close()
    except OSError:
        return False
    return True


def _spawn(root: str, cluster_cidr: str | None, warn: Callable[[str], None]) -> bool:
    """Spawn a zygote; return True when its server is ready, False if another's must be awaited.

    That is another zygote's, which holds the lock, or the next one of ours, whose first was killed.
    """
    reader, writer = os.pipe()
    with open(reader, encoding="utf-8", errors="replace") as ready:
        try:
            process = _detached(root, command(root, cluster_cidr, writer), writer)
        except OSError as error:
            raise HostError(f"cannot start the server: {reason(error)}") from error
        finally:
            os.close(writer)
        for line in ready:
            kind, _, text = line.strip().partition(": ")
            if kind == "ready":
                return True
            if kind == "error":
                raise Unavailable(f"cannot start the server: {text}")
            if kind == "warning":
                warn(text)
    try:
        code = process.wait(_TRY_AGAIN)
    except subprocess.TimeoutExpired:
        return False
    if code == LOCK_HELD:
        return False
    raise Unavailable(
        f"cannot start the server: it ended with code {code} before it was ready",
        hint=f"its log is {root}/{LOG}",
    )


def _detached(root: str, argv: list[str], ready: int) -> subprocess.Popen[bytes]:
    with open(f"{root}/{LOG}", "ab", opener=_for_its_owner) as log:
        return subprocess.Popen(  # noqa: S603 (our own command line, no shell)
            argv,
            cwd="/",
            env=detached_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(ready,),
        )


def _for_its_owner(path: str, flags: int) -> int:
    """Open a file that nobody else reads or writes, whatever our umask."""
    return os.open(path, flags, 0o600)
