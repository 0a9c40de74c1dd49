"""Go's templates, held against what kubectl itself printed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minipod.client.gotemplate import ExecutionError, SyntaxProblem, parse, quoted, render
from minipod.client.gotemplate.values import shortest
from minipod.errors import BadRequest
from tests.support.recorded import GO_TEMPLATE

WORDS = """{{ }} {{- -}} /* */ .a . $ $x := = | ( ) , range if else end with define template
block nil break "t" `r` 'c' 1 -1.5e3 0x1p2 index len printf "%*d%" eq and or slice : # \\ é"""
PIECES = st.sampled_from([*WORDS.split(), " ", "\n"])


@pytest.mark.parametrize("template", GO_TEMPLATE.printed)
def test_a_template_prints_what_kubectl_prints(template: str) -> None:
    assert render(parse(template), GO_TEMPLATE.listed()) == GO_TEMPLATE.printed[template]


@pytest.mark.parametrize("template", GO_TEMPLATE.refused)
def test_a_template_is_refused_in_kubectl_s_words(template: str) -> None:
    with pytest.raises(BadRequest) as refused:
        render(parse(template), GO_TEMPLATE.listed())
    begins = {
        SyntaxProblem: f"error parsing template {template}, ",
        ExecutionError: f"error executing template {quoted(template)}: ",
    }
    assert begins[type(refused.value)] + str(refused.value) == GO_TEMPLATE.refused[template]


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{.nope}}", 'output:1:2: executing "output" at <.nope>: map has no entry for key "nope"'),
        ("{{$x := .kind}}\n{{.a.b}}", "output:2:4: "),
        ('{{(index . "nope").b}}', 'nil data; no entry for key "b"'),
    ],
)
def test_a_missing_key_is_an_error_only_if_one_asks_for_that(template: str, why: str) -> None:
    assert "<no value>" in render(parse(template), {"kind": "List"})
    with pytest.raises(ExecutionError) as refused:
        render(parse(template), {"kind": "List"}, allow_missing=False)
    assert why in str(refused.value)


def test_templates_that_call_each_other_for_ever_are_ended() -> None:
    endless = parse('{{define "r"}}{{with .}}{{template "r" .}}{{end}}{{end}}{{template "r" .}}')
    with pytest.raises(ExecutionError, match="exceeded maximum template depth"):
        render(endless, {"a": 1})


def test_what_is_nested_deeper_than_can_be_read_is_refused() -> None:
    with pytest.raises(BadRequest, match="deep"):
        render(parse("{{" + "(" * 5000 + "1" + ")" * 5000 + "}}"), {})


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (999999.0, "999999"), (1e6, "1e+06"),
        (0.0001, "0.0001"), (0.00001, "1e-05"), (-1.25e100, "-1.25e+100"), (0.1, "0.1"),
    ],
)  # fmt: skip
def test_floats_are_written_as_go_writes_them(number: float, text: str) -> None:
    assert shortest(number) == text


@given(st.lists(PIECES, max_size=12).map("".join))
@example("{{1_}}")
@example("{{'\\400'}}")
@example('{{printf "%99999999999d" 1}}')
@example("{{range 1e3}}{{end}}")
def test_whatever_is_written_is_filled_or_refused(text: str) -> None:
    with suppress(BadRequest):
        render(parse(text), {"a": [1, None, {"b": "x"}]})
