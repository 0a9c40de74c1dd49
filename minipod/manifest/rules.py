"""Kubernetes' rules for the values of a Pod or Namespace, in its words, and its warnings.

Each rule takes a well-typed object and yields faults by path; what is absent is the schema's
matter. From Kubernetes' pkg/apis/core/validation and pkg/api/pod/warnings.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from minipod.manifest import formats, host_ports
from minipod.manifest.faults import (
    Fault,
    FaultKind,
    Key,
    Path,
    duplicate,
    invalid,
    required,
    unsupported,
)
from minipod.manifest.remarks import Remark
from minipod.manifest.same_ports import same_ports
from minipod.model.pod import ROOTFS_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from minipod.model.pod import JSON

    Form = Callable[[str], list[str]]
    """Returns what keeps a text from having a form."""

_ANNOTATIONS_SIZE: Final = 256 * 1024
_MAX_PORT: Final = 65_535
_MAX_INT32: Final = 2**31 - 1
_ROOTFS: Final = ("host", "private")
_CONTAINER_LISTS: Final = ("initContainers", "containers")


def faults(pod: JSON) -> Iterator[Fault]:
    """Yield every fault of a Pod's values."""
    yield from _metadata(pod.get("metadata", {}), ("metadata",))
    annotations = pod.get("metadata", {}).get("annotations", {})
    yield from host_ports.faults(annotations, list(_containers(pod.get("spec", {}), ("spec",))))
    if "spec" in pod:
        yield from _spec(pod["spec"], ("spec",))
    else:
        yield required(("spec", "containers"))


def namespace_faults(namespace: JSON) -> Iterator[Fault]:
    """Yield every fault of a Namespace's values: its name is one label of a host's name."""
    yield from _metadata(namespace.get("metadata", {}), ("metadata",), formats.label)


def remarks(pod: JSON) -> Iterator[Remark]:
    """Yield every warning of a valid Pod's values."""
    containers = list(_containers(pod["spec"], ("spec",)))
    yield from _without_image(containers)
    for path, container in containers:
        yield from _hidden_variables(container, path)
    yield from same_ports(containers)
    yield from host_ports.remarks(containers)


def _without_image(containers: list[tuple[Path, JSON]]) -> Iterator[Remark]:
    """Yield one warning, however many containers have none."""
    without = [(path, container) for path, container in containers if not container.get("image")]
    if without:
        (path, _), *others = without
        also = "".join(f", {container['name']}" for _, container in others)
        message = "no image: minipod runs the command, a cluster will want an image"
        yield Remark(path, f"{message} (also {also[2:]})" if others else message)


def _metadata(metadata: JSON, path: Path, name_form: Form = formats.subdomain) -> Iterator[Fault]:
    name, prefix = metadata.get("name", ""), metadata.get("generateName", "")
    if not name and not prefix:
        yield required((*path, "name"), "name or generateName is required")
    yield from _form(name_form, name, (*path, "name"))
    masked = f"{prefix[:-1]}a" if prefix.endswith("-") else prefix
    yield from _form(name_form, masked, (*path, "generateName"))
    yield from _form(formats.label, metadata.get("namespace", ""), (*path, "namespace"))
    yield from _labels(metadata.get("labels", {}), (*path, "labels"))
    yield from _annotations(metadata.get("annotations", {}), (*path, "annotations"))


def _form(form: Form, value: str, path: Path) -> Iterator[Fault]:
    if value:
        yield from (invalid(path, value, words) for words in form(value))


def _labels(labels: dict[str, str], path: Path) -> Iterator[Fault]:
    for key, value in labels.items():
        at = (*path, Key(key))
        yield from (invalid(path, key, words, at=at) for words in formats.qualified_name(key))
        yield from (invalid(path, value, words, at=at) for words in formats.label_value(value))


def _annotations(annotations: dict[str, str], path: Path) -> Iterator[Fault]:
    for key in annotations:
        at = (*path, Key(key))
        wrong = formats.qualified_name(key.lower())
        yield from (invalid(path, key, words, at=at) for words in wrong)
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > _ANNOTATIONS_SIZE:
        message = f"Too long: may not be more than {_ANNOTATIONS_SIZE} bytes"
        yield Fault(path, message, FaultKind.TOO_LONG)
    rootfs = annotations.get(ROOTFS_ANNOTATION, _ROOTFS[0])
    if rootfs not in _ROOTFS:
        yield unsupported((*path, Key(ROOTFS_ANNOTATION)), rootfs, _ROOTFS)


