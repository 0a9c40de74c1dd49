"""Go's text/template, as `-o go-template` has it (docs/decisions/go-templates.md).

`parse` reads a template, `render` makes a text of it and a value.
"""

from minipod.client.gotemplate.evaluate import ExecutionError, render
from minipod.client.gotemplate.functions import FUNCTIONS
from minipod.client.gotemplate.nodes import Template
from minipod.client.gotemplate.parser import parse as _parse
from minipod.client.gotemplate.tokens import SyntaxProblem
from minipod.client.gotemplate.values import quoted

__all__ = ["ExecutionError", "SyntaxProblem", "Template", "parse", "quoted", "render"]


def parse(text: str) -> Template:
    """Return the template that a text is. SyntaxProblem."""
    return _parse(text, FUNCTIONS)
