"""How pods look up names: they ask whom the machine asks, if they can reach it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from minipod.model.doctor import Check
from minipod.plan.host_checks.verdict import ok, warn
from minipod.plan.resolv import pod_resolv_conf, servers

if TYPE_CHECKING:
    from minipod.model.doctor import Finding
    from minipod.model.host_facts import Resolver

_FILE = "/etc/resolv.conf"
_WHY = "Pods look up no name. A pod gets a copy when it is made: make it again afterwards."
_ANYBODY = "1.1.1.1"


def judge(seen: Resolver) -> Finding:
    """Judge whether a pod's resolv.conf would name a server that it can reach."""
    if seen.trouble is not None:
        return warn(
            Check.RESOLV_CONF,
            f"{_FILE} cannot be read: {seen.trouble}",
            _WHY,
            f"rm -f {_FILE} && {_add()}",
        )
    named = servers(seen.text)
    wrong = [server for server in named if not _is_address(server)]
    if wrong:
        line = _line_of(wrong[0], seen.text)
        return warn(
            Check.RESOLV_CONF,
            f'{_FILE} names "{wrong[0]}", which is no address',
            "Programs wait for an answer that never comes, or take the line for the end of it.",
            f"cp {_FILE} {_FILE}.old && sed {line}d {_FILE}.old > {_FILE}",
        )
    reachable = servers(pod_resolv_conf(seen.text, seen.upstreams))
    if reachable:
        return ok(Check.RESOLV_CONF, f"pods ask {', '.join(reachable)}")
    if not named:
        return warn(Check.RESOLV_CONF, f"{_FILE} names no server", _WHY, _add())
    return warn(
        Check.RESOLV_CONF,
        f"{_FILE} names only {', '.join(named)}: the machine itself, where no pod gets an answer",
        _WHY,
        _add(),
    )


def _add() -> str:
    return f"echo nameserver {_ANYBODY} >> {_FILE}"


def _line_of(server: str, text: str) -> int:
    """Return the number of the line that names a server: what it says may be anything."""
    lines = enumerate(text.splitlines(), 1)
    return next(number for number, line in lines if line.split()[:2] == ["nameserver", server])


def _is_address(server: str) -> bool:
    try:
        ip_address(server)
    except ValueError:
        return False
    return True
