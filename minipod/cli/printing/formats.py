"""The formats of `-o` that need more than a word: templates, and columns of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from minipod.cli.printing.output import Columns, tell
from minipod.cli.printing.printers import as_list
from minipod.client import jsonpath
from minipod.client.text.words import reason
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from minipod.cli.printing.printers import Printer
    from minipod.client.jsonpath.nodes import Template

    JSON = dict[str, Any]
    Filled = Callable[[JSON], str]
    Make = Callable[[str, "Wish"], Printer]


class Wish(NamedTuple):
    """What holds for every format: whether a missing key is nothing, and what a watch tells."""

    allow_missing: bool = True
    headers: bool = True
    changes: bool = False

    def told(self, objects: Sequence[JSON], change: str) -> Sequence[JSON]:
        """Return what a watch brings, as it is to be shown."""
        if not self.changes:
            return objects
        return [{"type": change, "object": one} for one in objects]


def printer(output: str, wish: Wish) -> Printer:
    """Return the printer that `-o FORMAT=ARGUMENT` names. UsageError, BadRequest."""
    return _printer(output, wish, _TEMPLATES | _COLUMNS, (*_WORDS, "wide"))


def template_printer(output: str, wish: Wish) -> Printer:
    """Return the same, but no columns: for what became of objects. UsageError, BadRequest."""
    return _printer(output, wish, _TEMPLATES, _WORDS)


def _printer(output: str, wish: Wish, formats: Mapping[str, Make], words: Sequence[str]) -> Printer:
    name, _, argument = output.partition("=")
    make = formats.get(name)
    if make is None:
        known = ",".join(sorted([*formats, *words]))
        raise click.UsageError(
            f'unable to match a printer suitable for the output format "{output}", '
            f"allowed formats are: {known}"
        )
    return make(argument, wish)


class TemplatePrinter:
    """Prints what a template makes of an object, or of the List of all."""

    def __init__(self, filled: Filled, wish: Wish) -> None:
        self._filled = filled
        self._wish = wish

    def whole(self, objects: Sequence[JSON], *, alone: bool) -> None:
        """Fill the template once."""
        self._print(objects[0] if alone else as_list(objects))

    def more(self, objects: Sequence[JSON], change: str) -> None:
        """Fill it once for each."""
        for one in self._wish.told(objects, change):
            self._print(one)

    def _print(self, value: JSON) -> None:
        tell(self._filled(value), end="")


class Column(NamedTuple):
    """A column of one's own."""

    header: str
    path: Template


class ColumnsPrinter:
    """Prints a line for each object, with what a path finds in each column."""

    def __init__(self, columns: Sequence[Column], wish: Wish, *, headers: bool = True) -> None:
        self._own = columns
        self._wish = wish
        self._columns = Columns()
        self._header_due = headers

    def whole(self, objects: Sequence[JSON], *, alone: bool) -> None:
        """Print all of them."""
        del alone
        lines = self._header() + [self._line(each) for each in objects]
        if lines:
            tell(self._columns.lines(lines))

    def more(self, objects: Sequence[JSON], change: str) -> None:
        """Print these below."""
        self.whole(self._wish.told(objects, change), alone=False)

    def _header(self) -> list[list[str]]:
        due, self._header_due = self._header_due, False
        return [[column.header for column in self._own]] if due else []

    def _line(self, obj: JSON) -> list[str]:
        return [_cell(column.path, obj) for column in self._own]


def _cell(path: Template, obj: JSON) -> str:
    values = [value for found in jsonpath.results(path, obj) for value in found]
    return ",".join(map(jsonpath.go_text, values)) if values else "<none>"


def _jsonpath(text: str, wish: Wish) -> Printer:
    return TemplatePrinter(_of_jsonpath(text, wish, jsonpath.text), wish)


def _jsonpath_as_json(text: str, wish: Wish) -> Printer:
    return TemplatePrinter(_of_jsonpath(text, wish, jsonpath.as_json), wish)


