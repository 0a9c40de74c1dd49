"""Whose folder may be an instance's root."""

from __future__ import annotations

import os

import pytest

from minipod.errors import HostError
from minipod.plan.trust import require_own


def _folder(mode: int, user: int = 0, group: int = 0) -> os.stat_result:
    return os.stat_result((0o040000 | mode, 1, 1, 2, user, group, 0, 0, 0, 0))


@pytest.mark.parametrize(("mode", "group"), [(0o700, 0), (0o755, 100), (0o775, 0), (0o2750, 100)])
def test_a_folder_that_only_root_writes_to_is_taken(mode: int, group: int) -> None:
    """Who may read it is no matter: its files have modes of their own."""
    require_own("/r", _folder(mode, group=group), 0)


@pytest.mark.parametrize(
    ("mode", "group", "told"), [(0o777, 0, "0777"), (0o1777, 0, "1777"), (0o770, 100, "0770")]
)
def test_a_folder_that_others_write_to_is_refused_with_its_mode(
    mode: int, group: int, told: str
) -> None:
    with pytest.raises(HostError) as caught:
        require_own("/r", _folder(mode, group=group), 0)
    assert str(caught.value) == f"cannot use /r: others may write to it (mode {told})"
    assert caught.value.hint == "chmod 700 /r"


def test_a_folder_of_another_user_is_refused() -> None:
    with pytest.raises(HostError) as caught:
        require_own("/r", _folder(0o700, user=1000, group=1000), 0)
    assert str(caught.value) == "cannot use /r: it belongs to another user (uid 1000)"
    assert caught.value.hint == "chown 0 /r"
