"""What pytest loads: fixtures, a marker, options, and what a failed test's report is given."""

from __future__ import annotations

import itertools
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from minipod.client.client import Client
    from minipod.client.pod import Pod

WITHOUT_ROOT, ROOTS, CLUSTER_CIDR = (
    "minipod_without_root",
    "minipod_roots",
    "minipod_cluster_cidr",
)
_DEFAULT_ROOTS = "/var/lib/minipod-pytest"
_NEEDS_ROOT = "minipod needs root, for it makes namespaces and links: run pytest with sudo"
_WORDS = frozenset({"wait", "timeout"})
_LONGEST = 40
_TIMEOUT = 30.0
_numbers = itertools.count(1)

CLIENTS = pytest.StashKey[list["Client"]]()
"""Of a test, a module or a session: the clients whose pods its failed tests tell of."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the ini file."""
    parser.addini(
        WITHOUT_ROOT, "What becomes of tests with pods without root: fail or skip.", default="fail"
    )
    parser.addini(ROOTS, "The folder for the roots of test runs.", default=_DEFAULT_ROOTS)
    parser.addini(CLUSTER_CIDR, "Where pods get addresses. [a block of 10.128.0.0/10]", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; refuse an option that is none."""
    config.addinivalue_line(
        "markers",
        "minipod(*files, wait='condition=Ready', timeout=30): the pods of the fixture `pods`, from "
        "files beside the test's own.",
    )
    value = config.getini(WITHOUT_ROOT)
    if value not in ("fail", "skip"):
        raise pytest.UsageError(f'{WITHOUT_ROOT}: "{value}" is neither fail nor skip')


@pytest.fixture(scope="session")
def minipod_session(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Give a client on the run's own root: its pods live until the end of the session."""
    _require_root(request.config)
    from minipod.client.client import Client  # noqa: PLC0415 (most runs of pytest need none)
    from minipod.pytest_plugin import roots  # noqa: PLC0415

    above = Path(request.config.getini(ROOTS))
    roots.sweep(above)
    root = roots.make(above)
    try:
        block = request.config.getini(CLUSTER_CIDR) or roots.cluster_cidr(root.folder)
        client = Client(root.folder, cluster_cidr=block)
        _tell_of(request.node, client)
        yield client
        client.close()
    finally:
        root.remove()


@pytest.fixture(scope="module")
def minipod_module(request: pytest.FixtureRequest, minipod_session: Client) -> Iterator[Client]:
    """Give a client in a namespace of the module's own."""
    yield from _in_own_namespace(request.node, minipod_session)


@pytest.fixture
def minipod(request: pytest.FixtureRequest, minipod_session: Client) -> Iterator[Client]:
    """Give a client in a namespace of the test's own."""
    yield from _in_own_namespace(request.node, minipod_session)


@pytest.fixture
def pods(request: pytest.FixtureRequest, minipod: Client) -> dict[str, Pod]:
    """Give the pods of the marker's files by their names, once they are as the marker wants."""
    marker = request.node.get_closest_marker("minipod")
    if marker is None or not marker.args:
        pytest.fail('the fixture "pods" needs @pytest.mark.minipod("app.yaml")', pytrace=False)
    if unknown := marker.kwargs.keys() - _WORDS:
        told = ", ".join(sorted(unknown))
        pytest.fail(f"@pytest.mark.minipod knows wait and timeout, not {told}", pytrace=False)
    folder = request.path.parent
    made = minipod.create_from(*(folder / file for file in marker.args))
    wanted = marker.kwargs.get("wait", "condition=Ready")
    if wanted is not None:
        made = minipod.wait(made, wanted, timeout=marker.kwargs.get("timeout", _TIMEOUT))
    return {pod.name: pod for pod in made}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failed test's report tell of its pods, which are still there."""
    report = yield
    if report.failed and report.when != "teardown":
        for client in [one for node in item.listchain() for one in node.stash.get(CLIENTS, [])]:
            _tell(report, client)
        hint = getattr(call.excinfo and call.excinfo.value, "hint", None)
        if hint:
            _add(report, "hint", str(hint))
    return report


def _in_own_namespace(node: pytest.Item | pytest.Collector, session: Client) -> Iterator[Client]:
    """Give a client in a new namespace; afterwards kill its pods and remove the namespace."""
    client = session.in_namespace(_namespace_name(node.name))
    _tell_of(node, client)
    try:
        yield client
    finally:
        _end(client)


def _end(client: Client) -> None:
    """Kill the pods of a namespace, and remove it."""
    from minipod.errors import NotFound  # noqa: PLC0415

    client.delete(*client.pods(), grace=0)
    with suppress(NotFound):  # it never had a pod
        client.delete_namespace(client.namespace, wait=False)


def _namespace_name(test: str) -> str:
    """Return a namespace's name for a test: its own words, and a number that makes it unique."""
    words = re.sub(r"[^a-z0-9]+", "-", test.lower())[:_LONGEST].strip("-")
    return f"{words or 'test'}-{next(_numbers)}"


def _require_root(config: pytest.Config) -> None:
    if os.geteuid() == 0:
        return
    if config.getini(WITHOUT_ROOT) == "skip":
        pytest.skip(_NEEDS_ROOT)
    pytest.fail(f"{_NEEDS_ROOT} (or set {WITHOUT_ROOT} = skip)", pytrace=False)


def _tell_of(node: pytest.Item | pytest.Collector, client: Client) -> None:
    node.stash.setdefault(CLIENTS, []).append(client)


def _tell(report: pytest.TestReport, client: Client) -> None:
    from minipod.pytest_plugin.report import sections  # noqa: PLC0415

    for section in sections(client):
        _add(report, section.title, section.text)


def _add(report: pytest.TestReport, title: str, text: str) -> None:
    """Add a section to what went wrong, which terminal, JUnit's XML and pytest-html all show.

    They do not all show the report's own sections; a failure that is one text has no other place.
    """
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(title, text, "-")
    else:
        report.sections.append((title, text))
