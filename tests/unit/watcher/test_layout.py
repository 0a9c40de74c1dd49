"""What is taken from a kernel, and which kernels are refused."""

from __future__ import annotations

import pytest

from tests.unit.watcher.kernels import ADDRESS6, NET, layout


def test_offsets_are_those_of_the_kernel() -> None:
    """A sample of every kind: plain, nested, behind an array, a bit field."""
    found = layout()
    assert (found.task_files, found.sock_protocol) == (8, 532)
    assert (found.common_net, found.common_address6) == (NET, ADDRESS6)
    assert found.socket_inode == 128 + 64
    assert found.net_number == 100 + 24
    assert (found.pid_numbers, found.pid_number_size) == (144, 16)
    assert (found.common_v6only.shift, found.common_v6only.bits) == (5, 1)


@pytest.mark.parametrize(
    ("functions", "hooked"),
    [
        (("inet_bind", "inet_listen"), {"inet_bind", "inet_listen"}),
        (
            ("inet_bind", "inet6_bind", "inet_listen", "mptcp_bind", "mptcp_listen"),
            {"inet_bind", "inet6_bind", "inet_listen"},
        ),
        (
            ("inet_bind", "inet_bind_sk", "inet_listen", "mptcp_bind", "mptcp_listen"),
            {"inet_bind", "inet_listen", "mptcp_bind", "mptcp_listen"},
        ),
    ],
)
def test_each_call_passes_one_function(functions: tuple[str, ...], hooked: set[str]) -> None:
    """Multipath TCP's own only where it does not pass the ordinary ones."""
    assert set(layout(functions=functions).functions) == hooked


def test_a_kernel_of_another_shape_is_refused() -> None:
    """Rather than told wrong."""
    with pytest.raises(LookupError, match="sock_common"):
        layout(common_size=80)
    with pytest.raises(LookupError, match="inet_listen"):
        layout(functions=("inet_bind",))
