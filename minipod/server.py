"""The server's composition root: here, and only here, the real kernel and store meet the engine.

Started by a zygote (minipod/sandbox/zygote.py), which starts it again when it dies. Exit code 0
means that it was asked to end, REFUSED that it cannot work; the zygote then ends too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import aclosing, suppress
from functools import partial
from importlib import import_module
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from minipod import __version__, server_log
from minipod.api import BACKLOG, listen, make_app, serve
from minipod.engine import Engine
from minipod.engine.hands import Hands
from minipod.errors import HostError, MinipodError
from minipod.kernel import boot, root_folder, usage
from minipod.kernel.cgroups import find_or_mount
from minipod.kernel.netns_names import NetnsNames
from minipod.kernel.network import HostNetwork
from minipod.kernel.root_folder import RootFolder
from minipod.model.root import Root
from minipod.plan.objects import Machine, node_name
from minipod.sandbox import zygote
from minipod.sandbox.protocol import LISTEN_VARIABLE, LOCK, READY_VARIABLE, REFUSED, STOPPED
from minipod.sandbox.remote import SandboxConnection, Zygote
from minipod.sandbox.supervisor import Supervisor
from minipod.store.sqlite import SqliteStore
from minipod.watcher import remote as watcher
from minipod.watcher.cost import measure
from minipod.watcher.protocol import MECHANISMS_VARIABLE, parse_mechanisms

if TYPE_CHECKING:
    from aiohttp.web import AppRunner

    from minipod.model.host_facts import HostFacts
    from minipod.store.protocol import Store

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Kubernetes' words for the kernel's."""

ZYGOTE_LOST = 75
"""The exit code of a server that has started a successor of its dead zygote, and of itself."""

_log = logging.getLogger("minipod")


def main() -> int:
    """Run the server of one root until it is asked to end; return its exit code."""
    options = _options()
    root = Root(os.path.realpath(options.root))
    server_log.start(root.log)
    supervisor = Supervisor.inherited()
    # Each pod takes three descriptors. The limit is ours alone: containers have the zygote's.
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    try:
        code = asyncio.run(_serve(root, options.cluster_cidr, supervisor))
    except MinipodError as error:
        _tell(f"error: {error}")
        _log.error("%s", error)
        # Whatever it is, starting again would meet it again: a person has to see it.
        return REFUSED
    except Exception as error:
        # The zygote tries again, but whoever waits for the first command's answer hears it now.
        _tell(f"error: internal: {type(error).__name__}: {error}")
        raise
    if code == ZYGOTE_LOST and not supervisor.is_there:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        _start_successor(root)
    return code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="minipod.server")
    parser.add_argument("--root", required=True)
    parser.add_argument("--cluster-cidr", type=IPv4Network, default=None)
    return parser.parse_args()


async def _serve(root: Root, cluster_cidr: IPv4Network | None, supervisor: Supervisor) -> int:
    root_folder.make(root)
    folder = RootFolder(root, LOCK)
    store = SqliteStore(root.database)
    parent = Zygote.inherited()
    hands = Hands(
        root=root,
        store=store,
        network=HostNetwork(),
        cgroups=find_or_mount(root.id),
        names=NetnsNames(),
        zygote=parent,
        connect=SandboxConnection.connect,
        watcher=_Watchers(),
        clock=time.time,
        machine=_machine(store),
        look=partial(_look, root),
    )
    engine = Engine(hands, cluster_cidr)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stopping.set)
    parent.on_close = engine.stopping.set
    await engine.start()
    passed = _passed_socket()
    runner = await serve(make_app(engine), passed or _listen(root))
    # What is here now stays: a full collection looks at none of it, and takes no 30 ms any more.
    gc.freeze()
    _tell("ready")
    supervisor.tell("READY=1", f"STATUS=serving {root.socket}")
    _log.info("server started", extra=_facts(engine))
    keeping = asyncio.create_task(_keep(folder, root, runner, engine))
    await engine.stopping.wait()
    keeping.cancel()
    supervisor.tell("STOPPING=1")
    _log.info("server stops")
    await runner.cleanup()
    await engine.close()
    store.close()
    if parent.closed:
        return ZYGOTE_LOST
    if passed is None and folder.is_there:
        with suppress(FileNotFoundError):
            os.unlink(root.socket)
    return STOPPED


