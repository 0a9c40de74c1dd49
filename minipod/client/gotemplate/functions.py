"""The functions of a template: Go's own, and kubectl's `exists` and `base64decode`."""

from __future__ import annotations

import base64
import binascii
import string
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote_plus

from minipod.client.gotemplate import comparing
from minipod.client.gotemplate.comparing import CallError
from minipod.client.gotemplate.formatting import sprintf
from minipod.client.gotemplate.values import MISSING, go_type, shown, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HTML = str.maketrans(
    {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_JS = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026",
    "=": "\\u003D",
}  # fmt: skip

_BASE64 = frozenset(f"{string.ascii_letters}{string.digits}+/")


class Function(NamedTuple):
    """What to call, and with how many values; `strings` of the first ones have to be texts."""

    call: Callable[..., Any]
    least: int
    most: int | None = None
    strings: int = 0


def printed(*values: Any) -> str:
    """Return fmt.Sprint of values: a space between two of which neither is a text."""
    parts: list[str] = []
    for number, value in enumerate(values):
        if number and not isinstance(value, str) and not isinstance(values[number - 1], str):
            parts.append(" ")
        parts.append(_nil_shown(value))
    return "".join(parts)


def _println(*values: Any) -> str:
    return " ".join(map(_nil_shown, values)) + "\n"


def _nil_shown(value: Any) -> str:
    return shown(None if value is MISSING else value)


def _for_escaping(values: tuple[Any, ...]) -> str:
    """Return what html, js and urlquery escape: nil is no value there, as where it is printed."""
    return printed(*(str(MISSING.value) if one in (None, MISSING) else one for one in values))


def _html(*values: Any) -> str:
    return _for_escaping(values).translate(_HTML)


def _js(*values: Any) -> str:
    return "".join(map(_js_escaped, _for_escaping(values)))


def _js_escaped(char: str) -> str:
    if char in _JS:
        return _JS[char]
    return char if char.isprintable() else f"\\u{ord(char):04X}"


def _urlquery(*values: Any) -> str:
    return quote_plus(_for_escaping(values), safe="~")


def _length(value: Any) -> int:
    if value is MISSING:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    if value is None:
        raise CallError("len of nil pointer")
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (dict, list)):
        return len(value)
    raise CallError(f"len of type {go_type(value)}")


def _index(value: Any, *keys: Any) -> Any:
    if value is None or value is MISSING:
        raise CallError("index of untyped nil")
    for key in keys:
        value = _indexed(value, key)
    return value


def _indexed(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        if not isinstance(key, str):
            raise CallError(_unfit(key, "string"))
        return value.get(key)
    if isinstance(value, (list, str)):
        items = value.encode() if isinstance(value, str) else value
        return items[_place(key, len(items) - 1)]
    if value is None or value is MISSING:
        raise CallError("index of nil pointer")
    raise CallError(f"can't index item of type {go_type(value)}")


def _unfit(value: Any, wanted: str) -> str:
    if value is None or value is MISSING:
        return f"value is nil; should be of type {wanted}"
    return f"value has type {go_type(value)}; should be {wanted}"


def _place(key: Any, last: int) -> int:
    if key is None or key is MISSING:
        raise CallError("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise CallError(f"cannot index slice/array with type {go_type(key)}")
    if not 0 <= key <= last:
        raise CallError(f"index out of range: {key}")
    return key


def _slice(value: Any, *places: Any) -> Any:
    if value is None or value is MISSING:
        raise CallError("slice of untyped nil")
    if len(places) > 3:
        raise CallError(f"too many slice indexes: {len(places)}")
    if not isinstance(value, (list, str)):
        raise CallError(f"can't slice item of type {go_type(value)}")
    if isinstance(value, str) and len(places) == 3:
        raise CallError("cannot 3-index slice a string")
    items: Any = value.encode() if isinstance(value, str) else value
    start, stop, *_ = [
        *(_place(one, len(items)) for one in places),
        *(0, len(items))[len(places) :],
    ]
    if start > stop:
        raise CallError(f"invalid slice index: {start} > {stop}")
    part = items[start:stop]
    return part.decode(errors="replace") if isinstance(part, bytes) else part


def _exists(value: Any, *keys: Any) -> bool:
    for key in keys:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, (list, str)) and isinstance(key, int) and 0 <= key < len(value):
            value = value[key]
        else:
            return False
    return value is not None and value is not MISSING


def _base64decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except binascii.Error as error:
        whole = len(text) - len(text) % 4
        place = next((n for n, char in enumerate(text) if char not in _BASE64), whole)
        raise CallError(
            f"base64 decode failed: illegal base64 data at input byte {place}"
        ) from error


FUNCTIONS: Final[Mapping[str, Function]] = {
    "and": Function(lambda *values: values, 1),
    "or": Function(lambda *values: values, 1),
    "not": Function(lambda value: not truth(value), 1, 1),
    "eq": Function(comparing.eq, 1),
    "ne": Function(comparing.ne, 2, 2),
    "lt": Function(comparing.lt, 2, 2),
    "le": Function(comparing.le, 2, 2),
    "gt": Function(comparing.gt, 2, 2),
    "ge": Function(comparing.ge, 2, 2),
    "index": Function(_index, 1),
    "slice": Function(_slice, 1),
    "len": Function(_length, 1, 1),
    "print": Function(printed, 0),
    "println": Function(_println, 0),
    "printf": Function(sprintf, 1, strings=1),
    "html": Function(_html, 0),
    "js": Function(_js, 0),
    "urlquery": Function(_urlquery, 0),
    "call": Function(lambda *values: values, 1),
    "exists": Function(_exists, 1),
    "base64decode": Function(_base64decode, 1, 1, strings=1),
}
"""`and`, `or` and `call` are the evaluation's own: the first two do not look at what stands behind
what decides, and there is nothing here that could be called."""
