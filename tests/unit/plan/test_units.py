"""The systemd units of a root."""

from __future__ import annotations

import subprocess

import pytest

from minipod.errors import BadRequest
from minipod.plan.units import NOT_TO_BE_TRIED_AGAIN, escaped, unit_name, units
from minipod.sandbox.protocol import LOCK_HELD, REFUSED
from tests.support.lacking import need

PATHS = [
    "/var/lib/minipod",
    "/tmp/lab",
    "/a b/c-d",
    "/.hidden/x",
    "//a//b/",
    "/",
    "/ü/100%",
    "/a:b_c",
]


def test_the_default_root_has_the_short_name_and_others_are_instances() -> None:
    assert unit_name("/var/lib/minipod") == "minipod"
    assert unit_name("/tmp/lab") == "minipod@tmp-lab"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/tmp/lab", "tmp-lab"),
        ("/a b/c-d", "a\\x20b-c\\x2dd"),
        ("/.hidden/.x", "\\x2ehidden-.x"),
        ("//a//b/", "a-b"),
        ("/", "-"),
    ],
)
def test_a_path_is_escaped(path: str, name: str) -> None:
    assert escaped(path) == name


@pytest.mark.parametrize("path", PATHS)
def test_systemd_escapes_a_path_likewise(path: str) -> None:
    done = subprocess.run(
        [need("systemd-escape"), "--path", path], capture_output=True, text=True, check=False
    )
    assert escaped(path) == done.stdout.strip()


def test_they_name_the_program_the_root_and_each_other() -> None:
    made = units("/opt/bin/minipod", "/tmp/lab", "/tmp/lab/server.sock")
    assert (made.service, made.socket) == ("minipod@tmp-lab.service", "minipod@tmp-lab.socket")
    lines = made.service_text.splitlines()
    assert 'ExecStart=:"/opt/bin/minipod" --root "/tmp/lab" server run' in lines
    assert "Requires=minipod@tmp-lab.socket" in lines
    assert "ListenStream=/tmp/lab/server.sock" in made.socket_text.splitlines()


def test_what_systemd_would_read_as_its_own_is_quoted() -> None:
    made = units("/opt/my bin/minipod", '/100%/a "b\\c', "/100%/s")
    assert 'ExecStart=:"/opt/my bin/minipod" --root "/100%%/a \\"b\\\\c"' in made.service_text
    assert "ListenStream=/100%%/s" in made.socket_text


def test_a_root_that_can_have_no_unit_is_refused() -> None:
    for root in ("/" + "x" * 100, "/a\nb"):
        with pytest.raises(BadRequest, match="cannot have a service for"):
            units("/opt/bin/minipod", root, f"{root}/server.sock")


def test_what_is_not_tried_again_are_the_exit_codes_of_the_zygote() -> None:
    assert f"{LOCK_HELD} {REFUSED}" == NOT_TO_BE_TRIED_AGAIN


def test_systemd_finds_nothing_wrong_with_them(tmp_path: object) -> None:
    made = units("/bin/true", f"{tmp_path}/a 100% root", f"{tmp_path}/s")
    for name, text in ((made.service, made.service_text), (made.socket, made.socket_text)):
        with open(f"{tmp_path}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    argv = [
        need("systemd-analyze"),
        "verify",
        f"{tmp_path}/{made.service}",
        f"{tmp_path}/{made.socket}",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "minipod" in line] == []
