"""Names and values have Kubernetes' forms, and what is wrong with one is told in its words."""

from __future__ import annotations

import pytest

from minipod.manifest import formats

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (formats.label, "a"),
        (formats.label, "123-abc"),
        (formats.label, "a" * 63),
        (formats.subdomain, "a.b-c.1"),
        (formats.subdomain, ".".join(["a" * 49] * 5) + "abc"),
        (formats.qualified_name, "MyName"),
        (formats.qualified_name, "app.kubernetes.io/My_name.1"),
        (formats.label_value, ""),
        (formats.label_value, "My_Value.1"),
        (formats.port_name, "http-80"),
        (formats.variable_name, "my.env-name 1"),
    ],
)
def test_a_value_of_the_right_form_passes(form, value):
    assert form(value) == []


@pytest.mark.parametrize(
    ("form", "value", "begins"),
    [
        (formats.label, "A", [LABEL]),
        (formats.label, "a\n", [LABEL]),
        (formats.label, "-a", [LABEL]),
        (formats.label, "a.b", ["must not contain dots"]),
        (formats.label, "a" * 64, ["must be no more than 63 bytes"]),
        (formats.subdomain, "a..b", ["a lowercase RFC 1123 subdomain must consist"]),
        (formats.subdomain, "a" * 254, ["must be no more than 253 bytes"]),
        (formats.qualified_name, "", ["name part must be non-empty", "name part must consist"]),
        (formats.qualified_name, "/a", ["prefix part must be non-empty"]),
        (formats.qualified_name, "A/a", ["prefix part a lowercase RFC 1123 subdomain"]),
        (formats.qualified_name, "a/b/c", ["a valid label key must consist"]),
        (formats.qualified_name, "a b", ["name part must consist of alphanumeric characters"]),
        (formats.qualified_name, "a" * 64, ["name part must be no more than 63 bytes"]),
        (formats.label_value, "a b", ["a valid label must be an empty string or consist"]),
        (formats.label_value, "a" * 64, ["must be no more than 63 bytes"]),
        (formats.port_name, "a" * 16, ["must be no more than 15 bytes"]),
        (formats.port_name, "HTTP", ["must contain only alpha-numeric", "must contain at least"]),
        (formats.port_name, "80", ["must contain at least one letter (a-z)"]),
        (formats.port_name, "a--b", ["must not contain consecutive hyphens"]),
        (formats.port_name, "a-", ["must not begin or end with a hyphen"]),
        (formats.variable_name, "a=b", ["a valid environment variable name must consist only"]),
        (formats.variable_name, "\u00e9", ["a valid environment variable name must consist only"]),
    ],
)
def test_what_is_wrong_is_told_in_kubernetes_words(form, value, begins):
    wrong = form(value)
    assert len(wrong) == len(begins)
    for words, begin in zip(wrong, begins, strict=True):
        assert words.startswith(begin)


@pytest.mark.parametrize("value", [0, 65536, -1])
def test_a_number_outside_a_range_is_told_the_range(value):
    assert formats.in_range(value, 1, 65535) == ["must be between 1 and 65535, inclusive"]


@pytest.mark.parametrize("value", [1, 65535])
def test_both_ends_belong_to_a_range(value):
    assert formats.in_range(value, 1, 65535) == []
