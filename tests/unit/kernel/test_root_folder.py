"""What becomes of a root's folder is seen: its socket, and whether it is still the same one."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from minipod.errors import HostError
from minipod.kernel import root_folder
from minipod.kernel.root_folder import RootFolder
from minipod.model.root import Root
from tests.support.wait import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "root"
    made(path)
    return path


def made(path: Path) -> None:
    path.mkdir()
    (path / "lock").touch()
    (path / "server.sock").touch()


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def replaced(path: Path) -> None:
    shutil.rmtree(path)
    made(path)


@pytest.mark.parametrize("lose", [shutil.rmtree, moved, replaced])
def test_a_folder_that_is_gone_or_another_one_is_not_there(
    path: Path, lose: Callable[[Path], None]
) -> None:
    folder = RootFolder(Root(str(path)), "lock")
    assert folder.is_there
    lose(path)
    assert not folder.is_there


def test_each_loss_is_told_once_all_has_settled(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root_folder, "SETTLE", 0.01)

    async def scenario() -> None:
        folder = RootFolder(Root(str(path)), "lock")
        losses = folder.losses()
        for lost in ("server.sock", "lock"):
            told = asyncio.ensure_future(anext(losses))
            await asyncio.sleep(0)
            (path / lost).unlink()
            async with asyncio.timeout(DEADLINE):
                await told
            assert (folder.has_socket, folder.is_there) == (False, lost != "lock")
        await losses.aclose()

    asyncio.run(scenario())


def test_a_folder_without_the_file_is_refused(path: Path) -> None:
    (path / "lock").unlink()
    with pytest.raises(HostError, match=r"cannot open .*lock: No such file"):
        RootFolder(Root(str(path)), "lock")
