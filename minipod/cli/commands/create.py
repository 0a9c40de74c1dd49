"""`minipod create`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    dry_run_option,
    files_option,
    namespace_option,
    pass_session,
    selector_option,
    strict_ports_option,
    verb,
    verb_group,
)
from minipod.cli.printing.form import result_option

if TYPE_CHECKING:
    from minipod.cli.printing.form import Form
    from minipod.cli.session import Session


@verb_group(
    "create",
    "minipod create -f pod.yaml",
    "minipod create -f examples/ -n lab",
    "minipod create namespace lab",
    invoke_without_command=True,
    subcommand_metavar="[namespace NAME]",
    aliases={"ns": "namespace"},
)
@files_option(required=False)
@selector_option
@strict_ports_option
@dry_run_option
@result_option
@namespace_option
@click.pass_context
def create(  # noqa: PLR0913 (an option each)
    ctx: click.Context,
    *,
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    strict_ports: bool,
    dry_run: str,
    output: Form,
) -> int:
    """Create pods and namespaces, from files or by name.

    The files hold Kubernetes v1 Pods, Namespaces or Lists of them, as YAML or JSON. If anything in
    them is wrong, all of it is told and nothing is created.
    """
    if ctx.invoked_subcommand:
        return 0
    if not files:
        raise click.UsageError("must specify -f FILE, or a kind and a name: namespace NAME")
    from minipod.cli.printing.results import DryRun, results
    from minipod.cli.submitting import Files, submit
    from minipod.model.submission import Action, Submission

    wanted = Submission(Action.CREATE, strict_ports=strict_ports, selector=selector)
    dry = DryRun(dry_run)
    return submit(ctx.obj, Files(files, recursive), wanted, dry, results(output, dry))


@verb(
    "namespace",
    "minipod create namespace lab",
    "minipod create namespace lab --dry-run=client -o yaml",
)
@click.argument("name")
@dry_run_option
@result_option
@pass_session
def _namespace(session: Session, *, name: str, dry_run: str, output: Form) -> None:
    """Create a namespace, by its name."""
    from minipod.cli.printing.results import DryRun, results
    from minipod.client.kinds import NAMESPACES

    dry = DryRun(dry_run)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    if dry is not DryRun.CLIENT:
        server_only = dry is DryRun.SERVER
        namespace = session.api().create(NAMESPACES, name, namespace, dry_run=server_only)
    results(output, dry).add(namespace, "created")


create.add_command(_namespace)
