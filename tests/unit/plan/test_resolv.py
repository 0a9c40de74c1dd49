"""What a pod's /etc/resolv.conf says."""

from __future__ import annotations

from minipod.plan.resolv import pod_resolv_conf

STUB = """\
# This is /run/systemd/resolve/stub-resolv.conf
nameserver 127.0.0.53
options edns0 trust-ad
search lan example.org
"""


def test_servers_search_and_options_are_the_hosts() -> None:
    host = "; old\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch lan\noptions ndots:2\n"
    assert pod_resolv_conf(host) == (
        "nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch lan\noptions ndots:2\n"
    )


def test_a_stub_on_loopback_is_replaced_by_what_it_forwards_to() -> None:
    upstream = "nameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch other\n"
    assert pod_resolv_conf(STUB, [upstream]) == (
        "nameserver 192.0.2.1\nnameserver 192.0.2.2\n"
        "options edns0 trust-ad\nsearch lan example.org\n"
    )


def test_the_first_upstream_that_names_a_server_counts() -> None:
    assert "192.0.2.9" in pod_resolv_conf(STUB, ["", "nameserver ::1\n", "nameserver 192.0.2.9\n"])


def test_upstreams_are_not_asked_when_the_host_names_real_servers() -> None:
    assert pod_resolv_conf("nameserver 192.0.2.1\n", ["nameserver 192.0.2.9\n"]) == (
        "nameserver 192.0.2.1\n"
    )


def test_without_upstreams_the_other_servers_remain() -> None:
    host = "nameserver 127.0.0.1\nnameserver 192.0.2.7\n"
    assert pod_resolv_conf(host) == "nameserver 192.0.2.7\n"


def test_servers_that_only_the_host_reaches_are_left_out() -> None:
    """Loopback of both kinds, "this host", and an address on one of the host's links."""
    host = "".join(
        f"nameserver {server}\n"
        for server in ("127.0.0.1", "::1", "0.0.0.0", "fe80::1%eth0", "nonsense", "192.0.2.1")
    )
    assert pod_resolv_conf(host) == "nameserver 192.0.2.1\n"


def test_no_server_at_all_is_said_in_a_comment() -> None:
    text = pod_resolv_conf("nameserver 127.0.0.1\nsearch lan\n")
    assert text.startswith("# ")
    assert text.endswith("search lan\n")
    assert "nameserver" not in text
    assert pod_resolv_conf("").startswith("# ")
