"""A sandbox: the first process of a pod, which holds its namespaces and serves its socket."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time
from contextlib import suppress

from minipod.sandbox import attaching, interfaces, messages
from minipod.sandbox.containers import Containers
from minipod.sandbox.context import Context
from minipod.sandbox.execs import Execs
from minipod.sandbox.failures import Refused, failure_of, refusal
from minipod.sandbox.host_ports import HostPorts
from minipod.sandbox.loop import Loop
from minipod.sandbox.peers import Peers
from minipod.sandbox.protocol import SANDBOX_LOG
from minipod.syscalls import mounts, namespaces, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from minipod.sandbox.peers import Peer, Request
    from minipod.sandbox.protocol import SandboxSpec

NAMESPACES = (
    namespaces.NEWPID | namespaces.NEWNS | namespaces.NEWUTS | namespaces.NEWIPC | namespaces.NEWNET
)

_ARGUMENTS = processes.own_arguments()
_FIRST = 1
_ENDED_BY_SERVER = 0
_FAILED = 1
_ENDED_BY_SIGNAL = 0
GRACE = 10.0
"""Seconds that containers have to end after SIGTERM to their sandbox. systemd waits for 90."""


def live(spec: SandboxSpec, cgroup: int, control: socket.socket, seq: int) -> NoReturn:
    """Be the sandbox of a pod, from the fork on, in namespaces of its own already.

    `cgroup` is a descriptor of the pod's group. Tells over `control`, once, how the birth went.
    """
    try:
        pod = _born(spec, cgroup, control, seq)
        while pod is not None:
            pod.loop.turn()
    except BaseException:  # noqa: BLE001 - a bug: SANDBOX_LOG is the place to tell
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(_FAILED)  # never back into the zygote


def _born(spec: SandboxSpec, cgroup: int, control: socket.socket, seq: int) -> _Pod | None:
    with control:
        try:
            pod = _Pod(spec, cgroup)
        except Exception as error:  # noqa: BLE001 - whatever it is, the server must know
            messages.send(control, {"seq": seq, "error": failure_of("set up the sandbox", error)})
            return None
        own = pod.open_namespace()
        with suppress(OSError):  # a server that died meanwhile: the next one finds us by our socket
            messages.send(control, {"seq": seq, "ok": {"pid": pod.pid}}, own)
        _close(own)
        gc.freeze()  # no collection in a child need look at what is here
        return pod


class _Pod:
    """The whole: what each request means, by the role of who may ask."""

    def __init__(self, spec: SandboxSpec, cgroup: int) -> None:
        _leave_the_host(spec)
        self._uid = spec["uid"]
        self.loop = Loop()
        self._context = Context(spec, cgroup, self.loop, self._hint)
        self.pid = processes.own_pid()
        self._containers = Containers(self._context)
        self._execs = Execs(self._context)
        self._host_ports = HostPorts()
        self._peers: Peers | None = None
        self.loop.when_signalled(signal.SIGTERM, self._shut_down)
        self._context.journal.record("sandbox", pid=self.pid)
        self._peers = Peers(self._context, self._greeting, self._handle, self._gone)

    def open_namespace(self) -> list[int]:
        """Return new descriptors of the network namespace and of this process."""
        netns = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        return [netns, os.pidfd_open(_FIRST)]

    def _shut_down(self) -> None:
        """End all that runs here, politely: the machine is going down, and says so to everybody.

        How the containers end then is none of their own doing, and is not recorded: to the next
        boot they are what was running.
        """
        self._context.journal.fall_silent()
        self.loop.at(time.monotonic() + GRACE, "shut down", _end)
        self._containers.end_all(_end)

    def _hint(self, offset: int) -> None:
        if self._peers is not None and self._peers.server is not None:
            self._peers.server.hint({"journal": offset})

    def _greeting(self) -> dict[str, Any]:
        return {
            "uid": self._uid,
            "pid": self.pid,
            "containers": self._containers.listed(),
            "held": self._host_ports.listed(),
            "attach": True,
        }

    def _gone(self, peer: Peer) -> None:
        self._execs.hang_up(peer)
        self._containers.hang_up(peer)

    def _handle(self, request: Request) -> None:
        name = str(request.content.get("op"))
        operation = _OF_ALL.get(name)
        if operation is None and request.peer.role == "server":
            operation = _OF_SERVER.get(name)
        if operation is None:
            raise Refused(f"do {name}", f"no such request of a {request.peer.role}")
        operation(self, request)

    def namespace(self, request: Request) -> None:
        """Hand over descriptors of the network namespace and of this process."""
        own = self.open_namespace()
        request.answer({}, own)
        _close(own)

    def network(self, request: Request) -> None:
        """Set up lo and eth0."""
        ask = request.content
        interfaces.configure(ask["address"], ask["prefix"], ask["gateway"])
        request.answer({})

    def sysctl(self, request: Request) -> None:
        """Set values of the network namespace."""
        for key, value in request.content["set"].items():
            parts = key.split("/")
            if parts[0] != "net" or ".." in parts:
                raise Refused(f"set {key}", "only values of net/ are the pod's own")
            try:
                with open(f"/proc/sys/{key}", "wb", buffering=0) as file:
                    file.write(value.encode())
            except OSError as error:
                raise refusal(f"set {key}", error) from error
        request.answer({})

    def socket(self, request: Request) -> None:
        """Hand over a socket made here."""
        ask = request.content
        try:
            made = socket.socket(ask["family"], ask["type"], ask["protocol"])
        except OSError as error:
            raise refusal("make a socket", error) from error
        with made:
            request.answer({}, [made.fileno()])

    def start(self, request: Request) -> None:
        """Start a container."""
        self._containers.start(request.content["container"], request.answer, request.refuse)

    def restart(self, request: Request) -> None:
        """Take note of what to do at a container's next end."""
        self._containers.tell_restart(request.content["name"], request.content["restart"])
        request.answer({})

    def signal(self, request: Request) -> None:
        """Signal a container's first process."""
        self._containers.signal(request.content["name"], request.content["signal"])
        request.answer({})

    def kill(self, request: Request) -> None:
        """Kill a container whole."""
        self._containers.kill(request.content["name"])
        request.answer({})

    def hold(self, request: Request) -> None:
        """Keep a port of the host."""
        (descriptor,) = request.descriptors
        self._host_ports.hold(request.content["port"], descriptor)
        request.answer({})

    def release(self, request: Request) -> None:
        """Let go of a port of the host."""
        self._host_ports.release(request.content["port"])
        request.answer({})

    def exec(self, request: Request) -> None:
        """Run a further program in a container."""
        self._execs.start(request, self._containers.running(request.content["name"]))

    def attach(self, request: Request) -> None:
        """Let a peer see what a run of a container writes, and write to its stdin."""
        attaching.start(request, self._containers.running(request.content["name"]))

    def kill_exec(self, request: Request) -> None:
        """Kill what an exec of the same peer runs, and nothing else of the container."""
        self._execs.kill(request.peer, request.content["exec"])
        request.answer({})

    def quit(self, request: Request) -> None:
        """End, and all that is here with it."""
        request.answer({})
        os._exit(_ENDED_BY_SERVER)


