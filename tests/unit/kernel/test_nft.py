"""What is said to nft and iptables."""

from __future__ import annotations

from ipaddress import IPv4Network

from minipod.kernel import docker_user, nft
from minipod.plan.network import NetworkPlan

PLAN = NetworkPlan("00aa11", IPv4Network("10.244.0.0/16"))


def test_the_table_is_replaced_in_one_transaction() -> None:
    """Add, so that delete cannot fail; delete; add: whatever was in it is gone."""
    verbs = [(verb, kind) for command in nft.masquerade(PLAN) for verb, (kind,) in _items(command)]
    assert verbs[:3] == [("add", "table"), ("delete", "table"), ("add", "table")]


def _items(command: dict[str, dict[str, object]]) -> list[tuple[str, tuple[str, ...]]]:
    return [(verb, tuple(what)) for verb, what in command.items()]


def test_the_rule_bears_the_roots_mark() -> None:
    (rule,) = (c["add"]["rule"] for c in nft.masquerade(PLAN) if "rule" in c.get("add", {}))
    assert rule["comment"] == "minipod 00aa11"


def test_the_rules_for_docker_are_about_our_link_only() -> None:
    rules = docker_user.rules(PLAN)
    assert all("minipod-00aa11" in rule and "minipod 00aa11" in rule for rule in rules)
