"""kubectl's spellings of options, in click's."""

from __future__ import annotations

import click
import pytest

from minipod.cli.spelling import for_click

OPTIONS = [
    click.Option(["-o", "--output"]),
    click.Option(["-f", "--follow"], is_flag=True),
    click.Option(["-q", "--quiet"], is_flag=True),
    click.Option(["--tail"], type=int),
    click.Option(["--wait"], type=bool, is_flag=False, flag_value="true"),
]


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("-o=yaml web", "--output=yaml web"),
        ("web -o=a=b", "web --output=a=b"),
        ("--output=yaml -oyaml -o yaml", "--output=yaml --output yaml --output yaml"),
        ("-fo yaml -fq -fowide", "-fo yaml --follow --quiet --follow --output wide"),
        ("-fo=yaml -fx -", "-fo=yaml -fx -"),
        ("-o", "-o"),
        ("aqf", "aqf"),
        ("--follow=true -f=1 web", "--follow --follow web"),
        ("--follow=false -f=F web", "web"),
        ("--wait web", "--wait=true web"),
        ("--wait=false", "--wait=false"),
        ("--tail -1 -o --wait web", "--tail -1 --output --wait web"),
        ("--tail", "--tail"),
        ("--unknown=x -xo=y", "--unknown=x -xo=y"),
        ("web -- -o=yaml --wait", "web -- -o=yaml --wait"),
    ],
)
def test_a_spelling(typed: str, spelled: str) -> None:
    assert for_click(OPTIONS, typed.split(), interspersed=True) == spelled.split()


def test_the_options_of_a_group_end_at_the_command() -> None:
    words = ["-o=yaml", "get", "-o=json"]
    assert for_click(OPTIONS, words, interspersed=False) == ["--output=yaml", "get", "-o=json"]


def test_a_flag_is_on_or_off() -> None:
    with pytest.raises(click.BadParameter, match='"maybe" is not true or false'):
        for_click(OPTIONS, ["--follow=maybe"], interspersed=True)
