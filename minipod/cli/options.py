"""Options that several commands share, and how a command is made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.session import Session
from minipod.cli.spelling import for_click, without_begun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Function = Callable[..., Any]

pass_session = click.make_pass_decorator(Session)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def keep(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            setattr(ctx.ensure_object(Session), name, value)

    return keep


def _keep_root(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value == "":
        raise click.BadParameter("must name a folder")
    if value is not None:
        ctx.ensure_object(Session).root = os.path.abspath(value)


def _keep_debug(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if value:
        ctx.ensure_object(Session).debug = True


def _keep_verbosity(ctx: click.Context, _parameter: click.Parameter, value: int | None) -> None:
    if value is None:
        return
    if value < 0:
        raise click.BadParameter("must not be negative")
    ctx.ensure_object(Session).verbosity = value


def _keep_cidr(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    from minipod.errors import BadRequest
    from minipod.plan.addresses import parse_cluster_cidr

    try:
        ctx.ensure_object(Session).cluster_cidr = str(parse_cluster_cidr(value))
    except BadRequest as error:
        raise click.BadParameter(f"{error}: {error.hint}") from error


def offers(what: str) -> dict[str, Any]:
    """Return what makes TAB offer values for a parameter: a name of completing.offers.OFFERS."""

    def complete(ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[Any]:
        from minipod.cli.completing.offers import OFFERS

        return [item for item in OFFERS[what](ctx, begun) if item.value.startswith(begun)]

    return {"shell_complete": complete}


_Spec = tuple[tuple[str, ...], dict[str, Any]]

_NAMESPACE: _Spec = (
    ("-n", "--namespace"),
    {
        "metavar": "NAME",
        "callback": _keep("given_namespace"),
        "expose_value": False,
        "help": "The Kubernetes namespace. [default: default]",
        **offers("namespaces"),
    },
)
_COMMON: tuple[_Spec, ...] = (
    (
        ("--root",),
        {
            "metavar": "DIR",
            "callback": _keep_root,
            "expose_value": False,
            "help": "The folder of the instance: socket, state, pods."
            " [default: /var/lib/minipod, or MINIPOD_ROOT]",
        },
    ),
    (
        ("--cluster-cidr",),
        {
            "metavar": "CIDR",
            "callback": _keep_cidr,
            "expose_value": False,
            "help": "The pod network, when this command is the root's first."
            " [default: 10.244.0.0/16, or the next free one]",
        },
    ),
    _NAMESPACE,
    (
        ("-v", "--v"),
        {
            "type": int,
            "is_flag": False,
            "flag_value": "1",
            "metavar": "[LEVEL]",
            "callback": _keep_verbosity,
            "expose_value": False,
            "help": "Tell on stderr what is done to the kernel, step by step."
            " From 6 on also the requests to the server. [default: 0; alone: 1]",
        },
    ),
    (
        ("--debug",),
        {
            "is_flag": True,
            "callback": _keep_debug,
            "expose_value": False,
            "help": "Show where an error comes from, and the requests to the server.",
        },
    ),
)


def _option(spec: _Spec) -> Callable[[Function], Function]:
    names, attributes = spec
    return click.option(*names, **attributes)


def common_options(function: Function) -> Function:
    """Give the group the options that hold for every command."""
    for spec in reversed(_COMMON):
        function = _option(spec)(function)
    return function


class Command(click.Command):
    """A command that takes the group's options too, as kubectl's commands do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {name for parameter in self.params for name in parameter.opts}
        for names, attributes in _COMMON:
            if own.isdisjoint(names):
                self.params.append(click.Option(names, hidden=True, **attributes))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a command line in kubectl's spelling."""
        words = for_click(self.params, args, interspersed=True)
        if ctx.resilient_parsing:
            words = without_begun(self.params, words)
        return super().parse_args(ctx, words)


class Group(click.Group):
    """A command that holds others. Alone it shows its help, as kubectl's do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a command line."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names. UsageError if there is none."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            from minipod.cli.usage import UnknownCommand

            raise UnknownCommand(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class VerbGroup(Command, Group):
    """A command with others below it, which may also do something of its own.

    `aliases` are other words for those below.
    """

    def __init__(self, *args: Any, aliases: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._aliases = aliases or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a command line in kubectl's spelling; alone, it is for the command to say why."""
        words = for_click(self.params, args, interspersed=False)
        if ctx.resilient_parsing:
            words = without_begun(self.params, words)
        return click.Group.parse_args(self, ctx, words)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, or by another word for it."""
        return super().get_command(ctx, self._aliases.get(cmd_name, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command below that is meant.

        UsageError if an option stands before it: that one is of this command, and would be lost.
        """
        found = super().resolve_command(ctx, args)
        if given := [one.opts[-1] for one in self.params if _is_given(ctx, one)]:
            raise click.UsageError(f"put {given[0]} behind {args[0]}, or leave it out", ctx)
        return found


