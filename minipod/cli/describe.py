"""`minipod describe`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import (
    all_namespaces_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.output import say, say_error, tell
from minipod.cli.resources import pod_names
from minipod.client.kinds import EVENTS, Where
from minipod.errors import NotFound

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client import Api

    JSON = dict[str, Any]

_BETWEEN = "\n\n\n"


@verb(
    "describe",
    "minipod describe pod web",
    "minipod describe pods -l app=web",
    "minipod describe pods -A",
)
@click.argument(
    "resources", nargs=-1, required=True, metavar="pods [NAME]...", **offers("resources")
)
@selector_option
@namespace_option
@all_namespaces_option
@pass_session
def describe(
    session: Session, *, resources: tuple[str, ...], selector: str | None, all_namespaces: bool
) -> int:
    """Show all about pods: containers, conditions, events.

    A NAME that no pod has stands for all pods whose names begin with it.
    """
    names = pod_names(resources)
    if names and (selector is not None or all_namespaces):
        raise click.UsageError("names cannot be given together with --selector or --all-namespaces")
    api = session.api()
    missing: list[NotFound] = []
    if names:
        pods, missing = _named(api, session.namespace, names)
    else:
        namespace = None if all_namespaces else session.namespace
        pods = api.pods(namespace, selector)["items"]
        if not pods:
            say(f"No resources found{f' in {namespace} namespace.' if namespace else ''}")
    if pods:
        tell(_BETWEEN.join(_description(api, pod) for pod in pods))
    for error in missing:
        say_error(error)
    return int(bool(missing))


def _named(api: Api, namespace: str, names: list[str]) -> tuple[list[JSON], list[NotFound]]:
    """Return the pods of these names, or that begin with them, and an error for each other name."""
    pods: list[JSON] = []
    missing: list[NotFound] = []
    for name in names:
        try:
            pods.append(api.pod(namespace, name))
        except NotFound as error:
            every = api.pods(namespace)["items"]
            found = [pod for pod in every if pod["metadata"]["name"].startswith(name)]
            pods += found
            missing += [] if found else [error]
    return pods, missing


def _description(api: Api, pod: JSON) -> str:
    from minipod.client.describe.clock import Clock
    from minipod.client.describe.pod import describe_pod

    meta = pod["metadata"]
    about = {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}
    fields = ",".join(f"involvedObject.{field}={value}" for field, value in about.items())
    events = api.list_of(EVENTS, Where(meta["namespace"], fields=fields))["items"]
    return describe_pod(pod, events, Clock(time.time()))
