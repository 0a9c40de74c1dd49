"""The rows of `top`, as kubectl rounds and sorts them."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.client.views.top import Order, Shown, node_rows, pod_header, pod_rows, sum_rows


def pod(name: str, *used: tuple[str, str], namespace: str = "default") -> dict[str, Any]:
    containers = [
        {"name": f"c{n}", "usage": {"cpu": cpu, "memory": memory}}
        for n, (cpu, memory) in enumerate(used)
    ]
    return {"metadata": {"name": name, "namespace": namespace}, "containers": containers}


WEB = pod("web", ("1n", "1023Ki"), ("2500001n", "2Mi"))
DB = pod("db", ("1", "1Gi"), namespace="lab")


def test_thousandths_are_rounded_up_and_mebibytes_down() -> None:
    assert pod_rows([WEB], Shown()) == [["web", "3m", "2Mi"]]
    assert pod_rows([WEB], Shown(containers=True)) == [
        ["web", "c0", "1m", "0Mi"],
        ["web", "c1", "3m", "2Mi"],
    ]


def test_columns_follow_what_is_shown() -> None:
    assert pod_header(Shown()) == ["NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert pod_header(Shown(namespaces=True, containers=True))[:3] == ["NAMESPACE", "POD", "NAME"]
    assert pod_rows([DB, WEB], Shown(namespaces=True)) == [
        ["default", "web", "3m", "2Mi"],
        ["lab", "db", "1000m", "1024Mi"],
    ]


@pytest.mark.parametrize(
    ("order", "names"),
    [(None, ["a", "b", "c"]), (Order.CPU, ["b", "a", "c"]), (Order.MEMORY, ["c", "a", "b"])],
)
def test_who_uses_most_stands_first(order: Order | None, names: list[str]) -> None:
    pods = [pod("c", ("1m", "3Mi")), pod("a", ("1m", "2Mi")), pod("b", ("9m", "1Mi"))]
    assert [row[0] for row in pod_rows(pods, Shown(order=order))] == names
    many = pod("x", ("1m", "3Mi"), ("9m", "1Mi"), ("2m", "2Mi"))
    expected = {None: "c0", Order.CPU: "c1", Order.MEMORY: "c0"}[order]
    assert pod_rows([many], Shown(containers=True, order=order))[0][1] == expected


def test_a_sum_stands_below_a_line() -> None:
    assert sum_rows([WEB, DB], Shown()) == [
        ["", "________", "________"],
        ["", "1003m", "1026Mi"],
    ]
    assert sum_rows([WEB], Shown(namespaces=True, containers=True))[1] == ["", "", "", "3m", "2Mi"]


def test_a_node_says_how_much_of_it_is_used() -> None:
    node = {"metadata": {"name": "vm"}, "usage": {"cpu": "500m", "memory": "1Gi"}}
    there = {"vm": {"cpu": "2", "memory": "4Gi", "pods": "9"}}
    assert node_rows([node], there, None) == [["vm", "500m", "25%", "1024Mi", "25%"]]
    assert node_rows([node], {}, None) == [["vm", "500m", "<unknown>", "1024Mi", "<unknown>"]]
    other = {"metadata": {"name": "a"}, "usage": {"cpu": "1", "memory": "1Mi"}}
    for order, first in ((None, "a"), (Order.CPU, "a"), (Order.MEMORY, "vm")):
        assert node_rows([node, other], {}, order)[0][0] == first
