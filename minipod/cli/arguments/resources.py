"""How commands name what they are about: `pods a b`, `pod/a`, and the kinds there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from minipod.client.kinds import BY_WORD, CATEGORIES, KINDS, PODS
from minipod.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.client.kinds import Kind

_TYPES = frozenset({"Normal", "Warning"})


class Selection(NamedTuple):
    """Objects of one kind: these, or if it names none, all of the kind."""

    kind: Kind
    names: tuple[str, ...]


def selections(words: tuple[str, ...], kinds: tuple[Kind, ...]) -> list[Selection]:
    """Return what `pods`, `pods,events`, `all`, `pod a b`, or `pod/a node/b` mean, in that order.

    NotFound for a kind that there is not, BadRequest for one that the command is not about.
    """
    if "/" in words[0]:
        return _runs(_pair(word, kinds) for word in words)
    of = dict.fromkeys(kind for word in words[0].split(",") for kind in _kinds(word, kinds))
    names = words[1:]
    for name in names:
        if "/" in name or not name:
            each = f"{next(iter(of)).singular}/NAME"
            raise click.UsageError(f'"{name}" is not a name: give names, or {each} for each')
    return [Selection(kind, names) for kind in of]


def _runs(pairs: Iterable[tuple[Kind, str]]) -> list[Selection]:
    """Return names of one kind that follow each other as one selection."""
    found: list[Selection] = []
    for kind, name in pairs:
        before = found.pop() if found and found[-1].kind is kind else Selection(kind, ())
        found.append(Selection(kind, (*before.names, name)))
    return found


def named(words: tuple[str, ...], kinds: tuple[Kind, ...] = (PODS,)) -> tuple[Kind, list[str]]:
    """Return kind and names in `pods`, `pod a b` or `pod/a pod/b`; no names: all of the kind.

    NotFound for a kind that there is not, BadRequest for one that the command is not about.
    """
    found = selections(words, kinds)
    if len(found) > 1:
        raise click.UsageError("give objects of one kind only")
    return found[0].kind, list(dict.fromkeys(found[0].names))


def pod_names(words: tuple[str, ...]) -> list[str]:
    """Return the names in `pods`, `pod a b` or `pod/a pod/b`: none when a kind stands alone."""
    return named(words)[1]


def pod_name(word: str) -> str:
    """Return the name in `a` or `pod/a`."""
    if not word:
        raise click.UsageError("resource name may not be empty")
    return _pair(word, (PODS,))[1] if "/" in word else word


def event_fields(about: str | None, types: str | None) -> str | None:
    """Return the field selector of events about `pod/NAME`, of these types (None: any)."""
    fields = []
    if about is not None:
        kind, name = _pair(about, KINDS)
        fields = [f"involvedObject.kind={kind.name}", f"involvedObject.name={name}"]
    wanted = {word.capitalize() for word in types.split(",")} if types is not None else _TYPES
    if not wanted <= _TYPES:
        raise click.UsageError("valid --types are Normal or Warning")
    if wanted != _TYPES:
        fields += [f"type={one}" for one in wanted]
    return ",".join(fields) or None


def _pair(word: str, kinds: tuple[Kind, ...]) -> tuple[Kind, str]:
    kind, slash, name = word.partition("/")
    if not (slash and name) or "/" in name:
        raise click.UsageError(f'"{word}" is not {kinds[0].singular}/NAME')
    return _kind(kind, kinds), name


def _kinds(word: str, kinds: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """Return the kinds that a word stands for: one, or those of a category."""
    return CATEGORIES.get(word.lower()) or (_kind(word, kinds),)


def _kind(word: str, kinds: tuple[Kind, ...]) -> Kind:
    hint = f"this command is about {', '.join(f'{kind.plural} ({kind.short})' for kind in kinds)}"
    kind = BY_WORD.get(word.lower())
    if kind is None:
        from minipod.client.text.nearest import did_you_mean

        known = [name for kind in kinds for name in (kind.plural, kind.singular)]
        if meant := did_you_mean(word.lower(), known):
            hint = f"{meant} {hint}"
        raise NotFound(f'the server doesn\'t have a resource type "{word}"', hint=hint)
    if kind not in kinds:
        raise BadRequest(f"cannot do this with {kind.plural}", hint=hint)
    return kind