async def _keep(folder: RootFolder, root: Root, runner: AppRunner, engine: Engine) -> None:
    """Stay reachable when somebody removes the socket; end when all of the root is gone."""
    try:
        async with aclosing(folder.losses()) as losses:
            async for _ in losses:
                if not folder.is_there:
                    _log.error(
                        "%s is gone: `minipod --root … purge` removes what is left", root.path
                    )
                    engine.stopping.set()
                elif not folder.has_socket:
                    _log.warning("the socket was removed: here is another")
                    await listen(runner, _listen(root))
    except (OSError, HostError) as error:
        _log.warning("nobody looks whether the socket is removed: %s", error)


class _Watchers:
    """The real watchers, restricted to the mechanisms that the environment names."""

    connect = staticmethod(watcher.connect)
    measure = staticmethod(measure)

    async def spawn(self, root: Root, cgroup: int) -> None:
        """Start one. HostError if the environment names a mechanism that there is not."""
        allowed = os.environ.get(MECHANISMS_VARIABLE)
        try:
            parse_mechanisms(allowed or "")
        except ValueError as error:
            message = f"cannot start the watcher: {MECHANISMS_VARIABLE}: {error}"
            raise HostError(message) from error
        await watcher.spawn(root, cgroup, allowed)


async def _look(root: Root) -> HostFacts:
    """Return how the machine is. What looks is imported now, by a thread: with pyroute2, 0.2 s."""
    gather = await asyncio.to_thread(import_module, "minipod.kernel.host_facts.gather")
    seen: HostFacts = await gather.at_a_glance(root)
    return seen


def _facts(engine: Engine) -> dict[str, object]:
    info, system = engine.info, os.uname()
    return {
        "version": info.version,
        "pid": info.pid,
        "root": info.root,
        "socket": info.socket,
        "kernel": f"{system.release} {system.machine}",
        "pods": len(engine.store.list("Pod")),
    }


def _machine(store: Store) -> Machine:
    system = os.uname()
    try:
        release = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        release = system.sysname
    architecture = _ARCHITECTURES.get(system.machine, system.machine)
    return Machine(
        node_name(store.list("Node"), system.nodename),
        system.release,
        architecture,
        release,
        __version__,
        boot.boot_id(),
        boot.machine_id(),
        boot.system_uuid(),
        *usage.size(),
    )


def _passed_socket() -> socket.socket | None:
    """Return the socket that the supervisor listens on for us, None if there is none."""
    number = os.environ.pop(LISTEN_VARIABLE, None)
    if number is None:
        return None
    os.set_inheritable(int(number), False)
    passed = socket.socket(fileno=int(number))
    passed.setblocking(False)
    return passed


def _listen(root: Root) -> socket.socket:
    """Bind the API's socket: through a descriptor of its folder, for paths end at 108 bytes."""
    folder = os.open(root.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        path = f"/proc/self/fd/{folder}/{os.path.basename(root.socket)}"
        with suppress(FileNotFoundError):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        mask = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(mask)
    except OSError as error:
        raise HostError(f"cannot listen on {root.socket}: {error.strerror}") from error
    finally:
        os.close(folder)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _tell(line: str) -> None:
    """Say to who started us that we are ready, or why not; once."""
    descriptor = os.environ.pop(READY_VARIABLE, None)
    if descriptor is not None:
        with suppress(OSError):
            os.write(int(descriptor), f"{line}\n".encode())
            os.close(int(descriptor))


def _start_successor(root: Root) -> None:
    """Start a new zygote, and with it a new server: ours was killed."""
    _log.warning("the zygote is gone: starting another")
    server = [sys.executable, "-P", "-m", "minipod.server", *sys.argv[1:]]
    subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-S", zygote.__file__, "--root", root.path, "--", *server],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


if __name__ == "__main__":
    sys.exit(main())