def _is_given(ctx: click.Context, parameter: click.Parameter) -> bool:
    """Return whether the command line has an option that the command below would not see."""
    source = ctx.get_parameter_source(parameter.name or "")
    return parameter.expose_value and source is click.core.ParameterSource.COMMANDLINE


def verb(name: str, *examples: str) -> Callable[[Function], Command]:
    """Make a function a command; the examples are shown below its help."""
    return click.command(name, cls=Command, epilog=epilog(*examples))


def verb_group(name: str, *examples: str, **settings: Any) -> Callable[[Function], VerbGroup]:
    """Make a function a command that has others below it."""
    return click.command(name, cls=VerbGroup, epilog=epilog(*examples), **settings)


def epilog(*examples: str) -> str:
    """Return the text below a command's help: example command lines, as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)


namespace_option = _option(_NAMESPACE)
all_namespaces_option = click.option(
    "-A", "--all-namespaces", is_flag=True, help="Of all namespaces."
)
container_option = click.option(
    "-c",
    "--container",
    metavar="NAME",
    help="Which container. [default: the first]",
    **offers("containers"),
)
strict_ports_option = click.option(
    "--strict-ports", is_flag=True, help="Refuse a port that two containers of a pod declare."
)
selector_option = click.option(
    "-l", "--selector", metavar="K=V,…", help="Only those with these labels."
)
fields_option = click.option(
    "--field-selector", "fields", metavar="F=V,…", help="Only those with these fields."
)
for_option = click.option(
    "--for",
    "about",
    metavar="pod/NAME",
    help="Only events about this object.",
    **offers("about"),
)
types_option = click.option(
    "--types", metavar="TYPE,…", help="Only events of these types: Normal, Warning."
)

field_manager_option = click.option(
    "--field-manager",
    metavar="NAME",
    expose_value=False,
    help="Accepted, and without effect: nobody keeps who owns which field.",
)
chunk_size_option = click.option(
    "--chunk-size",
    type=int,
    metavar="N",
    expose_value=False,
    help="Accepted, and without effect: a list is never so long that it comes in parts.",
)
local_option = click.option(
    "--local", is_flag=True, help="Change what --filename holds and print it; ask no server."
)
dry_run_option = click.option(
    "--dry-run",
    type=click.Choice(("none", "client", "server")),
    is_flag=False,
    flag_value="client",
    default="none",
    help="Only say what would be done: client asks the server nothing or little, server lets it"
    " check all.",
)


class Timeout(click.ParamType[float]):
    """A duration as Go writes it, which may be negative."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        from minipod.client.text.durations import signed

        try:
            return signed(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class PositiveTimeout(Timeout):
    """A duration as Go writes it, higher than zero."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        seconds = super().convert(value, param, ctx)
        if seconds <= 0:
            self.fail("must be higher than zero", param, ctx)
        return seconds


pod_running_option = click.option(
    "--pod-running-timeout",
    type=PositiveTimeout(),
    default="1m",
    metavar="TIME",
    help="How long to wait until the pod runs. [default: 1m]",
)


def _grace(_ctx: click.Context, _parameter: click.Parameter, seconds: int) -> int | None:
    """Return gracePeriodSeconds: None for the pod's own, 1 for 0, as kubectl without --force."""
    return None if seconds < 0 else max(seconds, 1)


grace_option = click.option(
    "--grace-period",
    "grace",
    type=click.IntRange(min=-1),
    default=-1,
    metavar="SECONDS",
    callback=_grace,
    help="How long programs may take to end, instead of the pod's own time.",
)


def files_option(*, required: bool) -> Callable[[Function], Function]:
    """Let a command read manifests: `files` and `recursive`."""
    files = click.option(
        "-f",
        "--filename",
        "files",
        multiple=True,
        required=required,
        metavar="FILE",
        help="A file, a folder of *.yaml, *.yml and *.json, a http or https URL, or - for stdin."
        " May be repeated.",
        **offers("files"),
    )
    recursive = click.option(
        "-R", "--recursive", is_flag=True, help="Of --filename: the folders in a folder too."
    )
    return lambda function: files(recursive(function))


def output_option(*formats: str) -> Callable[[Function], Function]:
    """Let a command print in other formats than its own."""
    return click.option(
        "-o", "--output", type=click.Choice(formats), help="Another format than the usual."
    )
