"""Files, folders and URLs as manifests: what is read, and what is said of what cannot be."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from minipod.client.manifests import download
from minipod.client.manifests.sources import Source, read
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "below" / "deep.yaml").mkdir(parents=True)
    (tmp_path / "below" / "deep.yaml" / "c.yml").write_text("c")
    (tmp_path / "below" / "b.json").write_text("b")
    (tmp_path / "a.yaml").write_text("a")
    (tmp_path / "notes.txt").write_text("no manifest")
    return tmp_path


def test_a_folder_gives_its_own_manifests(folder: Path) -> None:
    assert read([str(folder)]) == [Source(f"{folder}/a.yaml", "a")]


def test_a_folder_gives_those_below_it_when_asked(folder: Path) -> None:
    assert [source.text for source in read([str(folder)], recursive=True)] == ["a", "b", "c"]


def test_files_are_called_as_they_are_named_without_what_means_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "below-b.yaml").write_text("e")
    (folder / "below" / ".yaml").write_text("a suffix alone is a name")
    (folder / "below" / "again").symlink_to(folder)
    for name, called in (
        ("./a.yaml", ["a.yaml"]),
        ("below//../a.yaml", ["below/../a.yaml"]),
        ("below/", ["below/b.json"]),
        (".", ["a.yaml", "below-b.yaml"]),
        ("", ["a.yaml", "below-b.yaml"]),
    ):
        assert [source.name for source in read([name])] == called
    assert [source.name for source in read(["./"], recursive=True)] == [
        "a.yaml",
        "below/b.json",
        "below/deep.yaml/c.yml",
        "below-b.yaml",
    ]


def test_a_folder_without_manifests_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    with pytest.raises(BadRequest, match=r"no \*.yaml, \*.yml or \*.json in") as caught:
        read([str(tmp_path)])
    assert caught.value.hint == "-R takes the folders in it too"
    with pytest.raises(BadRequest) as caught:
        read([str(tmp_path)], recursive=True)
    assert caught.value.hint is None


class Web(BaseHTTPRequestHandler):
    """Answers by path: /STATUS[/WHERE TO], /large, /slow, /pod.yaml."""

    over = threading.Event()

    def do_GET(self) -> None:
        first, _, rest = self.path[1:].partition("/")
        match first:
            case "large":
                self._answer(200, b"x" * 2000)
            case "slow":
                self.send_response(200)
                self.end_headers()
                while not self.over.wait(0.02):
                    self.wfile.write(b"x")
            case "silent":
                self.over.wait()
            case status if status.isdecimal():
                self.send_response(int(status))
                self.send_header("Location", rest or self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
            case _:
                self._answer(200, "kind: Pöd".encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client has had enough
            super().handle()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of a web server on this machine."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(Web, "over", threading.Event())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Web.over.set()
    server.shutdown()
    server.server_close()


@contextmanager
def refused(url: str) -> Iterator[list[str]]:
    """Have the URL refused; the list gets why, less the URL, which it names."""
    why: list[str] = []
    with pytest.raises(BadRequest) as caught:
        yield why
    head = f'unable to read URL "{url}"'
    assert str(caught.value).startswith(head)
    why.append(str(caught.value).removeprefix(head))


def test_a_url_is_read_and_named(web: str) -> None:
    assert read([f"{web}/pod.yaml"]) == [Source(f"{web}/pod.yaml", "kind: Pöd")]


def test_a_redirect_is_followed(web: str) -> None:
    assert read([f"{web}/302//pod.yaml"])[0].text == "kind: Pöd"


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_url_that_is_not_there_is_told_with_its_status(web: str, status: int) -> None:
    with refused(f"{web}/{status}") as why:
        read([f"{web}/{status}"])
    assert why[0].startswith(f", server reported {status} ")
    assert why[0].endswith(f", status code={status}")


def test_too_many_redirects_end(web: str) -> None:
    with refused(f"{web}/302") as why:
        read([f"{web}/302"])
    assert "redirected too often" in why[0]


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_that_leaves_the_web_is_not_followed(web: str, to: str) -> None:
    with refused(f"{web}/302/{to}"):
        read([f"{web}/302/{to}"])


def test_a_redirect_that_gives_up_encryption_is_not_followed() -> None:
    request = urllib.request.Request("https://example.com/pod.yaml")
    with pytest.raises(urllib.error.URLError, match="which is not followed"):
        download._Redirects().redirect_request(
            request,
            None,  # type: ignore[arg-type]
            302,
            "Found",
            None,  # type: ignore[arg-type]
            "http://example.com/pod.yaml",
        )


def test_what_is_too_large_is_refused(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGEST", 1999)
    with refused(f"{web}/large") as why:
        read([f"{web}/large"])
    assert why[0].startswith(": it is larger than")


@pytest.mark.parametrize("path", ["slow", "silent"])
def test_what_comes_too_slowly_is_given_up(
    web: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(download, "WHOLE", 0.1)
    with refused(f"{web}/{path}") as why:
        read([f"{web}/{path}"])
    assert why[0].startswith(": no answer within 10 s")


def test_a_server_that_says_nothing_is_given_up(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "CONNECT", 0.05)
    with refused(f"{web}/silent"):
        read([f"{web}/silent"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://[::1/x", "http://127.0.0.1:x/y"])
def test_a_url_that_nobody_answers_is_told(url: str) -> None:
    with refused(url) as why:
        read([url])
    assert why[0].startswith(": ")
    assert len(why[0]) > len(": ")
