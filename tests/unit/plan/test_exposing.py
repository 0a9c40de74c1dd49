"""A pod with more host ports, or fewer: its annotation."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.errors import Conflict, NotFound
from minipod.model.host_ports import HOST_PORTS_ANNOTATION, parse
from minipod.plan.exposing import with_ports, without_ports

WEB: dict[str, Any] = {
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "containers": [{"name": "main", "ports": [{"containerPort": 80, "hostPort": 8080}]}],
    },
    "status": {"phase": "Running"},
}


def note(obj: dict[str, Any]) -> str | None:
    found: str | None = obj["metadata"].get("annotations", {}).get(HOST_PORTS_ANNOTATION)
    return found


def test_ports_are_added_and_removed() -> None:
    one = with_ports(WEB, [parse("8081:80")])
    two = with_ports(one, [parse("127.0.0.1:5353:53/udp")])
    assert note(two) == "8081:80/TCP,127.0.0.1:5353:53/UDP"
    assert note(without_ports(two, [parse("8081:80")])) == "127.0.0.1:5353:53/UDP"
    assert note(without_ports(one, [parse("8081:80")])) is None
    assert note(WEB) is None, "the pod that was given stays as it was"


def test_what_a_pod_has_already_is_not_added_again() -> None:
    assert note(with_ports(WEB, [parse("8080:80")])) is None
    one = with_ports(WEB, [parse("8081:80")])
    assert with_ports(one, [parse("8081:80")]) == one


@pytest.mark.parametrize("wanted", ["8080:81", "127.0.0.1:8080:80"])
def test_a_port_that_overlaps_one_of_the_pods_own_is_refused(wanted: str) -> None:
    with pytest.raises(Conflict, match='is taken by pod default/web, container "main"'):
        with_ports(WEB, [parse(wanted)])


def test_two_that_overlap_each_other_are_refused() -> None:
    with pytest.raises(Conflict, match="is taken by pod default/web"):
        with_ports(WEB, [parse("8081:80"), parse("127.0.0.1:8081:81")])


def test_what_the_manifest_has_cannot_be_removed() -> None:
    with pytest.raises(Conflict, match='the manifest of pod web has it, in container "main"'):
        without_ports(WEB, [parse("8080:80")])


@pytest.mark.parametrize("unknown", ["8081:80", "8080:81", "8080:80/udp"])
def test_what_is_not_there_cannot_be_removed(unknown: str) -> None:
    with pytest.raises(NotFound, match='pod "web" has no host port'):
        without_ports(WEB, [parse(unknown)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": {"phase": "Succeeded"}}, "it has succeeded"),
        (
            {"metadata": WEB["metadata"] | {"deletionTimestamp": "2026-01-01T00:00:00Z"}},
            "it is being deleted",
        ),
    ],
)
def test_a_pod_at_its_end_gets_no_ports(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Conflict, match=words):
        with_ports(WEB | change, [parse("8081:80")])
