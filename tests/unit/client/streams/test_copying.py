"""What comes out of a container lands below the destination, or nowhere."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from minipod.client.streams.copying import Manner, _Unpacking

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Member = tuple[str, bytes | None, dict[str, object]]


def stream(*members: Member) -> io.BytesIO:
    """Return a tar stream of names, contents (None: a member without) and attributes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w|") as archive:
        for name, content, attributes in members:
            member = tarfile.TarInfo(name)
            member.mode = 0o644
            member.size = len(content or b"")
            for attribute, value in attributes.items():
                setattr(member, attribute, value)
            archive.addfile(member, io.BytesIO(content) if content is not None else None)
    raw.seek(0)
    return raw


def file(name: str, content: bytes = b"x", **attributes: object) -> Member:
    return name, content, attributes


def folder(name: str, mode: int = 0o755) -> Member:
    return name, None, {"type": tarfile.DIRTYPE, "mode": mode}


def symlink(name: str, target: str) -> Member:
    return name, None, {"type": tarfile.SYMTYPE, "linkname": target}


def unpack(
    members: Iterable[Member], base: str, target: Path, *, preserve: bool = True
) -> list[str]:
    """Unpack, and return what was warned of."""
    warnings: list[str] = []
    manner = Manner(preserve=preserve, warn=warnings.append)
    _Unpacking(base, str(target), manner).read(stream(*members))
    return warnings


def test_a_file_takes_the_name_that_was_asked_for(tmp_path: Path) -> None:
    assert unpack([file("a", b"one", mode=0o4640, mtime=1)], "a", tmp_path / "b") == []
    copied = tmp_path / "b"
    assert copied.read_bytes() == b"one"
    assert copied.stat().st_mode & 0o7777 == 0o640
    assert copied.stat().st_mtime == 1


def test_a_file_goes_into_a_folder_that_is_there(tmp_path: Path) -> None:
    unpack([file("a", b"one")], "a", tmp_path)
    assert (tmp_path / "a").read_bytes() == b"one"


def test_a_folder_brings_its_contents(tmp_path: Path) -> None:
    members = [folder("d"), file("d/a"), folder("d/e"), file("d/e/b", b"two")]
    assert unpack(members, "d", tmp_path / "to") == []
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "to",
        "to/a",
        "to/e",
        "to/e/b",
    ]


def test_all_of_a_folder_that_is_called_a_dot_comes(tmp_path: Path) -> None:
    unpack([folder("."), file("./a")], ".", tmp_path)
    assert (tmp_path / "a").is_file()


def test_a_folder_that_may_not_be_written_to_is_filled_first(tmp_path: Path) -> None:
    unpack([folder("d", 0o555), file("d/a")], "d", tmp_path / "to")
    assert (tmp_path / "to").stat().st_mode & 0o777 == 0o555
    assert (tmp_path / "to/a").is_file()


def test_a_second_name_of_a_file_is_one(tmp_path: Path) -> None:
    link = ("d/b", None, {"type": tarfile.LNKTYPE, "linkname": "d/a"})
    unpack([folder("d"), file("d/a"), link], "d", tmp_path / "to")
    assert (tmp_path / "to/a").stat().st_ino == (tmp_path / "to/b").stat().st_ino


def test_modes_are_left_alone_when_they_are_not_wanted(tmp_path: Path) -> None:
    unpack([file("a", mode=0o777)], "a", tmp_path / "b", preserve=False)
    assert not (tmp_path / "b").stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (file("d/../../evil"), '"d/../../evil" is outside target destination, skipping'),
        (file("/evil"), '"/evil" is outside target destination, skipping'),
        (file("other"), '"other" is outside target destination, skipping'),
        (symlink("d/l", "/etc"), '"d/l" is a symlink, skipping'),
        (("d/f", None, {"type": tarfile.FIFOTYPE}), '"d/f" is no regular file, skipping'),
        (("d/c", None, {"type": tarfile.CHRTYPE}), '"d/c" is no regular file, skipping'),
        (
            ("d/h", None, {"type": tarfile.LNKTYPE, "linkname": "../secret"}),
            '"d/h" is a link to what was not copied, skipping',
        ),
    ],
)
def test_nothing_lands_elsewhere(tmp_path: Path, member: Member, why: str) -> None:
    (tmp_path / "secret").write_text("kept")
    target = tmp_path / "in/to"
    assert unpack([folder("d"), member, file("d/after")], "d", target) == [why]
    assert [path.name for path in target.iterdir()] == ["after"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "secret"]


def test_a_file_below_a_symlink_that_was_skipped_stays_inside(tmp_path: Path) -> None:
    """The name of a skipped link is free: what is said to be below it makes a folder of ours."""
    outside = tmp_path / "outside"
    outside.mkdir()
    target = tmp_path / "to"
    unpack([folder("d"), symlink("d/l", str(outside)), file("d/l/evil")], "d", target)
    assert (target / "l/evil").is_file()
    assert not (target / "l").is_symlink()
    assert list(outside.iterdir()) == []
