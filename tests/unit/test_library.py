"""The package's own names: typed, documented, and loaded only when they are asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import minipod
from minipod import errors
from minipod.cli import session
from minipod.client import client
from minipod.model import root

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
CLASSES = [
    getattr(minipod, name) for name in minipod.__all__ if isinstance(getattr(minipod, name), type)
]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_package_alone_loads_nothing() -> None:
    code = "import sys; before = set(sys.modules); import minipod; print(set(sys.modules) - before)"
    assert run(code) == "{'minipod'}"


def test_the_client_needs_the_standard_library_only() -> None:
    code = """
import sys
from minipod import *
roots = {name.partition(".")[0] for name, one in sys.modules.items() if name != "__main__"}
print(*sorted(roots - set(sys.stdlib_module_names)))
print(*sorted(n for n in sys.modules if n.startswith(("minipod.cli.", "minipod.engine"))))
"""
    assert [name for name in run(code).split() if "distutils" not in name] == ["minipod"]


def test_every_name_is_there_and_is_what_it_is_called() -> None:
    for name in minipod.__all__:
        found = getattr(minipod, name)
        assert name in ("__version__", getattr(found, "__name__", "__version__"))
    assert set(minipod.__all__) <= set(dir(minipod))


def test_the_default_folder_is_one_though_three_rooms_name_it() -> None:
    """The command line's help must not load the client, nor the client what the model needs."""
    assert session.DEFAULT_ROOT == client.DEFAULT_ROOT == root.DEFAULT_ROOT
    assert session.DEFAULT_NAMESPACE == client.DEFAULT_NAMESPACE


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nope'"):
        minipod.Nope  # noqa: B018


def public(kind: type) -> set[str]:
    """Return the public names of a class that are its own, but for how its values are made."""
    own = {name for name in vars(kind) if not name.startswith("_")} - {"of", "count", "index"}
    return own - {"exit_code", "reason", "status"} if issubclass(kind, Exception) else own


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_public_name_is_on_the_page(kind: type) -> None:
    words = set(re.findall(r"\w+", PAGE.read_text()))
    assert {kind.__name__, *public(kind)} <= words


def test_every_method_of_a_client_and_a_pod_has_a_heading() -> None:
    titles = re.findall(r"^### (.*)", PAGE.read_text(), re.MULTILINE)
    headings = {name for title in titles for name in title.split(", ")}
    methods = {
        name
        for kind in (minipod.Client, minipod.Pod)
        for name in public(kind)
        if callable(vars(kind)[name])
    }
    assert methods - {"close", "refresh"} == headings


def test_every_error_is_on_the_page() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    names = {one.__name__ for one in kinds if issubclass(one, errors.MinipodError)}
    assert names <= set(re.findall(r"\w+", PAGE.read_text()))
