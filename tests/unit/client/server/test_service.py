"""The service of a root, with a systemctl that only writes down what it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from minipod.client.server import service
from minipod.errors import Conflict, HostError
from minipod.plan.units import unit_name


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine with systemd; what systemctl was asked, and what was stopped by hand."""
    lines: list[str] = []
    units = tmp_path / "units"
    units.mkdir()
    program = tmp_path / "minipod"
    program.touch(mode=0o755)
    active: set[str] = set()

    def systemctl(*argv: str) -> str:
        lines.append(" ".join(argv))
        match argv[0]:
            case "start":
                active.add(argv[1])
            case "stop" | "disable":
                active.clear()
            case "show":
                return "active\n" if argv[-1] in active else "inactive\n"
        return ""

    monkeypatch.setattr(service, "FOLDER", units)
    monkeypatch.setattr(service, "RUNNING", tmp_path)
    monkeypatch.setattr(service, "_systemctl", systemctl)
    monkeypatch.setattr("sys.argv", [str(program)])
    return lines


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "root")


def test_it_is_installed_once(asked: list[str], root: str) -> None:
    name = f"{unit_name(root)}.service"
    stopped: list[str] = []
    assert service.installed(root) is None
    assert service.install(root, lambda: stopped.append("by hand"))
    assert service.installed(root) == name
    assert service.active(root)
    assert stopped == ["by hand"]
    asked.clear()
    assert not service.install(root, lambda: stopped.append("by hand"))
    assert stopped == ["by hand"]
    assert not [line for line in asked if line.split()[0] in {"stop", "daemon-reload"}]


def test_units_that_say_something_else_by_now_are_renewed(asked: list[str], root: str) -> None:
    service.install(root, lambda: None)
    unit = service.FOLDER / str(service.installed(root))
    text = unit.read_text()
    unit.write_text(text + "# an older one")
    asked.clear()
    assert service.install(root, lambda: None)
    assert unit.read_text() == text
    assert "daemon-reload" in asked


def test_uninstalling_removes_what_was_installed_and_nothing_else(
    asked: list[str], root: str
) -> None:
    service.install(root, lambda: None)
    other = service.FOLDER / "minipod@other.service"
    other.write_text("[Service]\n")
    assert service.uninstall(root) == f"{unit_name(root)}.service"
    assert list(service.FOLDER.iterdir()) == [other]
    assert service.uninstall(root) is None


def test_a_unit_of_somebody_else_is_not_overwritten(asked: list[str], root: str) -> None:
    path = service.FOLDER / f"{unit_name(root)}.socket"
    path.write_text("[Socket]\n")
    with pytest.raises(Conflict, match="is not minipod's"):
        service.install(root, lambda: None)
    assert [each.name for each in service.FOLDER.iterdir()] == [path.name]
    assert service.uninstall(root) is None


def test_without_systemd_it_is_said(
    asked: list[str], root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "RUNNING", Path("/nonexistent"))
    with pytest.raises(HostError, match="this system was not booted with systemd"):
        service.install(root, lambda: None)
    assert not list(service.FOLDER.iterdir())
    assert not service.active(root)


def test_what_systemctl_complains_of_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(HostError, match="cannot run systemctl: no such file"):
        service._systemctl("start", "x")
