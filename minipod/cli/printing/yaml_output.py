"""YAML as kubectl prints it. A module of its own: importing yaml costs 30 ms."""

from __future__ import annotations

import re

import yaml

try:
    from yaml import CSafeDumper as _BaseDumper
except ImportError:
    from yaml import SafeDumper as _BaseDumper  # type: ignore[assignment]

_ENDLESS = 1 << 30
_AMBIGUOUS = re.compile(
    r"[yYnN]|[-+]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?|0[ob][0-7_]+|0x[\da-fA-F_]+"
)
"""What YAML 1.1 or 1.2 readers, but not PyYAML, take for a boolean or a number."""


class _Dumper(_BaseDumper):
    """Strings plain where they can be, in double quotes where not, as blocks when of many lines."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (PyYAML's name)
        """Write everything out: Kubernetes has no anchors."""
        return True


def _string(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    tag = "tag:yaml.org,2002:str"
    style = None
    if "\n" in text:
        style = "|"
    elif _AMBIGUOUS.fullmatch(text) or _resolved(dumper, text) != tag:
        style = '"'
    return dumper.represent_scalar(tag, text, style=style)


def _resolved(dumper: _Dumper, text: str) -> str:
    """Return the tag that a reader gives to the text without quotes."""
    tag: str = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag


_Dumper.add_representer(str, _string)


def as_yaml(value: object) -> str:
    """Return YAML: keys sorted, sequences not indented, no line folded; no newline at the end."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, width=_ENDLESS
    )
    return text.removesuffix("\n")
