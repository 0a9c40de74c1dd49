"""YAML as Kubernetes reads it: YAML 1.1 with go-yaml's rules, to plain values with positions."""

from __future__ import annotations

import pytest

from minipod.manifest.yaml_reader import read_yaml


def value(text):
    reading = read_yaml("a.yaml", text)
    assert reading.problems == ()
    assert len(reading.trees) == 1
    assert reading.trees[0].faults == ()
    return reading.trees[0].value


def refusal(text):
    reading = read_yaml("a.yaml", text)
    assert len(reading.problems) == 1
    return str(reading.problems[0])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "{a: yes, b: 'yes', c: \"yes\", d: !!str yes}",
            {"a": True, "b": "yes", "c": "yes", "d": "yes"},
        ),
        ("a:\n- |\n  x\n  y\n- >\n  x\n  y\n", {"a": ["x\ny\n", "x y\n"]}),
        ("{8080: a, yes: b, '1': c}", {"8080": "a", "true": "b", "1": "c"}),
        ("[!!int 1, !!float 1.5, !!bool no, !!null ~, ! 1]", [1, 1.5, False, None, "1"]),
        ("a: &x {b: [1]}\nc: *x", {"a": {"b": [1]}, "c": {"b": [1]}}),
        ("a: &x 1\nb: [*x, *x]", {"a": 1, "b": [1, 1]}),
        ("!!map {a: !!seq [b]}", {"a": ["b"]}),
        ("? a\n: b", {"a": "b"}),
        ("a: 'caf\u00e9 \U0001f600'", {"a": "caf\u00e9 \U0001f600"}),
        ('{\n\t"a":\t[1,\t2]\n}', {"a": [1, 2]}),
        ("%YAML 1.1\n---\na: 1", {"a": 1}),
        ("{}", {}),
    ],
)
def test_values_mean_what_they_mean_in_kubernetes(text, meant):
    assert value(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("b: &b {x: 1, z: 2}\na: {<<: *b, z: 3}", {"x": 1, "z": 3}),
        ("b: &b {x: 1, z: 2}\na: {z: 3, <<: *b}", {"z": 2, "x": 1}),
        ("b: &b {x: 1}\nc: &c {x: 2, z: 3}\na: {<<: [*b, *c]}", {"x": 1, "z": 3}),
        ("b: &b {x: 1}\nc: &c {x: 2}\na: {<<: *b, <<: *c}", {"x": 2}),
        ("a: {'<<': 1}", {"<<": 1}),
    ],
)
def test_merge_keys_are_taken_in_the_order_of_the_text_as_kubectl_does(text, meant):
    assert value(text)["a"] == meant


def test_a_merged_value_is_placed_where_it_is_written():
    tree = read_yaml("a.yaml", "b: &b\n  x: 1\na:\n  <<: *b\n").trees[0]
    assert tree.marks.find(("a", "x")) == (2, 6)
    assert tree.marks.find(("a", "x"), key=True) == (2, 3)


def test_every_value_and_key_is_placed_and_what_is_missing_at_its_parent():
    marks = read_yaml("a.yaml", "a:\n  - b: c\n    d: [1, 'x']\n").trees[0].marks
    assert marks.find(()) == (1, 1)
    assert marks.find(("a", 0)) == (2, 5)
    assert marks.find(("a", 0, "b")) == (2, 8)
    assert marks.find(("a", 0, "d"), key=True) == (3, 5)
    assert marks.find(("a", 0, "d", 1)) == (3, 12)
    assert marks.find(("a", 0, "e", "f")) == (2, 5)
    assert marks.find(("a", 7)) == (2, 3)


