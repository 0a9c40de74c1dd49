"""What a group's files say, and what the processes say where it has none."""

from __future__ import annotations

import os
from typing import cast

import psutil
import pytest

from minipod.kernel.cgroups import CgroupTree
from minipod.kernel.usage import Meter, size
from minipod.model.usage import MACHINE, Place

WEB = Place("uid", "web")


class FakeGroups:
    """One group with these files and processes."""

    def __init__(self, *pids: int, **files: str) -> None:
        self._files = files
        self._pids = pids

    def read(self, uid: str, name: str, file: str) -> str:
        assert (uid, name) == WEB
        return self._files.get(file.replace(".", "_"), "")

    def pids(self, uid: str, name: str) -> list[int]:
        assert (uid, name) == WEB
        return list(self._pids)


def meter(*pids: int, **files: str) -> Meter:
    return Meter(cast("CgroupTree", FakeGroups(*pids, **files)))


def test_processor_time_is_the_group_s() -> None:
    stat = "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n"
    assert meter(cpu_stat=stat).cpu_time(WEB) == 1.5
    assert meter().cpu_time(WEB) == 0, "it is gone"


def test_memory_is_the_group_s_without_what_could_go_at_once() -> None:
    files = {"memory_current": "5000\n", "memory_stat": "anon 1\ninactive_file 2000\n"}
    assert meter(os.getpid(), **files).memory(WEB) == 3000
    assert meter(memory_current="10", memory_stat="inactive_file 20").memory(WEB) == 0


def test_without_a_controller_memory_is_what_the_processes_have() -> None:
    mine = psutil.Process().memory_info().rss
    assert 0 < meter(os.getpid()).memory(WEB) <= mine * 1.1
    assert meter(os.getpid(), os.getpid()).memory(WEB) > mine * 0.5
    assert meter(2**22 + 1).memory(WEB) == 0, "it is gone"
    assert meter().memory(WEB) == 0


def test_without_pss_it_is_what_is_resident(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    assert meter(os.getpid()).memory(WEB) == pytest.approx(
        psutil.Process().memory_info().rss, rel=0.1
    )


def test_the_machine_is_asked_as_a_whole() -> None:
    processors, memory = size()
    assert processors == os.cpu_count()
    assert 0 < meter().memory(MACHINE) < memory
    assert meter().cpu_time(MACHINE) > 0
