"""What `up` does to its surroundings: asks, reads without waiting, writes without going deaf."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client import Api, Transport
from minipod.client.foreground.making import Made, make, plan
from minipod.client.foreground.output import Output
from minipod.client.foreground.signals import caught
from minipod.client.foreground.streams import LineStream
from minipod.client.foreground.undoing import begin, undone
from minipod.client.kinds import PODS
from minipod.client.manifests.sources import Source
from minipod.client.streams.ending import EndedBySignal, Heard
from minipod.client.targets import Target
from minipod.client.wire.http import Response
from minipod.errors import Conflict, NotFound, Unavailable
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = "/apis/minipod.dev/v1"
POD = "/api/v1/namespaces/default/pods"
SOURCES = [Source("web.yaml", "kind: Pod")]


def pod(command: str = "true", **annotations: str) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "default", "uid": "u", "resourceVersion": "1"}
    return {
        "kind": "Pod",
        "metadata": {**metadata, "annotations": annotations},
        "spec": {"containers": [{"name": "main", "command": [command]}]},
    }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    fake = FakeServer(tmp_path)
    fake.answers[f"POST {OWN}/decode"] = Answer(
        {"objects": [{"kind": "Pod", "namespace": "default", "name": "web"}]}
    )
    yield fake
    fake.close()


@pytest.fixture
def api(server: FakeServer) -> Api:
    return Api(Transport(str(server.root), warn=print))


def answers(server: FakeServer, *lines: str, dry: bool = True) -> None:
    target = f"POST {OWN}/manifests?action=apply{'&dryRun=All' if dry else ''}"
    server.answers[target] = Answer(chunks=[f"{line}\n".encode() for line in lines])


def line(kind: str, obj: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "object": obj})


def test_what_is_not_there_is_to_be_made(server: FakeServer, api: Api) -> None:
    answers(server, '{"type": "WARNING", "message": "hm"}', line("CREATED", pod()))
    planned = plan(api, SOURCES, None)
    assert [str(target) for target in planned.new] == ["pods/web"]
    assert (planned.warnings, planned.errors) == (["hm"], [])


def test_what_is_there_and_is_as_the_file_says_is_taken_as_it_is(
    server: FakeServer, api: Api
) -> None:
    answers(server, line("UNCHANGED", pod()))
    planned = plan(api, SOURCES, None)
    assert (planned.new, planned.errors, len(planned.objects)) == ([], [], 1)
    note = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    answers(server, line("CONFIGURED", pod(**note)))  # `create` made it: only the note is new
    server.answers[f"GET {POD}/web"] = Answer(pod())
    assert plan(api, SOURCES, None).errors == []


def test_what_is_there_and_differs_is_told(server: FakeServer, api: Api) -> None:
    server.answers[f"GET {POD}/web"] = Answer(pod("false"))
    forbidden = failure(422, "Invalid", "pod updates may not change fields").body
    for said in (
        line("CONFIGURED", pod()),
        line("ERROR", {}).replace('"object": {}', f'"status": {forbidden}'.replace("'", '"')),
    ):
        answers(server, said)
        (error,) = plan(api, SOURCES, None).errors
        assert isinstance(error, Conflict)
        assert str(error) == "pod/web is there already, and is not what the files say"


def test_what_cannot_be_made_is_told_in_the_servers_words(server: FakeServer, api: Api) -> None:
    answers(server, '{"type": "ERROR", "status": {"reason": "NotFound", "message": "no ns"}}')
    (error,) = plan(api, SOURCES, None).errors
    assert isinstance(error, NotFound)
    assert str(error) == "no ns"


def test_what_was_made_here_is_told_from_what_was_there(server: FakeServer, api: Api) -> None:
    for kind, new in (("CREATED", True), ("UNCHANGED", False)):
        answers(server, line(kind, pod()))
        answers(server, line(kind, pod()), dry=False)
        planned = plan(api, SOURCES, None)
        assert list(make(api, SOURCES, None, planned)) == [Made(pod(), new=new)]


def test_what_is_being_deleted_is_neither_there_nor_out_of_the_way(
    server: FakeServer, api: Api
) -> None:
    going = pod()
    going["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    answers(server, line("UNCHANGED", going))
    planned = plan(api, SOURCES, None)
    assert (planned.ending, planned.objects, planned.errors) == ([going], [], [])
    server.answers[f"GET {POD}/web"] = Answer(going)
    answers(server, '{"type": "ERROR", "status": {"reason": "Forbidden", "message": "no"}}')
    planned = plan(api, SOURCES, None)
    assert (planned.ending, planned.objects, planned.errors) == ([going], [], [])


def test_what_another_made_meanwhile_is_not_ours(server: FakeServer, api: Api) -> None:
    answers(server, line("CREATED", pod()))
    answers(server, line("UNCHANGED", pod()), dry=False)
    planned = plan(api, SOURCES, None)
    assert list(make(api, SOURCES, None, planned)) == [Made(pod(), new=False)]


def test_a_server_that_ends_while_it_makes_is_followed_by_one_that_makes_the_rest(
    server: FakeServer, api: Api
) -> None:
    first, second = pod(), pod()
    second["metadata"]["name"] = "api"
    answers(server, line("CREATED", first), line("CREATED", second))
    two = [{"kind": "Pod", "namespace": "default", "name": name} for name in ("web", "api")]
    server.answers[f"POST {OWN}/decode"] = Answer({"objects": two})
    planned = plan(api, SOURCES, None)
    broken = f"{line('CREATED', first)}\n".encode()
    again = [line("UNCHANGED", first), line("UNCHANGED", second)]
    server.answers[f"POST {OWN}/manifests?action=apply"] = [
        Answer(raw=CHUNKED + b"%x\r\n%s\r\n" % (len(broken), broken)),
        Answer(chunks=[f"{one}\n".encode() for one in again]),
    ]
    made = list(make(api, SOURCES, None, planned))
    assert made == [Made(first, new=True), Made(second, new=True)]
    server.answers[f"POST {OWN}/manifests?action=apply"] = Answer(raw=b"")
    with pytest.raises(Unavailable):
        list(make(api, SOURCES, None, planned))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_what_was_made_goes_again_if_it_cannot_be_followed(server: FakeServer, api: Api) -> None:
    made = [Target(PODS, "default", "web", "u")]
    server.answers[f"DELETE {POD}/web"] = Answer(pod())
    gone = b'{"type": "DELETED", "object": {"metadata": {"uid": "u"}}}\n'
    server.answers[f"GET {POD}?watch=true&resourceVersion=1"] = Answer(chunks=[gone])
    with pytest.raises(ZeroDivisionError), undone(api, made):
        raise ZeroDivisionError
    assert [one.method for one in server.asked] == ["DELETE", "GET"]
    with pytest.raises(EndedBySignal), undone(api, made):
        raise EndedBySignal(signal.SIGINT)
    assert len(server.asked) == 2


def test_a_pod_that_is_gone_or_is_another_by_now_is_not_ended(server: FakeServer, api: Api) -> None:
    target = Target(PODS, "default", "web", "u")
    for refused in (failure(404, "NotFound", "gone"), failure(409, "Conflict", "another uid")):
        server.answers[f"DELETE {POD}/web"] = refused
        assert list(begin(api, [target], None)) == []
    server.answers[f"DELETE {POD}/web"] = Answer(pod())
    assert list(begin(api, [target], 0)) == [(target, pod())]
    assert server.asked[-1].body["gracePeriodSeconds"] == 0
    assert server.asked[-1].body["preconditions"] == {"uid": "u"}


def stream(head: bytes) -> tuple[LineStream, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + head)
    return LineStream(Response(ours)), theirs


def test_lines_are_read_as_they_come_and_without_waiting() -> None:
    lines, server = stream(b"4\r\na\nb\n\r\n1\r\nc\r\n")
    assert lines.early() == [b"a", b"b"]
    assert lines.early() == []
    assert lines.lines() == []  # nothing has come: it does not wait
    server.sendall(b"2\r\n\nd\r\n0\r\n\r\n")
    assert lines.lines() == [b"c", b"d"]
    assert lines.ended
    lines.close()
    server.close()


def test_a_server_that_goes_away_is_told_from_an_end() -> None:
    lines, server = stream(b"2\r\na\n\r\n")
    server.close()
    assert lines.early() == [b"a"]
    with pytest.raises(Unavailable, match="it hung up"):
        lines.lines()
    assert not lines.ended
    lines.close()


def test_a_slow_reader_does_not_keep_a_signal_away() -> None:
    reader, writer = os.pipe()
    waiting, signals = os.pipe()
    output = Output(writer, waiting, lambda: bool(os.read(waiting, 1)))
    os.write(signals, b"x")
    output.write(b"x" * (1 << 20))  # far more than the pipe holds: returns for the signal
    assert output.broken is None
    for descriptor in (reader, writer, waiting, signals):
        os.close(descriptor)


def test_a_reader_that_has_gone_and_a_full_disk_are_remembered() -> None:
    reader, writer = os.pipe()
    waiting, signals = os.pipe()
    os.close(reader)
    gone = Output(writer, waiting, lambda: True)
    gone.write(b"x")
    assert isinstance(gone.broken, BrokenPipeError)
    full = os.open("/dev/full", os.O_WRONLY)
    disk = Output(full, waiting, lambda: True)
    disk.write(b"x")
    assert disk.broken is not None
    assert disk.broken.errno == errno.ENOSPC
    for descriptor in (writer, waiting, signals, full):
        os.close(descriptor)


def test_signals_are_counted_and_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with caught() as signals:
        assert signals.look() == 0
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        assert signals.look() == 2
        assert signals.last in (signal.SIGTERM, signal.SIGHUP)
        with pytest.raises(EndedBySignal):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_one_that_comes_twice_at_once_was_meant_once() -> None:
    heard = Heard()
    assert [heard.is_new(number) for number in (15, 15, 1, 1, 15)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert (heard.count, heard.last) == (3, 15)


def test_a_hang_up_is_not_heard_below_nohup_but_ctrl_c_is_behind_an_ampersand() -> None:
    numbers = (signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        with caught() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            assert signals.look() == 0
            os.kill(os.getpid(), signal.SIGINT)
            assert signals.look() == 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
