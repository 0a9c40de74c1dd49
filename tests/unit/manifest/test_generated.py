"""Names from generateName."""

from __future__ import annotations

from minipod.manifest import formats, generated_name


def test_a_suffix_follows_the_prefix():
    assert generated_name("web-", "x5k2z") == "web-x5k2z"


def test_a_long_prefix_is_cut_so_that_the_name_is_a_label():
    name = generated_name("a" * 100, "x5k2z")
    assert name == "a" * 58 + "x5k2z"
    assert formats.label(name) == []
