"""`minipod lint`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.cli.options import files_option, namespace_option, output_option, pass_session, verb
from minipod.cli.printing.output import as_json, tell

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb("lint", "minipod lint -f pod.yaml", "minipod lint -f examples/ -o json")
@files_option(required=True)
@output_option("json")
@namespace_option
@pass_session
def lint(session: Session, files: tuple[str, ...], output: str | None, *, recursive: bool) -> int:
    """Check files, their ports above all, before anything runs.

    A port that two containers of a pod declare, a hostPort that two pods want or that somebody has
    already: each is told with its place, both names and a way out, beside all that `create` would
    say. The exit code is 1 if anything is wrong. Nothing is created.
    """
    from minipod.client.manifests.sources import read

    api = session.api()
    sources = read(files, recursive=recursive)
    items = api.lint(sources, session.given_namespace)
    wrong = {item["source"] for item in items if item["severity"] == "error"}
    if output == "json":
        tell(as_json(items))
    else:
        for item in items:
            _print(item)
        for source in sources:
            if not wrong & {source.name, None}:
                tell(f"{source.name}: ok")
    return int(bool(wrong))


def _print(item: dict[str, Any]) -> None:
    place = ":".join(str(item[key]) for key in ("source", "line", "column") if item[key])
    words = ": ".join(part for part in (place, item["field"], item["message"]) if part)
    tell(words if item["severity"] == "error" else f"Warning: {words}")
    if item["wayOut"]:
        tell(f"    {item['wayOut']}")
