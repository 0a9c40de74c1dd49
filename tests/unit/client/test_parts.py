"""The small parts: durations, sources, what is read from a pod, logs of several containers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.api import LogQuery
from minipod.client.manifests import podbuild, sources
from minipod.client.manifests.sources import Source
from minipod.client.text import durations
from minipod.client.views import logs, podview
from minipod.client.views.logs import Origin
from minipod.errors import BadRequest, NotFound
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from pathlib import Path

    from minipod.client import Api

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


def log_of(server: FakeServer, container: str, *chunks: bytes, follow: bool = False) -> Origin:
    target = f"GET /api/v1/namespaces/default/pods/web/log?container={container}"
    server.answers[target + ("&follow=true" if follow else "")] = Answer(chunks=chunks)
    return Origin("default", "web", container)


def test_logs_come_one_after_another(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, "a", b"one\ntw", b"o\n"), log_of(server, "b", b"three")]
    target = io.BytesIO()
    logs.copy(api, origins, LogQuery(""), target, prefix=False)
    assert target.getvalue() == b"one\ntwo\nthree"


def test_prefixes_stand_before_whole_lines(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, "a", b"one\ntw", b"o\n"), log_of(server, "b", b"three")]
    target = io.BytesIO()
    logs.copy(api, origins, LogQuery(""), target, prefix=True)
    assert target.getvalue() == b"[pod/web/a] one\n[pod/web/a] two\n[pod/web/b] three\n"


def test_several_are_followed_side_by_side_until_all_end(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, name, name.encode() * 3, follow=True) for name in "abc"]
    target = io.BytesIO()
    logs.copy(api, origins, LogQuery("", follow=True), target, prefix=False)
    assert sorted(target.getvalue().split()) == [b"aaa", b"bbb", b"ccc"]


def test_a_log_that_cannot_be_followed_ends_all(server: FakeServer, api: Api) -> None:
    origins = [log_of(server, "a", b"x\n", follow=True), Origin("default", "web", "b")]
    query = "/api/v1/namespaces/default/pods/web/log?container=b&follow=true"
    server.answers[f"GET {query}"] = failure(400, "BadRequest", "waiting to start")
    with pytest.raises(BadRequest, match="waiting to start"):
        logs.copy(api, origins, LogQuery("", follow=True), io.BytesIO(), prefix=False)
