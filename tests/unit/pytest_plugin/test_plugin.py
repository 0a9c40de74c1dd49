"""What the plugin decides; runs of pytest here have no pods, and need no root."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from minipod import Client
from minipod.pytest_plugin import plugin
from minipod.pytest_plugin.report import sections
from minipod.pytest_plugin.roots import cluster_cidr, make, sweep
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from collections.abc import Iterator

TEST = "def test_it(minipod): pass"
NOBODY = "import os\nos.geteuid = lambda: 1000\n"


def run(folder: Path, *options: str, test: str = TEST, conftest: str = NOBODY) -> str:
    (folder / "test_it.py").write_text(test)
    (folder / "conftest.py").write_text(conftest)
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *options]
    return subprocess.run(argv, capture_output=True, text=True, cwd=folder, check=False).stdout


def test_without_root_a_test_fails_with_the_reason(tmp_path: Path) -> None:
    said = run(tmp_path)
    assert "minipod needs root, for it makes namespaces and links: run pytest with sudo" in said
    assert "1 error in" in said


def test_without_root_a_test_is_skipped_if_the_ini_file_says_so(tmp_path: Path) -> None:
    said = run(tmp_path, "-o", "minipod_without_root=skip")
    assert "SKIPPED [1]" in said
    assert "minipod needs root" in said


def test_an_option_that_is_none_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "minipod_without_root=maybe"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert 'minipod_without_root: "maybe" is neither fail nor skip' in done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR


def test_pods_without_the_marker_say_so(tmp_path: Path) -> None:
    fake = "import pytest\n@pytest.fixture\ndef minipod(): pass\n"
    said = run(tmp_path, test="def test_it(pods): pass", conftest=fake)
    assert 'the fixture "pods" needs @pytest.mark.minipod("app.yaml")' in said


def test_a_word_that_the_marker_does_not_know_is_told(tmp_path: Path) -> None:
    fake = "import pytest\n@pytest.fixture\ndef minipod(): pass\n"
    test = "import pytest\n@pytest.mark.minipod('a.yaml', timout=9)\ndef test_it(pods): pass"
    said = run(tmp_path, test=test, conftest=fake)
    assert "@pytest.mark.minipod knows wait and timeout, not timout" in said


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("test_it_works", "test-it-works"),
        ("test_x[Ä-1]", "test-x-1"),
        ("test_" + "very_long_" * 9, "test-very-long-very-long-very-long-very"),
        ("tests/unit/test_x.py", "tests-unit-test-x-py"),
        ("_", "test"),
    ],
)
def test_a_namespace_has_the_test_s_words_and_a_number(test: str, name: str) -> None:
    first, second = plugin._namespace_name(test), plugin._namespace_name(test)
    assert first.rpartition("-")[0] == second.rpartition("-")[0] == name
    assert first != second
    assert len(first) <= 63


def test_blocks_for_pods_differ_and_leave_minipod_s_own_alone() -> None:
    blocks = {cluster_cidr(Path(f"/roots/{number}")) for number in range(100)}
    assert len(blocks) > 90
    assert all(IPv4Network(one).subnet_of(IPv4Network("10.128.0.0/10")) for one in blocks)


# Whose a root is


def test_a_root_is_its_owner_s_until_it_is_removed(tmp_path: Path) -> None:
    above = tmp_path / "roots"
    assert sweep(above) == []
    root = make(above)
    assert above.stat().st_mode & 0o777 == 0o700
    other = "import sys, pathlib; from minipod.pytest_plugin.roots import sweep; "
    other += "print(len(sweep(pathlib.Path(sys.argv[1]))))"
    swept = subprocess.run([sys.executable, "-c", other, above], capture_output=True, check=True)
    assert swept.stdout == b"0\n"
    assert root.folder.exists()
    root.remove()
    assert list(above.iterdir()) == []
    assert root.watchdog.returncode == 0


def test_a_root_without_an_owner_is_swept(tmp_path: Path) -> None:
    (tmp_path / "dead").mkdir()
    assert sweep(tmp_path) == [tmp_path / "dead"]
    assert list(tmp_path.iterdir()) == []


# What a report is given


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    fake = FakeServer(tmp_path)
    yield fake
    fake.close()


def told(server: FakeServer) -> dict[str, str]:
    return dict(sections(Client(server.root, start=False, namespace="t")))


def test_a_report_tells_of_pods_events_and_logs(server: FakeServer) -> None:
    ended = {"terminated": {"reason": "Error", "exitCode": 3}}
    status = {"name": "main", "state": ended, "ready": False, "restartCount": 1}
    pod: dict[str, Any] = {
        "metadata": {"namespace": "t", "name": "web", "uid": "u"},
        "spec": {"containers": [{"name": "main"}, {"name": "never"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.2", "containerStatuses": [status]},
    }
    event = {"involvedObject": {"name": "web"}, "type": "Warning", "reason": "BackOff"}
    base = "GET /api/v1/namespaces/t"
    log = f"{base}/pods/web/log?container=main&tailLines=100"
    server.answers |= {
        f"{base}/pods": Answer({"items": [pod]}),
        f"{base}/events": Answer({"items": [event | {"message": "again"}]}),
        "GET /apis/minipod.dev/v1/namespaces/t/portconflicts": Answer({"items": []}),
        log: Answer(chunks=[b"second\n"]),
        f"{log}&previous=true": Answer(chunks=[b"first\n"]),
    }
    assert told(server) == {
        "pods of t": "web: Running, not ready, 10.0.0.2\n"
        "  main: terminated, Error, last exit code 3, 1 restarts\n"
        "  never: waiting",
        "events of t": "Warning BackOff         web: again",
        "log of web/main, the run before": "first",
        "log of web/main": "second",
    }


def test_a_report_of_nothing_is_empty_and_a_server_that_fails_is_told(server: FakeServer) -> None:
    empty = Answer({"items": []})
    server.answers |= {
        "GET /api/v1/namespaces/t/pods": [empty, failure(503, "ServiceUnavailable", "it stops")],
        "GET /api/v1/namespaces/t/events": empty,
        "GET /apis/minipod.dev/v1/namespaces/t/portconflicts": empty,
    }
    assert told(server) == {}
    assert told(server) == {"minipod": "cannot tell more: it stops"}
