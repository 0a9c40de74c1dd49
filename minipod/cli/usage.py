"""Command lines that make no sense, told in kubectl's words, with the nearest word that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.printing.output import say, say_error_line, say_hint

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnknownCommand(click.UsageError):
    """There is no such command."""

    def __init__(self, name: str, known: Iterable[str], ctx: click.Context) -> None:
        super().__init__(f'unknown command "{name}" for "{ctx.command_path}"', ctx)
        self.name = name
        self.known = tuple(known)


def show(error: click.ClickException) -> None:
    """Say on stderr what is wrong with a command line, and where to read how it goes."""
    if not isinstance(error, click.UsageError):
        say_error_line(error.format_message())
        return
    say_error_line(_message(error))
    if instead := _instead(error):
        say_hint(instead)
    elif meant := _meant(error):
        say("\nDid you mean this?")
        for word in meant:
            click.echo(f"\t{word}", err=True)  # a word of ours: nothing in it is to be escaped
        say("")
    elif error.ctx is not None and not isinstance(error, (UnknownCommand, click.NoSuchOption)):
        say(error.ctx.get_usage())
    if error.ctx is not None:
        say(f"See '{error.ctx.command_path} --help' for usage.")


def _message(error: click.UsageError) -> str:
    if not isinstance(error, click.NoSuchOption):
        return error.format_message()
    name = error.option_name
    if name.startswith("--"):
        return f"unknown flag: {name}"
    return f"unknown shorthand flag: '{name.lstrip('-')}' in {name}"


def _instead(error: click.UsageError) -> str | None:
    """Return what to use instead of a command of kubectl's that there is not here."""
    from minipod.cli.absent import INSTEAD, INSTEAD_BELOW

    if not isinstance(error, UnknownCommand) or error.ctx is None:
        return None
    above = error.ctx.info_name or ""
    known = INSTEAD if error.ctx.parent is None else INSTEAD_BELOW.get(above, {})
    return known.get(error.name)


def _meant(error: click.UsageError) -> list[str]:
    from minipod.client.text.nearest import nearest

    if isinstance(error, UnknownCommand):
        return nearest(error.name, error.known)
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        options = (one for one in error.ctx.command.params if isinstance(one, click.Option))
        long = [flag for one in options for flag in one.opts if flag.startswith("--")]
        return nearest(error.option_name, [*long, "--help"])
    return []
