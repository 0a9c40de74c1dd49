"""kubectl's spellings that click does not know: `-o=yaml`, `--force=true`, a bare `--wait`.

And the short ones that it knows: each `-n` it first takes for a long option that is misspelled, and
loads difflib to look for what was meant. Long ones spare a short command a twentieth of its time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
            spelled += _cluster(options, word) if word.startswith("-") else [word]
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


def _cluster(options: Mapping[str, click.Option], word: str) -> list[str]:
    """Return the options of `-it` or `-oyaml`; of anything else the word itself, for click."""
    spelled: list[str] = []
    for place, letter in enumerate(word[1:], start=2):
        option = options.get(f"-{letter}")
        if option is None or isinstance(option.flag_value, str):
            return [word]
        spelled.append(_long(option, f"-{letter}"))
        if not option.is_flag:
            value = word[place:]
            return [*spelled, value] if value and "=" not in word else [word]
    return spelled or [word]


def _long(option: click.Option, name: str) -> str:
    """Return an option's long name, if it has one."""
    return next((each for each in option.opts if each.startswith("--")), name)


def _with_value(option: click.Option, name: str, value: str) -> list[str]:
    if option.is_flag:
        if value not in _TRUTH:
            raise click.BadParameter(f'"{value}" is not true or false', param_hint=name)
        return [_long(option, name)] if _TRUTH[value] else []
    long = _long(option, name)
    return [f"{long}={value}"] if long.startswith("--") else [name, value]


def _bare(option: click.Option, name: str, rest: deque[str]) -> list[str]:
    if option.is_flag:
        return [_long(option, name)]
    if isinstance(option.flag_value, str):  # the value may be left out, and is no word of its own
        counts = isinstance(option.type, click.types.IntParamType)
        if counts and rest and rest[0].isdecimal():  # but for a number: kubectl's `-v 6`
            return [_long(option, name), rest.popleft()]
        return _with_value(option, name, option.flag_value)
    return [_long(option, name), rest.popleft()] if rest else [name]
