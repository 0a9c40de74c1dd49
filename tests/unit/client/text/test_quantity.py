"""Quantities as Kubernetes writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from minipod.client.text.quantity import quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        ("-1.5", "-1.5"),
        (".5", "0.5"),
        ("2.", "2"),
        ("100m", "0.1"),
        ("3u", "0.000003"),
        ("3n", "0.000000003"),
        ("2k", "2000"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("12E-1", "1.2"),
    ],
)
def test_a_quantity_is_a_number(text: str, value: str) -> None:
    assert quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "x", "1K", "1mi", "m", "1 k", "1e", "--1", "web"])
def test_another_text_is_none(text: str) -> None:
    assert quantity(text) is None
