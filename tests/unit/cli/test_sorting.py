"""The order of `--sort-by`."""

from __future__ import annotations

from typing import Any

import pytest

from minipod.cli.printing.sorting import ordered
from minipod.errors import BadRequest


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ([3, 1, 2.5], [1, 2.5, 3]),
        (["b", "a"], ["a", "b"]),
        (["1", "200m", "1Ki", "1k"], ["200m", "1", "1k", "1Ki"]),
        (["10", "9"], ["9", "10"]),
        (["10", "9x"], ["10", "9x"]),
        (["b", None, "a"], [None, "a", "b"]),
    ],
)
def test_values_stand_in_their_order(values: list[Any], order: list[Any]) -> None:
    assert ordered(values, "v", lambda value: {"v": value}) == order


def test_what_has_no_value_stands_first_and_equals_stay_as_they_were() -> None:
    items = [{"n": 0, "v": 2}, {"n": 1}, {"n": 2, "v": 1}, {"n": 3}, {"n": 4, "v": 1}]
    assert [item["n"] for item in ordered(items, ".v", dict)] == [1, 3, 2, 4, 0]
    assert ordered([], ".v", dict) == []


@pytest.mark.parametrize("values", [[[1], [2]], [{}, {}], [True, False], [1, "a"]])
def test_what_has_no_order_is_refused(values: list[Any]) -> None:
    with pytest.raises(BadRequest, match="cannot sort by"):
        ordered(values, ".v", lambda value: {"v": value})


def test_a_path_that_finds_nothing_anywhere_is_refused() -> None:
    with pytest.raises(BadRequest, match="couldn't find any field"):
        ordered([{}, {}], ".v", dict)


def test_one_alone_is_in_order_whatever_the_path_finds() -> None:
    assert ordered([{}], ".v", dict) == [{}]
