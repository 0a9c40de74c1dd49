"""A pod's volumes in words: the kinds are a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    JSON = dict[str, Any]


class _Field(NamedTuple):
    """A line of a volume: its title, and how its value is read."""

    title: str
    value: Callable[[JSON], object]


def _text(name: str, default: object = "") -> Callable[[JSON], object]:
    return lambda source: source.get(name, default)


def _flag(name: str) -> Callable[[JSON], object]:
    return lambda source: "true" if source.get(name) else "false"


def _size_limit(source: JSON) -> object:
    limit = source.get("sizeLimit")
    return "<unset>" if limit in (None, "0") else limit


_KINDS: dict[str, tuple[str, tuple[_Field, ...]]] = {
    "hostPath": (
        "HostPath (bare host directory volume)",
        (_Field("Path", _text("path")), _Field("HostPathType", _text("type", "<none>"))),
    ),
    "emptyDir": (
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        (_Field("Medium", _text("medium")), _Field("SizeLimit", _size_limit)),
    ),
    "secret": (
        "Secret (a volume populated by a Secret)",
        (_Field("SecretName", _text("secretName")), _Field("Optional", _flag("optional"))),
    ),
    "configMap": (
        "ConfigMap (a volume populated by a ConfigMap)",
        (_Field("Name", _text("name")), _Field("Optional", _flag("optional"))),
    ),
    "nfs": (
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        (
            _Field("Server", _text("server")),
            _Field("Path", _text("path")),
            _Field("ReadOnly", _flag("readOnly")),
        ),
    ),
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        (_Field("ClaimName", _text("claimName")), _Field("ReadOnly", _flag("readOnly"))),
    ),
}


def volume_lines(volumes: Iterable[JSON]) -> Iterator[str]:
    """Yield the Volumes section."""
    if not volumes:
        yield "Volumes:\t<none>"
        return
    yield "Volumes:"
    for volume in volumes:
        yield f"  {volume['name']}:"
        yield from _volume(volume)


def _volume(volume: JSON) -> Iterator[str]:
    for name, (description, fields) in _KINDS.items():
        if (source := volume.get(name)) is not None:
            yield f"    Type:\t{description}"
            yield from (f"    {field.title}:\t{field.value(source)}" for field in fields)
            return
    if (source := volume.get("downwardAPI")) is not None:
        yield from _downward(source)
    elif (source := volume.get("projected")) is not None:
        yield from _projected(source)
    else:
        yield "  <unknown>"


def _downward(source: JSON) -> Iterator[str]:
    yield "    Type:\tDownwardAPI (a volume populated by information about the pod)"
    yield "    Items:"
    for item in source.get("items") or ():
        if (field := item.get("fieldRef")) is not None:
            yield f"      {field['fieldPath']} -> {item['path']}"
        if (resource := item.get("resourceFieldRef")) is not None:
            yield f"      {resource['resource']} -> {item['path']}"


def _projected(projected: JSON) -> Iterator[str]:
    yield "    Type:\tProjected (a volume that contains injected data from multiple sources)"
    for source in projected.get("sources") or ():
        if (secret := source.get("secret")) is not None:
            yield f"    SecretName:\t{secret.get('name', '')}"
            yield f"    SecretOptionalName:\t{_pointed_at(secret.get('optional'))}"
        elif source.get("downwardAPI") is not None:
            yield "    DownwardAPI:\ttrue"
        elif (config := source.get("configMap")) is not None:
            yield f"    ConfigMapName:\t{config.get('name', '')}"
            yield f"    ConfigMapOptional:\t{_pointed_at(config.get('optional'))}"
        elif (token := source.get("serviceAccountToken")) is not None:
            yield f"    TokenExpirationSeconds:\t{token.get('expirationSeconds', 0)}"


def _pointed_at(optional: bool | None) -> str:  # noqa: FBT001 (a field's three states)
    """Return what kubectl 1.32 prints; where it prints a pointer's address, the value."""
    return "<nil>" if optional is None else str(optional).lower()
