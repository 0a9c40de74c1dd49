"""What is said of host ports before anything runs."""

from __future__ import annotations

from minipod.errors import Place
from minipod.model.host_ports import Claim, HostPort, Taken
from minipod.model.pod import Protocol
from minipod.model.sockets import Holder
from minipod.ports.declared import DeclaredPort, findings


def declared(
    line: int, pod: str, container: str, host_port: int = 8080, host_ip: str = "0.0.0.0"
) -> DeclaredPort:
    port = HostPort(Protocol.TCP, host_ip, host_port, 80, container)
    return DeclaredPort(ord(pod), Claim(f"default/{pod}", port), Place("a.yaml", line, 5), "field")


def told(*ports: DeclaredPort, taken: dict[Claim, Taken] | None = None, in_use=()) -> list[str]:
    return [
        f"{finding.problem.place}: {finding.problem.message} | {finding.way_out}"
        for finding in findings(ports, taken or {}, in_use)
    ]


def test_pods_of_different_ports_are_right() -> None:
    assert told(declared(1, "a", "x", 8080), declared(2, "b", "x", 8081)) == []
    one, other = ("127.0.0.1", "10.0.0.1")
    assert told(declared(1, "a", "x", host_ip=one), declared(2, "b", "x", host_ip=other)) == []


def test_two_pods_that_want_one_port_are_told_with_both_names_and_a_free_port() -> None:
    one, other = declared(1, "a", "x"), declared(2, "b", "y", host_ip="127.0.0.1")
    assert told(one, other, in_use={8081}) == [
        (
            "a.yaml:2:5: hostPort 127.0.0.1:8080/TCP is also wanted by pod default/a, "
            'container "x", at a.yaml:1:5 | give container "y" another hostPort, 8082 is free; '
            "else one of the two pods waits until the other has ended"
        )
    ]


def test_what_a_pod_wants_twice_is_told_by_its_manifest() -> None:
    assert told(declared(1, "a", "x"), declared(2, "a", "y", host_ip="127.0.0.1")) == []


def test_who_has_a_port_now_is_told_with_the_way_out_that_fits() -> None:
    pod, program = declared(1, "a", "x", 8080), declared(2, "b", "x", 9090)
    by_pod = Taken(pod.claim.port, Claim("default/web", pod.claim.port))
    by_program = Taken(program.claim.port, Holder(7, "nc -l 9090"))
    first, second = told(pod, program, taken={pod.claim: by_pod, program.claim: by_program})
    assert 'hostPort 8080/TCP is taken by pod default/web, container "x" | ' in first
    assert first.endswith("8081 is free; else one of the two pods waits until the other has ended")
    assert "is taken on this machine by pid 7 (nc -l 9090) | " in second
    assert second.endswith("9091 is free; or end that program")
