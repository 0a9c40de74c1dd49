"""What TAB offers: names of what there is, asked of the server if it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem

from minipod.client.kinds import BY_WORD, KINDS, NAMESPACES, PODS, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import click

    from minipod.cli.session import Session
    from minipod.client.kinds import Kind

    Item = CompletionItem[str]

_RESULT_FORMATS = ("yaml", "json", "name", "jsonpath=", "go-template=")


def pods(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer pods, as NAME or pod/NAME, but those that are there already."""
    kind, slash, _ = begun.partition("/")
    if slash and BY_WORD.get(kind) is not PODS:
        return
    given = ctx.params.get("pods") or ()
    yield from _plain(f"{kind}/{name}" if slash else name for name in _left(ctx, PODS, given))


def resources(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer kinds, then names of the kind; KIND/NAME where that is begun."""
    given = ctx.params.get("resources") or ()
    prefix, slash, _ = begun.partition("/")
    if slash and prefix in BY_WORD:
        yield from _plain(f"{prefix}/{name}" for name in _names(ctx, BY_WORD[prefix]))
    elif given and given[0] in BY_WORD:
        yield from _plain(_left(ctx, BY_WORD[given[0]], given[1:]))
    elif not given:
        yield from _plain(word for kind in KINDS for word in (kind.plural, kind.singular))


def about(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer one object as KIND/NAME."""
    if "/" in begun:
        yield from resources(ctx, begun)
    else:
        yield from _plain(f"{kind.singular}/" for kind in KINDS)


def namespaces(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer namespaces."""
    del begun
    yield from _plain(_names(ctx, NAMESPACES))


def containers(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer the containers of the pod that is there already."""
    del begun
    yield from _plain(one["name"] for one in _pod(ctx)["spec"]["containers"])


def remote_ports(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer the declared ports of the pod, behind what is begun: `8888:`."""
    local, colon, _ = begun.rpartition(":")
    for number, told in _declared(ctx):
        yield CompletionItem(f"{local}{colon}{number}", help=told)


def exposed_ports(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer the declared ports of the pod, each from the same port of the machine."""
    local, colon, _ = begun.rpartition(":")
    for number, told in _declared(ctx):
        yield CompletionItem(
            f"{local}{colon}{number}" if colon else f"{number}:{number}", help=told
        )


def images(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer what is mapped."""
    del begun
    yield from _plain(_session(ctx).api(start=False).own.images())


def formats(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer what `get -o` takes."""
    del ctx, begun
    yield from _plain(("wide", *_RESULT_FORMATS, "custom-columns="))


def result_formats(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer what -o takes of a command that changes objects."""
    del ctx, begun
    yield from _plain(_RESULT_FORMATS)


def fields(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Offer kinds, then the fields of the path that is begun; a dot, where there is more below."""
    del ctx
    from minipod.client.views.explanation import offered

    yield from _plain(offered(begun))


def files(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Leave it to the shell, which knows files."""
    del ctx
    yield CompletionItem(begun, type="file")


OFFERS: dict[str, Callable[[click.Context, str], Iterator[Item]]] = {
    each.__name__: each
    for each in (
        pods, resources, about, namespaces, containers, remote_ports, exposed_ports,
        images, formats, result_formats, fields, files,
    )
}  # fmt: skip
"""By the name that `minipod.cli.options.offers` is given."""


def _declared(ctx: click.Context) -> Iterator[tuple[int, str]]:
    for container in _pod(ctx)["spec"]["containers"]:
        for port in container.get("ports", ()):
            names = (port.get("name"), f"container {container['name']}")
            yield port["containerPort"], ", ".join(filter(None, names))


def _pod(ctx: click.Context) -> dict[str, Any]:
    name = str(ctx.params["pod"]).rpartition("/")[2]
    return _session(ctx).api(start=False).pod(_session(ctx).namespace, name)


def _left(ctx: click.Context, kind: Kind, given: Iterable[str]) -> list[str]:
    words = {word.rpartition("/")[2] for word in given}
    return [name for name in _names(ctx, kind) if name not in words]


def _names(ctx: click.Context, kind: Kind) -> list[str]:
    session = _session(ctx)
    listed = session.api(start=False).list_of(kind, Where(session.namespace), table=True)
    return [row["object"]["metadata"]["name"] for row in listed["rows"]]


def _plain(words: Iterable[str]) -> Iterator[Item]:
    return map(CompletionItem, words)


def _session(ctx: click.Context) -> Session:
    from minipod.cli.session import Session

    session = ctx.find_object(Session)
    assert session is not None
    session.verbosity, session.debug = 0, False
    return session
