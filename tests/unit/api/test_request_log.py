"""A line for each request that may change something."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from .conftest import OWN


def said(caplog):
    return [record for record in caplog.records if record.name == "minipod.api"]


def test_a_change_is_told_with_what_how_and_how_long(api, caplog):
    caplog.set_level(logging.INFO)
    body = {"pattern": "a/b:*", "command": ["sleep", "1"]}
    api.ask("PUT", f"{OWN}/images", json=body)
    (record,) = said(caplog)
    assert (record.verb, record.path, record.code) == ("PUT", f"{OWN}/images", 200)
    assert record.ms >= 0
    assert record.error is None
    assert (hasattr(record, "uid"), hasattr(record, "pid")) == (True, True)


def test_an_error_is_told_without_a_traceback(api, caplog):
    caplog.set_level(logging.INFO)
    api.ask("DELETE", f"{OWN}/images?pattern=x")
    (record,) = said(caplog)
    assert (record.code, record.error) == (404, 'image "x" is not mapped')
    assert record.exc_info is None


def test_a_look_is_not_told(api, caplog):
    caplog.set_level(logging.INFO)
    api.get(f"{OWN}/images")
    assert said(caplog) == []


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\nHost: x\r\n:\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
)
def test_bytes_that_are_no_request_are_a_line_without_a_traceback(api, caplog, sent):
    def speak():
        with socket.create_connection(api.address, timeout=2) as peer:
            peer.sendall(sent)
            return peer.recv(1 << 16)

    api.run(asyncio.to_thread(speak))
    (record,) = [record for record in caplog.records if record.name == "aiohttp.server"]
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("a request that is no HTTP: ")
    assert "\n" not in record.getMessage()
    assert record.exc_info is None