_OF_ALL = {
    "socket": _Pod.socket,
    "exec": _Pod.exec,
    "kill_exec": _Pod.kill_exec,
    "attach": _Pod.attach,
}
_OF_SERVER = {
    "namespace": _Pod.namespace,
    "network": _Pod.network,
    "sysctl": _Pod.sysctl,
    "start": _Pod.start,
    "restart": _Pod.restart,
    "signal": _Pod.signal,
    "kill": _Pod.kill,
    "hold": _Pod.hold,
    "release": _Pod.release,
    "quit": _Pod.quit,
}


def _end() -> NoReturn:
    os._exit(_ENDED_BY_SIGNAL)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _leave_the_host(spec: SandboxSpec) -> None:
    """Cut the ties: session, stdio, name, and what is mounted here from now on.

    Whoever started the server may wait for the end of its stderr; a pod outlives it.
    """
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    log = os.open(f"{spec['folder']}/{SANDBOX_LOG}", flags, 0o600)
    for standard, descriptor in enumerate((nothing, log, log)):
        os.dup2(descriptor, standard)
    _close([nothing, log])
    processes.set_name("minipod-sandbox")
    processes.set_title(_ARGUMENTS, spec["title"])
    # What the host mounts and unmounts reaches us; what is mounted here never reaches the host.
    mounts.set_propagation("/", mounts.MS_SLAVE | mounts.MS_REC)
    socket.sethostname(spec["hostname"])
