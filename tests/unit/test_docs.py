"""Everything that a user can see is documented; scripts/command-reference writes the commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from minipod.api.routes import routes
from minipod.cli.group import cli
from minipod.client.ports.port_changes import CLOSED
from minipod.model.conflicts import Rule
from minipod.model.doctor import Check
from minipod.model.sockets import Mark
from minipod.plan.host_checks.condition import HOST_READY
from minipod.ports import wording
from minipod.schema.policy import ACTED_ON

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parents[2]
PAGES = [*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("vagrant/*.md")]


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, f"{path} {name}")


COMMANDS = dict(commands(cli, "minipod"))


def section(path: str) -> str:
    """Return what docs/commands.md says below the heading of a command."""
    text = (TOP / "docs/commands.md").read_text()
    match = re.search(rf"^##+ {re.escape(path)}\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    assert match is not None, f"docs/commands.md has no heading '{path}'"
    return match[1]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_is_in_the_reference(path: str) -> None:
    text = section(path)
    summary = (COMMANDS[path].help or "").partition("\n")[0]
    assert summary in " ".join(text.split()), f"docs/commands.md: {path}: {summary}"
    for parameter in COMMANDS[path].params:
        shown = isinstance(parameter, click.Option) and not parameter.hidden
        for flag in parameter.opts if shown else ():
            assert flag in text, f"docs/commands.md: {path} does not tell of {flag}"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_examples_of_itself(path: str) -> None:
    _, heading, below = (COMMANDS[path].epilog or "").partition("Examples:\n")
    examples = [line.strip() for line in below.splitlines()]
    assert heading
    assert examples
    own = re.compile(rf"minipod( -\S+( \S+)?)* {path.partition(' ')[2]}\b")
    assert [example for example in examples if not own.search(example)] == []


def test_the_readme_names_every_command() -> None:
    readme = (TOP / "README.md").read_text()
    verbs = {path.split()[1] for path in COMMANDS if " " in path}
    assert {verb for verb in verbs if f"`{verb}" not in readme} == set()


def test_every_path_of_the_api_is_told() -> None:
    page = (TOP / "docs/api.md").read_text()
    assert {route.path for route in routes() if f"`{route.path}`" not in page} == set()


def test_every_rule_and_mark_is_told() -> None:
    page = (TOP / "docs/conflicts.md").read_text()
    names = {each.value for each in (*Rule, *Mark)} | {CLOSED}
    assert {name for name in names if f"`{name}`" not in page} == set()
    assert {words for words in wording.RULES.values() if words not in page} == set()


def test_every_check_of_the_machine_is_told_and_no_other() -> None:
    page = (TOP / "docs/doctor.md").read_text()
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`([^`]+)`", " ".join(cells))) == sorted(Check)
    assert f"{len(Check)} checks" in page
    assert HOST_READY in page


def test_the_fields_that_are_acted_on_are_told_and_no_others() -> None:
    page = (TOP / "docs/manifest.md").read_text()
    table = page.partition("| where | fields |\n|---|---|\n")[2].partition("\n\n")[0]
    told = [set(re.findall(r"`([^`]+)`", row.split("|")[2])) for row in table.splitlines()]
    kinds = ("ObjectMeta", "PodSpec", "Container", "EnvVar", "ContainerPort")
    assert told == [ACTED_ON[kind] for kind in kinds]
    assert set(ACTED_ON) - {*kinds} == {"Pod", "Namespace"}


def test_every_example_is_mentioned() -> None:
    readme = (TOP / "README.md").read_text()
    names = {path.name for path in (TOP / "examples").iterdir()}
    assert {name for name in names if name not in readme} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"^    .*$", "", page.read_text(), flags=re.MULTILINE)  # less what is code
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", prose)
    local = [link for link in links if not link.startswith(("http:", "https:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_index_leads_to_every_page() -> None:
    """The decisions have a folder of their own, which it names."""
    docs = TOP / "docs"
    pages = {
        str(page.relative_to(docs)) for page in (*docs.glob("*.md"), *docs.glob("how-to/*.md"))
    }
    index = (docs / "index.md").read_text()
    assert {page for page in pages - {"index.md"} if f"({page})" not in index} == set()


def rooms() -> set[str]:
    """Return the paths that docs/architecture.md names below minipod/, folders with a slash."""
    page = (TOP / "docs/architecture.md").read_text()
    drawing = page.partition("    minipod/\n")[2].partition("\n\n")[0]
    folder, named = "", set()
    for line in drawing.splitlines():
        name = line.split()[0]
        if line.startswith(" " * 6 + name):
            folder = name
        named.add(name if name == folder else folder + name)
    return named


def test_the_rooms_of_the_code_are_those_that_there_are() -> None:
    package = TOP / "minipod"
    folders = {f"{init.parent.relative_to(package)}/" for init in package.rglob("__init__.py")}
    modules = {path.name for path in package.glob("*.py")}
    assert rooms() == (folders | modules) - {"./", "__init__.py"}


def test_the_layers_are_those_that_are_held() -> None:
    text = (TOP / "pyproject.toml").read_text()
    (contract, *_) = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    page = (TOP / "docs/architecture.md").read_text()
    shown = page.partition("`pyproject.toml` has the contracts.\n\n")[2].partition("\n\n")[0]
    held = [layer.replace("minipod.", "") for layer in contract["layers"]]
    assert [line.strip() for line in shown.splitlines()] == held
