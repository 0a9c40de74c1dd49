"""Text that means harm, or is no text, is refused at once with one line."""

from __future__ import annotations

import time

import pytest

from minipod.manifest.text import MAX_SIZE
from tests.unit.manifest.manifests import problems_of

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{below}: &{below} [{','.join([f'*{above}'] * 9)}]\n"
    for above, below in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"x" * 10_000_000, "1:1: cannot read: 9.5 MB, and at most 3 MB are read"),
        ("x" * 10_000_000, "1:1: cannot read: 9.5 MB, and at most 3 MB are read"),
        (BOMB, "5:8: cannot read: aliases that stand for more than 10,000 values"),
        ("[" * 500, "1:101: cannot read: lists and mappings nested deeper than 100"),
        ("- " * 100_000, "1:201: cannot read: lists and mappings nested deeper than 100"),
        ('{"a":' * 100_000, "1:506: cannot read the JSON: lists and mappings nested deeper than"),
        ("kind: Pod\na: \0", "2:4: cannot read: a NUL character"),
        (b"a: b\n\xff", "2:1: cannot read: not UTF-8: the byte 0xff does not belong here"),
        ("\ufeffa".encode("utf-16"), "1:1: cannot read: UTF-16, and only UTF-8 is read"),
        ("a: \ud800", "1:4: cannot read: half a surrogate pair, which is no character"),
        ("a: !!python/object/apply:os.system [x]", "1:4: cannot read: the tag !!python/object/ap"),
        ("- a\n" * 300_000, "250000:3: cannot read: more than 250,000 values"),
        (f"[{'1,' * 300_000}", "1:500000: cannot read: more than 250,000 values"),
        ("---\n" * 20_000, "10001:1: cannot read: more than 10,000 documents"),
    ],
)
def test_hostile_text_is_refused_with_one_line(text, told):
    before = time.process_time()
    problems = problems_of(text)
    assert time.process_time() - before < 3
    line = next(line for line in problems if "cannot read" in line)
    assert line.startswith(f"pod.yaml:{told}")
    assert len(line) < 200


def test_brackets_without_end_are_refused_by_us_or_first_by_libyaml():
    before = time.process_time()
    (line,) = problems_of("[" * 100_000)
    assert time.process_time() - before < 3
    # Newer releases of libyaml read ahead no deeper than 1,000 brackets.
    assert line.startswith(("pod.yaml:1:101: cannot read: ", "pod.yaml:1:1001: cannot read: "))
    assert len(line) < 200


def test_what_is_too_large_is_refused_unread():
    """A reader would have complained of the first byte."""
    (problem,) = problems_of(b"\xff" * 10_000_000)
    assert problem.startswith("pod.yaml:1:1: cannot read: 9.5 MB, ")


def test_the_largest_text_is_read():
    text = "# " + "x" * (MAX_SIZE - 2)
    assert problems_of(text) == ["pod.yaml:1:1: no objects passed to create"]
    (problem,) = problems_of(text + "x")
    assert "at most 3 MB" in problem


def test_a_byte_order_mark_is_passed_over():
    (problem,) = problems_of("\ufeffa: [b".encode())
    assert problem.startswith("pod.yaml:1:4: ")
    (problem,) = problems_of("\ufeff" + '{"a" 1}')
    assert "JSON" in problem
