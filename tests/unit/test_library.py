"""The package's own names: typed, documented, and loaded only when they are asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import minipod


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


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nope'"):
        minipod.Nope  # noqa: B018
