"""A manifest from the web. A module of its own: importing urllib takes longer than a command."""

from __future__ import annotations

import http.client
import signal
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from minipod.client.text.words import reason
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPMessage
    from types import FrameType
    from typing import IO

CONNECT = 10.0
"""Seconds to connect, and to wait for anything to come."""

WHOLE = 30.0
"""Seconds for all of it."""

LARGEST = 12 << 20
"""Bytes of an answer: four times what the server takes in one text."""

REDIRECTS = 5


def download(url: str) -> bytes:
    """Return what a http or https URL answers, by way of the proxy of the environment if any.

    BadRequest, with the URL and why: it takes longer than 10 s to connect or 30 s in all, is larger
    than 12 MB, is redirected too often or from https to http, or is no success.
    """
    opener = urllib.request.build_opener(_Redirects)
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "minipod"})  # noqa: S310
        with _deadline(), opener.open(request, timeout=CONNECT) as answer:
            text: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        server = f"server reported {error.code} {error.reason}, status code={error.code}"
        raise BadRequest(f'unable to read URL "{url}", {server}') from error
    except urllib.error.URLError as error:
        raise _unreadable(url, error.reason) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreadable(url, error) from error
    if len(text) > LARGEST:
        raise _unreadable(url, f"it is larger than {LARGEST >> 20} MB")
    return text


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, and none that gives up encryption or leaves the web."""

    max_redirections = REDIRECTS
    inf_msg = "redirected too often: "

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request that a redirect asks for. URLError if it may not be followed."""
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type, scheme) == ("https", "http"):
            raise urllib.error.URLError(f"it is redirected to {newurl}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _deadline() -> Iterator[None]:
    """Raise TimeoutError once the whole time is over, however slowly something still comes."""

    def over(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before: Any = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, WHOLE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _unreadable(url: str, why: object) -> BadRequest:
    if isinstance(why, TimeoutError):
        why = f"no answer within {CONNECT:.0f} s, or not all of it within {WHOLE:.0f} s"
    elif isinstance(why, OSError):
        why = reason(why)
    return BadRequest(f'unable to read URL "{url}": {why or "it is no answer"}')
