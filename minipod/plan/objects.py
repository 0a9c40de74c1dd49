"""The objects that nobody writes: the namespaces, the node, and the port conflicts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from minipod.model import conflicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.model.conflicts import Conflict
    from minipod.model.pod import JSON
    from minipod.plan.network import NodePlan

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9.-]+")

PODS_ON_A_NODE = 253
"""What a node CIDR of /24 holds: 256 less network, gateway and broadcast."""


class Machine(msgspec.Struct, frozen=True):
    """What a Node object tells of the machine under it; `os` as /etc/os-release has it.

    `boot_id` differs from boot to boot, `machine_id` and `system_uuid` from machine to machine;
    empty where the machine does not tell. `memory` is in bytes.
    """

    name: str
    kernel: str
    architecture: str
    os: str
    version: str
    boot_id: str = ""
    machine_id: str = ""
    system_uuid: str = ""
    processors: int = 0
    memory: int = 0


def node_name(nodes: Sequence[JSON], host_name: str) -> str:
    """Return what a machine's node is called: as before, for its pods are on the node of that name.

    Else like the machine, which may be renamed later.
    """
    if nodes:
        newest = max(nodes, key=lambda node: str(node["metadata"]["creationTimestamp"]))
        return str(newest["metadata"]["name"])
    return named_after(host_name)


def named_after(host_name: str) -> str:
    """Return a machine's name as the name of a node: `my-host.lan` for `My_Host.lan`.

    Hosts may be called as they like, `(none)` for one: such a name no object has.
    """
    labels = (label.strip("-") for label in _NOT_IN_A_NAME.sub("-", host_name.lower()).split("."))
    return ".".join(filter(None, labels)) or "node"


def namespace_object(name: str, uid: str, created: str) -> JSON:
    """Return a Namespace, active."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "uid": uid,
            "creationTimestamp": created,
            "labels": {"kubernetes.io/metadata.name": name},
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def node_object(machine: Machine, uid: str, created: str) -> JSON:
    """Return the Node of this machine, before it has a network."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": machine.name,
            "uid": uid,
            "creationTimestamp": created,
            "labels": {
                "kubernetes.io/hostname": machine.name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": machine.architecture,
            },
        },
        "spec": {},
        "status": {
            "capacity": node_capacity(machine),
            "allocatable": node_capacity(machine),
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "MinipodReady",
                    "message": "minipod is serving",
                    "lastHeartbeatTime": created,
                    "lastTransitionTime": created,
                }
            ],
            "addresses": [{"type": "Hostname", "address": machine.name}],
            "nodeInfo": node_info(machine),
        },
    }


def node_capacity(machine: Machine) -> JSON:
    """Return what a Node has to give: all of the machine."""
    return {
        "cpu": str(machine.processors),
        "memory": f"{machine.memory // 1024}Ki",
        "pods": str(PODS_ON_A_NODE),
    }


def node_info(machine: Machine) -> JSON:
    """Return what a Node tells of the machine as it is in this boot."""
    return {
        "architecture": machine.architecture,
        "bootID": machine.boot_id,
        "containerRuntimeVersion": f"minipod://{machine.version}",
        "kernelVersion": machine.kernel,
        "kubeletVersion": f"v{machine.version}",
        "machineID": machine.machine_id,
        "operatingSystem": "linux",
        "osImage": machine.os,
        "systemUUID": machine.system_uuid,
    }


def rebooted(node: JSON, machine: Machine) -> bool:
    """Return whether the machine has booted since its Node object was last brought up to date."""
    before = node["status"]["nodeInfo"].get("bootID")
    return bool(before) and before != machine.boot_id


def with_network(node: JSON, place: NodePlan) -> JSON:
    """Return a Node object that says where it is in the pod network."""
    cidr = str(place.cidr)
    own = {"type": "InternalIP", "address": str(place.address)}
    others = [each for each in node["status"]["addresses"] if each["type"] != "InternalIP"]
    return node | {
        "spec": node["spec"] | {"podCIDR": cidr, "podCIDRs": [cidr]},
        "status": node["status"] | {"addresses": [own, *others]},
    }


def conflict_object(conflict: Conflict, name: str, pod_uid: str) -> JSON:
    """Return a conflict as it is kept: its own fields beside those of every object.

    It belongs to its pod, and goes with it.
    """
    owner = {"apiVersion": "v1", "kind": "Pod", "name": conflict.pod, "uid": pod_uid}
    fields: JSON = msgspec.to_builtins(conflict)
    return {
        "apiVersion": "minipod.dev/v1",
        "kind": conflicts.KIND,
        "metadata": {
            "name": name,
            "namespace": conflict.namespace,
            "creationTimestamp": f"{conflict.time[:19]}Z",
            "ownerReferences": [owner],
        },
    } | fields
