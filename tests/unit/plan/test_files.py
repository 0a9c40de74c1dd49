"""The files that a pod has of its own."""

from ipaddress import IPv4Address

from minipod.plan.files import hostname_file, hosts_file


def test_the_hosts_file_is_the_kubelets() -> None:
    lines = hosts_file(IPv4Address("10.244.0.2"), "web").splitlines()
    assert lines[0] == "# Kubernetes-managed hosts file."
    assert "127.0.0.1\tlocalhost" in lines
    assert "fe00::2\tip6-allrouters" in lines
    assert lines[-1] == "10.244.0.2\tweb"


def test_the_hostname_file_holds_the_hostname() -> None:
    assert hostname_file("web") == "web\n"
