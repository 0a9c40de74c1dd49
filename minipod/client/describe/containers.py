"""A pod's containers in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minipod.client.describe.clock import Clock

    JSON = dict[str, Any]

_RESOLVED = frozenset({"metadata.name", "metadata.namespace"})
"""The fields that kubectl looks up in the pod; others it only names."""


def container_lines(
    title: str, containers: Sequence[JSON], statuses: Iterable[JSON], pod: JSON, clock: Clock
) -> Iterator[str]:
    """Yield a section of containers."""
    by_name = {status["name"]: status for status in statuses}
    yield f"{title}:" if containers else f"{title}: <none>"
    for container in containers:
        status = by_name.get(container["name"])
        yield f"  {container['name']}:"
        yield from _identity(container, status)
        yield from _words("Command", container.get("command") or ())
        yield from _words("Args", container.get("args") or ())
        if status is not None:
            yield from _condition(status, clock)
        yield from resource_lines(container.get("resources") or {}, "    ")
        yield from _probes(container)
        yield from _sources(container.get("envFrom") or ())
        yield from _environment(container.get("env") or (), pod["metadata"])
        yield from _mounts(container)


def seccomp_lines(context: JSON | None, indent: str, local_indent: str) -> Iterator[str]:
    """Yield the seccomp profile of a security context, if it names one."""
    profile = (context or {}).get("seccompProfile")
    if profile is None:
        return
    yield f"{indent}SeccompProfile:\t{profile['type']}"
    if profile["type"] == "Localhost":
        yield f"{local_indent}LocalhostProfile:\t{profile.get('localhostProfile', '')}"


def resource_lines(resources: JSON, indent: str) -> Iterator[str]:
    """Yield limits and requests."""
    from minipod.client.text.quantity import canonical  # noqa: PLC0415 (most pods have none)

    for title in ("Limits", "Requests"):
        quantities = resources.get(title.lower()) or {}
        if quantities:
            yield f"{indent}{title}:"
        for name in sorted(quantities):
            yield f"{indent}  {name}:\t{canonical(str(quantities[name]))}"


def _identity(container: JSON, status: JSON | None) -> Iterator[str]:
    if status is not None:
        yield f"    Container ID:\t{status.get('containerID', '')}"
    yield f"    Image:\t{container.get('image', '')}"
    if status is not None:
        yield f"    Image ID:\t{status.get('imageID', '')}"
    ports = container.get("ports") or ()
    yield _ports("Port", ports, "containerPort")
    yield _ports("Host Port", ports, "hostPort")
    yield from seccomp_lines(container.get("securityContext"), "    ", "      ")


def _ports(title: str, ports: Iterable[JSON], field: str) -> str:
    written = ", ".join(f"{port.get(field, 0)}/{port.get('protocol', '')}" for port in ports)
    return f"    {title}{'s' if ',' in written else ''}:\t{written or '<none>'}"


def _words(title: str, words: Iterable[str]) -> Iterator[str]:
    if words:
        yield f"    {title}:"
    for word in words:
        yield from (f"      {line}" for line in word.split("\n"))


def _condition(status: JSON, clock: Clock) -> Iterator[str]:
    yield from _state("State", status.get("state") or {}, clock)
    last = status.get("lastState") or {}
    if last.get("terminated") is not None:
        yield from _state("Last State", last, clock)
    yield f"    Ready:\t{bool(status.get('ready'))}"
    yield f"    Restart Count:\t{status.get('restartCount', 0)}"


def _state(title: str, state: JSON, clock: Clock) -> Iterator[str]:
    if (running := state.get("running")) is not None:
        yield f"    {title}:\tRunning"
        yield f"      Started:\t{clock.date(running.get('startedAt'))}"
    elif (ended := state.get("terminated")) is not None:
        yield f"    {title}:\tTerminated"
        yield from _end(ended, clock)
    else:
        yield f"    {title}:\tWaiting"
        if reason := (state.get("waiting") or {}).get("reason"):
            yield f"      Reason:\t{reason}"


def _end(ended: JSON, clock: Clock) -> Iterator[str]:
    if ended.get("reason"):
        yield f"      Reason:\t{ended['reason']}"
    if ended.get("message"):
        yield f"      Message:\t{ended['message']}"
    yield f"      Exit Code:\t{ended.get('exitCode', 0)}"
    if ended.get("signal", 0) > 0:
        yield f"      Signal:\t{ended['signal']}"
    yield f"      Started:\t{clock.date(ended.get('startedAt'))}"
    yield f"      Finished:\t{clock.date(ended.get('finishedAt'))}"


def _probes(container: JSON) -> Iterator[str]:
    for title in ("Liveness", "Readiness", "Startup"):
        probe = container.get(f"{title.lower()}Probe")
        if probe is not None:
            yield f"    {title}:\t{_probe(probe)}"


def _probe(probe: JSON) -> str:
    times = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 0)}s "
        f"period={probe.get('periodSeconds', 0)}s #success={probe.get('successThreshold', 0)} "
        f"#failure={probe.get('failureThreshold', 0)}"
    )
    if (execute := probe.get("exec")) is not None:
        return f"exec [{' '.join(execute.get('command') or ())}] {times}"
    if (get := probe.get("httpGet")) is not None:
        return f"http-get {_url(get)} {times}"
    if (tcp := probe.get("tcpSocket")) is not None:
        return f"tcp-socket {tcp.get('host', '')}:{tcp['port']} {times}"
    if (grpc := probe.get("grpc")) is not None:
        return f"grpc <pod>:{grpc['port']} {grpc.get('service') or ''} {times}"
    return f"unknown {times}"


def _url(get: JSON) -> str:
    from urllib.parse import quote  # noqa: PLC0415 (needed by few)

    host = get.get("host", "")
    host = f"[{host}]" if ":" in host else host
    path = quote(get.get("path", ""), safe="$&+,/:;=@")  # what Go leaves as it is
    slash = "" if not path or path.startswith("/") else "/"
    return f"{get.get('scheme', '').lower()}://{host}:{get['port']}{slash}{path}"


def _sources(sources: Sequence[JSON]) -> Iterator[str]:
    if sources:
        yield "    Environment Variables from:"
    for source in sources:
        kind, reference = "", {}
        for field, title in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if not kind and source.get(field) is not None:
                kind, reference = title, source[field]
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        yield f"      {reference.get('name', '')}\t{kind}{prefix}\t{_optional(reference)}"


def _optional(reference: JSON) -> str:
    return f"Optional: {'true' if reference.get('optional') else 'false'}"


def _environment(variables: Sequence[JSON], metadata: JSON) -> Iterator[str]:
    yield "    Environment:" if variables else "    Environment:\t<none>"
    for variable in variables:
        if (source := variable.get("valueFrom")) is not None:
            yield from _variable_from(variable["name"], source, metadata)
            continue
        first, *more = variable.get("value", "").split("\n")
        yield f"      {variable['name']}:\t{first}"
        yield from (f"      \t{line}" for line in more)


def _variable_from(name: str, source: JSON, metadata: JSON) -> Iterator[str]:
    if (field := source.get("fieldRef")) is not None:
        path = field["fieldPath"]
        value = metadata[path.partition(".")[2]] if path in _RESOLVED else ""
        yield f"      {name}:\t{value} ({field.get('apiVersion', '')}:{path})"
    elif (resource := source.get("resourceFieldRef")) is not None:
        yield f"      {name}:\t ({resource['resource']})"
    elif (key := source.get("secretKeyRef")) is not None:
        told = f"<set to the key '{key['key']}' in secret '{key.get('name', '')}'>"
        yield f"      {name}:\t{told}\t{_optional(key)}"
    elif (key := source.get("configMapKeyRef")) is not None:
        told = f"<set to the key '{key['key']}' of config map '{key.get('name', '')}'>"
        yield f"      {name}:\t{told}\t{_optional(key)}"


def _mounts(container: JSON) -> Iterator[str]:
    mounts = sorted(container.get("volumeMounts") or (), key=lambda mount: mount["mountPath"])
    none = "" if mounts else "\t<none>"
    yield f"    Mounts:{none}"
    for mount in mounts:
        flags = "ro" if mount.get("readOnly") else "rw"
        if mount.get("subPath"):
            flags += f",path={json.dumps(mount['subPath'], ensure_ascii=False)}"
        yield f"      {mount['mountPath']} from {mount['name']} ({flags})"
    devices = sorted(container.get("volumeDevices") or (), key=lambda one: one["devicePath"])
    if devices:
        yield f"    Devices:{none}"
    for device in devices:
        yield f"      {device['devicePath']} from {device['name']}"
