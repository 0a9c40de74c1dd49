"""Paths as `--sort-by`, custom columns and `wait` take them: without braces, or the first dot."""

from __future__ import annotations

import re

from minipod.client.jsonpath.parser import SyntaxProblem

_RELAXED = re.compile(r"\{\.?([^{}]+)\}|\.?([^{}]+)")


def relaxed(path: str) -> str:
    """Return the template that `metadata.name`, `.metadata.name` or the same in braces means."""
    if not path:
        return path
    match = _RELAXED.fullmatch(path)
    if match is None:
        raise SyntaxProblem(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' "
            "or '{name1.name2}' or '{.name1.name2}'"
        )
    return f"{{.{match[1] or match[2]}}}"
