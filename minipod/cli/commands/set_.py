"""`minipod set`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    Group,
    all_namespaces_option,
    dry_run_option,
    epilog,
    field_manager_option,
    files_option,
    local_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.form import result_option

if TYPE_CHECKING:
    from minipod.cli.printing.form import Form
    from minipod.cli.session import Session
    from minipod.client.targets import Target


@click.group("set", cls=Group, epilog=epilog("minipod set image pod/web app=nginx:2"))
def set_() -> None:
    """Change one thing of objects: images."""


@verb(
    "image",
    "minipod set image pod/web app=nginx:2",
    "minipod set image pod web '*=busybox:1'",
    "minipod set image pods -l app=shop front=shop:2 --dry-run=server",
)
@click.argument(
    "resources", nargs=-1, metavar="pod NAME... CONTAINER=IMAGE...", **offers("resources")
)
@files_option(required=False)
@selector_option
@click.option("--all", "every", is_flag=True, help="All pods of the namespace.")
@all_namespaces_option
@local_option
@dry_run_option
@result_option
@field_manager_option
@namespace_option
@pass_session
def _image(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    every: bool,
    all_namespaces: bool,
    local: bool,
    dry_run: str,
    output: Form,
) -> int:
    """Give containers of pods other images.

    '*' is every container. One whose image is another now starts again, with the command that the
    new image is mapped to (minipod image map) unless the pod names one.
    """
    from minipod.cli.arguments.pairs import split
    from minipod.cli.arguments.targets import (
        Meant,
        changeable,
        each,
        require_local_sense,
        require_one_way,
    )
    from minipod.cli.printing.results import DryRun, results
    from minipod.client.changes.images import image_patch, read_images
    from minipod.client.changes.patches import Patch, PatchKind
    from minipod.client.kinds import PODS

    objects, pairs = split(resources, "image")
    meant = Meant(objects, files, recursive, selector, every, all_namespaces, local=local)
    require_one_way(meant)
    require_local_sense(local=local, dry_run=dry_run)
    if not pairs:
        raise click.UsageError("at least one image update is required")
    images = read_images(pairs)
    dry = DryRun(dry_run)
    printed = results(output, dry)
    store, found = changeable(session, meant, (PODS,))

    def act(target: Target) -> None:
        """Give one pod its images; nothing is said, as by kubectl, if it has them."""
        where = target.kind, target.namespace, target.name
        if change := image_patch(store.get(*where), images):
            patch = Patch(PatchKind.STRATEGIC, change)
            patched = store.patch(*where, patch, dry_run=dry is not DryRun.NONE)
            printed.add(patched, "image updated")

    return each(found, act)


set_.add_command(_image)
