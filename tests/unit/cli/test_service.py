"""`minipod server install-service`, `uninstall-service` and `logs`; no systemd is asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.client.server import service

if TYPE_CHECKING:
    from .conftest import Run


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without systemd; returns where its units are."""
    units = tmp_path / "units"
    units.mkdir()
    monkeypatch.setattr(service, "FOLDER", units)
    monkeypatch.setattr(service, "RUNNING", tmp_path / "none")
    monkeypatch.setattr(service, "program", lambda: "/opt/bin/minipod")
    return units


def test_the_units_are_shown_and_nothing_is_done(run: Run, machine: Path) -> None:
    done = run("server", "install-service", "--dry-run")
    assert done.code == 0
    assert done.out.count("[Install]") == 2
    assert 'ExecStart=:"/opt/bin/minipod" --root' in done.out
    assert not list(machine.iterdir())


def test_without_systemd_it_is_one_line_and_a_hint(run: Run, machine: Path) -> None:
    done = run("server", "install-service")
    assert done.code == 1
    assert "this system was not booted with systemd" in done.err
    assert "Hint: 'minipod server run' is for another supervisor" in done.err
    assert not list(machine.iterdir())


def test_uninstalling_what_is_not_there_is_no_error(run: Run) -> None:
    assert run("server", "uninstall-service") == (0, "there is no service\n", "")


def test_arguments_that_there_are_not_are_refused(run: Run) -> None:
    assert run("server", "install-service", "now").code == 2
    assert run("server", "logs", "--tail", "many").code == 2


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    lines: list[list[str]] = []
    monkeypatch.setattr(os, "execvp", lambda _, argv: lines.append(argv))
    return lines


def test_the_log_is_the_file_where_there_is_no_service(
    run: Run, tmp_path: Path, executed: list[list[str]]
) -> None:
    done = run("server", "logs")
    assert (done.code, executed) == (1, [])
    assert "no server has run in the background here" in done.err
    (tmp_path / "server.log").touch()
    run("server", "logs", "-f", "--tail", "20")
    assert executed == [["tail", "--lines=20", "-F", "--", str(tmp_path / "server.log")]]


def test_the_log_is_the_journal_where_there_is_one(
    run: Run, executed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "installed", lambda _: "minipod.service")
    run("server", "logs", "-f")
    ((program, unit, *more),) = executed
    assert (program, unit) == ("journalctl", "--unit=minipod.service")
    assert {"--follow", "--no-tail"} <= set(more)
