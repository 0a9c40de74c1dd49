"""JSON to plain values with positions."""

from __future__ import annotations

import json

import pytest

from minipod.manifest.json_reader import read_json


def refusal(text):
    (problem,) = read_json("a.json", text).problems
    return str(problem)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, -2, 0.5, 1e3, true, false, null, "x\\n\\u00e9\\/"], "b": {}, "c": []}',
        '\n\t{\r\n\t"a" :\t1 }\n',
        '{"emoji": "\\ud83d\\ude00", "del": "\x7f"}',
    ],
)
def test_values_are_those_of_json(text):
    reading = read_json("a.json", text)
    assert reading.problems == ()
    assert [tree.value for tree in reading.trees] == [json.loads(text)]


def test_several_objects_may_follow_each_other():
    reading = read_json("a.json", '{"a": 1}\n{"b": 2}{"c": 3}')
    assert [tree.value for tree in reading.trees] == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_places_count_lines_and_columns_from_one():
    marks = read_json("a.json", '{\n  "a": [1,\n    {"b": 2}]\n}').trees[0].marks
    assert marks.find(()) == (1, 1)
    assert marks.find(("a",), key=True) == (2, 3)
    assert marks.find(("a", 1, "b")) == (3, 11)


def test_a_key_that_stands_twice_is_a_fault_at_the_second():
    tree = read_json("a.json", '{"a": {"b": 1,\n"b": 2}}').trees[0]
    assert [fault.path for fault in tree.faults] == [("a", "b")]
    assert tree.marks.find(("a", "b"), key=True) == (2, 1)


def test_half_a_surrogate_pair_becomes_the_replacement_character():
    assert read_json("a.json", '{"a": "x\\ud800"}').trees[0].value == {"a": "x\ufffd"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a" 1}', "1:6: cannot read the JSON: expected ':' here"),
        ('{"a": 1\n"b": 2}', "2:1: cannot read the JSON: expected ',' or '}' here"),
        ('["a" "b"]', "1:6: cannot read the JSON: expected ',' or ']' here"),
        ('{"a": }', "1:7: cannot read the JSON: expected a value"),
        ("{a: 1}", '1:2: cannot read the JSON: expected a key in double quotes, or "}"'),
        ('{"a": 1', "1:8: cannot read the JSON: expected ',' or '}' here"),
        ('{"a": NaN}', "1:7: cannot read the JSON: NaN is no number that JSON can hold"),
        ('{"a": 1e999}', "1:7: cannot read the JSON: the number 1e999 does not fit in 64 bits"),
        ("{}" * 20_000, "1:20001: cannot read the JSON: more than 10,000 documents"),
        (f"[{'1,' * 300_000}", "1:500000: cannot read the JSON: more than 250,000 values"),
        (f'{{"a": 1{"0" * 5000}}}', "1:7: cannot read the JSON: the number 1000"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text, told):
    assert refusal(text).startswith(f"a.json:{told}")
