"""The small parts: durations, sources, what is read from a pod."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.manifests import podbuild, sources
from minipod.client.manifests.sources import Source
from minipod.client.text import durations
from minipod.client.views import podview
from minipod.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from pathlib import Path

POD: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"namespace": "lab", "name": "web"},
    "spec": {"containers": [{"name": "a"}, {"name": "b"}]},
    "status": {
        "containerStatuses": [
            {"name": "a", "state": {"waiting": {"reason": "ImageNotMapped", "message": "map it"}}},
            {"name": "b", "state": {"running": {}}},
        ]
    },
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("1.5s", 2),
        ("200ms", 1),
        ("0s", 0),
        (".5h", 1800),
    ],
)
def test_durations_are_go_s(text: str, wanted: int) -> None:
    assert durations.seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "5", "soon", "5m ", "-5m", "1d", "5mm", "."])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        durations.seconds(text)


def test_files_and_folders_are_read_in_order(tmp_path: Path) -> None:
    for name in ("b.yml", "a.json", "c.yaml", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "d.yaml").write_text("not read")
    assert sources.read([str(tmp_path / "notes.txt"), str(tmp_path)]) == [
        Source(str(tmp_path / name), name) for name in ("notes.txt", "a.json", "b.yml", "c.yaml")
    ]


def test_stdin_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"kind: Pod")))
    assert sources.read(["-"]) == [Source("stdin", "kind: Pod")]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "noise.yaml").write_bytes(b"a: b\n\xff")
    (tmp_path / "empty").mkdir()
    for name, complaint in (
        ("nowhere", "the path .*nowhere. does not exist"),
        ("noise.yaml", "noise.yaml: line 2 is not UTF-8"),
        ("empty", "no .*yaml.* in .*empty"),
    ):
        with pytest.raises(BadRequest, match=complaint):
            sources.read([str(tmp_path / name)])


def test_what_is_read_from_a_pod() -> None:
    assert podview.key(POD) == ("lab", "web")
    assert podview.reference(POD) == "pod/web"
    assert list(podview.waiting(POD, "ImageNotMapped")) == [("a", "map it")]
    assert podview.require_container(POD, "b") == "b"
    with pytest.raises(NotFound, match='"c" not found in pod "web"') as caught:
        podview.require_container(POD, "c")
    assert caught.value.hint == "its containers: a, b"


def test_the_pod_of_run() -> None:
    least = podbuild.pod(
        "web", namespace=None, command=["true"], image=None, port=None, env={}, labels={},
        restart="Never",
    )  # fmt: skip
    assert least == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "labels": {"run": "web"}},
        "spec": {"containers": [{"name": "web", "command": ["true"]}], "restartPolicy": "Never"},
    }
    most = podbuild.pod(
        "web", namespace="lab", command=[], image="i", port=80, env={"A": "1"}, labels={"k": "v"},
        restart="Always",
    )  # fmt: skip
    assert most["metadata"] == {"name": "web", "namespace": "lab", "labels": {"k": "v"}}
    assert most["spec"]["containers"] == [
        {
            "name": "web",
            "image": "i",
            "env": [{"name": "A", "value": "1"}],
            "ports": [{"containerPort": 80}],
        }
    ]
