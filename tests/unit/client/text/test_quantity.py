"""Quantities as Kubernetes writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from minipod.client.text.quantity import canonical, quantity


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1.5Gi", "1536Mi"), ("1024Mi", "1Gi"), ("1000Ki", "1000Ki"), ("0.5Ki", "512"),
        ("1.3Ki", "1331200m"),
        ("0.1", "100m"), ("1.50", "1500m"), ("2000000k", "2G"), ("1000", "1k"),
        ("0", "0"), ("0Gi", "0"), ("1e9", "1e9"), ("2e4", "20e3"), ("5e-1", "500e-3"),
        ("1e2", "100"), ("web", "web"), ("-1500m", "-1500m"), ("0.0001", "100u"),
    ],
)  # fmt: skip
def test_a_quantity_has_one_spelling(text: str, told: str) -> None:
    assert canonical(text) == told
