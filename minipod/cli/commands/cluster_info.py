"""`minipod cluster-info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.cli.options import pass_session, verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.cli.session import Session

    JSON = dict[str, Any]


@verb("cluster-info", "minipod cluster-info")
@pass_session
def cluster_info(session: Session) -> None:
    """Show where the server is, and the node with its pod network."""
    from minipod.cli.printing.output import tell
    from minipod.client.kinds import NODES, Where

    api = session.api()
    server = api.own.info()
    kubernetes = api.own.version()["gitVersion"]
    tell(f"minipod server is running at {server['socket']}")
    rows = {
        "Root": server["root"],
        "Server": f"pid {server['pid']}, version {server['version']}",
        "Kubernetes API": kubernetes,
        "Node": _nodes(api.list_of(NODES, Where(None))["items"]),
    }
    for name, value in rows.items():
        tell(f"{name + ':':<16}{value}")
    tell("\nTo further debug and diagnose cluster problems, use 'minipod doctor'.")


def _nodes(nodes: Iterable[JSON]) -> str:
    """Return each node with its address and what its pods get theirs from."""
    told = [
        f"{node['metadata']['name']} at {_address(node)}, pods in {node['spec']['podCIDR']}"
        for node in nodes
        if "podCIDR" in node["spec"]
    ]
    return "; ".join(told) or "none has a network yet: the first pod makes it"


def _address(node: JSON) -> str:
    found = (each for each in node["status"]["addresses"] if each["type"] == "InternalIP")
    return next((str(each["address"]) for each in found), "<none>")
