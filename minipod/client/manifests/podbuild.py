"""The Pod that `minipod run` creates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    JSON = dict[str, Any]


def pod(  # noqa: PLR0913 (a keyword each)
    name: str,
    *,
    namespace: str | None,
    command: Sequence[str],
    image: str | None,
    port: int | None,
    env: Mapping[str, str],
    labels: Mapping[str, str],
    restart: str,
    stdin: bool = False,
    stdin_once: bool = True,
    tty: bool = False,
) -> JSON:
    """Return a Pod of one container, named and labelled as kubectl run does.

    `stdin_once`: a stdin is for the first who attaches, and closed after him.
    """
    metadata: JSON = {"name": name, "labels": dict(labels) or {"run": name}}
    if namespace is not None:
        metadata["namespace"] = namespace
    container: JSON = {"name": name}
    if image:
        container["image"] = image
    if command:
        container["command"] = list(command)
    if env:
        container["env"] = [{"name": key, "value": value} for key, value in env.items()]
    if port is not None:
        container["ports"] = [{"containerPort": port}]
    if stdin:
        container |= {"stdin": True, "stdinOnce": stdin_once}
    if tty:
        container["tty"] = True
    spec = {"containers": [container], "restartPolicy": restart}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
