"""Tables, JSON and YAML look as kubectl's."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from minipod.cli.printing.output import as_json, table
from minipod.cli.printing.yaml_output import as_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def test_columns_stand_three_apart_and_nothing_trails() -> None:
    rows = [("web", "1/1", "5s"), ("a-longer-one", None, "7d")]
    assert table(("NAME", "READY", "AGE"), rows) == (
        "NAME           READY    AGE\n"
        "web            1/1      5s\n"
        "a-longer-one   <none>   7d"
    )  # fmt: skip


def test_headers_can_be_left_out() -> None:
    """A column with its gap is then six wide at least, as in kubectl --no-headers."""
    rows = [("a", "1/1", "5s", "x"), ("four", "1/1", "5s", "y")]
    assert table(("NAME", "READY", "AGE", "NODE"), rows, headers=False) == (
        "a      1/1   5s    x\n"
        "four   1/1   5s    y"
    )  # fmt: skip


def test_a_process_cannot_write_to_the_terminal_by_its_name() -> None:
    assert table(("COMMAND",), [("evil \x1b[31m\r\n",)]) == "COMMAND\nevil \\x1b[31m\\r\\n"


def test_json_is_sorted_with_four_spaces() -> None:
    assert as_json({"b": 1, "a": ["ü"]}) == '{\n    "a": [\n        "ü"\n    ],\n    "b": 1\n}'


def test_yaml_looks_like_kubectl_s() -> None:
    value = {
        "spec": {"containers": [{"name": "a", "command": ["sh", "-c", "echo 1\necho 2\n"]}]},
        "metadata": {"creationTimestamp": "2026-01-02T03:04:05Z", "labels": {"on": "yes"}},
        "empty": {"s": "", "list": [], "map": {}, "null": None},
        "text": ["1", "1e3", "0x1f", "y", "null", "1.5", "1.2.3", "a: b", "12:30:45", "x" * 200],
    }
    assert as_yaml(value) == (
        """\
empty:
  list: []
  map: {}
  "null": null
  s: ""
metadata:
  creationTimestamp: "2026-01-02T03:04:05Z"
  labels:
    "on": "yes"
spec:
  containers:
  - command:
    - sh
    - -c
    - |
      echo 1
      echo 2
    name: a
text:
- "1"
- "1e3"
- "0x1f"
- "y"
- "null"
- "1.5"
- 1.2.3
- 'a: b'
- "12:30:45"
- """
        + "x" * 200
    )


@given(VALUES)
def test_yaml_reads_back_as_it_was(value: object) -> None:
    assert yaml.safe_load(as_yaml(value)) == value
