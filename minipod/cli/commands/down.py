"""`minipod down`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from minipod.cli.options import files_option, grace_option, namespace_option, pass_session, verb
from minipod.cli.printing.output import say_hint, tell

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb("down", "minipod down -f pod.yaml", "cat pod.yaml | minipod down -f -")
@files_option(required=True)
@grace_option
@namespace_option
@pass_session
def down(session: Session, *, files: tuple[str, ...], recursive: bool, grace: int | None) -> None:
    """Remove the pods that files name, however they were made.

    What is not there is no error. A namespace that the files name goes too, unless it still has
    pods. Programs get SIGTERM, and after the grace period SIGKILL.
    """
    from minipod.cli.submitting import refusing
    from minipod.cli.telling.gone import wait_gone
    from minipod.client.foreground.undoing import begin, empty_namespaces
    from minipod.client.kinds import NAMESPACES, PODS
    from minipod.client.manifests.sources import read
    from minipod.client.targets import of_sources
    from minipod.client.waits.patience import patiently

    api = session.api()
    sources = read(files, recursive=recursive)
    with refusing("deleted"):
        kinds = PODS, NAMESPACES
        targets = patiently(partial(of_sources, api, sources, session.given_namespace, kinds))
    ending = []
    there = set()
    for target, pod in begin(api, targets, grace):
        ending.append(pod)
        there.add(target)
    wait_gone(api, ending)
    for target in targets:
        if target.kind is PODS:
            done = "deleted" if target in there else "is not there"
            tell(f'pod "{target.name}" {done}')
    for target, gone in empty_namespaces(api, targets):
        if gone:
            tell(f'namespace "{target.name}" deleted')
        else:
            say_hint(f'namespace "{target.name}" stays: other pods are in it')
