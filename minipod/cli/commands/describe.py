"""`minipod describe`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.arguments.resources import selections
from minipod.cli.options import (
    all_namespaces_option,
    chunk_size_option,
    files_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.output import say, say_error, tell
from minipod.client.kinds import EVENTS, KINDS, NAMESPACES, NODES, PODS, Where
from minipod.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.kinds import Kind

    JSON = dict[str, Any]

_BETWEEN = "\n\n\n"


@verb(
    "describe",
    "minipod describe pod web",
    "minipod describe pods -l app=web",
    "minipod describe pod/web ns/lab",
    "minipod describe nodes",
    "minipod describe -f pod.yaml",
)
@click.argument(
    "resources",
    nargs=-1,
    metavar="[KIND,... [NAME...] | KIND/NAME...]",
    **offers("resources"),
)
@files_option(required=False)
@selector_option
@chunk_size_option
@click.option(
    "--show-events",
    type=bool,
    is_flag=False,
    flag_value="true",
    default=True,
    metavar="BOOL",
    help="Whether to show what happened. [default: true]",
)
@namespace_option
@all_namespaces_option
@pass_session
def describe(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    show_events: bool,
    all_namespaces: bool,
) -> int:
    """Show all about pods, nodes, namespaces and more: parts, conditions, events.

    A NAME that no object has stands for all whose names begin with it.
    """
    _require_one_way(resources, files, chosen=selector is not None)
    where = Where(None if all_namespaces else session.namespace, selector)
    selected = selections(resources, KINDS) if resources else []
    if any(names for _, names in selected) and (selector is not None or all_namespaces):
        raise click.UsageError("names cannot be given together with --selector or --all-namespaces")
    api = session.api()
    found: list[tuple[Kind, JSON]] = []
    missing: list[NotFound] = []
    for kind, names in selected:
        if names:
            objects, absent = _named(api, kind, session.namespace, names)
            missing += absent
        else:
            objects = api.list_of(kind, where)["items"]
        found += [(kind, obj) for obj in objects]
    if files:
        found = list(_of_files(api, session, files, recursive=recursive))
    if found:
        tell(_BETWEEN.join(_description(api, *each, events=show_events) for each in found))
    elif not missing:
        inside = where.namespace if all(kind.namespaced for kind, _ in selected) else None
        say(f"No resources found{f' in {inside} namespace.' if inside else ''}")
    for error in missing:
        say_error(error)
    return int(bool(missing))


def _require_one_way(resources: tuple[str, ...], files: tuple[str, ...], *, chosen: bool) -> None:
    if files and (resources or chosen):
        raise click.UsageError("--filename cannot be given together with a kind or --selector")
    if not files and not resources:
        raise click.UsageError("give a KIND, or --filename")


def _named(
    api: Api, kind: Kind, namespace: str, names: tuple[str, ...]
) -> tuple[list[JSON], list[NotFound]]:
    """Return the objects of these names, or that begin with them; an error for each other name."""
    objects: list[JSON] = []
    missing: list[NotFound] = []
    for name in names:
        try:
            objects.append(api.get(kind, namespace, name))
        except NotFound as error:
            every = api.list_of(kind, Where(namespace))["items"]
            found = [one for one in every if one["metadata"]["name"].startswith(name)]
            objects += found
            missing += [] if found else [error]
    return objects, missing


def _of_files(
    api: Api, session: Session, files: tuple[str, ...], *, recursive: bool
) -> Iterator[tuple[Kind, JSON]]:
    """Yield the objects that manifests name. NotFound."""
    from minipod.cli.submitting import refusing
    from minipod.client.manifests.sources import read
    from minipod.client.targets import of_sources

    with refusing("described"):
        named = of_sources(api, read(files, recursive=recursive), session.given_namespace)
    for target in named:
        yield target.kind, api.get(target.kind, target.namespace, target.name)


def _description(api: Api, kind: Kind, obj: JSON, *, events: bool) -> str:
    from minipod.client.describe.clock import Clock

    clock = Clock(time.time())
    happened = _events(api, kind, obj) if events and kind is not NAMESPACES else None
    if kind is PODS:
        from minipod.client.describe.pod import describe_pod

        return describe_pod(obj, happened, clock)
    if kind is NODES:
        from minipod.client.describe.node import describe_node

        return describe_node(obj, api.pods(None)["items"], happened, clock)
    if kind is NAMESPACES:
        from minipod.client.describe.namespace import describe_namespace

        return describe_namespace(obj, clock)
    from minipod.client.describe.anything import describe_anything

    said = {"apiVersion": kind.api_version, "kind": kind.name}
    return describe_anything(said | obj, happened, clock)


def _events(api: Api, kind: Kind, obj: JSON) -> list[JSON]:
    """Return the events of that very object."""
    meta = obj["metadata"]
    about = {"name": meta["name"], "namespace": meta.get("namespace"), "uid": meta.get("uid")}
    if not kind.namespaced:
        about = {"kind": kind.name, "name": meta["name"]}
    fields = ",".join(f"involvedObject.{field}={value}" for field, value in about.items() if value)
    return list(api.list_of(EVENTS, Where(meta.get("namespace"), fields=fields))["items"])
