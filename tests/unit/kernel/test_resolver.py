"""Which files of the host tell where pods ask for names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.kernel import resolver

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_stub_is_followed_to_the_forwarders_own_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub, upstream = tmp_path / "resolv.conf", tmp_path / "upstream"
    stub.write_text("nameserver 127.0.0.53\nsearch lan\n")
    upstream.write_text("nameserver 192.0.2.53\n")
    monkeypatch.setattr(resolver, "HOST", stub)
    monkeypatch.setattr(resolver, "UPSTREAMS", (tmp_path / "none", upstream))
    assert resolver.resolv_conf() == "nameserver 192.0.2.53\nsearch lan\n"


def test_a_host_without_any_file_gives_a_text_without_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "HOST", tmp_path / "none")
    monkeypatch.setattr(resolver, "UPSTREAMS", (tmp_path,))
    assert "nameserver" not in resolver.resolv_conf()
