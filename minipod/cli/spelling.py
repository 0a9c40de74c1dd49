"""kubectl's spellings that click does not know: `-o=yaml`, `--force=true`, a bare `--wait`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRUTH = {
    word: truth
    for truth, words in ((True, "1 t T true TRUE True"), (False, "0 f F false FALSE False"))
    for word in words.split()
}
"""What Go's strconv.ParseBool takes."""


def for_click(
    parameters: Iterable[click.Parameter], words: list[str], *, interspersed: bool
) -> list[str]:
    """Return a command line as click spells it. UsageError for a flag that is neither on nor off.

    Without `interspersed`, the first word that is no option ends the options.
    """
    options = {
        name: one for one in parameters if isinstance(one, click.Option) for name in one.opts
    }
    spelled: list[str] = []
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if word == "--" or not (interspersed or word.startswith("-")):
            return [*spelled, word, *rest]
        name, equals, value = word.partition("=")
        option = options.get(name)
        if option is None:
            spelled.append(word)
        elif equals:
            spelled += _with_value(option, name, value)
        else:
            spelled += _bare(option, name, rest)
    return spelled


def without_begun(parameters: Iterable[click.Parameter], words: list[str]) -> list[str]:
    """Return a command line that is being typed, less a last option whose value is yet to come."""
    lacking = {
        name
        for one in parameters
        if isinstance(one, click.Option) and not one.is_flag
        for name in one.opts
    }
    return words[:-1] if words and words[-1] in lacking and "--" not in words else words


def _with_value(option: click.Option, name: str, value: str) -> list[str]:
    if option.is_flag:
        if value not in _TRUTH:
            raise click.BadParameter(f'"{value}" is not true or false', param_hint=name)
        return [name] if _TRUTH[value] else []
    return [f"{name}={value}"] if name.startswith("--") else [name, value]


def _bare(option: click.Option, name: str, rest: deque[str]) -> list[str]:
    if option.is_flag:
        return [name]
    if isinstance(option.flag_value, str):  # the value may be left out, and is no word of its own
        counts = isinstance(option.type, click.types.IntParamType)
        if counts and rest and rest[0].isdecimal():  # but for a number: kubectl's `-v 6`
            return [name, rest.popleft()]
        return _with_value(option, name, option.flag_value)
    return [name, rest.popleft()] if rest else [name]
