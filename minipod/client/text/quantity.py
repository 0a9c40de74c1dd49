"""Kubernetes' quantities: 100m, 1.5Gi, 2e3 (apimachinery: resource.Quantity)."""

from __future__ import annotations

import re
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?\d+))?")
_FACTORS = {
    **{f"{letter}i": Decimal(1024) ** n for n, letter in enumerate("KMGTPE", 1)},
    **{letter: Decimal(1000) ** n for n, letter in enumerate("num", -3)},
    **{letter: Decimal(1000) ** n for n, letter in enumerate("kMGTPE", 1)},
}


def quantity(text: str) -> Decimal | None:
    """Return the number that a quantity means; None if the text is none."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number, suffix, exponent = match.groups()
    if exponent is None:
        return Decimal(number) * _FACTORS.get(suffix, Decimal(1))
    return Decimal(f"{number}e{exponent}")


def canonical(text: str) -> str:
    """Return a quantity as Kubernetes spells it: 1536Mi of 1.5Gi, 100m of 0.1; else the text."""
    match, amount = _QUANTITY.fullmatch(text), quantity(text)
    if match is None or amount is None:
        return text
    _, suffix, exponent = match.groups()
    if exponent is not None and amount:
        return _with_exponent(amount)
    whole = amount == int(amount) and abs(amount) >= 1024
    return written(amount, binary=whole and bool(suffix) and suffix.endswith("i"))


def _with_exponent(amount: Decimal) -> str:
    """Return a number with the greatest exponent, a multiple of three, that leaves it whole."""
    exponent = next(e for e in range(18, -12, -3) if amount % Decimal(10) ** e == 0)
    return f"{int(amount / Decimal(10) ** exponent)}" + (f"e{exponent}" if exponent else "")


def written(amount: Decimal, *, binary: bool = False) -> str:
    """Return a number as Kubernetes writes it: the greatest suffix that leaves a whole number."""
    if amount == 0:
        return "0"
    suffixes = ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki") if binary else ("E", "P", "T", "G", "M", "k")
    for suffix in (*suffixes, "", "m", "u"):
        number = amount / _FACTORS.get(suffix, Decimal(1))
        if number == int(number):
            return f"{int(number)}{suffix}"
    return f"{int(amount * 10**9)}n"
