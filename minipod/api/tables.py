"""Objects as `Table`s: what kubectl prints, made by the server as Kubernetes' printers do it.

Cells follow pkg/printers/internalversion: printPod, printEvent, printNode, printNamespace. Port
conflicts are minipod's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.model import conflicts
from minipod.model.times import parse_timestamp, short_duration
from minipod.plan.conflict_columns import conflict_columns
from minipod.plan.status_column import pod_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from minipod.model.pod import JSON

NONE, UNKNOWN = "<none>", "<unknown>"
META = "meta.k8s.io/v1"


class Column(NamedTuple):
    """A column; one of priority 1 is shown by `-o wide` only."""

    name: str
    priority: int = 0
    type: str = "string"
    description: str = ""

    def definition(self) -> JSON:
        """Return it as a TableColumnDefinition."""
        return {
            "name": self.name,
            "type": self.type,
            "format": "name" if self.name == "Name" else "",
            "description": self.description,
            "priority": self.priority,
        }


class Printer(NamedTuple):
    """A kind's columns, and the cells of one object at a time."""

    columns: tuple[Column, ...]
    cells: Callable[[JSON, float], list[Any]]


class Form(NamedTuple):
    """How a client wants objects; `include` (None, Metadata, Object) is of a Table's rows."""

    table: bool = False
    include: str = "Metadata"


def wanted(accept: str, include: str) -> Form:
    """Return the form that an Accept header asks for: the first one that is known."""
    for each in accept.split(","):
        media, *parameters = (part.strip() for part in each.split(";"))
        if media == "application/json":
            is_table = {"as=Table", "v=v1", "g=meta.k8s.io"} <= set(parameters)
            if is_table or not any(part.startswith("as=") for part in parameters):
                return Form(table=is_table, include=include or "Metadata")
    return Form()


def table(
    kind: str,
    objects: Iterable[JSON],
    version: str,
    form: Form,
    now: float,
    *,
    columns: bool = True,
) -> JSON:
    """Return a Table of objects of a kind; later events of a watch go without columns."""
    printer = PRINTERS[kind]
    definitions = [column.definition() for column in printer.columns]
    return {
        "kind": "Table",
        "apiVersion": META,
        "metadata": {"resourceVersion": version},
        "columnDefinitions": definitions if columns else None,
        "rows": [
            {"cells": printer.cells(obj, now), "object": _included(obj, form)} for obj in objects
        ],
    }


def _included(obj: JSON, form: Form) -> JSON | None:
    match form.include:
        case "None":
            return None
        case "Object":
            return obj
        case _:
            metadata = obj["metadata"]
            return {"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": metadata}


def _pod(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], *pod_columns(obj, now)]


def _event(obj: JSON, now: float) -> list[Any]:
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or first
    involved = obj.get("involvedObject") or {}
    target = (involved.get("kind") or "").lower()
    if involved.get("name"):
        target += f"/{involved['name']}"
    return [
        _since(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        involved.get("fieldPath", ""),
        _source(obj),
        obj.get("message", "").strip(),
        _since(first, now),
        series.get("count") or obj.get("count") or 1,
        obj["metadata"]["name"],
    ]


def _source(event: JSON) -> str:
    source = event.get("source") or {}
    component = source.get("component") or event.get("reportingComponent", "")
    host = source.get("host") or event.get("reportingInstance", "")
    return f"{component}, {host}" if host else component


def _node(obj: JSON, now: float) -> list[Any]:
    status = obj.get("status") or {}
    info = status.get("nodeInfo") or {}
    addresses = {each["type"]: each["address"] for each in status.get("addresses") or ()}
    return [
        obj["metadata"]["name"],
        _node_status(obj),
        _roles(obj["metadata"].get("labels") or {}),
        _since(obj["metadata"].get("creationTimestamp"), now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _node_status(obj: JSON) -> str:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    ready = next((each["status"] for each in conditions if each["type"] == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    cordoned = (obj.get("spec") or {}).get("unschedulable")
    return f"{word},SchedulingDisabled" if cordoned else word


def _roles(labels: Mapping[str, str]) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = sorted(label.removeprefix(prefix) for label in labels if label.startswith(prefix))
    return ",".join(filter(None, roles)) or NONE


def _namespace(obj: JSON, now: float) -> list[Any]:
    metadata = obj["metadata"]
    phase = (obj.get("status") or {}).get("phase", "")
    return [metadata["name"], phase, _since(metadata.get("creationTimestamp"), now)]


def _conflict(obj: JSON, now: float) -> list[Any]:
    cells = [NONE if cell is None else cell for cell in conflict_columns(obj, now)]
    return [*cells, obj["metadata"]["name"]]


def _since(time: str | None, now: float) -> str:
    return short_duration(now - parse_timestamp(time)) if time else UNKNOWN


_NAME = Column("Name", description="Name must be unique within a namespace.")
_AGE = Column("Age", description="Time since creation.")

PRINTERS = {
    "Pod": Printer(
        (
            _NAME,
            Column("Ready", description="The aggregate readiness state of this pod."),
            Column("Status", description="The aggregate status of the containers in this pod."),
            Column("Restarts", description="How often containers restarted, and when last."),
            _AGE,
            Column("IP", 1, description="IP address allocated to the pod."),
            Column("Node", 1, description="The node that the pod runs on."),
            Column("Nominated Node", 1, description="Always empty: nothing is preempted."),
            Column("Readiness Gates", 1, description="Readiness gates that are true, of all."),
        ),
        _pod,
    ),
    "Event": Printer(
        (
            Column("Last Seen", description="Time since this event was last seen."),
            Column("Type", description="Normal or Warning."),
            Column("Reason", description="Why, in one word."),
            Column("Object", description="What it is about."),
            Column("Subobject", 1, description="Which part of it."),
            Column("Source", 1, description="Who tells it."),
            Column("Message", description="Why, in words."),
            Column("First Seen", 1, description="Time since this event was first seen."),
            Column("Count", 1, "integer", "How often it was seen."),
            Column("Name", 1, description=_NAME.description),
        ),
        _event,
    ),
    "Node": Printer(
        (
            _NAME,
            Column("Status", description="The status of the node."),
            Column("Roles", description="The roles of the node."),
            _AGE,
            Column("Version", description="Version of the node's software."),
            Column("Internal-IP", 1, description="Address inside the cluster."),
            Column("External-IP", 1, description="Address from outside."),
            Column("OS-Image", 1, description="Operating system."),
            Column("Kernel-Version", 1, description="Version of the kernel."),
            Column("Container-Runtime", 1, description="What runs the containers."),
        ),
        _node,
    ),
    conflicts.KIND: Printer(
        (
            Column("Last Seen", description="Time since the port was last refused."),
            Column("Count", 0, "integer", "How often the same process was refused."),
            Column("Pod", description="The pod whose containers collide."),
            Column("Port", description="The port, and its protocol."),
            Column("Refused", description="The container that did not get the port."),
            Column("Held By", description="The container that had it."),
            Column("Rule", description="The kernel's reason."),
            Column("Message", description="Both sides, the reason, and a way out."),
            Column("Name", 1, description=_NAME.description),
        ),
        _conflict,
    ),
    "Namespace": Printer(
        (_NAME, Column("Status", description="The status of the namespace."), _AGE), _namespace
    ),
}
