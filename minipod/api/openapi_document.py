"""An OpenAPI v3 document of a group of the API: its kinds, their fields, and what may be done.

It has what Kubernetes' clients look for: the extensions `x-kubernetes-…`, and of each operation the
parameters that this server heeds. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from minipod import __version__
from minipod.api.openapi_schemas import Schemas, name_of, reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from minipod.api.resources import Resource
    from minipod.model.pod import JSON

_ITEM, _LIST = True, False
_OPERATIONS: Final[Mapping[str, tuple[str, bool]]] = {
    "create": ("post", _LIST),
    "delete": ("delete", _ITEM),
    "deletecollection": ("delete", _LIST),
    "get": ("get", _ITEM),
    "list": ("get", _LIST),
    "patch": ("patch", _ITEM),
    "update": ("put", _ITEM),
}
"""The method of each verb, and whether it is about one object."""

_BODIES: Final[Mapping[str, tuple[str, ...]]] = {
    "create": ("application/json", "application/yaml"),
    "update": ("application/json", "application/yaml"),
    "patch": (
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
    ),
}
"""The media types of what is sent along."""


def document(resources: Iterable[Resource]) -> JSON:
    """Return the document of the kinds of one group."""
    schemas = Schemas()
    paths: JSON = {}
    for kind in resources:
        schemas.add(kind.kind)["x-kubernetes-group-version-kind"] = [_group_version_kind(kind)]
        paths.update(_paths(kind))
    return {
        "openapi": "3.0.0",
        "info": {"title": "minipod", "version": __version__},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.found.items()))},
    }


def _paths(resource: Resource) -> Iterator[tuple[str, JSON]]:
    for path, one in ((resource.collections[-1], _LIST), (resource.item, _ITEM)):
        yield (
            path,
            {
                _OPERATIONS[verb][0]: _operation(resource, verb, path)
                for verb in resource.verbs
                if verb in _OPERATIONS and _OPERATIONS[verb][1] is one
            },
        )


def _operation(resource: Resource, verb: str, path: str) -> JSON:
    named = (name for name in ("namespace", "name") if f"{{{name}}}" in path)
    asked = ("dryRun", "fieldValidation") if verb in _BODIES else ()
    return {
        "parameters": [
            *(_parameter(name, "path", required=True) for name in named),
            *(_parameter(name, "query", required=False) for name in asked),
        ],
        **({"requestBody": _body(resource, verb)} if verb in _BODIES else {}),
        "responses": {"201" if verb == "create" else "200": {"description": "done"}},
        "x-kubernetes-action": {"create": "post", "update": "put"}.get(verb, verb),
        "x-kubernetes-group-version-kind": _group_version_kind(resource),
    }


def _parameter(name: str, place: str, *, required: bool) -> JSON:
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


def _body(resource: Resource, verb: str) -> JSON:
    schema = {} if verb == "patch" else reference(name_of(resource.kind))
    return {"content": {media: {"schema": schema} for media in _BODIES[verb]}}


def _group_version_kind(resource: Resource) -> JSON:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}
