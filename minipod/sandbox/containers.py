"""The pod's containers: birth, output, end, and the one restart that each was told of."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from errno import EALREADY, ESRCH

from minipod.sandbox import children
from minipod.sandbox.attachments import Attachments
from minipod.sandbox.failures import Refused, failure_of, refusal
from minipod.sandbox.host_files import HostFiles
from minipod.sandbox.host_mounts import HostMounts
from minipod.sandbox.logs import Log
from minipod.sandbox.protocol import CONTAINERS, START_FAILED
from minipod.sandbox.root import ContainerRoot
from minipod.sandbox.stdio import Stdio
from minipod.syscalls.namespaces import NEWNS, NEWPID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from minipod.sandbox.children import Child
    from minipod.sandbox.context import Context
    from minipod.sandbox.launch import Launch
    from minipod.sandbox.peers import Peer
    from minipod.sandbox.protocol import ContainerSpec, Failure, Restart

    Started = Callable[[dict[str, Any]], None]
    Failed = Callable[[Failure], None]

_BY_SIGNAL = 128


class Container:
    """One attempt of a container, from its fork to its end."""

    __slots__ = (
        "attachments",
        "child",
        "group",
        "id",
        "log",
        "spec",
        "started",
        "stdio",
        "when_failed",
        "when_up",
    )

    def __init__(self, spec: ContainerSpec, when_up: Started, when_failed: Failed) -> None:
        self.spec = spec
        self.id = os.urandom(32).hex()
        self.started = time.time()
        self.when_up = when_up
        self.when_failed = when_failed
        self.child: Child | None = None
        self.log: Log | None = None
        self.stdio: Stdio | None = None
        self.attachments = Attachments()
        self.group = -1

    def close(self) -> None:
        """Write the rest of the output, and give all descriptors back."""
        if self.stdio is not None:
            self.stdio.close()
        if self.log is not None:
            self.log.close()
        if self.group >= 0:
            os.close(self.group)


class Containers:
    """All containers of the pod that run or are about to; by name, for one runs at a time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._by_name: dict[str, Container] = {}
        self._by_child: dict[Child, Container] = {}
        self._due: dict[str, ContainerSpec] = {}
        self._host_files = HostFiles(context)
        self._host_mounts = HostMounts([*context.spec["masked"], *context.spec["files"]])
        self._root: ContainerRoot | None = None
        self._when_none: Callable[[], None] | None = None

    def listed(self) -> dict[str, dict[str, Any]]:
        """Return those that run, as the greeting tells them."""
        return {
            name: {"attempt": each.spec["attempt"], "id": each.id, "pid": each.child.seen_pid}
            for name, each in self._by_name.items()
            if each.child is not None and each.child.running
        }

    def running(self, name: str) -> Container:
        """Return a container that runs. Refused."""
        container = self._by_name.get(name)
        if container is None or container.child is None or not container.child.running:
            raise Refused(f"find container {name}", "it does not run", ESRCH)
        return container

    def start(self, spec: ContainerSpec, when_up: Started, when_failed: Failed) -> None:
        """Start a container; one of the two is called when it is known how that went. Refused."""
        name = spec["name"]
        if name in self._by_name:
            raise Refused(f"start container {name}", "it runs already", EALREADY)
        self._forget_due(name)
        container = Container(spec, when_up, when_failed)
        self._by_name[name] = container
        self._try(container, share=spec["share_host_files"])

    def tell_restart(self, name: str, restart: Restart | None) -> None:
        """Replace the restart that a container was told of; None also cancels one that is due."""
        if name in self._by_name:
            self._by_name[name].spec["restart"] = restart
        elif name in self._due:
            if restart is None:
                self._forget_due(name)
            else:
                self._due[name]["restart"] = restart
        elif restart is not None:
            raise Refused(f"tell {name} of its restart", "it has ended", ESRCH)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a container's first process. Refused."""
        child = self._child(name)
        try:
            signal.pidfd_send_signal(child.pidfd, number)
        except OSError as error:
            raise refusal(f"signal container {name}", error) from None

    def kill(self, name: str) -> None:
        """End all that a container is and forked. Refused.

        The first process takes its PID namespace with it. Not by cgroup.kill: a group that had it
        kills, on Linux 6.12 and later, what is born into it from another group.
        """
        child = self._child(name)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)

    def hang_up(self, peer: Peer) -> None:
        """Let go of a peer that has gone."""
        for container in self._by_name.values():
            container.attachments.drop(peer)

    def end_all(self, when_ended: Callable[[], None]) -> None:
        """Ask all to end and start none again; call back when none is left."""
        self._when_none = when_ended
        for name in list(self._due):
            self._forget_due(name)
        for name, container in self._by_name.items():
            container.spec["restart"] = None
            with suppress(Refused):
                self.signal(name, signal.SIGTERM)
        self._look_if_none()

    def _look_if_none(self) -> None:
        if self._when_none is not None and not self._by_name:
            self._when_none()

    def _child(self, name: str) -> Child:
        container = self._by_name.get(name)
        if container is None or container.child is None:
            raise Refused(f"find container {name}", "it does not run", ESRCH)
        return container.child

    def _try(self, container: Container, *, share: bool) -> None:
        try:
            self._open(container)
            container.child = self._spawn(container, share=share)
            self._by_child[container.child] = container
        except OSError as error:
            self._fail(container, failure_of(f"start container {container.spec['name']}", error))

    def _open(self, container: Container) -> None:
        """Make the place of an attempt: its group and its log."""
        if container.group >= 0:
            return
        context, spec = self._context, container.spec
        container.group = context.open_group(spec["cgroup"])
        for folder in (CONTAINERS, f"{CONTAINERS}/{spec['name']}"):
            with suppress(FileExistsError):
                os.mkdir(folder, 0o755, dir_fd=context.folder)
        log = f"{CONTAINERS}/{spec['name']}/{spec['attempt']}.log"
        container.log = Log(log, context.folder)

    def _spawn(self, container: Container, *, share: bool) -> Child:
        context, spec = self._context, container.spec
        if self._root is None:
            self._root = ContainerRoot(context.spec)
        root, private = self._root, None
        if share:
            self._host_files.ensure()
        else:
            below = f"{CONTAINERS}/{spec['name']}/{spec['attempt']}.rootfs"
            os.mkdir(below, 0o700, dir_fd=context.folder)
            private = f"{context.spec['folder']}/{below}", self._host_mounts.wanted()
        assert container.log is not None
        stdio = container.stdio = Stdio(context, spec, container.log)
        theirs = stdio.open()

        def launch(way: Launch) -> NoReturn:
            way.container(root, spec, private, theirs, shared=self._host_files.active)

        try:
            return children.spawn(context.loop, self, container.group, NEWNS | NEWPID, launch)
        finally:
            stdio.close_theirs()

    def began(self, child: Child) -> None:
        """Record that a container runs."""
        container = self._by_child[child]
        if child.terminal >= 0 and container.stdio is not None:
            container.stdio.take_terminal(child.take_terminal())
        image, began = container.spec["image"], container.started
        self._record("started", container, when=began, pid=child.seen_pid, image=image)
        container.when_up({"id": container.id, "pid": child.seen_pid})

    def warned(self, child: Child, message: str) -> None:
        """Record what a container lacks."""
        name = self._by_child[child].spec["name"]
        self._context.journal.record("warning", name=name, message=message)

    def ended(self, child: Child, status: int) -> None:
        """Record an end with all its output written before, and plan what was told for it."""
        container = self._by_child.pop(child)
        if child.failure is not None and child.unstackable:
            self._share_instead(container, child.failure)
        elif child.failure is not None:
            self._fail(container, child.failure)
        else:
            self._end(container, os.waitstatus_to_exitcode(status))
        self._look_if_none()

    def _share_instead(self, container: Container, failure: Failure) -> None:
        message = (
            "the container shares the host's files, and writes to them: "
            f"cannot {failure['step']}: {failure['message']}"
        )
        self._context.journal.record("warning", name=container.spec["name"], message=message)
        if container.stdio is not None:
            container.stdio.close()
        self._try(container, share=True)

    def _fail(self, container: Container, failure: Failure) -> None:
        restart_at = self._forget(container, START_FAILED)
        image = container.spec["image"]
        self._record("failed", container, error=failure, restart_at=restart_at, image=image)
        container.when_failed(failure)

    def _end(self, container: Container, result: int) -> None:
        number = max(0, -result)
        code = _BY_SIGNAL + number if number else result
        restart_at = self._forget(container, code)
        self._record(
            "exited",
            container,
            code=code,
            signal=number,
            started=container.started,
            restart_at=restart_at,
        )
        container.attachments.end(code, number)

    def _forget(self, container: Container, code: int) -> float | None:
        """Let a container go that has ended; return when its next attempt begins, if it does."""
        container.close()
        spec = container.spec
        name, restart = spec["name"], spec["restart"]
        del self._by_name[name]
        if restart is None or (restart["on"] == "failure" and code == 0):
            return None
        now = time.time()
        ran_long = now - container.started >= restart["reset_after"]
        delay = 0.0 if ran_long else restart["delay"]
        self._due[name] = {**spec, "attempt": spec["attempt"] + 1, "restart": None}
        self._context.loop.at(time.monotonic() + delay, ("restart", name), lambda: self._meet(name))
        return now + delay

    def _meet(self, name: str) -> None:
        """Make the restart that is due: nobody waits for its outcome but the journal."""
        self.start(self._due.pop(name), _nobody, _nobody)

    def _forget_due(self, name: str) -> None:
        self._due.pop(name, None)
        self._context.loop.cancel(("restart", name))

    def _record(self, event: str, container: Container, **fields: Any) -> None:
        spec = container.spec
        self._context.journal.record(
            event, name=spec["name"], attempt=spec["attempt"], id=container.id, **fields
        )


def _nobody(_: object) -> None:
    """Take no note."""
