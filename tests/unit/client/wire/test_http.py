"""Requests as they are written, and answers however they come."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from minipod.client.wire import http, unix
from minipod.client.wire.transport import SOCKET, Transport
from minipod.errors import Unavailable
from tests.support.fake_server import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from minipod.client import Api
    from tests.support.fake_server import FakeServer


def answered(raw: bytes) -> http.Response:
    """Return the response to these bytes, after which the server hangs up."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(raw)
    return http.Response(ours)


def test_a_body_of_known_length() -> None:
    assert answered(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nokmore").read() == b"ok"


def test_a_body_to_the_end_of_the_connection() -> None:
    assert answered(b"HTTP/1.1 200 OK\r\n\r\nall of it").read() == b"all of it"


def test_chunks_with_extensions_and_trailers_around_lines() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    response = answered(head + b"3;x=y\r\na\nb\r\n4\r\nc\nd\n\r\n1\r\ne\r\n0\r\n\r\n")
    assert list(response.lines()) == [b"a", b"bc", b"d", b"e"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_server_that_breaks_off_is_unavailable(raw: bytes) -> None:
    with pytest.raises(Unavailable, match="cannot read the server's answer") as refused:
        answered(raw).read()
    assert (refused.value.hint or "").startswith("it may be done or not: look")


def test_warnings_are_unquoted() -> None:
    raw = b'HTTP/1.1 200 OK\r\nWarning: 299 - "a \\"b\\" \\\\c"\r\nwarning: 299 - "d"\r\n\r\n'
    assert answered(raw).warnings == ['a "b" \\c', "d"]


def test_paths_and_queries_take_any_text() -> None:
    assert http.path("api", "a/b ?", "ü") == "/api/a%2Fb%20%3F/%C3%BC"
    assert http.query({"a": "x=y&z", "b": None, "c": 3}) == "?a=x%3Dy%26z&c=3"
    assert http.query({"a": None}) == ""


def test_a_socket_in_a_folder_with_a_long_path_is_reached(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100) / ("y" * 100)
    folder.mkdir(parents=True)
    near = tmp_path / "near"
    near.symlink_to(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(near / SOCKET))
        listening.listen()
        unix.connect(str(folder), SOCKET).close()
        assert listening.accept()
    assert Transport(str(folder), warn=print).answers() is False


def test_a_refusal_is_read_though_the_body_was_not(server: FakeServer, api: Api) -> None:
    """A server may answer 413 and hang up while the client still writes."""
    server.answers["PUT /apis/minipod.dev/v1/images"] = Answer({"message": "too large"}, 413)
    with pytest.raises(Exception, match="too large"):
        api.own.map_image("x", ["y" * 100])
