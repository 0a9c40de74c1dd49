"""What TAB offers: names of what there is, asked of the server if it runs.

It is never started for this, and nobody waits long: whoever presses TAB wants an answer or none.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from minipod.client.kinds import BY_WORD, KINDS, NAMESPACES, PODS, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import click

    from minipod.cli.session import Session
    from minipod.client.kinds import Kind

    Item = CompletionItem[str]

VARIABLE = "_MINIPOD_COMPLETE"
"""Set by the shell's function: what is to be printed, in click's words."""

_PATIENCE = 0.5  # seconds; longer, and a person types on


def answer(session: Session) -> int:
    """Print what the shell asks for, or nothing; no error reaches the line that is being typed."""
    from click.shell_completion import shell_complete

    from minipod.cli.group import cli

    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    try:
        return shell_complete(cli, {"obj": session}, "minipod", VARIABLE, os.environ[VARIABLE])
    except Exception:  # noqa: BLE001 (whatever is wrong with the words: they are not yet a command)
        return 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@add_completion_class
class Bash(BashComplete):
    """Bash, told of the line as it is typed: its own words end at colons, which images contain."""

    source_template = """\
%(complete_func)s() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
        esac
    done < <(COMP_LINE=${COMP_LINE:0:COMP_POINT} COMP_WORDBREAKS=$COMP_WORDBREAKS \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def source(self) -> str:
        """Return the script; which bash there is does not matter for printing it."""
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that is begun."""
        from click.shell_completion import split_arg_string

        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() else (words[:-1], words[-1] if words else "")

    def format_completion(self, item: Item) -> str:
        """Return an offer, less what bash takes for words of their own."""
        _, begun = self.get_completion_args()
        breaks = set(os.environ.get("COMP_WORDBREAKS", "")) & {":", "="}
        kept = max((begun.rfind(one) + 1 for one in breaks), default=0)
        value = item.value
        return f"{item.type},{value[kept:] if value.startswith(begun[:kept]) else value}"


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
    yield from _plain(("wide", "yaml", "json", "name", "jsonpath=", "custom-columns="))


def files(ctx: click.Context, begun: str) -> Iterator[Item]:
    """Leave it to the shell, which knows files."""
    del ctx
    yield CompletionItem(begun, type="file")


OFFERS: dict[str, Callable[[click.Context, str], Iterator[Item]]] = {
    each.__name__: each
    for each in (
        pods, resources, about, namespaces, containers, remote_ports, exposed_ports,
        images, formats, files,
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