def test_a_key_that_stands_twice_is_a_fault_at_the_second():
    tree = read_yaml("a.yaml", "a:\n- b: 1\n  c: 2\n  b: 3\n").trees[0]
    (fault,) = tree.faults
    assert fault.path == ("a", 0, "b")
    assert fault.message == 'key "b" already set in map'
    assert tree.marks.find(fault.path, key=True) == (4, 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!python/object:os.system x", "1:4: cannot read: the tag !!python/object:os.system"),
        ("a: !mine {}", "1:4: cannot read: the tag !mine: a manifest has no tags"),
        ("!!set {a}", "1:1: cannot read: the tag !!set: a manifest has no tags"),
        ("a: !!binary aGk=", "1:4: cannot read: the tag !!binary: a manifest has no tags"),
        ("a: !!int x", "1:4: cannot read: 'x' is no !!int"),
        ("a: !!bool 1", "1:4: cannot read: '1' is no !!bool"),
        ("a: !!int yes", "1:4: cannot read: 'yes' is no !!int"),
        ("? [a]\n: b", "1:3: cannot read: a list or mapping as a key: a key is a word"),
        ("~: b", "1:1: cannot read: a key that is no word: quote it"),
        ("1.5: b", "1:1: cannot read: a key that is no word: quote it"),
        ("a: .nan", "1:4: cannot read: .nan is no number that JSON can hold: quote it"),
        ("a: -.INF", "1:4: cannot read: -.INF is no number that JSON can hold: quote it"),
        ("a: 9223372036854775808", "1:4: cannot read: the number 9223372036854775808 does not fit"),
        ("a: 1e999", "1:4: cannot read: the number 1e999 does not fit in 64 bits: quote it"),
        ("a: *b", "1:4: cannot read: the alias *b has no anchor before it"),
        ("a: &b [*b]", "1:8: cannot read: the alias *b has no anchor before it"),
        ("a: &b 1\n---\na: *b", "3:4: cannot read: the alias *b has no anchor before it"),
        ("a: {<<: 3}", "1:9: cannot read: '<<' merges a mapping or a list of mappings"),
        ("a: x\x07", "1:5: cannot read: the control character 0x07"),
        ("a:\n  b: \x7f", "2:6: cannot read: the control character 0x7f"),
    ],
)
def test_what_no_manifest_needs_is_refused_with_its_place(text, told):
    assert refusal(text).startswith(f"a.yaml:{told}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: b: c", "1:5: cannot read: a second ':' in one value, or a wrong indentation: quote"),
        ("a:\n\tb: c", "2:1: cannot read: a tab: YAML is indented with spaces"),
        ('a: "x\nb: c\n', "1:4: cannot read: the quote that opens here is not closed"),
        ("a: [1, 2\n", "1:4: cannot read: the '[' that opens here is not closed"),
        ("a: [", "2:1: cannot read: the text ends where a value or a closing bracket is due"),
        ("a:\n  {b: 1\n", "2:3: cannot read: the '{' that opens here is not closed"),
        ("a: [1, 2}", "1:9: cannot read: expected ',' or ']' here, in a list begun with '['"),
        ("a: @x", "1:4: cannot read: a value cannot begin with '@': quote it"),
        ("- a\nb: c", "2:1: cannot read: expected a '- item' of the list here: the indentation"),
        ("a:\n  b: 1\n c: 2", "3:2: cannot read: expected a 'key: value' here: the indentation"),
        ("a: - b", "1:4: cannot read: a list cannot begin behind 'key:' on the same line"),
        ('a: "\\q"', "1:5: cannot read: an escape that YAML does not know: double the '\\'"),
        ("a: b\nfoo\nc: d", "3:1: cannot read: this line is no 'key: value' and no '- item'"),
        ("a: |x", "1:5: cannot read: did not find expected comment or line break while scanning"),
    ],
)
def test_a_syntax_error_is_told_in_words_that_help(text, told):
    assert refusal(text).startswith(f"a.yaml:{told}")


def test_documents_before_a_syntax_error_are_kept():
    reading = read_yaml("a.yaml", "a: 1\n---\nb: 2\n---\nc: [\n")
    assert [tree.value for tree in reading.trees] == [{"a": 1}, {"b": 2}]
    assert len(reading.problems) == 1
