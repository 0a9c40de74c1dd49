"""The group: it lists every command and loads only the one that is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from minipod import __version__
from minipod.cli.options import Group, common_options, epilog
from minipod.cli.spelling import for_click

GROUPS = {
    "Basic Commands": {
        "create": "Create pods and namespaces, from files or by name.",
        "run": "Create a pod of one container that runs CMD.",
        "explain": "Tell what a field is for, and whether minipod acts on it.",
        "get": "Show objects as a table, as YAML or JSON, or as a template says.",
        "set": "Change one thing of objects: images.",
        "edit": "Change objects in an editor.",
        "up": "Create pods from files and show what they write, until Ctrl+C removes them.",
        "down": "Remove the pods that files name, however they were made.",
        "delete": "Delete pods and namespaces: named, of files, by label, or all.",
        "wait": "Wait until objects are there, are gone, or are in a state.",
    },
    "Troubleshooting and Debugging Commands": {
        "describe": "Show all about pods, nodes, namespaces and more: parts, conditions, events.",
        "logs": "Print what the containers of a pod wrote.",
        "attach": "See what a container writes from now on, and write to its stdin.",
        "exec": "Run a command in a container, as one of its processes.",
        "cp": "Copy files and folders into a container, or out of it.",
        "port-forward": "Forward local TCP ports to a pod.",
        "events": "List what happened, newest last.",
        "top": "Show what pods or nodes use of processors and memory, now.",
    },
    "Advanced Commands": {
        "diff": "Show what `apply` would change.",
        "apply": "Create what files hold, or change it to what they say.",
        "patch": "Change some of an object, by a piece of YAML or JSON.",
        "replace": "Replace objects by what files hold, whole.",
    },
    "Settings Commands": {
        "label": "Set or remove labels of pods and namespaces.",
        "annotate": "Set or remove annotations of pods and namespaces.",
    },
    "Port Commands": {
        "ports": "Show which ports pods listen on, and which process holds each.",
        "conflicts": "List who was refused a port, and who had it.",
        "check": "Try every port of every pod from every pod.",
        "expose-port": "Lead ports of this machine to a pod that runs.",
        "lint": "Check files, their ports above all, before anything runs.",
    },
    "Machine Commands": {
        "image": "Say which program of this machine stands for an image.",
        "doctor": "Say what on this machine would break pods, and how to mend it.",
        "server": "Run, start, stop or look at the server.",
        "purge": "Remove every pod, and all that minipod made for this root.",
    },
    "Other Commands": {
        "completion": "Output shell completion code for the specified shell (bash, zsh or fish).",
        "api-resources": "List the kinds of objects that the server has, and the words for them.",
        "cluster-info": "Show where the server is, and the node with its pod network.",
        "options": "List the options that every command takes, before it or behind it.",
        "api-versions": "List the groups of the API, each with its version.",
        "version": "Print the versions of client and server.",
    },
}
"""Each command's one line, as `--help` shows them. Its file, and the function in it, are named like
it."""

COMMANDS = {name: about for group in GROUPS.values() for name, about in group.items()}

_RESERVED = {"exec": "exec_", "set": "set_"}


class LazyGroup(Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a command line in kubectl's spelling; `help CMD` is `CMD --help`."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        return super().parse_args(ctx, for_click(self.params, args, interspersed=False))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and return it; None if there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        name = _RESERVED.get(cmd_name, cmd_name.replace("-", "_"))
        command: click.Command = getattr(import_module(f"minipod.cli.commands.{name}"), name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Return what TAB offers: the commands, of which none is imported for this."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(name, help=about)
            for name, about in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands before the options, as kubectl does."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, in groups, as kubectl does."""
        del ctx
        widest = max(map(len, COMMANDS))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                rows = [(name.ljust(widest), about) for name, about in commands.items()]
                formatter.write_dl(rows)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=epilog("minipod create -f pod.yaml", "minipod get pods -o wide"),
)
@common_options
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Kubernetes pods as plain Linux processes."""
