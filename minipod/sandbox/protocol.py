"""What is said to a zygote and to a sandbox: JSON in SOCK_SEQPACKET messages, descriptors beside.

A message is one packet of JSON; one that is longer than INLINE bytes is the packet LARGE, and its
text lies in a memfd, the last of the descriptors (`minipod.sandbox.messages` does both).

Requests carry "seq", and the answer has the same "seq": {"seq": N, "ok": {…}} or
{"seq": N, "error": Failure}. Descriptors that come with a message are named after a +.

The zygote (the parent of the server; its control socket is inherited as the descriptor named in
the environment variable MINIPOD_ZYGOTE):

    {"op": "fork", "spec": SandboxSpec}  + [directory of the pod's cgroup]
                                       ok: {"pid": …} + [netns, pidfd], sent by the new sandbox
                                       itself; it lives in the group SANDBOX_GROUP below the pod's

    A server that exits with STOPPED wants to end: the zygote ends too. Any other end of it, by
    signal too, and the zygote starts it again. Sandboxes are not touched by either. REFUSED: it
    cannot work, and the next one could not; the zygote ends with the same code.

    Under a supervisor (NOTIFY_SOCKET is set, sd_notify(3)) both stay in the supervisor's control
    group, and the server does not start a successor of a zygote that died. A listening socket that
    it passed (sd_listen_fds(3)) is handed to each server: LISTEN_VARIABLE names the descriptor.

A sandbox (the socket SOCKET in the pod's folder; long paths by /proc/self/fd/N/SOCKET). The
first message of a peer is a greeting; the newest connection of the role "server" wins; any number
of "client" connections may stand beside it. Only uid 0 from outside the pod's PID namespace is
served. A peer that does not read its answers is hung up on.

    -> {"op": "hello", "version": VERSION, "role": "server" | "client"}
    <- {"version": VERSION, "uid": …, "pid": …,
        "containers": {NAME: {"attempt": N, "id": …, "pid": …}}           those that run now
        "attach": true                                                    see "attach"; not in the
                                                                          greeting of older ones
        "held": [PORT, …]}                                                see "hold"

    A message without "seq" is a hint to the server: {"journal": OFFSET} says that the journal has
    grown to OFFSET bytes; it may be lost.

    of the role "server":
    {"op": "namespace"}                ok: {} + [netns, pidfd] of the sandbox
    {"op": "network", "address": "10.244.0.2", "prefix": 24, "gateway": "10.244.0.1"}
                                       lo up, eth0 up, address, default route; may be repeated
    {"op": "sysctl", "set": {"net/ipv4/ip_forward": "1"}}
                                       paths below /proc/sys, only of net/, in the pod's netns
    {"op": "start", "container": ContainerSpec}
                                       ok: {"id": …, "pid": …}; the error is also in the journal
    {"op": "restart", "name": …, "restart": Restart | null}
                                       replaces what was told with "start"; null also cancels a
                                       restart that is due. The error's errno is ESRCH if the
                                       container has ended and no restart is due: too late
    {"op": "signal", "name": …, "signal": 15}      to the container's first process
    {"op": "kill", "name": …}          SIGKILL to all that the container is and forked
    {"op": "hold", "port": PORT}       + [a socket bound on the host]: kept until "release" or the
                                       sandbox's end. PORT is the server's name for it
    {"op": "release", "port": PORT}    nothing happens if it is not held
    {"op": "quit"}                     the sandbox ends, and so does all that is in it
    of both roles:
    {"op": "socket", "family": …, "type": …, "protocol": …}
                                       ok: {} + [a socket made in the pod's network namespace]
    {"op": "exec", "name": …, "argv": […], "tty": bool, "env": {…}, "size": [rows, columns]}
                                       + [stdin, stdout, stderr]; with "tty": no descriptors.
                                       "env" (optional) adds to the container's; "size" (optional)
                                       is the terminal's.
                                       ok: {"pid": …}, with "tty" + [the terminal's master], whose
                                       size the peer may set at any time (TIOCSWINSZ); then, when
                                       it ends: {"seq": N, "exit": {"code": N, "signal": N}}.
                                       An error in starting the program has the step RUN; the code
                                       to exit with is `exit_code_of(failure)`.
                                       A peer that hangs up first: SIGHUP to the process group.
    {"op": "attach", "name": …, "stdin": bool, "attempt": N}
                                       "attempt" (optional): that run and no other; errno ESRCH if
                                       it is over. ok: {"attempt": N, "offset": BYTES} + [the
                                       attempt's log, an eventfd that counts its writes], with
                                       "stdin" + [what the program's stdin is written to: a pipe, or
                                       its terminal's master]. The log is BYTES long; what a program
                                       leaves of a line is written at once from now on, as a part.
                                       When the run ends, and all of its output is in the log:
                                       {"seq": N, "exit": {"code": N, "signal": N}}
    {"op": "kill_exec", "exec": N}     SIGKILL to the process group of what this peer's request N
                                       runs; nothing happens if it has ended

All pids are the host's. `Failure` is {"step": "mount overlay on /", "errno": 22, "message": …}.

The journal (JOURNAL in the pod's folder, JSON lines, append-only; the truth of what happened):

    {"event": "sandbox", "time": T, "pid": …}
    {"event": "started", "time": T, "name": …, "attempt": N, "id": …, "pid": …, "image": …}
    {"event": "failed", "time": T, "name": …, "attempt": N, "id": …, "error": Failure,
                        "restart_at": T | null, "image": …}
    {"event": "exited", "time": T, "name": …, "attempt": N, "id": …, "code": N, "signal": N,
                        "started": T, "restart_at": T | null}
    {"event": "warning", "time": T, "name": … | null, "message": …}     e.g. overlay refused
    {"event": "rebooted", "time": T, "boot": ID}
                        written by the server, when no sandbox is there: what ran has ended with
                        the machine. Attempts whose records were lost then are "started" before it

    Times are seconds since the epoch. `code` is 128 + signal when a signal ended it, with `signal`
    set; else signal is 0. A restart is attempt + 1; it is told of by "started" or "failed". `image`
    is the spec's; sandboxes of older versions do not tell it.

Logs: CONTAINERS/NAME/ATTEMPT.log in the pod's folder, in the CRI format
`2026-01-02T03:04:05.123456789Z stdout F text`. The scratch of an attempt is
CONTAINERS/NAME/ATTEMPT.rootfs/; the server removes it when the attempt is over.
"""

