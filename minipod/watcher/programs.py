"""The programs in the kernel: they pass over what is not ours, and write a record of the rest.

What runs outside of the root's control group ends after one comparison. Nothing here can delay a
bind by more than its own instructions, or change its result. Reads of memory that is not there
give zeros. Helpers by number: include/uapi/linux/bpf.h.
"""

from __future__ import annotations

from errno import EADDRINUSE
from socket import AF_INET, AF_INET6, AF_UNSPEC

from minipod.watcher import records
from minipod.watcher.assembler import STACK, Assembler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.watcher.layout import Layout
    from minipod.watcher.maps import Maps

_LOOK_UP, _UPDATE, _DELETE = 1, 2, 3
_TIME, _THREAD, _USER, _NAME = 5, 14, 15, 16
_CURRENT_TASK, _UNDER_CGROUP, _CGROUP_ID = 35, 37, 80
_READ_USER, _READ_KERNEL = 112, 113
_RESERVE, _SUBMIT = 131, 132
_DO_NOT_WAKE, _WAKE = 1, 2

WAKING_INTERVAL = 10_000_000
"""Nanoseconds in which the watcher is woken once; it looks again by itself a little later."""

# The stack: below its top, what is looked up by and what is read on the way.
_KEY, _VALUE, _FILE, _FOUND, _END = -8, -24, -32, -40, -48
_PORT = 2
"""Of struct sockaddr_in and sockaddr_in6, behind the family."""
_KEPT_PORT = 4
"""Of what is kept from the entry to the exit: in the upper half of the descriptor's word."""
_FIRST_ARGUMENT, _SECOND_ARGUMENT, _SYSTEM_CALL_RESULT = 16, 24, 16
"""In the context of a system call's tracepoint; of two, one is of its entry, one of its exit."""
_BIND_RESULT, _LISTEN_RESULT = 24, 16
"""In the context at the end of a function: behind its arguments."""


