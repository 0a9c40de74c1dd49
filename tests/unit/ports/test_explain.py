"""The sentence and the record of a conflict: each case is a failed call and a pod's port space."""

from __future__ import annotations

from datetime import UTC

import msgspec

from minipod.model.conflicts import Rule
from minipod.ports.explain import explain, suspect

from .spaces import refused, sock, space, taken

LOSER = 'container "sidecar" (pid 4312, python3 -m http.server 8080)'
WINNER = 'container "web" (pid 4188, python3 app.py)'
CONFIGURE = (
    'Configure "sidecar" for another port (8081 is free); if both need this one, they belong in '
    "two pods."
)


def told(call, pod_ports, *bindings):
    return explain(call, pod_ports, bindings, UTC)


def test_the_sentence_of_the_dual_stack():
    conflict = told(refused(), space(sock("::", v6only=False)), taken("::"))
    assert conflict.rule is Rule.DUAL_STACK
    assert conflict.explanation == (
        f"{LOSER} cannot bind 0.0.0.0:8080/tcp: held by {WINNER} listening on [::]:8080 since "
        "22:13:21. An IPv6 wildcard socket also takes the IPv4 port unless it sets IPV6_V6ONLY. "
        f"If each is meant for its own family, set IPV6_V6ONLY. {CONFIGURE}"
    )


def test_a_conflict_in_json_has_the_promised_fields():
    conflict = told(refused(count=3), space(sock("127.0.0.1")), taken("127.0.0.1"))
    explanation = conflict.explanation
    assert msgspec.to_builtins(conflict) == {
        "time": "2023-11-14T22:13:29.250000Z",
        "namespace": "default",
        "pod": "kubia",
        "protocol": "TCP",
        "port": 8080,
        "family": "IPv4",
        "rule": "Wildcard",
        "explanation": explanation,
        "wanted": {
            "address": "0.0.0.0",
            "container": "sidecar",
            "pid": 4312,
            "command": "python3 -m http.server 8080",
        },
        "holder": {
            "address": "127.0.0.1",
            "container": "web",
            "pid": 4188,
            "command": "python3 app.py",
            "since": "2023-11-14T22:13:21.500000Z",
        },
        "count": 3,
    }


def test_suspicion():
    pod_ports = space(sock("0.0.0.0"), declares={"sidecar": [8080]})
    conflict = suspect("sidecar", 1, pod_ports, 1_700_000_000.0)
    assert conflict.wanted.pid is None
    assert conflict.rule is Rule.UNKNOWN
    assert conflict.explanation == (
        'container "sidecar" exited with code 1, and declares port 8080/tcp, which is held by '
        f'{WINNER} on 0.0.0.0:8080. Configure "web", which does not declare it, for another port '
        "(8081 is free)."
    )
