"""What Kubernetes fills in where an object says nothing, as `kubectl get -o yaml` shows it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from minipod.schema.policy import DEFAULTS, NAMESPACE_FINALIZERS, ZERO_IS_UNSET
from minipod.schema.structure import ListOf, MapOf, Object, Scalar, Shape, pod

if TYPE_CHECKING:
    from minipod.model.pod import JSON


def default_pod(obj: JSON) -> JSON:
    """Return a copy of a well-typed Pod with defaults filled in; doing so twice changes nothing."""
    defaulted: JSON = _filled(pod(), obj)
    return defaulted


def default_namespace(obj: JSON) -> JSON:
    """Return a copy of a well-typed Namespace with the label and the spec that each one has."""
    metadata = obj["metadata"]
    labels = dict(metadata.get("labels", {}))
    if "name" in metadata:
        labels["kubernetes.io/metadata.name"] = metadata["name"]
    return obj | {
        "metadata": metadata | {"labels": labels},
        "spec": {"finalizers": list(NAMESPACE_FINALIZERS)},
    }


def _filled(shape: Shape, value: Any) -> Any:
    if isinstance(shape, Scalar):
        return deepcopy(value) if shape is Scalar.ANY else value
    if isinstance(shape, ListOf):
        return [_filled(shape.item, item) for item in value]
    if isinstance(shape, MapOf):
        return {key: _filled(shape.item, item) for key, item in value.items()}
    return _filled_object(shape, value)


def _filled_object(shape: Object, value: JSON) -> JSON:
    result = {name: _filled(shape.fields[name], item) for name, item in value.items()}
    for name, default in DEFAULTS.get(shape.name, {}).items():
        if _is_unset(shape, result.get(name)):
            result[name] = deepcopy(default)
    if special := _SPECIAL.get(shape.name):
        special(result)
    return result


def _is_unset(shape: Object, value: Any) -> bool:
    """Whether Kubernetes takes a value for none: its defaults also replace an empty string."""
    return value is None or value == "" or (value == 0 and shape.name in ZERO_IS_UNSET)


def _container(container: JSON) -> None:
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = _pull_policy(container.get("image", ""))
    resources = container["resources"]
    if limits := resources.get("limits"):
        resources["requests"] = {**limits, **resources.get("requests", {})}


def _pull_policy(image: str) -> str:
    """Return Always for `:latest` and for no tag at all, unless a digest pins the image."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    newest = tag == "latest" or bool(name and not tag and not digest)
    return "Always" if newest else "IfNotPresent"


def _volume(volume: JSON) -> None:
    """Make a volume without a source an emptyDir."""
    if volume.keys() <= {"name"}:
        volume["emptyDir"] = {}


def _pod_spec(spec: JSON) -> None:
    """Give every port of a pod on the host's network its host port."""
    if spec.get("hostNetwork"):
        for container in spec.get("containers", []) + spec.get("initContainers", []):
            for port in container.get("ports", []):
                port["hostPort"] = port.get("hostPort") or port["containerPort"]


_SPECIAL = {
    "Container": _container,
    "EphemeralContainer": _container,
    "Volume": _volume,
    "PodSpec": _pod_spec,
}
