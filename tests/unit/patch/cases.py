"""Strategic merge patches, and what Kubernetes makes of them: the real kubectl is asked too."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    promise: str
    original: dict[str, Any]
    patch: dict[str, Any]
    expected: dict[str, Any]

    def full(self, part: dict[str, Any]) -> dict[str, Any]:
        """Return a whole pod with a part of these two: metadata and spec."""
        metadata = {"name": "web", **part.get("metadata", {})}
        spec = {"containers": [], **part.get("spec", {})}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _spec(**fields: Any) -> dict[str, Any]:
    return {"spec": fields}


def _container(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


def _order(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


A, B, C = _container("a", image="a"), _container("b", image="b"), _container("c", image="c")
KEEP = {"name": "keep", "emptyDir": {}}

CASES = [
    Case(
        "a mapping merges",
        {"metadata": {"labels": {"app": "web", "tier": "x"}}},
        {"metadata": {"labels": {"tier": "y", "new": "1"}}},
        {"metadata": {"labels": {"app": "web", "tier": "y", "new": "1"}}},
    ),
    Case(
        "null removes a field",
        {"metadata": {"labels": {"app": "web", "tier": "x"}}},
        {"metadata": {"labels": {"tier": None, "never": None}}},
        {"metadata": {"labels": {"app": "web"}}},
    ),
    Case(
        "containers merge by name",
        _spec(containers=[A, B]),
        _spec(containers=[{"name": "b", "image": "b2"}]),
        _spec(containers=[A, {"name": "b", "image": "b2"}]),
    ),
    Case(
        "a new container stands before those that only the server has",
        _spec(containers=[A, B]),
        _spec(containers=[C]),
        _spec(containers=[C, A, B]),
    ),
    Case(
        "those that the server alone has stand where they stood",
        _spec(containers=[A, B]),
        _spec(containers=[{"name": "b", "image": "b2"}, C]),
        _spec(containers=[A, {"name": "b", "image": "b2"}, C]),
    ),
    Case(
        "$patch: delete removes an item",
        _spec(containers=[A, B]),
        _spec(containers=[{"name": "a", "$patch": "delete"}]),
        _spec(containers=[B]),
    ),
    Case(
        "$patch: delete of an item that is not there does nothing",
        _spec(containers=[A]),
        _spec(containers=[{"name": "z", "$patch": "delete"}]),
        _spec(containers=[A]),
    ),
    Case(
        "$patch: replace in a list replaces it whole",
        _spec(containers=[A, B]),
        _spec(containers=[C, {"$patch": "replace"}]),
        _spec(containers=[C]),
    ),
    Case(
        "$patch: replace in a mapping replaces it whole",
        {"metadata": {"labels": {"app": "web", "tier": "x"}}},
        {"metadata": {"labels": {"only": "1", "$patch": "replace"}}},
        {"metadata": {"labels": {"only": "1"}}},
    ),
    Case(
        "$patch: delete in a mapping empties it",
        _spec(containers=[A], securityContext={"runAsUser": 1}),
        _spec(securityContext={"$patch": "delete"}),
        _spec(containers=[A], securityContext={}),
    ),
    Case(
        "$setElementOrder orders, and server-only items keep their place",
        _spec(containers=[A, B, C]),
        _spec(**{"$setElementOrder/containers": _order("c", "a")}),
        _spec(containers=[B, C, A]),
    ),
    Case(
        "$setElementOrder goes with a change",
        _spec(containers=[A, B]),
        _spec(
            **{
                "$setElementOrder/containers": _order("c", "b", "a"),
                "containers": [C, {"name": "a", "image": "a2"}],
            }
        ),
        _spec(containers=[C, B, {"name": "a", "image": "a2"}]),
    ),
    Case(
        "environment merges by name, in the patch's order",
        _spec(containers=[A | {"env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}]),
        _spec(
            containers=[
                {
                    "name": "a",
                    "env": [{"name": "Z", "value": "3"}, {"name": "X", "value": "9"}],
                }
            ]
        ),
        _spec(
            containers=[
                A
                | {
                    "env": [
                        {"name": "Z", "value": "3"},
                        {"name": "X", "value": "9"},
                        {"name": "Y", "value": "2"},
                    ]
                }
            ]
        ),
    ),
    Case(
        "ports merge by containerPort",
        _spec(containers=[A | {"ports": [{"containerPort": 80, "name": "http"}]}]),
        _spec(containers=[{"name": "a", "ports": [{"containerPort": 80, "hostPort": 8080}]}]),
        _spec(
            containers=[A | {"ports": [{"containerPort": 80, "name": "http", "hostPort": 8080}]}]
        ),
    ),
    Case(
        "a list of no key is replaced",
        _spec(containers=[A | {"command": ["sleep", "1"]}]),
        _spec(containers=[{"name": "a", "command": ["true"]}]),
        _spec(containers=[A | {"command": ["true"]}]),
    ),
    Case(
        "$retainKeys lets go of a union's other member",
        _spec(containers=[A], volumes=[KEEP, {"name": "v", "hostPath": {"path": "/x"}}]),
        _spec(volumes=[{"name": "v", "emptyDir": {}, "$retainKeys": ["name", "emptyDir"]}]),
        _spec(containers=[A], volumes=[KEEP, {"name": "v", "emptyDir": {}}]),
    ),
    Case(
        "values of a merging list add up, each once",
        {"metadata": {"finalizers": ["x/a", "x/b"]}},
        {"metadata": {"finalizers": ["x/b", "x/c"]}},
        {"metadata": {"finalizers": ["x/a", "x/b", "x/c"]}},
    ),
    Case(
        "$deleteFromPrimitiveList removes values",
        {"metadata": {"finalizers": ["x/a", "x/b", "x/c"]}},
        {
            "metadata": {
                "$deleteFromPrimitiveList/finalizers": ["x/b"],
                "$setElementOrder/finalizers": ["x/c", "x/a"],
            }
        },
        {"metadata": {"finalizers": ["x/c", "x/a"]}},
    ),
    Case(
        "a field that is new to the object is taken without the nulls in it",
        _spec(containers=[A]),
        _spec(securityContext={"runAsUser": 1, "runAsGroup": None}),
        _spec(containers=[A], securityContext={"runAsUser": 1}),
    ),
    Case(
        "a list that is new to the object is taken",
        _spec(containers=[A]),
        _spec(volumes=[KEEP]),
        _spec(containers=[A], volumes=[KEEP]),
    ),
]
