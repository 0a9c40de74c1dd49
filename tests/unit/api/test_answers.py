"""What an answer's head has room for."""

from __future__ import annotations

from minipod.api.answers import WARNINGS_AT_MOST, bounded

from .conftest import PODS

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "main", "image": "x", "command": ["sleep"]}]},
}


def with_fields(*names: str) -> dict:
    return POD | {"spec": POD["spec"] | dict.fromkeys(names, 1)}


def test_few_warnings_are_told_whole():
    told = ["a" * 1000, "b" * 1000]
    assert bounded(told) == told


def test_many_warnings_are_cut_and_the_rest_is_counted():
    told = bounded(["a" * 1000] * 30)
    assert told == ["a" * 256] * 16 + ["14 more warnings are not shown"]
    assert bounded(["b" * WARNINGS_AT_MOST * 2]) == ["b" * 256]


def test_a_control_character_in_a_warning_does_not_break_the_answer_off(api):
    """The pod is made by then: its client has to hear of it."""
    answer = api.ask("POST", PODS, json=with_fields("a\x01b\r\nX: y", "\x7f"))
    assert answer.code == 201
    assert "X" not in answer.headers
    assert {
        '299 - "unknown field \\"spec.a<01>b X: y\\""',
        '299 - "unknown field \\"spec.<7f>\\""',
    } <= {*answer.warnings}


def test_an_answer_with_hundreds_of_warnings_is_read_by_any_client(api):
    answer = api.ask("POST", PODS, json=with_fields(*(f"field{number}" for number in range(200))))
    assert answer.code == 201
    assert len(answer.warnings) < 100
    assert "more warnings" in answer.warnings[-1]
