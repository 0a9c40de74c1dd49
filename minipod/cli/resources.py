"""How commands name what they are about: `pods a b`, `pod/a`, and the kinds there are."""

from __future__ import annotations

import click

from minipod.errors import NotFound

_PODS = frozenset({"pods", "pod", "po"})


def pod_names(words: tuple[str, ...]) -> list[str]:
    """Return the names in `pods`, `pod a b` or `pod/a pod/b`: none when a kind stands alone.

    NotFound for a kind that there is not.
    """
    if "/" in words[0]:
        return [_named(word) for word in words]
    _require_pods(words[0])
    for name in words[1:]:
        if "/" in name or not name:
            raise click.UsageError(f'"{name}" is not a name: give names, or pod/NAME for each')
    return list(dict.fromkeys(words[1:]))


def pod_name(word: str) -> str:
    """Return the name in `a` or `pod/a`."""
    return _named(word) if "/" in word else word


def _named(word: str) -> str:
    kind, slash, name = word.partition("/")
    if not (slash and name) or "/" in name:
        raise click.UsageError(f'"{word}" is not pod/NAME')
    _require_pods(kind)
    return name


def _require_pods(kind: str) -> None:
    if kind.lower() not in _PODS:
        raise NotFound(
            f'the server doesn\'t have a resource type "{kind}"',
            hint="this command is about pods (pod, po)",
        )
