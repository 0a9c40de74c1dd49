"""`minipod options`."""

from __future__ import annotations

import click

from minipod.cli.options import verb
from minipod.cli.printing.output import tell


@verb("options", "minipod options")
@click.pass_context
def options(ctx: click.Context) -> None:
    """List the options that every command takes, before it or behind it."""
    formatter = ctx.make_formatter()
    shared = (each for each in ctx.find_root().command.params if not each.is_eager)
    with formatter.indentation():
        formatter.write_dl([row for each in shared if (row := each.get_help_record(ctx))])
    tell("The following options can be passed to any command:\n")
    tell(formatter.getvalue(), end="")
