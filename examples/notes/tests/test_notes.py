"""The application in its pod, and what other pods see of it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from application import HTTP, STORE, notes_pod

from minipod.errors import HostError

if TYPE_CHECKING:
    from minipod import Client, Pod


def test_the_programs_talk_over_localhost(notes: Pod) -> None:
    curl = ["curl", "-sS", "--max-time", "5", f"http://localhost:{HTTP}/"]
    notes.exec([*curl, "-d", "buy milk"], container="store")
    assert notes.exec(curl, container="store").stdout == "buy milk\n"


@pytest.mark.minipod("visitor.yaml")
def test_another_pod_reaches_web_by_the_address_and_the_store_not_at_all(
    notes: Pod, pods: dict[str, Pod]
) -> None:
    visitor, curl = pods["visitor"], ["curl", "-sS", "--max-time", "5"]
    visitor.exec([*curl, f"http://{notes.ip}:{HTTP}/", "-d", "hello"])
    assert visitor.exec([*curl, f"http://{notes.ip}:{HTTP}/"]).stdout == "hello\n"
    assert visitor.exec([*curl, f"http://{notes.ip}:{STORE}/"], check=False).exit_code == 7


def test_a_test_on_this_machine_uses_a_forward_or_a_socket(notes: Pod) -> None:
    with notes.forward(HTTP) as forward:
        url = f"http://{forward.address}:{forward.port}/"
        with urlopen(url, data=b"from outside") as response:
            assert response.status == 200
    with notes.connect(STORE) as store:
        store.sendall(b"ALL\n")
        assert store.recv(100) == b"from outside\n\n"


def test_the_store_forgets_when_it_is_restarted_and_web_goes_on(notes: Pod) -> None:
    url = f"http://{notes.ip}:{HTTP}/"
    urlopen(url, data=b"soon forgotten").close()
    (store,) = [port for port in notes.ports() if port.port == STORE]
    assert store.pid is not None
    os.kill(store.pid, signal.SIGKILL)
    after = notes.wait(lambda pod: pod.containers[0].restarts == 1 and pod.listens(STORE))
    with urlopen(url) as response:
        assert response.read() == b""
    assert after.containers[1].restarts == 0
    assert notes.logs(container="store", previous=True) == "store: ready\n"


def test_two_programs_cannot_have_one_port(minipod: Client) -> None:
    """What a mistake in the manifest does: the second is told who has the port, and so are we."""
    notes = minipod.create(notes_pod(http=HTTP, store=HTTP))
    notes = notes.wait(lambda pod: bool(pod.conflicts()))
    (conflict, *_) = notes.conflicts()
    assert conflict.port == HTTP
    assert conflict.holder is not None
    assert {conflict.wanted.container, conflict.holder.container} == {"store", "web"}


def test_nobody_listens_where_nobody_should(notes: Pod) -> None:
    with pytest.raises(HostError, match="connection refused"):
        notes.connect(9999)
    assert sorted(one.port for one in notes.ports()) == [STORE, HTTP]


def test_the_logs_say_that_all_is_ready(notes: Pod) -> None:
    assert notes.logs(container="web") == "web: ready\n"
    assert notes.logs(container="store") == "store: ready\n"
