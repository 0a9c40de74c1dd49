"""Port spaces for tests: a pod with the containers `web` and `sidecar`, and its sockets."""

from __future__ import annotations

from minipod.model.binds import BindCall, Call
from minipod.model.pod import Container, ContainerPort, Metadata, Pod, PodSpec, Protocol
from minipod.model.sockets import Holder, Peer, Socket, SocketState
from minipod.ports.space import PodPorts

TCP, UDP = Protocol.TCP, Protocol.UDP
WEB, SIDECAR = 101, 102
WEB_PID, SIDECAR_PID = 4188, 4312
APP = Holder(WEB_PID, "python3 app.py")


def pod(**declared):
    """Return a pod; each keyword is a container and the TCP ports that it declares."""
    containers = tuple(
        Container(
            name=name,
            ports=tuple(ContainerPort(container_port=port) for port in declared.get(name, ())),
        )
        for name in ("web", "sidecar")
    )
    return Pod(metadata=Metadata(name="kubia"), spec=PodSpec(containers))


def sock(address="0.0.0.0", state=SocketState.LISTENING, protocol=TCP, port=8080, **fields):
    """Return a socket of `web`."""
    values = {"inode": 1, "cgroup": WEB, "uid": 0} | fields
    if "peer" in fields:
        values["peer"] = Peer(*fields["peer"])
    return Socket(protocol, address, port, state=state, **values)


def space(*sockets, declares=None, holders=None):
    return PodPorts(
        pod(**(declares or {})),
        sockets,
        {WEB: "web", SIDECAR: "sidecar"},
        {WEB_PID: "web", SIDECAR_PID: "sidecar"},
        {1: (APP,)} if holders is None else holders,
    )


def refused(address="0.0.0.0", **fields):
    """Return a bind of `sidecar` to 8080/tcp that failed."""
    values = {
        "seq": 9, "time": 1_700_000_009.25, "call": Call.BIND, "failed": True,
        "pid": SIDECAR_PID, "name": "python3", "command": "python3 -m http.server 8080",
        "cgroup": SIDECAR, "uid": 0, "protocol": TCP, "family": 6 if ":" in (address or "") else 4,
        "port": 8080, "inode": 99, "reuseaddr": False, "reuseport": False, "v6only": False,
    }  # fmt: skip
    return BindCall(address=address, **(values | fields))


def taken(address="0.0.0.0", **fields):
    """Return a bind of `web` to 8080/tcp that succeeded, before."""
    values = {
        "seq": 1, "time": 1_700_000_001.5, "failed": False, "pid": WEB_PID, "cgroup": WEB,
        "command": "python3 app.py", "inode": 1,
    }  # fmt: skip
    return refused(address, **(values | fields))
