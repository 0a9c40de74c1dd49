"""`minipod completion`."""

from __future__ import annotations

import click

from minipod.cli.options import verb
from minipod.cli.printing.output import tell


@verb(
    "completion",
    "source <(minipod completion bash)",
    "minipod completion bash > /etc/bash_completion.d/minipod",
    "source <(minipod completion zsh)",
    'minipod completion zsh > "${fpath[1]}/_minipod"',
    "minipod completion fish | source",
    "minipod completion fish > ~/.config/fish/completions/minipod.fish",
)
@click.argument(
    "shell", required=False, metavar="bash|zsh|fish", type=click.Choice(("bash", "zsh", "fish"))
)
def completion(shell: str | None) -> None:
    """Output shell completion code for the specified shell (bash, zsh or fish).

    The shell code must be evaluated to provide interactive completion of minipod commands. This can
    be done by sourcing it from the .bash_profile. What there is (pods, containers, namespaces,
    ports, images) is offered to root, while the server runs; bash needs to be 4.4 or later, and zsh
    that compinit has run.
    """
    if shell is None:
        raise click.UsageError("Shell not specified: bash, zsh or fish")
    from click.shell_completion import get_completion_class

    from minipod.cli.completing.shells import VARIABLE
    from minipod.cli.group import cli

    found = get_completion_class(shell)
    assert found is not None
    tell(found(cli, {}, "minipod", VARIABLE).source().rstrip("\n"))
