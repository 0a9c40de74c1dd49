"""The objects that nobody writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.manifest.formats import subdomain
from minipod.plan.objects import named_after, node_name


@pytest.mark.parametrize(
    ("host", "node"),
    [
        ("vm", "vm"),
        ("VM.example.org", "vm.example.org"),
        ("My_Host", "my-host"),
        ("(none)", "none"),
        ("a/b", "a-b"),
        ("-a-.-.b.", "a.b"),
        ("", "node"),
        ("ü", "node"),
    ],
)
def test_a_node_is_called_like_its_machine_as_far_as_kubernetes_allows(
    host: str, node: str
) -> None:
    assert named_after(host) == node


@given(st.text(max_size=64))
def test_any_machine_has_a_node(host: str) -> None:
    assert subdomain(named_after(host)) == []


def test_a_node_keeps_its_name_when_its_machine_is_renamed() -> None:
    """Else pods would be on a node that nobody serves, and a reboot would not be noticed."""
    nodes = [
        {"metadata": {"name": name, "creationTimestamp": f"2026-01-0{day}T00:00:00Z"}}
        for day, name in ((1, "first"), (3, "newest"), (2, "second"))
    ]
    assert node_name(nodes, "other") == "newest"
    assert node_name([], "Other") == "other"
