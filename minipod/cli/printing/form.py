"""In which format objects are printed: `-o`, and the options that go with it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from minipod.cli.options import offers

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.cli.printing.printers import Printer

    Function = Callable[..., Any]

_GO_TEMPLATE = "go-template"
_TEMPLATES = frozenset(
    {
        _GO_TEMPLATE, "go-template-file", "template", "templatefile",
        "jsonpath", "jsonpath-as-json", "jsonpath-file",
    }
)  # fmt: skip
_WORDS = frozenset({"json", "name", "yaml"})


class Form(NamedTuple):
    """A format: `json`, `jsonpath=TEMPLATE`, …; None: what the command prints by itself.

    `allow_missing`: a key that a template names and an object has not is nothing, and no error.
    """

    output: str | None = None
    allow_missing: bool = True

    @classmethod
    def of(cls, output: str | None, template: str | None, allow_missing: bool) -> Form:  # noqa: FBT001 (the option's value)
        """Return what the options -o, --template and --allow-missing-template-keys ask for."""
        if template and output is None:
            output = _GO_TEMPLATE
        if template and output in _TEMPLATES:
            output = f"{output}={template}"
        return cls(output, allow_missing)

    def printer(self) -> Printer:
        """Return what prints objects so; `output` is given. UsageError, BadRequest."""
        from minipod.cli.printing.printers import ObjectPrinter

        if self.output in _WORDS:
            return ObjectPrinter(self.output)
        from minipod.cli.printing.formats import Wish, template_printer

        return template_printer(str(self.output), Wish(self.allow_missing))


managed_fields_option = click.option(
    "--show-managed-fields",
    is_flag=True,
    expose_value=False,
    help="Accepted, and without effect: no object has managedFields.",
)
_TEMPLATE_OPTIONS = (
    click.option(
        "--template",
        metavar="TEMPLATE",
        help="The template, or its file, of an -o that is alone; without -o a Go template.",
    ),
    click.option(
        "--allow-missing-template-keys",
        "allow_missing",
        type=bool,
        is_flag=False,
        flag_value="true",
        default=True,
        metavar="BOOL",
        help="Whether a key that is not there is nothing, or an error. [default: true]",
    ),
    managed_fields_option,
)


def form_options(about: str, *, offered: str = "result_formats") -> Callable[[Function], Function]:
    """Let a command print objects in kubectl's formats: `output`, a Form."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def formed(
            *args: Any, output: str | None, template: str | None, allow_missing: bool, **given: Any
        ) -> Any:
            return function(*args, output=Form.of(output, template, allow_missing), **given)

        for option in reversed(_TEMPLATE_OPTIONS):
            option(formed)
        click.option("-o", "--output", metavar="FORMAT", help=about, **offers(offered))(formed)
        return formed

    return decorate


result_option = form_options(
    "Print the objects, not what was done: yaml, json, name, jsonpath=TEMPLATE,"
    " jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, go-template=TEMPLATE or go-template-file=FILE."
)