class Writer:
    """Writes programs for some maps and a kernel, of which a layout may be known.

    `own` is the group whose calls do not count when they are lost. `level`: the PID namespace in
    which processes are numbered; 0 is the machine's own.
    """

    def __init__(self, maps: Maps, own: int, layout: Layout | None, level: int) -> None:
        self._maps = maps
        self._own = own
        self._layout = layout
        self._level = level

    def at_entry(self, call: int) -> bytes:
        """Return the program for the entry of a system call: keep its arguments for the exit."""
        a = Assembler()
        a.copy(6, 1)
        self._pass_over_others(a)
        a.load(7, 6, _SECOND_ARGUMENT if call == records.BIND else _FIRST_ARGUMENT)
        if call == records.BIND:
            _pass_over_other_families(a)
        a.load(1, 6, _FIRST_ARGUMENT)
        a.store(STACK, _VALUE, 1)
        a.store(STACK, _VALUE + 8, 7)
        if call == records.BIND:
            a.load(1, STACK, _FOUND + _PORT, 2)
            a.store(STACK, _VALUE + _KEPT_PORT, 1, 2)
        _key_of_thread(a)
        a.map(1, self._maps.calls)
        a.address(2, STACK, _KEY)
        a.address(3, STACK, _VALUE)
        a.put(4, 0)
        a.call(_UPDATE)
        a.label("out")
        a.exit()
        return a.code()

    def at_exit(self, call: int) -> bytes:
        """Return the program for the exit of a system call whose entry was kept."""
        a = Assembler()
        a.copy(6, 1)
        _key_of_thread(a)
        self._on_kept(a, _LOOK_UP)
        a.jump_if_equal(0, 0, "out")
        a.load(1, 0, 0)
        a.store(STACK, _VALUE, 1)
        a.load(9, 0, 8)
        self._on_kept(a, _DELETE)
        a.load(7, 6, _SYSTEM_CALL_RESULT)
        _pass_over_other_results(a)
        if call == records.BIND:
            _pass_over_any_port(a, _VALUE + _KEPT_PORT)
        self._begin(a, call)
        a.load(1, STACK, _VALUE, 4)
        a.store(8, records.DESCRIPTOR, 1, 4)
        if call == records.BIND:
            _address(a, _READ_USER)
        a.call(_CURRENT_TASK)
        a.copy(9, 0)
        if self._layout is not None:
            _socket_of_descriptor(a, self._layout)
            _socket(a, self._layout)
            a.label("no socket")
        self._finish(a)
        return a.code()

    def at_end_of_function(self, call: int) -> bytes:
        """Return the program for the end of the kernel's function that binds or listens."""
        assert self._layout is not None
        a = Assembler()
        a.copy(6, 1)
        a.load(7, 6, _BIND_RESULT if call == records.BIND else _LISTEN_RESULT)
        a.sign_extend(7)
        _pass_over_other_results(a)
        self._pass_over_others(a)
        if call == records.BIND:
            a.load(9, 6, 8)
            _read_family_and_port(a, _READ_KERNEL, 9)
            _pass_over_any_port(a, _FOUND + _PORT)
        self._begin(a, call)
        if call == records.BIND:
            _address(a, _READ_KERNEL)
        a.load(6, 6, 0)
        a.call(_CURRENT_TASK)
        a.copy(9, 0)
        _socket(a, self._layout)
        self._finish(a)
        return a.code()

    def _pass_over_others(self, a: Assembler) -> None:
        a.map(1, self._maps.cgroup)
        a.put(2, 0)
        a.call(_UNDER_CGROUP)
        a.jump_unless_equal(0, 1, "out")

    def _on_kept(self, a: Assembler, helper: int) -> None:
        a.map(1, self._maps.calls)
        a.address(2, STACK, _KEY)
        a.call(helper)

    def _begin(self, a: Assembler, call: int) -> None:
        """Have a record in register 8, with what is known of every call. 7 is the result."""
        a.map(1, self._maps.ring)
        a.put(2, records.SIZE)
        a.put(3, 0)
        a.call(_RESERVE)
        a.jump_unless_equal(0, 0, "room")
        a.call(_CGROUP_ID)
        a.put_wide(1, self._own)
        a.jump_if_same(0, 1, "out")
        a.store_value(STACK, _KEY, 0)
        a.map(1, self._maps.lost)
        a.address(2, STACK, _KEY)
        a.call(_LOOK_UP)
        a.jump_if_equal(0, 0, "out")
        a.increment(0, 0)
        a.jump("out")
        a.label("room")
        a.copy(8, 0)
        for offset in range(0, records.ARGUMENTS, 8):
            a.store_value(8, offset, 0)
        for helper, offset in (
            (_TIME, records.TIME),
            (_THREAD, records.THREAD),
            (_CGROUP_ID, records.CGROUP),
            (_USER, records.USER),
        ):
            a.call(helper)
            a.store(8, offset, 0)
        a.address(1, 8, records.NAME)
        a.put(2, records.NAME_SIZE)
        a.call(_NAME)
        a.store(8, records.RESULT, 7, 4)
        a.store_value(8, records.CALL, call, 4)

    def _finish(self, a: Assembler) -> None:
        """Complete the record with what the task in register 9 says, and hand it over."""
        if self._layout is not None:
            if self._level:
                _number_here(a, self._layout, self._level)
            _arguments(a, self._layout)
            a.label("no arguments")
        self._choose_waking(a)
        a.copy(1, 8)
        a.call(_SUBMIT)
        a.label("out")
        a.exit()

    def _choose_waking(self, a: Assembler) -> None:
        """Put into register 2 whether the watcher is woken by the record: if it was not just now.

        To wake it costs more than all the rest of a bind that is seen.
        """
        a.store_value(STACK, _KEY, 0)
        a.map(1, self._maps.woken)
        a.address(2, STACK, _KEY)
        a.call(_LOOK_UP)
        a.jump_if_equal(0, 0, "wake")
        a.load(3, 8, records.TIME)
        a.load(1, 0, 0)
        a.copy(2, 3)
        a.subtract_register(2, 1)
        a.put(1, _DO_NOT_WAKE)
        a.jump_if_at_most(2, WAKING_INTERVAL, "chosen")
        a.store(0, 0, 3)
        a.label("wake")
        a.put(1, _WAKE)
        a.label("chosen")
        a.copy(2, 1)


def _key_of_thread(a: Assembler) -> None:
    a.call(_THREAD)
    a.store(STACK, _KEY, 0)


def _pass_over_other_families(a: Assembler) -> None:
    """Go on only with an address, in register 7, that internet sockets take."""
    _read_family_and_port(a, _READ_USER, 7)
    a.load(1, STACK, _FOUND, 2)
    for family in (AF_INET, AF_INET6, AF_UNSPEC):
        a.jump_if_equal(1, family, "internet")
    a.jump("out")
    a.label("internet")


def _read_family_and_port(a: Assembler, helper: int, address: int) -> None:
    """Copy the beginning of an address, in a register, to the stack."""
    a.store_value(STACK, _FOUND, 0)
    a.address(1, STACK, _FOUND)
    a.put(2, _PORT + 2)
    a.copy(3, address)
    a.call(helper)


