"""kubectl's JSONPath: a template language of its own (docs/decisions/jsonpath.md).

Text outside braces stands for itself; an action in braces is a path, a quoted text, or `range` and
`end`. `parse` reads a template, `results` finds its values, `text` and `as_json` print them.
"""

from minipod.client.jsonpath.evaluate import Missing, PathError, results
from minipod.client.jsonpath.parser import SyntaxProblem, parse
from minipod.client.jsonpath.printing import as_json, go_text, text
from minipod.client.jsonpath.relaxed import relaxed

__all__ = [
    "Missing",
    "PathError",
    "SyntaxProblem",
    "as_json",
    "go_text",
    "parse",
    "relaxed",
    "results",
    "text",
]
