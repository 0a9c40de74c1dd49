"""Every field that minipod acts on is described, and each is told of as it is treated."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from minipod.model.conflicts import Conflict, Holding, Rule, Wanted
from minipod.plan.network import NodePlan
from minipod.plan.objects import (
    Machine,
    conflict_object,
    namespace_object,
    node_object,
    with_network,
)
from minipod.schema.documentation import Field, Stance, about, top
from minipod.schema.policy import ACTED_ON, REPORTED
from minipod.schema.structure import data, types
from tests.support.documented import untold

KINDS = ("Pod", "Namespace", "Node", "Event", "PortConflict", "PodMetrics", "NodeMetrics")
WORDS = data("descriptions.json")


def find(path: str) -> Field:
    kind, *names = path.split(".")
    fields = top(kind)
    for name in names:
        (field,) = (each for each in fields if each.name == name)
        fields = field.below()
    return field


@pytest.mark.parametrize("table", [ACTED_ON, REPORTED], ids=["acted on", "reported"])
def test_every_field_that_minipod_knows_is_described(table: dict[str, frozenset[str]]) -> None:
    assert {
        f"{name}.{field}"
        for name, fields in table.items()
        for field in fields
        if not WORDS[name].get(field)
    } == set()


def test_only_what_there_is_is_described() -> None:
    known = types()
    assert {
        f"{name}.{field}"
        for name, fields in WORDS.items()
        for field in fields
        if field not in {"", "="} and field not in known[name].fields
    } == set()


def test_descriptions_are_sentences_on_one_line_that_every_terminal_shows() -> None:
    texts = [text for fields in WORDS.values() for name, text in fields.items() if name != "="]
    assert [text for text in texts if not (text.isascii() and text.endswith("."))] == []
    assert [text for text in texts if "\n" in text] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_of(kind: str) -> None:
    assert len(about(kind).split()) > 5


@pytest.mark.parametrize(
    ("path", "stance"),
    [
        ("Pod.apiVersion", Stance.ACTS),
        ("Pod.metadata.name", Stance.ACTS),
        ("Pod.metadata.uid", Stance.SETS),
        ("Pod.metadata.ownerReferences.name", Stance.KEEPS),
        ("Pod.metadata.managedFields.manager", Stance.OMITS),
        ("Pod.spec.containers.ports.hostPort", Stance.ACTS),
        ("Pod.spec.containers.livenessProbe.httpGet.port", Stance.KEEPS),
        ("Pod.spec.containers.env.valueFrom", Stance.KEEPS),
        ("Pod.spec.initContainers.image", Stance.KEEPS),
        ("Pod.spec.volumes.ephemeral.volumeClaimTemplate.metadata.name", Stance.KEEPS),
        ("Pod.status.phase", Stance.SETS),
        ("Pod.status.containerStatuses.resources.limits", Stance.OMITS),
        ("Pod.status.initContainerStatuses.name", Stance.OMITS),
        ("Node.metadata.name", Stance.SETS),
        ("Node.metadata.generateName", Stance.OMITS),
        ("Node.status.images", Stance.OMITS),
        ("PortConflict.holder.pid", Stance.SETS),
    ],
)
def test_what_is_done_with_a_field_is_told_by_its_place(path: str, stance: Stance) -> None:
    assert find(path).stance is stance


def test_a_field_is_told_of_with_what_minipod_does_with_it() -> None:
    assert find("Pod.spec.hostname").description == (
        "The hostname in the pod. Without it, it is the name of the pod.\n"
        "- minipod acts on this field"
    )
    undescribed = find("Pod.spec.volumes.cephfs.monitors")
    assert undescribed.description == "- kept and shown; minipod does not act on it yet"
    like = find("Pod.spec.ephemeralContainers.command"), find("Pod.spec.containers.command")
    assert like[0].description.partition("\n")[0] == like[1].description.partition("\n")[0]


def test_required_fields_and_choices_are_told() -> None:
    assert find("Pod.spec.containers").required
    assert not find("Pod.spec").required
    assert find("Pod.spec.restartPolicy").choices == ["Always", "Never", "OnFailure"]
    assert find("Pod.spec.hostname").choices == []


def machine() -> Machine:
    return Machine("vm", "6.1", "amd64", "Debian 12", "0.1", "b", "m", "s", 2, 1 << 30)


def conflict() -> Conflict:
    wanted = Wanted("0.0.0.0", "app", 7, "nc -l 80")
    holder = Holding("0.0.0.0", "web", 8, "web", "2026-01-02T03:04:05Z")
    rule = Rule.SAME_ADDRESS
    when = "2026-01-02T03:04:05.000006Z"
    return Conflict(when, "default", "web", "TCP", 80, "IPv4", rule, "why", wanted, holder)


OBJECTS = [
    namespace_object("lab", "u", "2026-01-02T03:04:05Z"),
    with_network(
        node_object(machine(), "u", "2026-01-02T03:04:05Z"),
        NodePlan("vm", 0, IPv4Network("10.244.0.0/24"), IPv4Address("10.244.255.1")),
    ),
    conflict_object(conflict(), "c", "u"),
]


@pytest.mark.parametrize("obj", OBJECTS, ids=[obj["kind"] for obj in OBJECTS])
def test_what_the_server_writes_is_told_to_be_set(obj: dict[str, Any]) -> None:
    assert untold(obj) == []
