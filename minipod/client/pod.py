"""A pod as it was when it was looked at, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.client.kinds import Where
from minipod.client.views import podview
from minipod.errors import CommandFailed, NotFound

if TYPE_CHECKING:
    import os
    import socket
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from minipod.client.client import Client
    from minipod.client.ports.listening import Listener, Ports
    from minipod.client.ports.port_forward import PortForward
    from minipod.client.values.completed import Completed
    from minipod.client.values.conflict import PortConflict
    from minipod.client.values.container import Container
    from minipod.client.values.event import Event
    from minipod.client.values.host_port import HostPort
    from minipod.client.values.port import Port

    JSON = dict[str, Any]


class Pod:
    """A pod. What it says of the pod does not change by itself: `refresh` looks again.

    Two are equal if they are the same pod, whenever seen. `raw` is the object as the server has
    it, to be read only.
    """

    def __init__(self, client: Client, raw: JSON) -> None:
        self.client = client
        self.raw = raw

    def __repr__(self) -> str:
        return f"<Pod {self.namespace}/{self.name} {self.phase}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pod) and (self.uid, self._root) == (other.uid, other._root)

    def __hash__(self) -> int:
        return hash(self.uid)

    # What it is

    @property
    def name(self) -> str:
        """The name."""
        return str(self.raw["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The namespace."""
        return str(self.raw["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        """What tells it from a later pod of the same name."""
        return str(self.raw["metadata"]["uid"])

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels."""
        return self.raw["metadata"].get("labels") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        """The annotations."""
        return self.raw["metadata"].get("annotations") or {}

    @property
    def phase(self) -> str:
        """Pending, Running, Succeeded or Failed."""
        return str(self._status.get("phase", "Pending"))

    @property
    def ip(self) -> str | None:
        """The address, by which every other pod and the host reach it; None before it has one."""
        address: str | None = self._status.get("podIP")
        return address

    @property
    def node(self) -> str | None:
        """The node's name; None before it has one."""
        name: str | None = self.raw["spec"].get("nodeName")
        return name

    @property
    def ready(self) -> bool:
        """Whether the condition Ready holds."""
        return any(
            one["type"] == "Ready" and one["status"] == "True"
            for one in self._status.get("conditions") or ()
        )

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers, in the manifest's order."""
        from minipod.client.values.container import Container

        known = {one["name"]: one for one in self._status.get("containerStatuses") or ()}
        return tuple(Container.of(name, known.get(name, {})) for name in self.container_names)

    @property
    def container_names(self) -> tuple[str, ...]:
        """The containers' names, in the manifest's order."""
        return tuple(podview.container_names(self.raw))

    def container_name(self, wanted: str | None = None) -> str:
        """Return the name of the container that is wanted: None is the first. NotFound."""
        return podview.chosen_container(self.raw, wanted)

    @property
    def hints(self) -> tuple[str, ...]:
        """What must be done before its containers can run, a line each; none if all is well."""
        from minipod.client.views.hints import hints

        return tuple(hints(self.raw))

    # Looking

    def refresh(self) -> Pod:
        """Return the pod as it is now. NotFound if it is gone, also if there is one of its name."""
        raw = self.client.api.pod(self.namespace, self.name)
        if raw["metadata"]["uid"] != self.uid:
            raise NotFound(f'pod "{self.name}" (uid {self.uid}) is gone, another has its name')
        return Pod(self.client, raw)

    def wait(
        self,
        condition: str | Callable[[Pod], bool] = "condition=Ready",
        *,
        timeout: float = 30.0,
    ) -> Pod:
        """Wait until a condition holds, and return the pod as it was then. TimedOut, NotFound.

        The condition is what `minipod wait --for` takes ("condition=Ready", "delete",
        "jsonpath={.status.phase}=Succeeded"), for which the server is watched; or a function of
        the pod. That one is asked every 50 ms, so that it may look at anything: ports, logs,
        conflicts. `timeout` is in seconds.
        """
        from minipod.client.waits import pods

        (now,) = pods.wait(self.client.api, [self], condition, timeout)
        return now

    def logs(
        self,
        *,
        container: str | None = None,
        previous: bool = False,
        tail: int | None = None,
        since: int | None = None,
        timestamps: bool = False,
    ) -> str:
        """Return what a container wrote since its last start, its first if none is named.

        `previous`: of the run before; `tail`: the last so many lines; `since`: lines of the last so
        many seconds.
        """
        from minipod.client.views.log_query import LogQuery

        name = self.container_name(container)
        query = LogQuery(name, False, tail, since, timestamps, previous)
        pieces = self.client.api.log(self.namespace, self.name, query)
        return b"".join(pieces).decode(errors="backslashreplace")

    def follow_logs(
        self, *, container: str | None = None, tail: int | None = None, timestamps: bool = False
    ) -> Iterator[str]:
        """Yield the lines of a container's log as they come, until the container's end.

        To leave the loop before that is fine.
        """
        from minipod.client.views import logs
        from minipod.client.views.log_query import LogQuery

        query = LogQuery(self.container_name(container), True, tail, None, timestamps)
        origin = logs.Origin(self.namespace, self.name, query.container)
        for line in logs.read(self.client.api, [origin], query, lines=True):
            yield line.text.removesuffix("\n")

    def events(self) -> list[Event]:
        """Return what happened to the pod, newest last."""
        from minipod.client.views import happenings

        return happenings.events(self.client.api, self._where(f"involvedObject.uid={self.uid}"))

    def ports(self) -> list[Port]:
        """Return who listens on what, and what is declared."""
        return self.client.in_namespace(self.namespace).ports(self.name)

    def listens(self, port: int | str) -> bool:
        """Return whether somebody in the pod listens on a port, a number or a declared name."""
        number = self._number(port)
        return any(one.port == number and one.listening for one in self.ports())

    def conflicts(self) -> list[PortConflict]:
        """Return the ports that processes of the pod wanted and did not get, newest last."""
        from minipod.client.views import happenings

        return happenings.conflicts(self.client.api, self._where(f"pod={self.name}"))

    # Doing

    def exec(
        self,
        argv: Sequence[str],
        *,
        container: str | None = None,
        stdin: str | bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        check: bool = True,
    ) -> Completed:
        """Run a command in a container, the first if none is named, and return what it wrote.

        It gets pipes for its stdio, and `env` beside its container's variables. Conflict if the
        container does not run, CannotRun if the command cannot be started, TimedOut if it runs
        longer than `timeout` seconds: then it is killed, with its process group and nothing else.
        `check`: another exit code than 0 is CommandFailed.
        """
        from minipod.client.streams import capture
        from minipod.client.streams.command import Command, words

        command = Command(self.container_name(container), words(argv), stdin=True, tty=False)
        given = capture.Given(stdin.encode() if isinstance(stdin, str) else stdin, env or {})
        done = capture.completed(self._root, self.raw, command, given, timeout)
        if check and done.exit_code:
            raise CommandFailed(argv[0], done.exit_code, done.stdout, done.stderr)
        return done

    def call(
        self,
        argv: Sequence[str],
        *,
        container: str | None = None,
        stdin: bool = True,
        tty: bool = False,
    ) -> int:
        """Run a command in a container with our own stdin, stdout and stderr; return its exit code.

        As subprocess.call does: 128 + N if signal N ended it. Without `stdin` it reads nothing.
        `tty`: it runs on a terminal of its own, to which ours is the way; ours is raw meanwhile
        (main thread only). BadRequest if our stdin is none. Conflict, CannotRun: as `exec`.
        """
        from minipod.client.streams import exec as execution
        from minipod.client.streams.command import Command, words

        command = Command(self.container_name(container), words(argv), stdin, tty)
        return execution.run(self._root, self.raw, command)

    def attach(
        self,
        *,
        container: str | None = None,
        stdin: bool = False,
        tty: bool = False,
        attempt: int | None = None,
    ) -> bool:
        """Show what a container writes from now on on our stdout and stderr, until its run ends.

        `stdin`: ours goes there. `tty`: so does every key, ours is raw meanwhile; the container
        must have a terminal. `attempt`: the run of that number, from its beginning: 0 is the first.
        Return False if that was over already. Conflict if nothing runs, or reads no stdin.
        """
        from minipod.client.streams import attach

        wanted = attach.Wanted(self.container_name(container), stdin, tty, attempt)
        return attach.run(self._root, self.raw, wanted)

    def copy_in(
        self,
        source: str | os.PathLike[str],
        target: str | os.PathLike[str],
        *,
        container: str | None = None,
        preserve: bool = True,
    ) -> None:
        """Copy a file or folder of this machine into a container: into `target` if it is a folder.

        `preserve`: keep modes and owners. It runs tar there. BadRequest if there is no `source`,
        HostError if it cannot be copied.
        """
        from minipod.client.streams import copying, file_spec

        here, there = file_spec.of(source), file_spec.of(target, self.name)
        place = copying.Place(self._root, self.raw, self.container_name(container))
        copying.upload(place, here, there, copying.Manner(preserve, self.client.warn))

    def copy_out(
        self,
        source: str | os.PathLike[str],
        target: str | os.PathLike[str],
        *,
        container: str | None = None,
        preserve: bool = True,
    ) -> None:
        """Copy a file, or what is in a folder, of a container to `target` on this machine.

        `preserve`: keep modes. What is no file or folder, such as a symlink, is left out and warned
        of. HostError if it cannot be copied.
        """
        from minipod.client.streams import copying, file_spec

        there, here = file_spec.of(source, self.name), file_spec.of(target)
        place = copying.Place(self._root, self.raw, self.container_name(container))
        copying.download(place, there, here, copying.Manner(preserve, self.client.warn))

    def forward(
        self, port: int | str, *, local: int = 0, address: str = "127.0.0.1"
    ) -> PortForward:
        """Let a local port lead to a port of the pod, a number or a declared name.

        `local` 0 is any free port. Use it as a context manager, or close it. HostError if the
        local port is taken, Conflict if the pod does not run.
        """
        from minipod.client.ports.listening import Forward
        from minipod.client.ports.port_forward import PortForward

        wanted = Forward(local, self._number(port))
        return PortForward(self._root, self.raw, wanted, address, self.client.forwards)

    def forward_forever(
        self,
        *ports: int | str | Ports,
        addresses: Iterable[str] = ("localhost",),
        on_listening: Callable[[Listener], None] | None = None,
        on_connection: Callable[[int], None] | None = None,
        on_failure: Callable[[int, str], None] | None = None,
    ) -> None:
        """Let local ports lead to ports of the pod, as `minipod port-forward` does, until it ends.

        A port is LOCAL:REMOTE, REMOTE or :REMOTE, which is any free local port; REMOTE is a number
        or a declared name. "localhost" is 127.0.0.1 and ::1. Told are: where it listens (address,
        local, remote), the local port of each connection, and the remote port of each that failed,
        with the cause. HostError if a local port is taken, Conflict if the pod does not run,
        Unavailable at its end. This process may have as many open files as it can, from then on.
        """
        from minipod.client.ports import forward

        heard = on_listening or forward.unheard
        events = forward.Events(on_connection or forward.unheard, on_failure or forward.unheard)
        forward.forward_ports(self._root, self.raw, ports, addresses, heard, events)

    def expose(self, *ports: str) -> list[HostPort]:
        """Let ports of this machine, [IP:]HOST:POD[/udp], lead to the pod until it ends.

        As a hostPort of its manifest does. Return them. Conflict if one is taken.
        """
        return self.client.in_namespace(self.namespace).expose(self.name, *ports)

    def unexpose(self, *ports: str) -> list[HostPort]:
        """Undo that; return what was closed. Conflict if one does not lead here."""
        return self.client.in_namespace(self.namespace).unexpose(self.name, *ports)

    def connect(self, port: int | str, *, timeout: float | None = 10.0) -> socket.socket:
        """Return a connection to a port of the pod, as a process of the pod makes one to localhost.

        `timeout`, in seconds, is the socket's. HostError if nobody answers there.
        """
        from minipod.client.ports.port_forward import connect

        return connect(self._root, self.raw, self._number(port), timeout)

    def delete(self, *, grace: int | None = None, wait: bool = True) -> None:
        """End the pod: SIGTERM, and SIGKILL after `grace` seconds, or the pod's own time.

        `wait`: return when it is gone. NotFound; Conflict if another pod has its name.
        """
        self.client.delete(self, grace=grace, wait=wait)

    @property
    def _status(self) -> JSON:
        return self.raw.get("status") or {}

    @property
    def _root(self) -> str:
        return self.client.root

    def _where(self, fields: str) -> Where:
        return Where(self.namespace, fields=fields)

    def _number(self, port: int | str) -> int:
        return podview.port_number(self.raw, str(port))
