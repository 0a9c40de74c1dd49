"""The types of a group's kinds, as the `schemas` of an OpenAPI v3 document. Pure.

Names are Kubernetes' own. A type that minipod treats in several ways (it acts on a container's
fields, but not yet on an init container's) has a schema for each: the first by Kubernetes' name,
the others by one of ours that ends alike, so that clients show the same.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from minipod.patch.shapes import PLAIN, SHAPES
from minipod.schema.documentation import about, object_in, top
from minipod.schema.structure import ListOf, MapOf, Scalar, types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from minipod.model.pod import JSON
    from minipod.patch.shapes import Shape as Merging
    from minipod.schema.documentation import Field, Stance
    from minipod.schema.structure import Object, Shape

_CORE: Final = "io.k8s.api.core.v1"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1"
_OWN: Final = "dev.minipod"
_METRICS: Final = "io.k8s.metrics.pkg.apis.metrics.v1beta1"
_PACKAGES: Final[Mapping[str, str]] = {
    "LabelSelector": _META,
    "LabelSelectorRequirement": _META,
    "ManagedFieldsEntry": _META,
    "ObjectMeta": _META,
    "OwnerReference": _META,
    "ContainerMetrics": _METRICS,
    "NodeMetrics": _METRICS,
    "PodMetrics": _METRICS,
    "PortConflict": f"{_OWN}.v1",
    "PortHolder": f"{_OWN}.v1",
    "PortWanted": f"{_OWN}.v1",
}
"""Of the types that are not in Kubernetes' core."""

_SCALARS: Final[Mapping[Scalar, JSON]] = {
    Scalar.STRING: {"type": "string"},
    Scalar.INTEGER: {"type": "integer", "format": "int64"},
    Scalar.BOOLEAN: {"type": "boolean"},
    Scalar.TIME: {"type": "string", "format": "date-time"},
    Scalar.ANY: {"type": "object"},
}
_UNIONS: Final[Mapping[Scalar, tuple[str, JSON]]] = {
    Scalar.QUANTITY: (
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
    ),
    Scalar.INT_OR_STRING: (
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    ),
}


def name_of(kind: str) -> str:
    """Return what the schema of a kind is called."""
    return f"{_PACKAGES.get(kind, _CORE)}.{kind}"


def reference(name: str) -> JSON:
    """Return what stands for a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


class Schemas:
    """The schemas of a document: `found` has those of all kinds that were added, by name."""

    def __init__(self) -> None:
        self.found: JSON = dict(_UNIONS.values())
        self._first: dict[str, Stance] = {}

    def add(self, kind: str) -> JSON:
        """Add a kind and all that it is made of; return its schema."""
        schema = self._object(types()[kind], top(kind)) | {"description": about(kind)}
        self.found[name_of(kind)] = schema
        return schema

    def _object(self, of: Object, fields: Iterable[Field]) -> JSON:
        required = {"required": sorted(of.required)} if of.required else {}
        properties = {field.name: self._property(field) for field in fields}
        return {"type": "object", **required, "properties": properties}

    def _property(self, field: Field) -> JSON:
        value = self._value(field, field.shape)
        if "$ref" in value:  # beside which nothing counts
            value = {"allOf": [value]}
        choices = {"enum": field.choices} if field.choices else {}
        merging = _merging().get((field.of.name, field.name), {})
        return {"description": field.description, **value, **choices, **merging}

    def _value(self, field: Field, shape: Shape) -> JSON:
        if isinstance(shape, ListOf):
            return {"type": "array", "items": self._value(field, shape.item)}
        if isinstance(shape, MapOf):
            return {"type": "object", "additionalProperties": self._value(field, shape.item)}
        if isinstance(shape, Scalar):
            return reference(_UNIONS[shape][0]) if shape in _UNIONS else _SCALARS[shape]
        return self._type(field, shape)

    def _type(self, field: Field, of: Object) -> JSON:
        """Return what stands for the type of a field, as that field is treated."""
        first = self._first.setdefault(of.name, field.stance)
        own = f"{_OWN}.{field.stance.name.lower()}.{of.name}"
        name = name_of(of.name) if first is field.stance else own
        if name not in self.found:
            self.found[name] = self._object(of, field.below())
        return reference(name)


@cache
def _merging() -> Mapping[tuple[str, str], JSON]:
    """Return how lists merge in a strategic merge patch, by type and field."""
    return {
        place: extension
        for kind, shape in SHAPES.items()
        for place, extension in _merged(types()[kind], shape)
    }


def _merged(of: Object, shape: Merging) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for name, value in of.fields.items():
        merging = shape.field(name)
        if merging.key is not None:
            strategy = "merge,retainKeys" if merging.retain_keys else "merge"
            key = {"x-kubernetes-patch-merge-key": merging.key} if merging.key else {}
            yield (of.name, name), {"x-kubernetes-patch-strategy": strategy, **key}
        inside = object_in(value)
        if inside is not None and merging is not PLAIN:
            yield from _merged(inside, merging)
