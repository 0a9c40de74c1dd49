"""A kernel's structures as small as can be, and records that it would write."""

from __future__ import annotations

import socket
import struct
from typing import Any

from minipod.watcher import records
from minipod.watcher.layout import Layout
from tests.unit.watcher.blob import Blob

COMMON_SIZE = 96
PORT, ADDRESS, FAMILY, FLAGS, NET, ADDRESS6 = 14, 4, 16, 19, 48, 72


def blob(**changes: Any) -> bytes:
    """Return the BTF of a kernel that has all that is asked for."""
    made = Blob()
    word = made.int("int", 4)
    pointer = made.pointer(word)
    made.struct(
        "task_struct",
        64,
        *(("files", pointer, 8), ("mm", pointer, 16), ("group_leader", pointer, 24)),
        ("thread_pid", pointer, 32),
    )
    made.struct("files_struct", 64, ("fdt", pointer, 32))
    made.struct("fdtable", 64, ("fd", pointer, 8))
    made.struct("file", 64, ("private_data", pointer, 24))
    made.struct("mm_struct", 64, ("arg_start", word, 0), ("arg_end", word, 8))
    upid = made.struct("upid", 16, ("nr", word, 0))
    made.struct("pid", 160, ("numbers", made.array(upid, 1), 144))
    made.struct("socket", 64, ("file", pointer, 16), ("sk", pointer, 24))
    socket_type = made.struct("_socket", 64)
    inode = made.struct("inode", 128, ("i_ino", word, 64))
    made.struct("socket_alloc", 256, ("socket", socket_type, 0), ("vfs_inode", inode, 128))
    made.bits(
        "sock_common",
        changes.get("common_size", COMMON_SIZE),
        ("skc_rcv_saddr", word, ADDRESS * 8, 0),
        ("skc_num", word, PORT * 8, 0),
        ("skc_family", word, FAMILY * 8, 0),
        ("skc_reuse", word, FLAGS * 8, 4),
        ("skc_reuseport", word, FLAGS * 8 + 4, 1),
        ("skc_ipv6only", word, FLAGS * 8 + 5, 1),
        ("skc_net", pointer, NET * 8, 0),
        ("skc_v6_rcv_saddr", word, ADDRESS6 * 8, 0),
    )
    made.struct("sock", 600, ("__sk_common", word, 0), ("sk_protocol", word, 532))
    namespace = made.struct("ns_common", 32, ("inum", word, 24))
    made.struct("net", 200, ("ns", namespace, 100))
    for name in changes.get("functions", ("inet_bind", "inet6_bind", "inet_listen")):
        made.function(name, "sock")
    return made.data


def layout(**changes: Any) -> Layout:
    """Return where such a kernel has what."""
    return Layout(blob(**changes))


def sockaddr(address: str, port: int) -> bytes:
    """Return an address as bind(2) takes it."""
    if ":" in address:
        packed = socket.inet_pton(socket.AF_INET6, address)
        return struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0) + packed
    packed = socket.inet_aton(address)
    return (struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + packed).ljust(24, b"\0")


def common(address: str, port: int, *, reuse: int = 0, reuseport: int = 0, only: int = 0) -> bytes:
    """Return what a socket says of itself."""
    data = bytearray(records.ARGUMENTS - records.COMMON)
    six = ":" in address
    struct.pack_into("H", data, FAMILY, socket.AF_INET6 if six else socket.AF_INET)
    struct.pack_into("H", data, PORT, port)
    data[FLAGS] = reuse | reuseport << 4 | only << 5
    packed = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, address)
    place = ADDRESS6 if six else ADDRESS
    data[place : place + len(packed)] = packed
    return bytes(data)


def record(**fields: Any) -> bytes:
    """Return a record; every field has a value that an ordinary bind would give."""
    f = {
        "began": 5_000_000_000,
        "pid": 4312,
        "cgroup": 77,
        "uid": 1000,
        "result": 0,
        "call": records.BIND,
        "known": 1,
        "inode": 900,
        "netns": 4026531833,
        "pid_here": 12,
        "protocol": 6,
        "arguments": b"nc\0-l\0",
        "sockaddr": sockaddr("127.0.0.1", 8080),
        "common": common("127.0.0.1", 8080),
    } | fields
    data = bytearray(records.SIZE)
    head = (f["began"], f["pid"] << 32 | f["pid"] + 1, f["cgroup"], 100 << 32 | f["uid"])
    struct.pack_into("4Q", data, records.TIME, *head)
    struct.pack_into("2i2I", data, records.DESCRIPTOR, 3, f["result"], f["call"], f["known"])
    struct.pack_into(
        "Q2IH", data, records.INODE, f["inode"], f["netns"], f["pid_here"], f["protocol"]
    )
    arguments = f["arguments"]
    if arguments is not None:
        size = f.get("arguments_size", len(arguments))
        struct.pack_into("=IQ", data, records.ARGUMENTS_KNOWN, 1, size)
        kept = arguments[: records.ARGUMENTS_ROOM]
        data[records.ARGUMENTS : records.ARGUMENTS + len(kept)] = kept
    data[records.ADDRESS : records.ADDRESS + 24] = f["sockaddr"]
    data[records.NAME : records.NAME + 16] = f.get("name", b"nc").ljust(16, b"\0")
    data[records.COMMON : records.ARGUMENTS] = f["common"]
    return bytes(data)
