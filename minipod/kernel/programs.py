"""Programs of the machine that do a part of the work, nft and iptables: found, run, and ended."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import NamedTuple

from minipod.errors import HostError

SYSTEM_PATH = "/usr/sbin:/sbin"
"""Where administration programs are: not in the PATH of every root shell."""

DEADLINE = 10.0
"""Seconds in which a program must end: one that waits for a lock for ever holds up no pod."""


class Done(NamedTuple):
    """What a program ended with, and what it wrote."""

    code: int
    output: bytes
    complaint: bytes


def find(name: str) -> str | None:
    """Return the path of a program; None if it is not installed."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


async def run(program: str, *argv: str, text: bytes = b"", netns: int | None = None) -> Done:
    """Run a program to its end: here, or in the network namespace of a descriptor. HostError."""
    # nsenter enters the namespace: a program with many threads, as we are, cannot.
    way = [] if netns is None else ["nsenter", f"--net=/proc/self/fd/{netns}", "--"]
    try:
        process = await asyncio.create_subprocess_exec(
            *way,
            program,
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=() if netns is None else (netns,),
        )
    except OSError as error:
        raise HostError(f"cannot run {program}: {error.strerror}") from error
    try:
        async with asyncio.timeout(DEADLINE):
            output, complaint = await process.communicate(text)
    except TimeoutError:
        words = " ".join((os.path.basename(program), *argv))
        raise HostError(f"cannot run {words}: it does not end within {DEADLINE:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Done(await process.wait(), output, complaint)
