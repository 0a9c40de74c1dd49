"""Label and field selectors mean what they mean in Kubernetes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.api.resources import EVENTS, PODS
from minipod.errors import BadRequest
from minipod.plan.selectors import parse


def matches(labels: str, **have: str) -> bool:
    return parse(PODS, labels, "").matches({"metadata": {"labels": have}})


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ("", {}, True),
        ("app=web", {"app": "web"}, True),
        ("app=web", {"app": "db"}, False),
        ("app=web", {}, False),
        ("app==web", {"app": "web"}, True),
        ("app = web", {"app": "web"}, True),
        ("app=", {"app": ""}, True),
        ("app!=web", {"app": "db"}, True),
        ("app!=web", {"app": "web"}, False),
        ("app!=web", {}, True),
        ("app", {"app": "x"}, True),
        ("app", {}, False),
        ("!app", {}, True),
        ("! app", {"app": "x"}, False),
        ("app in (web,db)", {"app": "db"}, True),
        ("app in ( web , db )", {"app": "web"}, True),
        ("app in (web,db)", {"app": "x"}, False),
        ("app in (web,db)", {}, False),
        ("app notin (web,db)", {"app": "x"}, True),
        ("app notin (web,db)", {}, True),
        ("app notin (web)", {"app": "web"}, False),
        ("app in (web,db),tier!=x,!old,new", {"app": "db", "new": ""}, True),
        ("app in (web,db),tier!=x,!old,new", {"app": "db", "new": "", "old": ""}, False),
        ("app.kubernetes.io/name=web", {"app.kubernetes.io/name": "web"}, True),
        ("inside=1,notin=2", {"inside": "1", "notin": "2"}, True),
        ("cores>3", {"cores": "4"}, True),
        ("cores > 3, cores<5", {"cores": "4"}, True),
        ("cores>3", {"cores": "3"}, False),
        ("cores<3", {"cores": "2"}, True),
        ("cores<3", {}, False),
        ("cores<3", {"cores": "few"}, False),
        ("cores>-1", {"cores": "0"}, True),
    ],
)
def test_label_selectors(selector, labels, expected):
    assert matches(selector, **labels) is expected


def test_an_object_without_labels_has_none():
    assert not parse(PODS, "app", "").matches({"metadata": {}})
    assert not parse(PODS, "app", "").matches({"metadata": {"labels": None}})


@pytest.mark.parametrize(
    "selector",
    [
        "app=web,",
        ",app",
        "a b",
        "app in web",
        "app in (a",
        "=x",
        "a=b=c",
        "a=-",
        "-a",
        "a>x",
        "a>",
        "!",
    ],
)
def test_a_label_selector_that_is_none_is_refused_with_an_example(selector):
    with pytest.raises(BadRequest) as caught:
        parse(PODS, selector, "")
    assert selector in str(caught.value)
    assert "app=web" in caught.value.hint


_LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,5}[a-z0-9])?", fullmatch=True)


@given(st.dictionaries(_LABEL, _LABEL), st.dictionaries(_LABEL, _LABEL))
def test_equalities_are_a_subset_of_the_labels(wanted, have):
    selector = ",".join(f"{key}={value}" for key, value in wanted.items())
    assert matches(selector, **have) is (wanted.items() <= have.items())


@given(_LABEL, st.sets(_LABEL, min_size=1), st.dictionaries(_LABEL, _LABEL))
def test_notin_is_the_opposite_of_in(key, values, have):
    inside = ",".join(values)
    assert matches(f"{key} in ({inside})", **have) is not matches(f"{key} notin ({inside})", **have)


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_a_bad_request(text):
    for labels, fields in ((text, ""), ("", text)):
        with suppress(BadRequest):
            parse(PODS, labels, fields)


POD = {
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"nodeName": "n1"},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("metadata.name=web", True),
        ("metadata.name==web", True),
        ("metadata.name!=web", False),
        ("metadata.namespace=other", False),
        ("spec.nodeName=n1,status.phase=Running", True),
        ("spec.nodeName=n1,status.phase!=Running", False),
        ("status.podIP=", True),
        (r"metadata.name=we\b", True),
    ],
)
def test_field_selectors_of_pods(selector, expected):
    assert parse(PODS, "", selector).matches(POD) is expected


def test_field_selectors_of_events_name_the_object_involved():
    event = {"metadata": {}, "involvedObject": {"name": "web", "kind": "Pod", "uid": "1"}}
    wanted = "involvedObject.name=web,involvedObject.uid=1,involvedObject.kind=Pod"
    assert parse(EVENTS, "", wanted).matches(event)
    assert not parse(EVENTS, "", "involvedObject.name=db").matches(event)


def test_an_unknown_field_is_refused_with_those_that_are_known():
    with pytest.raises(BadRequest, match=r"field label not supported: spec\.x") as caught:
        parse(PODS, "", "spec.x=1")
    assert "status.phase" in caught.value.hint


def test_a_field_selector_needs_a_comparison():
    with pytest.raises(BadRequest):
        parse(PODS, "", "metadata.name")