def _spec(spec: JSON, path: Path) -> Iterator[Fault]:
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        grace = spec["terminationGracePeriodSeconds"]
        message = "must be greater than or equal to 0"
        yield invalid((*path, "terminationGracePeriodSeconds"), grace, message)
    if "activeDeadlineSeconds" in spec:
        deadline = spec["activeDeadlineSeconds"]
        for words in formats.in_range(deadline, 1, _MAX_INT32):
            yield invalid((*path, "activeDeadlineSeconds"), deadline, words)
    yield from _form(formats.label, spec.get("hostname", ""), (*path, "hostname"))
    yield from _form(formats.label, spec.get("subdomain", ""), (*path, "subdomain"))
    yield from _form(formats.subdomain, spec.get("nodeName", ""), (*path, "nodeName"))
    if spec.get("ephemeralContainers"):
        message = "Forbidden: cannot be set on create"
        yield Fault((*path, "ephemeralContainers"), message, FaultKind.FORBIDDEN)
    if spec.get("containers") == []:
        yield required((*path, "containers"))
    yield from _all_containers(spec, path)


def _containers(spec: JSON, path: Path) -> Iterator[tuple[Path, JSON]]:
    for field in _CONTAINER_LISTS:
        for index, container in enumerate(spec.get(field, [])):
            yield (*path, field, index), container


def _all_containers(spec: JSON, path: Path) -> Iterator[Fault]:
    names: set[str] = set()
    host_ports: dict[str, str] = {}
    for below, container in _containers(spec, path):
        yield from _container_name(container, below, names)
        yield from _image(container, below)
        yield from _environment(container.get("env", []), (*below, "env"))
        yield from _ports(container, (*below, "ports"), host_ports)


def _container_name(container: JSON, path: Path, names: set[str]) -> Iterator[Fault]:
    name, path = container.get("name"), (*path, "name")
    if name is None:
        return
    if not name:
        yield required(path)
        return
    yield from _form(formats.label, name, path)
    if name in names:
        yield duplicate(path, name)
    names.add(name)


def _image(container: JSON, path: Path) -> Iterator[Fault]:
    image = container.get("image", "")
    if not image and not container.get("command"):
        yield required((*path, "image"))
    if image != image.strip():
        message = "must not have leading or trailing whitespace"
        yield invalid((*path, "image"), image, message)


def _environment(env: list[JSON], path: Path) -> Iterator[Fault]:
    for index, variable in enumerate(env):
        below = (*path, index)
        if variable.get("name") == "":
            yield required((*below, "name"))
        yield from _form(formats.variable_name, variable.get("name", ""), (*below, "name"))
        if variable.get("value") and variable.get("valueFrom"):
            message = "may not be specified when `value` is not empty"
            yield invalid((*below, "valueFrom"), "", message)


def _ports(container: JSON, path: Path, host_ports: dict[str, str]) -> Iterator[Fault]:
    names: set[str] = set()
    for index, port in enumerate(container.get("ports", [])):
        below = (*path, index)
        yield from _port_name(port.get("name", ""), (*below, "name"), names)
        yield from _port_number(port, "containerPort", below)
        if port.get("hostPort"):
            yield from _port_number(port, "hostPort", below)
            owner = container.get("name", "")
            yield from _host_port(port, (*below, "hostPort"), owner, host_ports)


def _port_name(name: str, path: Path, names: set[str]) -> Iterator[Fault]:
    yield from _form(formats.port_name, name, path)
    if name and name in names:
        yield duplicate(path, name)
    names.add(name)


def _port_number(port: JSON, field: str, path: Path) -> Iterator[Fault]:
    if field in port:
        for words in formats.in_range(port[field], 1, _MAX_PORT):
            yield invalid((*path, field), port[field], words)


def _host_port(port: JSON, path: Path, owner: str, taken: dict[str, str]) -> Iterator[Fault]:
    """Yield Kubernetes' fault of a port of the machine that stands twice, and who wants it.

    `taken` maps what Kubernetes compares to the container that had it first.
    """
    key = f"{port.get('protocol') or 'TCP'}/{port.get('hostIP', '')}/{port['hostPort']}"
    if key not in taken:
        taken[key] = owner
        return
    fault = duplicate(path, key)
    if taken[key] == owner:
        who = f'container "{owner}" wants this port of the machine twice'
    else:
        who = f'containers "{taken[key]}" and "{owner}" both want this port of the machine'
    yield fault._replace(message=f"{fault.message}: {who}: give one of the two another hostPort")


def _hidden_variables(container: JSON, path: Path) -> Iterator[Remark]:
    names: set[str] = set()
    for index, variable in enumerate(container.get("env", [])):
        name = variable["name"]
        if name in names and f"$({name})" not in variable.get("value", ""):
            words = f'hides previous definition of "{name}", which may be dropped when using apply'
            yield Remark((*path, "env", index), words)
        names.add(name)
