"""The forms that Kubernetes asks of names, each a function to what is wrong, in Kubernetes' words.

From k8s.io/apimachinery/pkg/api/validate/content and pkg/util/validation.
"""

from __future__ import annotations

import re
from typing import Final

NAME_LENGTH: Final = 253
LABEL_LENGTH: Final = 63
_PORT_NAME_LENGTH: Final = 15

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = f"({_QUALIFIED})?"

_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character "
    f"(e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character "
    f"(e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_QUALIFIED_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', "
    f"regex used for validation is '{_QUALIFIED}')"
)
_LABEL_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character "
    "(e.g. 'MyValue',  or 'my_value',  or '12345', "
    f"regex used for validation is '{_LABEL_VALUE}')"
)
_VARIABLE_WORDS = (
    "a valid environment variable name must consist only of printable ASCII characters "
    "other than '='"
)


def label(value: str) -> list[str]:
    """Return what keeps a value from being a DNS label (RFC 1123)."""
    wrong = _too_long(value, LABEL_LENGTH)
    if not re.fullmatch(_LABEL, value):
        dotted = re.fullmatch(_SUBDOMAIN, value)
        wrong.append("must not contain dots" if dotted else _LABEL_WORDS)
    return wrong


def subdomain(value: str) -> list[str]:
    """Return what keeps a value from being a DNS subdomain (RFC 1123)."""
    wrong = _too_long(value, NAME_LENGTH)
    if not re.fullmatch(_SUBDOMAIN, value):
        wrong.append(_SUBDOMAIN_WORDS)
    return wrong


def qualified_name(value: str) -> list[str]:
    """Return what keeps a value from being a key of labels: `name` or `example.com/name`."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        example = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {_QUALIFIED_WORDS} {example}"]
    wrong = []
    if slash:
        of_prefix = subdomain(prefix) if prefix else ["must be non-empty"]
        wrong += [f"prefix part {words}" for words in of_prefix]
    of_name = _too_long(name, LABEL_LENGTH) if name else ["must be non-empty"]
    if not re.fullmatch(_QUALIFIED, name):
        of_name.append(_QUALIFIED_WORDS)
    return wrong + [f"name part {words}" for words in of_name]


def label_value(value: str) -> list[str]:
    """Return what keeps a value from being a label's."""
    wrong = _too_long(value, LABEL_LENGTH)
    if not re.fullmatch(_LABEL_VALUE, value):
        wrong.append(_LABEL_VALUE_WORDS)
    return wrong


def port_name(value: str) -> list[str]:
    """Return what keeps a value from being a port's name (IANA_SVC_NAME, RFC 6335)."""
    wrong = _too_long(value, _PORT_NAME_LENGTH)
    if not re.fullmatch("[-a-z0-9]+", value):
        wrong.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        wrong.append("must contain at least one letter (a-z)")
    if "--" in value:
        wrong.append("must not contain consecutive hyphens")
    if value[:1] == "-" or value[-1:] == "-":
        wrong.append("must not begin or end with a hyphen")
    return wrong


def variable_name(value: str) -> list[str]:
    """Return what keeps a value from being an environment variable's name."""
    if value.isascii() and value.isprintable() and "=" not in value:
        return []
    return [_VARIABLE_WORDS]


def in_range(value: int, low: int, high: int) -> list[str]:
    """Return what keeps a number from lying in a range, both ends included."""
    return [] if low <= value <= high else [f"must be between {low} and {high}, inclusive"]


def _too_long(value: str, length: int) -> list[str]:
    return [f"must be no more than {length} bytes"] if len(value.encode()) > length else []
