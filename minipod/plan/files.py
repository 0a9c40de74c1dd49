"""The texts of the files that a pod has of its own (kubelet: managedHostsFileContent)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address

_HOSTS = """\
# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""


def hosts_file(address: IPv4Address, hostname: str) -> str:
    """Return the pod's /etc/hosts."""
    return f"{_HOSTS}{address}\t{hostname}\n"


def hostname_file(hostname: str) -> str:
    """Return the pod's /etc/hostname."""
    return f"{hostname}\n"
