"""Findings, said in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.model.doctor import Finding, Level

if TYPE_CHECKING:
    from minipod.model.doctor import Check


def ok(check: Check, seen: str) -> Finding:
    """Return that all is well, with the fact."""
    return Finding(check, Level.OK, seen)


def warn(check: Check, seen: str, why: str, fix: str | None = None) -> Finding:
    """Return what pods can live with, or may meet later."""
    return Finding(check, Level.WARN, seen, why, fix)


def fail(check: Check, seen: str, why: str, fix: str | None = None) -> Finding:
    """Return what breaks pods."""
    return Finding(check, Level.FAIL, seen, why, fix)


def unknown(check: Check, seen: str, why: str, fix: str | None = None) -> Finding:
    """Return what could not be looked at."""
    return Finding(check, Level.UNKNOWN, seen, why, fix)
