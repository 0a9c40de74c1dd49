"""In which format objects are printed: `-o`, and the options that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from minipod.cli.printing.printers import Printer

_GO_TEMPLATE = "go-template"
_TEMPLATES = frozenset(
    {
        _GO_TEMPLATE, "go-template-file", "template", "templatefile",
        "jsonpath", "jsonpath-as-json", "jsonpath-file",
    }
)  # fmt: skip
_DOCUMENTS = frozenset({"json", "yaml"})


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
        """Return what prints objects so; `output` is given, and not `name`. UsageError."""
        from minipod.cli.printing.printers import ObjectPrinter

        if self.output in _DOCUMENTS:
            return ObjectPrinter(self.output)
        from minipod.cli.printing.formats import Wish, template_printer

        return template_printer(str(self.output), Wish(self.allow_missing))