def _of_jsonpath(text: str, wish: Wish, show: Callable[[list[list[Any]]], str]) -> Filled:
    """Return what fills a JSONPath template. UsageError, BadRequest."""
    _require_template(text)
    try:
        template = jsonpath.parse(text)
    except jsonpath.SyntaxProblem as error:
        raise BadRequest(f"error parsing jsonpath {text}, {error}") from error

    def filled(value: JSON) -> str:
        try:
            return show(jsonpath.results(template, value, allow_missing=wish.allow_missing))
        except jsonpath.PathError as error:
            raise BadRequest(f'error executing jsonpath "{text}": {error}') from error

    return filled


def _go_template(text: str, wish: Wish) -> Printer:
    return TemplatePrinter(_of_go_template(text, wish), wish)


def _of_go_template(text: str, wish: Wish) -> Filled:
    """Return what fills a template of Go's. UsageError, BadRequest."""
    from minipod.client import gotemplate

    _require_template(text)
    try:
        template = gotemplate.parse(text)
    except gotemplate.SyntaxProblem as error:
        raise BadRequest(f"error parsing template {text}, {error}") from error

    def filled(value: JSON) -> str:
        try:
            return gotemplate.render(template, value, allow_missing=wish.allow_missing)
        except gotemplate.ExecutionError as error:
            called = gotemplate.quoted(text)
            raise BadRequest(f"error executing template {called}: {error}") from error

    return filled


def _require_template(text: str) -> None:
    if not text:
        raise click.UsageError("template format specified but no template given")


def _of_file(make: Make) -> Make:
    """Return what makes a printer of the template in a file."""
    return lambda path, wish: make(path and _read(path, "--template"), wish)


def _columns(spec: str, wish: Wish) -> Printer:
    """Return a printer of columns: HEADER:PATH, with commas between."""
    if not spec:
        raise click.UsageError("custom-columns format specified but no custom columns given")
    columns = []
    for part in spec.split(","):
        header, colon, path = part.partition(":")
        if not colon:
            raise BadRequest(
                f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            )
        columns.append(Column(header, jsonpath.parse(jsonpath.relaxed(path))))
    return ColumnsPrinter(columns, wish, headers=wish.headers)


def _columns_of_file(path: str, wish: Wish) -> Printer:
    """Return a printer of a file's columns: a line of headers, a line of paths."""
    if not path:
        raise click.UsageError("custom-columns format specified but no custom columns given")
    lines = _read(path, "template").splitlines()
    for number, name in enumerate(("header", "spec")):
        if len(lines) <= number:
            raise BadRequest(
                f"invalid template, missing {name} line. Expected format is one line of space "
                "separated headers, one line of space separated column specs."
            )
    headers, paths = lines[0].split(), lines[1].split()
    if len(headers) != len(paths):
        raise BadRequest(
            f"number of headers ({len(headers)}) and field specifications ({len(paths)}) "
            "don't match"
        )
    parsed = [jsonpath.parse(jsonpath.relaxed(path)) for path in paths]
    return ColumnsPrinter(list(map(Column, headers, parsed)), wish)


def _read(path: str, what: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise BadRequest(f"error reading {what} {path}, it is not UTF-8 text") from error
    except OSError as error:
        raise BadRequest(f"error reading {what} {path}, open {path}: {reason(error)}") from error


_WORDS = ("json", "name", "yaml")
_TEMPLATES: dict[str, Make] = {
    "go-template": _go_template,
    "go-template-file": _of_file(_go_template),
    "jsonpath": _jsonpath,
    "jsonpath-as-json": _jsonpath_as_json,
    "jsonpath-file": _of_file(_jsonpath),
    "template": _go_template,
    "templatefile": _of_file(_go_template),
}
_COLUMNS: dict[str, Make] = {
    "custom-columns": _columns,
    "custom-columns-file": _columns_of_file,
}
