"""The typed view of a Pod: what minipod honours, read from the whole JSON object."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

JSON = dict[str, Any]
"""A Kubernetes object as it is kept: whole, with the fields that minipod does not know."""


class RestartPolicy(StrEnum):
    """When a container that has ended starts again."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class Protocol(StrEnum):
    """A transport that a port belongs to."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


class _View(msgspec.Struct, frozen=True, rename="camel"):
    """A frozen view of a JSON object; fields that it does not name are passed over."""


class EnvVar(_View, frozen=True):
    """One variable; later ones may refer to earlier ones as $(NAME)."""

    name: str
    value: str = ""
    value_from: dict[str, Any] | None = None


class ContainerPort(_View, frozen=True):
    """A declared port: information for people and tools; it opens and closes nothing."""

    container_port: int
    protocol: Protocol = Protocol.TCP
    name: str = ""
    host_port: int = 0
    host_ip: str = msgspec.field(default="", name="hostIP")


class Container(_View, frozen=True):
    """A program of this machine that runs in the pod."""

    name: str
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    working_dir: str = ""
    ports: tuple[ContainerPort, ...] = ()
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False


class PodSpec(_View, frozen=True):
    """What the user wants."""

    containers: tuple[Container, ...]
    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    termination_grace_period_seconds: int = 30
    active_deadline_seconds: int | None = None
    hostname: str = ""
    node_name: str = ""


class Metadata(_View, frozen=True):
    """Who the pod is."""

    name: str
    namespace: str = "default"
    uid: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    deletion_grace_period_seconds: int | None = None


ROOTFS_ANNOTATION = "minipod.dev/rootfs"


class Pod(_View, frozen=True):
    """A pod as minipod sees it."""

    metadata: Metadata
    spec: PodSpec

    @property
    def hostname(self) -> str:
        """`spec.hostname`, else the pod's name, cut to the kernel's useful 63 characters."""
        return self.spec.hostname or self.metadata.name[:63].rstrip("-.")

    @property
    def shares_host_files(self) -> bool:
        """Whether containers see the host's files as they are, and write to them."""
        return self.metadata.annotations.get(ROOTFS_ANNOTATION) == "host"


def view(obj: JSON) -> Pod:
    """Return the typed view of a defaulted, valid Pod object."""
    return msgspec.convert(obj, Pod)
