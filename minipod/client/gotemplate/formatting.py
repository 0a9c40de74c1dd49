"""printf: Go's verbs, for the values that templates have."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from minipod.client.gotemplate.values import MISSING, go_type, quoted, shortest, shown

_VERB = re.compile(r"%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(.)?", re.DOTALL)
_POINT = re.compile(r"%[-+# 0]*(?:\*|\d+)?\.")
_LARGEST = 1_000_000
"""Go's limit of a width and of a precision."""


class _Form(NamedTuple):
    """How one verb is to be written."""

    flags: str
    width: int | None
    precision: int | None
    verb: str

    def padded(self, text: str) -> str:
        """Return a text as wide as it is to be."""
        width = self.width or 0
        if "-" in self.flags:
            return text.ljust(width)
        if "0" in self.flags and self.verb not in "sqT":
            sign = text[:1] if text[:1] in ("+", "-") else ""
            return sign + text[len(sign) :].rjust(width - len(sign), "0")
        return text.rjust(width)


def sprintf(form: str, *values: Any) -> str:
    """Return a text with values in it, as Go's fmt.Sprintf; what does not fit is told in it."""
    given = list(values)
    parts: list[str] = []
    place = 0
    for match in _VERB.finditer(form):
        parts += (form[place : match.start()], _written(match, given))
        place = match.end()
    parts.append(form[place:])
    if given:
        parts.append(f"%!(EXTRA {', '.join(f'{go_type(one)}={shown(one)}' for one in given)})")
    return "".join(parts)


def _written(match: re.Match[str], given: list[Any]) -> str:
    flags, width, precision, verb = match.groups()
    if verb is None:
        return "%!(NOVERB)"
    if verb == "%":
        return "%"
    wide, exact = (_size(word, given) for word in (width, precision))
    if _POINT.match(match[0]) and precision is None:
        exact = 0
    if any(size is not None and abs(size) > _LARGEST for size in (wide, exact)):
        return "%!(BADWIDTH)"
    if not given:
        return f"%!{verb}(MISSING)"
    value = given.pop(0)
    if wide is not None and wide < 0:
        flags, wide = f"{flags}-", -wide
    form = _Form(flags, wide, exact, verb)
    if verb == "v" and not isinstance(value, (int, float)):
        form = form._replace(flags=flags.replace("0", ""))
    return form.padded(_text(form, None if value is MISSING else value))


def _size(word: str | None, given: list[Any]) -> int | None:
    if word != "*":
        return None if word is None else int(word)
    return given.pop(0) if given and isinstance(given[0], int) else None


def _text(form: _Form, value: Any) -> str:
    """Return a value by its verb: lists and maps item by item."""
    if form.verb == "T":
        return go_type(value)
    if form.verb == "v":
        return _plain(form, value)
    if value is None:
        return f"%!{form.verb}(<nil>)"
    if isinstance(value, list):
        return f"[{' '.join(_inner(form, item) for item in value)}]"
    if isinstance(value, dict):
        items = (f"{_inner(form, key)}:{_inner(form, value[key])}" for key in sorted(value))
        return f"map[{' '.join(items)}]"
    written = _scalar(form, value)
    if written is not None:
        return written
    said = _digits(form, value) if isinstance(value, int) else shown(value)
    return f"%!{form.verb}({go_type(value)}={said})"


def _inner(form: _Form, value: Any) -> str:
    return shown(None) if value is None else form.padded(_text(form, value))


def _plain(form: _Form, value: Any) -> str:
    if "#" in form.flags:
        return _in_go(value)
    if isinstance(value, float) and form.precision is not None:
        return _float(form._replace(verb="g"), value)
    return shown(value)


def _scalar(form: _Form, value: Any) -> str | None:
    """Return a plain value by its verb; None if the verb is not for it."""
    match value:
        case bool():
            return shown(value) if form.verb == "t" else None
        case int():
            return _int(form, value)
        case float():
            return _signed(form, _float(form, value), value) if form.verb in "eEfFgG" else None
        case _:
            return _string(form, value)


def _string(form: _Form, value: str) -> str | None:
    text = value if form.precision is None else value[: form.precision]
    match form.verb:
        case "s":
            return text
        case "q":
            return quoted(text)
        case "x":
            return text.encode().hex()
        case "X":
            return text.encode().hex().upper()
    return None


def _int(form: _Form, value: int) -> str | None:
    match form.verb:
        case "d":
            text = _digits(form, value)
        case "x" | "X" | "o" | "b":
            text = format(value, ("#" if "#" in form.flags else "") + form.verb)
        case "c":
            return chr(value)
        case "q":
            return f"'{chr(value)}'"
        case "U":
            return f"U+{value:04X}"
        case _:
            return None
    return _signed(form, text, value)


def _digits(form: _Form, value: int) -> str:
    if isinstance(value, bool):
        return shown(value)
    return ("-" if value < 0 else "") + str(abs(value)).rjust(form.precision or 0, "0")


def _float(form: _Form, value: float) -> str:
    if form.verb in "gG" and form.precision is None:
        return shortest(value)
    return format(value, f".{6 if form.precision is None else form.precision}{form.verb}")


def _signed(form: _Form, text: str, value: float) -> str:
    if not _is_positive(value):
        return text
    return next((sign + text for sign in ("+", " ") if sign in form.flags), text)


def _is_positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _in_go(value: Any) -> str:
    """Return a value as it is written in Go: %#v."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        items = (f"{quoted(key)}:{_in_go(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{', '.join(items)}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_in_go, value))}}}"
    return "interface {}(nil)" if value is None else shown(value)
