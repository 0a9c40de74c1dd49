"""What a word of `cp` means."""

from __future__ import annotations

import pytest

from minipod.client.streams.file_spec import FileSpec, parse
from minipod.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("a.txt", FileSpec("a.txt")),
        ("/srv/a:b", FileSpec("/srv/a:b")),
        ("./a:b", FileSpec("./a:b")),
        ("../web:x", FileSpec("../web:x")),
        ("web:/etc/hosts", FileSpec("/etc/hosts", "web")),
        ("web:a:b", FileSpec("a:b", "web")),
        ("lab/web:.", FileSpec(".", "web", "lab")),
    ],
)
def test_a_word_is_a_file_here_or_in_a_pod(text: str, spec: FileSpec) -> None:
    assert parse(text) == spec
    assert str(spec) == text


@pytest.mark.parametrize("text", [":/etc/hosts", "a/b/c:/x", "lab/:x", "lab//web:x"])
def test_what_names_no_pod_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match=r"\[\[namespace/\]pod:\]file/path"):
        parse(text)


@pytest.mark.parametrize("text", ["", "web:"])
def test_a_path_is_never_empty(text: str) -> None:
    with pytest.raises(BadRequest, match="filepath can not be empty"):
        parse(text)


@pytest.mark.parametrize(
    ("path", "folder", "base"),
    [
        ("/etc/hosts", "/etc", "hosts"),
        ("hosts", ".", "hosts"),
        ("/etc/", "/", "etc"),
        ("/", "/", "."),
        (".", ".", "."),
        ("../x/..", "..", "."),
    ],
)
def test_a_path_is_a_folder_and_a_name_in_it(path: str, folder: str, base: str) -> None:
    assert (FileSpec(path).folder, FileSpec(path).base) == (folder, base)
