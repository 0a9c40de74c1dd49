"""kubectl's JSONPath, held against what kubectl itself printed."""

from __future__ import annotations

import pytest

from minipod.client.jsonpath import (
    Missing,
    as_json,
    go_text,
    parse,
    relaxed,
    results,
    text,
)
from minipod.errors import BadRequest
from tests.support.recorded import JSONPATH


@pytest.mark.parametrize("template", JSONPATH.printed)
def test_a_template_prints_what_kubectl_prints(template: str) -> None:
    shown = text(results(parse(template), JSONPATH.listed()))
    assert shown == JSONPATH.printed[template]


@pytest.mark.parametrize("template", JSONPATH.refused)
def test_a_template_is_refused_in_kubectl_s_words(template: str) -> None:
    with pytest.raises(BadRequest) as refused:
        results(parse(template), JSONPATH.listed())
    assert str(refused.value) == JSONPATH.refused[template]


def test_a_missing_key_is_an_error_only_if_one_asks_for_that() -> None:
    with pytest.raises(Missing, match="a is not found"):
        results(parse("{.a}"), {}, allow_missing=False)
    value = [{"a": 1}, {"b": 2}]
    assert results(parse("{[?(@.a)]}"), value, allow_missing=False) == [[{"a": 1}]]
    assert results(parse("{[?(@.b[0])]}"), value) == [[{"b": 2}]], "kubectl takes a failure for yes"


def test_each_action_is_one_list_of_json() -> None:
    value = {"a": [1, {"b": "<&>"}]}
    assert as_json(results(parse("{.a[*]}{.c}"), value)) == (
        '[\n    1,\n    {\n        "b": "\\u003c\\u0026\\u003e"\n    }\n]\n[]\n'
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "<nil>"),
        (True, "true"),
        (7, "7"),
        (0.5, "0.5"),
        (2.0, "2"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (0.00001, "1e-05"),
        ({"b": [1, "x"], "a": {}}, "map[a:map[] b:[1 x]]"),
    ],
)
def test_values_read_as_go_prints_them(value: object, shown: str) -> None:
    assert go_text(value) == shown


@pytest.mark.parametrize("path", ["a.b", ".a.b", "{a.b}", "{.a.b}"])
def test_a_relaxed_path_may_go_without_braces_and_dot(path: str) -> None:
    assert relaxed(path) == "{.a.b}"


def test_a_path_of_two_actions_is_none() -> None:
    with pytest.raises(BadRequest, match="unexpected path string"):
        relaxed("{.a}{.b}")
    assert relaxed("") == ""
