"""What a container runs."""

from minipod.model.pod import Container, EnvVar
from minipod.plan.process import expand, mapped_command, process


def test_variables_expand_as_in_kubernetes() -> None:
    known = {"NAME": "value", "EMPTY": ""}
    assert expand("a $(NAME) b", known) == "a value b"
    assert expand("$(EMPTY)", known) == ""
    assert expand("$(UNKNOWN)", known) == "$(UNKNOWN)"
    assert expand("$$(NAME)", known) == "$(NAME)"
    assert expand("$$$(NAME)", known) == "$value"
    assert expand("$NAME and $", known) == "$NAME and $"
    assert expand("$(NAME", known) == "$(NAME"


def test_a_variable_sees_those_before_it_only() -> None:
    container = Container(
        "c",
        command=("x",),
        env=(EnvVar("A", "1"), EnvVar("B", "$(A)2"), EnvVar("C", "$(D)"), EnvVar("D", "4")),
    )
    made = process(container, "host", {})
    assert made is not None
    assert (made.env["B"], made.env["C"]) == ("12", "$(D)")


def test_every_container_has_path_home_and_hostname_unless_it_says_otherwise() -> None:
    made = process(Container("c", command=("x",), env=(EnvVar("HOME", "/tmp"),)), "web", {})
    assert made is not None
    assert made.env["HOSTNAME"] == "web"
    assert made.env["HOME"] == "/tmp"
    assert "/usr/bin" in made.env["PATH"]


def test_command_and_args_are_joined_and_expanded() -> None:
    container = Container("c", command=("echo", "$(A)"), args=("$(A)!",), env=(EnvVar("A", "1"),))
    made = process(container, "h", {})
    assert made is not None
    assert made.argv == ("echo", "1", "1!")


def test_args_follow_what_the_image_is_mapped_to() -> None:
    made = process(Container("c", image="web:1", args=("-v",)), "h", {"web:1": ["serve", "."]})
    assert made is not None
    assert made.argv == ("serve", ".", "-v")


def test_a_command_replaces_the_images() -> None:
    made = process(Container("c", image="web:1", command=("true",)), "h", {"web:1": ["serve"]})
    assert made is not None
    assert made.argv == ("true",)


def test_without_command_and_mapping_there_is_nothing_to_run() -> None:
    assert process(Container("c", image="web:1", args=("-v",)), "h", {}) is None


def test_an_exact_image_wins_over_a_pattern_and_a_long_pattern_over_a_short_one() -> None:
    images = {"*": ["any"], "web:*": ["web"], "web:1": ["one"]}
    assert mapped_command("web:1", images) == ("one",)
    assert mapped_command("web:2", images) == ("web",)
    assert mapped_command("db", images) == ("any",)
    assert mapped_command("", images) is None
