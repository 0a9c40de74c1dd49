"""libyaml's syntax errors in words for a person who writes manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.manifest.tree import Position

if TYPE_CHECKING:
    import yaml

_INDENT = "the indentation does not fit the lines above"
_WORDS = {
    "mapping values are not allowed in this context": (
        "a second ':' in one value, or a wrong indentation: quote a value that has ': ' in it"
    ),
    "block sequence entries are not allowed in this context": (
        "a list cannot begin behind 'key:' on the same line"
    ),
    "could not find expected ':'": "this line is no 'key: value' and no '- item'",
    "did not find expected key": f"expected a 'key: value' here: {_INDENT}, or a quote ended early",
    "did not find expected '-' indicator": f"expected a '- item' of the list here: {_INDENT}",
    "did not find expected ',' or ']'": "expected ',' or ']' here, in a list begun with '['",
    "did not find expected ',' or '}'": "expected ',' or '}' here, in a mapping begun with '{'",
    "did not find expected node content": "expected a value here",
    "did not find expected <document start>": "expected '---' before another document",
    "found unknown escape character": "an escape that YAML does not know: double the '\\'",
    "found undefined tag handle": "a tag: a manifest has none",
    "found incompatible YAML document": "another version of YAML than 1.1",
}
_UNCLOSED = {"while parsing a flow sequence": "'['", "while parsing a flow mapping": "'{'"}


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[str, Position]:
    """Return what is wrong and where to look, which is not always where libyaml stopped."""
    problem, context = error.problem or "", error.context or ""
    here, begun = _position(error.problem_mark), _position(error.context_mark)
    if problem == "found unexpected end of stream":
        return "cannot read: the quote that opens here is not closed", begun
    if here.line > len(text.splitlines()):
        if context in _UNCLOSED:
            return f"cannot read: the {_UNCLOSED[context]} that opens here is not closed", begun
        return "cannot read: the text ends where a value or a closing bracket is due", here
    if problem == "found character that cannot start any token":
        return f"cannot read: {_bad_start(_letter(text, here))}", here
    return f"cannot read: {_WORDS.get(problem, f'{problem} {context}'.strip())}", here


def _position(mark: yaml.Mark | None) -> Position:
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)


def _letter(text: str, position: Position) -> str:
    lines = text.splitlines()
    line = lines[position.line - 1] if position.line <= len(lines) else ""
    return line[position.column - 1 : position.column]


def _bad_start(letter: str) -> str:
    if letter == "\t":
        return "a tab: YAML is indented with spaces"
    return f"a value cannot begin with {letter!r}: quote it"
