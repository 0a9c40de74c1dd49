"""Where the running kernel keeps what is told of a socket and its process; found by BTF."""

from __future__ import annotations

from minipod.watcher.btf import Btf

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap

COMMON_SIZE = 128
"""The most of struct sock_common that a record has room for."""

_STRUCTURES = (
    *("task_struct", "mm_struct", "files_struct", "fdtable", "file", "pid", "upid"),
    *("socket", "socket_alloc", "inode", "sock", "sock_common", "net"),
)
BIND, BIND6, LISTEN = "inet_bind", "inet6_bind", "inet_listen"
MULTIPATH_BIND, MULTIPATH_LISTEN = "mptcp_bind", "mptcp_listen"
_APART = "inet_bind_sk"
"""Where the kernel has this, multipath TCP passes by `inet_bind` and `inet_listen`."""
_FUNCTIONS = (BIND, BIND6, LISTEN, MULTIPATH_BIND, MULTIPATH_LISTEN, _APART)


class Layout:
    """Offsets, in bytes. LookupError if the kernel does not tell one of them."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        btf = Btf(data, _STRUCTURES, _FUNCTIONS)
        self.task_files = btf.offset("task_struct", "files")
        self.files_table = btf.offset("files_struct", "fdt")
        self.table_files = btf.offset("fdtable", "fd")
        self.file_private = btf.offset("file", "private_data")
        self.task_memory = btf.offset("task_struct", "mm")
        self.arguments_start = btf.offset("mm_struct", "arg_start")
        self.arguments_end = btf.offset("mm_struct", "arg_end")
        self.task_leader = btf.offset("task_struct", "group_leader")
        self.task_pid = btf.offset("task_struct", "thread_pid")
        self.pid_numbers = btf.offset("pid", "numbers") + btf.offset("upid", "nr")
        self.pid_number_size = btf.size("upid")
        self.socket_file = btf.offset("socket", "file")
        self.socket_sock = btf.offset("socket", "sk")
        self.socket_inode = (
            btf.offset("socket_alloc", "vfs_inode")
            - btf.offset("socket_alloc", "socket")
            + btf.offset("inode", "i_ino")
        )
        self.sock_common = btf.offset("sock", "__sk_common")
        self.sock_protocol = btf.offset("sock", "sk_protocol")
        self.net_number = btf.offset("net", "ns", "inum")
        self.common_net = btf.offset("sock_common", "skc_net")
        self.common_family = btf.offset("sock_common", "skc_family")
        self.common_port = btf.offset("sock_common", "skc_num")
        self.common_address = btf.offset("sock_common", "skc_rcv_saddr")
        self.common_reuse = btf.field("sock_common", "skc_reuse")
        self.common_reuseport = btf.field("sock_common", "skc_reuseport")
        self.common_v6only = btf.field("sock_common", "skc_ipv6only")
        self.common_address6 = _address6(btf)
        self.common_size = min(COMMON_SIZE, btf.size("sock_common"))
        self._check_room()
        self.functions = _functions(btf)

    def _check_room(self) -> None:
        """Refuse a kernel whose sockets have what we need further back than a record reaches."""
        ends = (
            self.common_net + 8,
            self.common_port + 2,
            self.common_address + 4,
            self.common_v6only.offset + 1,
            (self.common_address6 or 0) + 16,
        )
        if max(ends) > self.common_size:
            raise LookupError("struct sock_common has another shape than expected")


def _address6(btf: Btf) -> int | None:
    try:
        return btf.offset("sock_common", "skc_v6_rcv_saddr")
    except LookupError:
        return None  # a kernel without IPv6


def _functions(btf: Btf) -> dict[str, int]:
    """Return the functions that bind and listen for internet sockets, with their type ids."""
    names = [BIND, LISTEN]
    if btf.has_function(BIND6):
        names.append(BIND6)
    if btf.has_function(_APART) and btf.has_function(MULTIPATH_BIND):
        names += [MULTIPATH_BIND, MULTIPATH_LISTEN]
    return {name: btf.function(name) for name in names}
