"""Connecting to a Unix socket in a folder, however long the folder's path is."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socket import SocketKind

_LONGEST = 107  # sun_path holds 108 bytes with its final NUL (unix(7))


def connect(folder: str, name: str, kind: SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """Return a connection to the socket `name` in `folder`. OSError."""
    connection = socket.socket(socket.AF_UNIX, kind)
    try:
        _connect(connection, folder, name)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(connection: socket.socket, folder: str, name: str) -> None:
    path = os.path.join(folder, name)
    if len(os.fsencode(path)) <= _LONGEST:
        connection.connect(path)
        return
    directory = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{directory}/{name}")
    finally:
        os.close(directory)