def _pass_over_any_port(a: Assembler, place: int) -> None:
    """Pass over a success that asked for any port, a 0 on the stack.

    Who resolves names does that all the time. A server that does it listens, which is seen.
    """
    a.jump_unless_equal(7, 0, "not any port")
    a.load(1, STACK, place, 2)
    a.jump_if_equal(1, 0, "out")
    a.label("not any port")


def _pass_over_other_results(a: Assembler) -> None:
    a.jump_if_equal(7, 0, "of interest")
    a.jump_unless_equal(7, -EADDRINUSE, "out")
    a.label("of interest")


def _address(a: Assembler, helper: int) -> None:
    """Copy the address at register 9: no more of it than there must be."""
    short, rest = records.ADDRESS_SHORT, records.ADDRESS_LONG - records.ADDRESS_SHORT
    _read(a, helper, records.ADDRESS, short, 9, 0)
    a.load(1, 8, records.ADDRESS, 2)
    a.jump_unless_equal(1, AF_INET6, "short")
    _read(a, helper, records.ADDRESS + short, rest, 9, short)
    a.label("short")


def _socket_of_descriptor(a: Assembler, layout: Layout) -> None:
    """Put the socket of the descriptor that was kept into register 6.

    Another thread may have put another file there meanwhile: so it counts only as the file that
    the socket itself says it belongs to.
    """
    a.copy(6, 9)
    _follow(a, layout.task_files)
    _follow(a, layout.files_table)
    _follow(a, layout.table_files)
    a.load(1, STACK, _VALUE, 4)
    a.shift_left(1, 3)
    a.add_register(6, 1)
    _follow(a, 0)
    a.jump_if_equal(6, 0, "no socket")
    a.store(STACK, _FILE, 6)
    _follow(a, layout.file_private)
    _read_word(a, _FOUND, layout.socket_file)
    a.load(1, STACK, _FOUND)
    a.load(2, STACK, _FILE)
    a.jump_unless_same(1, 2, "no socket")


def _socket(a: Assembler, layout: Layout) -> None:
    """Copy what the socket in register 6 says of itself. The register is lost."""
    a.store_value(8, records.SOCKET_KNOWN, 1, 4)
    _read(a, _READ_KERNEL, records.INODE, 8, 6, layout.socket_inode)
    _follow(a, layout.socket_sock)
    _read(a, _READ_KERNEL, records.COMMON, layout.common_size, 6, layout.sock_common)
    _read(a, _READ_KERNEL, records.PROTOCOL, 2, 6, layout.sock_protocol)
    a.load(6, 8, records.COMMON + layout.common_net)
    _read(a, _READ_KERNEL, records.NETNS, 4, 6, layout.net_number)


def _number_here(a: Assembler, layout: Layout, level: int) -> None:
    """Copy the number of the task's process in one PID namespace."""
    a.copy(6, 9)
    _follow(a, layout.task_leader)
    _follow(a, layout.task_pid)
    place = layout.pid_numbers + level * layout.pid_number_size
    _read(a, _READ_KERNEL, records.PID_HERE, 4, 6, place)


def _arguments(a: Assembler, layout: Layout) -> None:
    """Copy the beginning of the command line of the task in register 9."""
    a.copy(6, 9)
    _follow(a, layout.task_memory)
    _read_word(a, _FOUND, layout.arguments_start)
    _read_word(a, _END, layout.arguments_end)
    a.load(1, STACK, _FOUND)
    a.jump_if_equal(1, 0, "no arguments")
    a.load(7, STACK, _END)
    a.subtract_register(7, 1)
    a.store(8, records.ARGUMENTS_SIZE, 7)
    a.jump_if_at_most(7, records.ARGUMENTS_ROOM, "whole")
    a.put(7, records.ARGUMENTS_ROOM)
    a.label("whole")
    a.address(1, 8, records.ARGUMENTS)
    a.copy(2, 7)
    a.load(3, STACK, _FOUND)
    a.call(_READ_USER)
    a.jump_unless_equal(0, 0, "no arguments")
    a.store_value(8, records.ARGUMENTS_KNOWN, 1, 4)


def _follow(a: Assembler, offset: int) -> None:
    """Replace register 6 by the pointer that it points at, with an offset."""
    _read_word(a, _FOUND, offset)
    a.load(6, STACK, _FOUND)


def _read_word(a: Assembler, place: int, offset: int) -> None:
    """Read 64 bits behind register 6 onto the stack."""
    a.address(1, STACK, place)
    a.put(2, 8)
    a.address(3, 6, offset)
    a.call(_READ_KERNEL)


def _read(a: Assembler, helper: int, place: int, size: int, base: int, offset: int) -> None:
    """Read from behind a register into the record."""
    a.address(1, 8, place)
    a.put(2, size)
    a.address(3, base, offset)
    a.call(helper)