from __future__ import annotations

from errno import ENOENT, ENOTDIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, NotRequired, TypedDict

    class Restart(TypedDict):
        """The one restart that a sandbox makes without being asked, after the next end.

        `on` is "always" or "failure"; `delay` seconds count from the end; an attempt that ran
        `reset_after` seconds or longer restarts at once. A signal sent by "kill" or "signal"
        does not cancel it: send "restart" with null first.
        """

        on: str
        delay: float
        reset_after: float

    class ContainerSpec(TypedDict):
        """A container to start, complete: a restart needs nothing else.

        `argv` is final, variables expanded; argv[0] without "/" is searched in env's PATH.
        `cwd` is made if it does not exist, as Kubernetes' runtimes do. `image` is for the journal
        only: by it the server knows what an attempt is of. `cgroup` is the name of
        the container's group below the pod's, made by the server. `share_host_files`: no overlay;
        the host's root as it is (`files` and `masked` hold all the same).

        `stdin`: the program reads what peers write, and sees an end only when `stdin_once` and the
        first of them is done; without, it reads nothing. `tty`: its stdio is a terminal, which no
        end of a peer closes. Servers of older versions do not tell these.
        """

        name: str
        attempt: int
        argv: list[str]
        env: dict[str, str]
        cwd: str
        image: str
        cgroup: str
        share_host_files: bool
        restart: Restart | None
        stdin: NotRequired[bool]
        stdin_once: NotRequired[bool]
        tty: NotRequired[bool]

    class SandboxSpec(TypedDict):
        """A sandbox to fork.

        `title` is what `ps` shows of it. `folder` is the pod's, and exists. `masked` are host
        folders that no container may see. `files` maps a path as containers see it ("/etc/hosts")
        to the name of a file in the pod's folder. The sandbox of a node or of the fabric differs
        in nothing: its containers are just never started.
        """

        uid: str
        title: str
        hostname: str
        folder: str
        masked: list[str]
        files: dict[str, str]

    class Failure(TypedDict):
        """Why something was not done: the step's name, the kernel's errno (0: none), the words."""

        step: str
        errno: int
        message: str


VERSION: Final = 1
STOPPED: Final = 0
LOCK_HELD: Final = 3
REFUSED: Final = 4
ZYGOTE_VARIABLE: Final = "MINIPOD_ZYGOTE"
READY_VARIABLE: Final = "MINIPOD_READY"
LISTEN_VARIABLE: Final = "MINIPOD_LISTEN"
SUPERVISOR_VARIABLE: Final = "NOTIFY_SOCKET"
LOCK: Final = "server.lock"
SOCKET: Final = "sandbox.sock"
JOURNAL: Final = "journal"
SANDBOX_LOG: Final = "sandbox.log"
CONTAINERS: Final = "containers"
GROUPS: Final = "minipod"
SANDBOX_GROUP: Final = "_sandbox"
SERVER_GROUP: Final = "_server"
START_FAILED: Final = 128
RUN: Final = "run the program"
INLINE: Final = 1 << 15
LARGE: Final = b"*"

NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126


def exit_code_of(failure: Failure) -> int:
    """Return the code of an "exec" that could not start, as a shell has it: 127, 126; else 1."""
    if failure["step"] != RUN:
        return 1
    return NOT_FOUND if failure["errno"] in (ENOENT, ENOTDIR) else NOT_EXECUTABLE
