"""printf: Go's verbs, for the values that templates have."""

from __future__ import annotations

import re
import sys
from math import copysign
from typing import Any, NamedTuple

from minipod.client.gotemplate.values import (
    MISSING,
    go_type,
    quoted,
    quoted_character,
    shortest,
    shown,
)

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

    def padded(self, text: str, *, number: bool = False) -> str:
        """Return a text as wide as it is to be; zeros stand behind the sign of a number."""
        width = self.width or 0
        if "-" in self.flags:
            return text.ljust(width)
        if "0" not in self.flags:
            return text.rjust(width)
        sign = text[:1] if number and text[:1] in {"+", "-", " "} else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")


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
        parts.append(f"%!(EXTRA {', '.join(map(_extra, given))})")
    return "".join(parts)


def _extra(value: Any) -> str:
    name = go_type(value)
    return name if value is None or value is MISSING else f"{name}={shown(value)}"


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
    return _text(form, None if value is MISSING else value)


def _size(word: str | None, given: list[Any]) -> int | None:
    if word != "*":
        return None if word is None else int(word)
    return given.pop(0) if given and isinstance(given[0], int) else None


def _text(form: _Form, value: Any) -> str:
    """Return a value by its verb: of lists and maps each item by itself, nil in them as it is."""
    if value is None:
        known = form.verb in "vT"
        return form.padded(shown(None)) if known else f"%!{form.verb}(<nil>)"
    if form.verb == "T":
        return _text(form._replace(verb="s"), go_type(value))
    if form.verb == "v" and "#" in form.flags:
        return form.padded(_in_go(value))
    if form.verb == "v" and "+" in form.flags:
        form = form._replace(flags=form.flags.replace("+", ""))
    if isinstance(value, list):
        return f"[{' '.join(_item(form, item) for item in value)}]"
    if isinstance(value, dict):
        items = (f"{_item(form, key)}:{_item(form, value[key])}" for key in sorted(value))
        return f"map[{' '.join(items)}]"
    number = isinstance(value, (int, float))
    written = _scalar(form, value)
    if written is not None:
        return form.padded(written, number=number)
    plain = _scalar(form._replace(verb="v"), value) or ""
    return f"%!{form.verb}({go_type(value)}={form.padded(plain, number=number)})"


def _item(form: _Form, value: Any) -> str:
    return shown(None) if value is None else _text(form, value)


def _scalar(form: _Form, value: bool | float | str) -> str | None:  # noqa: FBT001 (any value)
    """Return a plain value by its verb; None if the verb is not for it."""
    match value:
        case bool():
            return shown(value) if form.verb in "tv" else None
        case int():
            return _int(form, value)
        case float():
            return _float(form, value) if form.verb in "eEfFgGv" else None
    return _string(form, value)


def _string(form: _Form, value: str) -> str | None:
    text = value if form.precision is None else value[: form.precision]
    match form.verb:
        case "s" | "v":
            return text
        case "q":
            return quoted(text)
        case "x" | "X":
            digits = _bytes(form, text.encode())
            return digits.upper() if form.verb == "X" else digits
    return None


def _bytes(form: _Form, data: bytes) -> str:
    """Return bytes in hexadecimal: with ` ` one by one, with `#` marked as such."""
    mark = "0x" if "#" in form.flags else ""
    if " " in form.flags:
        return " ".join(f"{mark}{byte:02x}" for byte in data)
    return mark + data.hex() if data else ""


def _int(form: _Form, value: int) -> str | None:
    match form.verb:
        case "v" | "d":
            digits = str(abs(value))
        case "x" | "X" | "o" | "b":
            digits = format(abs(value), ("#" if "#" in form.flags else "") + form.verb)
            digits = digits.replace("0o", "0")
        case "c":
            return _character(value)
        case "q":
            return quoted_character(_character(value))
        case "U":
            return f"U+{value:04X}"
        case _:
            return None
    if form.precision == 0 and not value:
        return ""
    digits = digits.rjust(form.precision or 0, "0")
    return _sign(form, value) + digits


def _character(value: int) -> str:
    return chr(value) if 0 <= value <= sys.maxunicode else "\ufffd"


def _float(form: _Form, value: float) -> str:
    verb = "g" if form.verb == "v" else form.verb
    if verb in "gG" and form.precision is None:
        text = shortest(abs(value))
    else:
        text = format(abs(value), f".{6 if form.precision is None else form.precision}{verb}")
    return _sign(form, value) + text


def _sign(form: _Form, value: float) -> str:
    if copysign(1, value) < 0:
        return "-"
    return next((sign for sign in ("+", " ") if sign in form.flags), "")


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
