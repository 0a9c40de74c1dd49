"""The systemd units of a root: their names and their text (systemd.unit(5), systemd.service(5)).

What is not said in them is as good as said: nothing that restricts what the service sees or may do,
for pods see the machine as the server's parent does.
"""

from __future__ import annotations

from string import ascii_letters, digits
from typing import NamedTuple

from minipod.errors import BadRequest
from minipod.model.root import DEFAULT_ROOT

MARK = "# Written by 'minipod server install-service', removed by 'uninstall-service'."
LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path (unix(7))."""
NOT_TO_BE_TRIED_AGAIN = "3 4"
"""LOCK_HELD and REFUSED of minipod.sandbox.protocol: the next start would meet the same."""

_PLAIN = ascii_letters + digits + ":_."


class Units(NamedTuple):
    """The two units of a root, by name and text."""

    service: str
    service_text: str
    socket: str
    socket_text: str


def units(program: str, root: str, socket: str) -> Units:
    """Return the units of a root whose server `program` runs. BadRequest if it can have none."""
    if len(socket.encode()) > LONGEST_SOCKET:
        raise BadRequest(f"cannot have a service for {root}: its socket's path is too long")
    if not (root + program).isprintable():
        raise BadRequest(f"cannot have a service for {root!r}: its path has control characters")
    name = unit_name(root)
    mounts = _quoted(root)
    return Units(
        f"{name}.service",
        _SERVICE.format(
            mark=MARK,
            root=_literal(root),
            mounts=mounts,
            socket=f"{name}.socket",
            command=f":{_quoted(program)} --root {_quoted(root)} server run",
            final=NOT_TO_BE_TRIED_AGAIN,
        ),
        f"{name}.socket",
        _SOCKET.format(mark=MARK, root=_literal(root), mounts=mounts, path=_literal(socket)),
    )


def unit_name(root: str) -> str:
    """Return what the names of a root's units begin with: `minipod`, or `minipod@tmp-lab`."""
    return "minipod" if root == DEFAULT_ROOT else f"minipod@{escaped(root)}"


def escaped(path: str) -> str:
    """Return a path as a part of a unit's name: `systemd-escape --path`."""
    parts = [part for part in path.split("/") if part]
    joined = "/".join(parts)
    return "".join(_escaped(char, first=not at) for at, char in enumerate(joined)) or "-"


def _escaped(char: str, *, first: bool) -> str:
    if char == "/":
        return "-"
    if char in _PLAIN and not (first and char == "."):
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode(errors="surrogateescape"))


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_literal(inner)}"'


_SERVICE = """\
{mark}
[Unit]
Description=minipod: the pods of {root}
Requires={socket}
After={socket} network.target docker.service
RequiresMountsFor={mounts}
StartLimitIntervalSec=60

[Service]
Type=notify
# The server says that it is ready; its parent, which starts it again, is the main process.
NotifyAccess=all
ExecStart={command}
Restart=on-failure
RestartSec=1
RestartPreventExitStatus={final}
# Pods live in control groups of their own, beside this service's: they run on when it stops.
KillMode=mixed
TimeoutStartSec=120
TimeoutStopSec=20
OOMPolicy=continue
TasksMax=infinity
IgnoreSIGPIPE=no
SyslogIdentifier=minipod

[Install]
WantedBy=multi-user.target
"""

_SOCKET = """\
{mark}
[Unit]
Description=minipod: the API of {root}
RequiresMountsFor={mounts}

[Socket]
ListenStream={path}
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
"""
