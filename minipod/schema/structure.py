"""The types that objects are made of: Kubernetes' own from kubernetes.json, others from own.json.

scripts/kubernetes-schema writes the first file; the second has what Kubernetes has no type for, and
the metrics, in the same notation.
"""

from __future__ import annotations

import json
import os
from enum import Enum
from functools import cache
from typing import Any


class Scalar(Enum):
    """A type without parts; the value is its word in the file."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"
    ANY = "any"
    QUANTITY = "quantity"
    INT_OR_STRING = "int-or-string"


class ListOf:
    """A list of one type."""

    __slots__ = ("item",)

    def __init__(self, item: Shape) -> None:
        self.item = item


class MapOf:
    """A mapping from any string to one type."""

    __slots__ = ("item",)

    def __init__(self, item: Shape) -> None:
        self.item = item


class Object:
    """A mapping with known fields, some of them required."""

    __slots__ = ("fields", "name", "required")

    def __init__(self, name: str, required: frozenset[str]) -> None:
        self.name = name
        self.required = required
        self.fields: dict[str, Shape] = {}


Shape = Scalar | ListOf | MapOf | Object


@cache
def pod() -> Object:
    """Return the type of a Pod."""
    return types()["Pod"]


@cache
def namespace() -> Object:
    """Return the type of a Namespace."""
    return types()["Namespace"]


@cache
def types() -> dict[str, Object]:
    """Return every type that the kinds are made of, by Kubernetes' name."""
    described: dict[str, Any] = data("kubernetes.json")["types"] | data("own.json")["types"]
    objects = {name: Object(name, frozenset(d["required"])) for name, d in described.items()}
    for name, description in described.items():
        objects[name].fields = {
            field: _shape(word, objects) for field, word in description["fields"].items()
        }
    return objects


def data(name: str) -> dict[str, Any]:
    """Return what a file of this room holds.

    Not by importlib.resources, whose import takes longer than all the rest.
    """
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)
        return content


def _shape(word: str, objects: dict[str, Object]) -> Shape:
    if word.startswith("["):
        return ListOf(_shape(word[1:-1], objects))
    if word.startswith("{"):
        return MapOf(_shape(word[1:-1], objects))
    return objects.get(word) or Scalar(word)
