"""What is said to nft and iptables."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from minipod.errors import HostError
from minipod.kernel import docker_user, nft, programs
from minipod.plan.network import NetworkPlan

PLAN = NetworkPlan("00aa11", IPv4Network("10.244.0.0/16"))


def test_a_chain_is_replaced_in_one_transaction_and_no_other_is_touched() -> None:
    """Add, so that flush cannot fail; flush: whatever was in it is gone."""
    verbs = [(verb, kind) for command in nft.masquerade(PLAN) for verb, (kind,) in _items(command)]
    assert verbs == [("add", "table"), ("add", "chain"), ("flush", "chain"), ("add", "rule")]


def _items(command: dict[str, dict[str, object]]) -> list[tuple[str, tuple[str, ...]]]:
    return [(verb, tuple(what)) for verb, what in command.items()]


def test_the_rule_bears_the_roots_mark() -> None:
    (rule,) = (c["add"]["rule"] for c in nft.masquerade(PLAN) if "rule" in c.get("add", {}))
    assert rule["comment"] == "minipod 00aa11"


def test_the_rules_for_docker_are_about_our_link_only() -> None:
    rules = docker_user.rules(PLAN)
    assert all("minipod-00aa11" in rule and "minipod 00aa11" in rule for rule in rules)


def test_a_program_that_cannot_be_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "nft"
    broken.write_text("this is no program")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostError, match=r"cannot run .*nft: Exec format error"):
        asyncio.run(nft.chains())


def test_a_program_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("nft", "iptables"):
        silent = tmp_path / name
        silent.write_text("#!/bin/sh\nexec sleep 60\n")
        silent.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(programs, "DEADLINE", 0.05)
    with pytest.raises(HostError, match="cannot run nft -j list chains: it does not end within"):
        asyncio.run(nft.chains())
    with pytest.raises(HostError, match=r"cannot run iptables -w -C DOCKER-USER .* within 0\.05 s"):
        asyncio.run(docker_user.admit(PLAN))
