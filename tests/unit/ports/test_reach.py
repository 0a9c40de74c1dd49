"""Who tries what, what a try means, and how it is told."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from minipod.ports.reach import (
    Attempt,
    Finding,
    Outcome,
    Place,
    Result,
    Sign,
    Target,
    as_json,
    attempts,
    finding,
    targets,
)
from minipod.ports.reach_report import Names, listing, matrix, summary

A, B, C = (
    Place("default", name, f"{name}-uid", f"10.244.0.{n}") for n, name in enumerate("abc", 2)
)
SHORT = Names(namespaces=False)
ANSWER, SILENCE = Outcome(Sign.ANSWER), Outcome(Sign.SILENCE)
REFUSED = Outcome(Sign.ERROR, errno.ECONNREFUSED)


def row(pod: str, port: int, address: str | None, **fields: Any) -> dict[str, Any]:
    plain = {"namespace": "default", "pod": pod, "protocol": "TCP", "declared": False}
    return plain | {"port": port, "address": address} | fields


def target(*listens: str, protocol: str = "TCP", declared: bool = False) -> Target:
    return Target(A, protocol, 80, frozenset(listens or ("0.0.0.0",)), declared)


def found(outcome: Outcome, wanted: Target, source: Place = B) -> Finding:
    return finding(Attempt(source, wanted), outcome)


def test_a_port_is_one_target_whatever_listens_there() -> None:
    rows = [
        row("a", 80, "0.0.0.0"),
        row("a", 80, "::", declared=True),
        row("a", 80, "0.0.0.0", protocol="UDP"),
        row("a", 81, None, declared=True),
        row("gone", 80, "0.0.0.0"),
    ]
    assert targets(rows, [A, B]) == [
        Target(A, "TCP", 80, frozenset({"0.0.0.0", "::"}), declared=True),
        Target(A, "UDP", 80, frozenset({"0.0.0.0"}), declared=False),
    ]


def test_every_pod_tries_every_port_its_own_too() -> None:
    wanted = targets([row("a", 80, "0.0.0.0"), row("b", 81, "::")], [A, B, C])
    tried = [(each.source.pod, each.target.place.pod) for each in attempts([A, B, C], wanted)]
    assert tried == [(source, to) for source in "abc" for to in "ab"]
    about = attempts([A, B, C], wanted, {B})
    assert [(each.source.pod, each.target.place.pod) for each in about] == [
        ("a", "b"), ("b", "a"), ("b", "b"), ("c", "b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "wanted", "result", "error", "bad"),
    [
        (ANSWER, target(), Result.REACHABLE, None, False),
        (SILENCE, target(), Result.NO_ANSWER, None, True),
        (REFUSED, target(), Result.REFUSED, "connection refused", True),
        (
            Outcome(Sign.ERROR, errno.EHOSTUNREACH),
            target(),
            Result.UNREACHABLE,
            "no route to host",
            True,
        ),
        (
            Outcome(Sign.ERROR, errno.ETIMEDOUT),
            target(),
            Result.NO_ANSWER,
            "connection timed out",
            True,
        ),
        (Outcome(Sign.UNTRIED, why="gone"), target(), Result.UNTRIED, "gone", True),
        (ANSWER, target(protocol="UDP"), Result.REACHABLE, None, False),
        (SILENCE, target(protocol="UDP"), Result.SILENT, None, False),
        (REFUSED, target(protocol="UDP"), Result.REFUSED, "connection refused", True),
        (REFUSED, target("127.0.0.1"), Result.LOCALHOST_ONLY, "connection refused", False),
        (
            REFUSED,
            target("127.0.0.5", "::1", declared=True),
            Result.LOCALHOST_ONLY,
            "connection refused",
            True,
        ),
        (SILENCE, target("::ffff:127.0.0.1"), Result.LOCALHOST_ONLY, None, False),
        (SILENCE, target("127.0.0.1", protocol="UDP"), Result.LOCALHOST_ONLY, None, False),
        (ANSWER, target("127.0.0.1"), Result.REACHABLE, None, False),
        (REFUSED, target("127.0.0.1", "0.0.0.0"), Result.REFUSED, "connection refused", True),
    ],
)
def test_what_a_try_means(
    outcome: Outcome, wanted: Target, result: Result, error: str | None, bad: bool
) -> None:
    seen = found(outcome, wanted)
    assert (seen.result, seen.error, seen.bad) == (result, error, bad)


def test_a_matrix_has_a_row_for_each_source_and_a_column_for_each_port() -> None:
    wanted = targets([row("a", 80, "0.0.0.0"), row("b", 53, "0.0.0.0", protocol="UDP")], [A, B, C])
    seen = [finding(each, SILENCE) for each in attempts([A, B, C], wanted, {A})]
    assert matrix(seen, SHORT) == [
        ["FROM", "a:80/tcp", "b:53/udp"],
        ["a", "no answer", "open|no answer"],
        ["b", "no answer", "-"],
        ["c", "no answer", "-"],
    ]
    assert matrix(seen, Names(namespaces=True))[0][1] == "default/a:80/tcp"


def test_a_list_tells_each_result_of_a_port_and_who_got_it() -> None:
    many = [Place("default", f"p{n}", f"{n}", f"10.244.1.{n}") for n in range(5)]
    seen = [found(ANSWER, target(), source) for source in (A, B)]
    seen += [found(REFUSED, target(), source) for source in many]
    seen += [found(ANSWER, target(protocol="UDP"), source) for source in (A, B)]
    assert listing(seen, SHORT) == [
        ["TO", "RESULT", "FROM"],
        ["a:80/tcp", "reachable", "a, b"],
        ["a:80/tcp", "refused", "p0, p1, p2 and 2 more"],
        ["a:80/udp", "reachable", "all 2 pods"],
    ]


@pytest.mark.parametrize(
    ("outcome", "wanted", "why"),
    [
        (
            REFUSED,
            target("127.0.0.1"),
            (
                "it listens on 127.0.0.1 only, where no other pod can reach it. "
                "Let it bind 0.0.0.0 instead."
            ),
        ),
        (
            REFUSED,
            target("::"),
            (
                "refused from b: it listens on :: only, and pods call 10.244.0.2. "
                "Let it bind 0.0.0.0 instead."
            ),
        ),
        (REFUSED, target(), "refused from b: the program has ended meanwhile, or a firewall"),
        (SILENCE, target(), "no answer to b within 0.5 s: something drops the packets"),
        (Outcome(Sign.ERROR, errno.ENETUNREACH), target(), "unreachable from b: network is unr"),
        (Outcome(Sign.UNTRIED, why="gone"), target(), "not tried from b: gone."),
    ],
)
def test_what_is_not_reached_is_told_with_a_way_out(
    outcome: Outcome, wanted: Target, why: str
) -> None:
    head, line = summary([found(outcome, wanted)], SHORT, 0.5)
    assert head == f"1 try: 1 {found(outcome, wanted).result}."
    assert line.startswith(f"a:80/tcp: {why}")


def test_what_is_reached_is_only_counted() -> None:
    seen = [
        found(ANSWER, target()),
        found(SILENCE, target(protocol="UDP")),
        found(ANSWER, target()),
    ]
    assert summary(seen, SHORT, 1) == ["3 tries: 2 reachable, 1 open|no answer."]


def test_json_names_both_sides_with_their_namespaces() -> None:
    assert as_json(found(REFUSED, target())) == {
        "from": {"namespace": "default", "pod": "b"},
        "to": {"namespace": "default", "pod": "a"},
        "address": "10.244.0.2",
        "port": 80,
        "protocol": "TCP",
        "result": "refused",
        "error": "connection refused",
    }
