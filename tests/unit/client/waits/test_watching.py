"""A watch goes on with the next server."""

from __future__ import annotations

import pytest

from minipod.client.api import Api
from minipod.client.kinds import PODS, Where
from minipod.client.waits import watching
from minipod.client.wire.transport import Transport
from minipod.errors import Unavailable
from tests.support.fake_server import Answer, FakeServer

WATCH = "GET /api/v1/namespaces/default/pods?watch=true&resourceVersion="
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(version: str) -> bytes:
    return (
        b'{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"%s"}}}\n' % version.encode()
    )


def broken_off(version: str) -> Answer:
    """Return one event, after which the server is killed."""
    line = event(version)
    return Answer(raw=HEAD + b"%x\r\n%s\r\n" % (len(line), line))


@pytest.fixture
def api(server: FakeServer) -> Api:
    return Api(Transport(str(server.root), warn=lambda _: None))


def versions(api: Api) -> list[str]:
    found = watching.watched(api, PODS, Where("default"), "1")
    return [each["object"]["metadata"]["resourceVersion"] for each in found]


def test_it_goes_on_after_the_last_event_that_came(server: FakeServer, api: Api) -> None:
    server.answers = {
        f"{WATCH}1": broken_off("4"),
        f"{WATCH}4": broken_off("9"),
        f"{WATCH}9": Answer(chunks=[event("12")]),
    }
    assert versions(api) == ["4", "9", "12"]


def test_a_server_that_does_not_come_back_is_told(
    server: FakeServer, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BACK_WITHIN", 0.1)
    server.answers[f"{WATCH}1"] = broken_off("4")
    server.on_request = server.close
    with pytest.raises(Unavailable, match="hung up"):
        versions(api)
