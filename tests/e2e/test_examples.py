"""Every example runs and does what its comment says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.host import run
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

FOLDER = Path(__file__).parents[2] / "examples"

OUTCOMES = {
    "client.yaml": {"client": "Running"},
    "crash.yaml": {"crash": "CrashLoopBackOff"},
    "environment.yaml": {"environment": "Completed"},
    "host-files.yaml": {"host-files": "Running"},
    "host-port.yaml": {"host-port": "Running"},
    "kubia-manual.yaml": {"kubia-manual": "ImageNotMapped"},
    "kubia.yaml": {"kubia": "Running"},
    "once.yaml": {"once": "Completed"},
    "port-clash.yaml": {"port-clash": "CrashLoopBackOff"},
    "sidecar.yaml": {"sidecar": "Running"},
    "two-pods.yaml": {"callee": "Running", "caller": "Running"},
}


def statuses(minipod: Minipod) -> dict[str, str]:
    rows = [row.split() for row in minipod.ok("get", "pods", "--no-headers").splitlines()]
    return {row[0]: row[2] for row in rows}


def test_no_example_is_left_out() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == set(OUTCOMES)
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == {"notes"}


@pytest.mark.parametrize("name", OUTCOMES)
def test_it_runs(minipod: Minipod, name: str) -> None:
    done = minipod("create", "-f", FOLDER / name)
    assert done.returncode == 0
    assert ("Warning" in done.stderr) == (name == "port-clash.yaml")
    eventually(lambda: statuses(minipod) == OUTCOMES[name])


def test_the_environment_is_as_its_comment_says(minipod: Minipod) -> None:
    minipod.ok("create", "-f", FOLDER / "environment.yaml")
    wanted = "hello from $(GREETING), hello, in /tmp\n"
    eventually(lambda: minipod.ok("logs", "environment") == wanted)


def test_the_sidecar_reads_the_page_over_localhost(minipod: Minipod) -> None:
    minipod.ok("create", "-f", FOLDER / "sidecar.yaml")
    eventually(lambda: "the page\n" in minipod.ok("logs", "sidecar", "-c", "watcher"))


def test_a_port_of_the_machine_leads_to_the_pod(minipod: Minipod) -> None:
    minipod.ok("create", "-f", FOLDER / "host-port.yaml")

    def probe() -> str:
        return run("curl", "-sS", "--max-time", "3", "http://127.0.0.1:8088")

    assert eventually(probe) == "You've hit host-port\n"


def test_the_second_of_a_clash_says_why(minipod: Minipod) -> None:
    done = minipod("create", "-f", FOLDER / "port-clash.yaml")
    assert 'containers "first" and "second" both declare 8080/TCP' in done.stderr
    eventually(lambda: "Address already in use" in minipod.ok("logs", "port-clash", "-c", "second"))
    eventually(lambda: minipod.json("conflicts", "port-clash"))
    assert 'held by container "first"' in minipod.ok("conflicts", "port-clash")
    assert minipod("lint", "-f", FOLDER / "port-clash.yaml").returncode == 1


def test_the_article_s_pod_starts_once_its_image_is_mapped(minipod: Minipod) -> None:
    minipod.ok("create", "-f", FOLDER / "kubia-manual.yaml")
    minipod.ok(
        "image", "map", "msung99/redis-lock:0.1.3", "--", "python3", "-m", "http.server", "8080"
    )
    eventually(lambda: statuses(minipod) == {"kubia-manual": "Running"})
