"""What checks of the machine found, for people: how many, then what is not well."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

from minipod.cli.printing.colour import Style, styled
from minipod.cli.printing.output import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    JSON = dict[str, Any]

_INDENT = " " * 6
_WIDTH = 100
_WORDS = {"OK": "ok", "WARN": "warnings", "FAIL": "failed", "UNKNOWN": "not looked at"}
_STYLES = {"FAIL": Style.ERROR, "WARN": Style.WARNING, "UNKNOWN": Style.HINT, "OK": Style.HINT}
_SHORT = {"UNKNOWN": "-"}
_WORST_FIRST = ("FAIL", "WARN", "UNKNOWN", "OK")


def failed(findings: Iterable[JSON]) -> bool:
    """Return whether anything fails."""
    return any(finding["level"] == "FAIL" for finding in findings)


def lines(findings: list[JSON], *, every: bool) -> Iterator[str]:
    """Yield the count, then each finding that is not well, the worst first; or `every` one."""
    yield _count(findings)
    for finding in sorted(findings, key=lambda each: _WORST_FIRST.index(each["level"])):
        if finding["level"] not in {"OK", "UNKNOWN"}:
            yield ""
            yield from _in_full(finding)
        elif every:
            yield _line(finding)
    if not every:
        yield from _not_looked_at(findings)


def _count(findings: list[JSON]) -> str:
    levels: dict[str, str] = {}
    for finding in findings:  # several findings of a check count as the worst of them
        before = levels.get(finding["check"], "OK")
        levels[finding["check"]] = min(before, finding["level"], key=_WORST_FIRST.index)
    counts = {level: list(levels.values()).count(level) for level in reversed(_WORST_FIRST)}
    told = (f"{count} {_word(level, count)}" for level, count in counts.items() if count)
    checks = "1 check" if len(levels) == 1 else f"{len(levels)} checks"
    return f"{checks}: {', '.join(told)}"


def _word(level: str, count: int) -> str:
    return "warning" if (level, count) == ("WARN", 1) else _WORDS[level]


def _line(finding: JSON) -> str:
    name = _SHORT.get(finding["level"], finding["level"])
    level = styled(f"{name:<6}", _STYLES[finding["level"]], sys.stdout)
    return level + printable(f"{finding['check']}: {finding['seen']}")


def _in_full(finding: JSON) -> Iterator[str]:
    yield _line(finding)
    if finding["why"]:
        yield textwrap.fill(
            finding["why"], _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
        )
    if finding["fix"]:
        yield printable(f"{_INDENT}Fix: {finding['fix']}")


def _not_looked_at(findings: list[JSON]) -> Iterator[str]:
    names = [finding["check"] for finding in findings if finding["level"] == "UNKNOWN"]
    if names:
        yield ""
        yield f"Not looked at: {', '.join(dict.fromkeys(names))}"
