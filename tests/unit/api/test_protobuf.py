"""Kubernetes' protobuf: what is read of it, and that what is broken is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.api.protobuf import UnreadKind, decode
from minipod.errors import BadRequest


def text(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def envelope(kind: bytes, raw: bytes) -> bytes:
    return b"k8s\0" + text(1, text(1, b"v1") + text(2, kind)) + text(2, raw)


def test_a_namespace_is_read() -> None:
    label = text(11, text(1, b"a") + text(2, b"b"))
    metadata = text(1, b"lab") + label + text(12, text(1, b"c")) + text(14, b"x/y")
    strange = bytes([15 << 3, 0x96, 1]) + bytes([13 << 3 | 1]) + bytes(8)
    body = envelope(b"Namespace", text(1, metadata + strange) + text(2, text(1, b"kubernetes")))
    assert decode(body) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "lab",
            "labels": {"a": "b"},
            "annotations": {"c": ""},
            "finalizers": ["x/y"],
        },
        "spec": {"finalizers": ["kubernetes"]},
    }


def test_the_options_of_a_deletion_are_read() -> None:
    body = envelope(b"DeleteOptions", bytes([1 << 3, 5]) + text(2, text(1, b"u")) + text(5, b"All"))
    read = decode(body)
    assert read["gracePeriodSeconds"] == 5
    assert read["preconditions"] == {"uid": "u"}
    assert read["dryRun"] == ["All"]


def test_what_one_may_do_is_asked() -> None:
    attributes = text(1, b"lab") + text(2, b"create") + text(5, b"pods")
    read = decode(envelope(b"SelfSubjectAccessReview", text(2, text(1, attributes))))
    wanted = {"namespace": "lab", "verb": "create", "resource": "pods"}
    assert read["spec"] == {"resourceAttributes": wanted}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{}", "it is no protobuf of Kubernetes"),
        (b"k8s\0", "its protobuf is broken"),
        (envelope(b"Namespace", b"\x0a\x7f"), "its protobuf is broken"),
        (envelope(b"Namespace", b"\x0f"), "its protobuf is broken"),
        (envelope(b"Namespace", b"\xff" * 12), "its protobuf is broken"),
        (envelope(b"Namespace", text(1, text(1, b"\xff"))), "its protobuf is broken"),
        (envelope(b"Namespace", bytes([1 << 3, 1])), "its protobuf is broken"),
    ],
)
def test_what_cannot_be_read_is_told(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        decode(body)
    assert words in refused.value.message


def test_a_kind_that_is_not_read_is_named() -> None:
    with pytest.raises(UnreadKind) as refused:
        decode(envelope(b"Pod", b""))
    assert refused.value.kind == "Pod"


@given(st.binary(max_size=60), st.sampled_from([b"Namespace", b"DeleteOptions"]))
def test_no_bytes_are_worse_than_refused(raw: bytes, kind: bytes) -> None:
    for body in (envelope(kind, raw), b"k8s\0" + raw):
        try:
            read: Any = decode(body)
        except (BadRequest, UnreadKind):
            continue
        assert read["kind"]
