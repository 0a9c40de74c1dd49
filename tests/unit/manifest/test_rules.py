"""Kubernetes' rules for a Pod's values, and its warnings."""

from __future__ import annotations

import pytest

from tests.unit.manifest.manifests import HEAD, KUBIA_MANUAL, MAIN, pod_of, problems_of, read


def told(problems):
    return [problem.partition(": ")[2] for problem in problems]


def of_metadata(fields):
    text = KUBIA_MANUAL.replace("{name: kubia-manual", "{" + fields)
    return told(problems_of(text))


def of_container(*containers):
    return told(problems_of(HEAD + "".join(f"  - {{{fields}}}\n" for fields in containers)))


@pytest.mark.parametrize("name", ["web", "a.b", "1", "a" * 253])
def test_a_pod_s_name_is_a_subdomain(name):
    assert pod_of(KUBIA_MANUAL.replace("kubia-manual", f"'{name}'"))["metadata"]["name"] == name


@pytest.mark.parametrize(
    ("fields", "begin"),
    [
        ("name: Web", "metadata.name: a lowercase RFC 1123 subdomain must consist"),
        ("name: " + "a" * 254, "metadata.name: must be no more than 253 bytes"),
        ("name: ''", "metadata.name: Required value: name or generateName is required"),
        ("generateName: We", "metadata.generateName: a lowercase RFC 1123 subdomain must consist"),
        ("name: a, namespace: a.b", "metadata.namespace: must not contain dots"),
        ("name: a, labels: {a b: c}", "metadata.labels: name part must consist"),
        ("name: a, labels: {a: b c}", "metadata.labels: a valid label must be an empty string"),
        ("name: a, annotations: {a b: c}", "metadata.annotations: name part must consist"),
        (
            f"name: a, annotations: {{a: {'x' * 262_144}}}",
            "metadata.annotations: Too long: may not be more than 262144 bytes",
        ),
        (
            "name: a, annotations: {minipod.dev/rootfs: shared}",
            (
                'metadata.annotations[minipod.dev/rootfs]: Unsupported value: "shared": '
                'supported values: "host", "private"'
            ),
        ),
    ],
)
def test_wrong_metadata_is_told(fields, begin):
    (problem,) = of_metadata(fields)
    assert problem.startswith(begin)


@pytest.mark.parametrize("fields", ["generateName: web-", "name: a, annotations: {A.io/B: c d}"])
def test_a_prefix_may_end_with_a_dash_and_an_annotation_be_any_text(fields):
    pod_of(KUBIA_MANUAL.replace("{name: kubia-manual", "{" + fields))


@pytest.mark.parametrize("rootfs", ["host", "private"])
def test_the_annotation_for_the_root_takes_two_words(rootfs):
    pod_of(
        KUBIA_MANUAL.replace("{name", f"{{annotations: {{minipod.dev/rootfs: {rootfs}}}, name", 1)
    )


@pytest.mark.parametrize(
    ("line", "begin"),
    [
        (
            "restartPolicy: Sometimes",
            (
                'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
                '"Never", "OnFailure"'
            ),
        ),
        (
            "terminationGracePeriodSeconds: -1",
            "spec.terminationGracePeriodSeconds: must be greater than or equal to 0",
        ),
        (
            "activeDeadlineSeconds: 0",
            "spec.activeDeadlineSeconds: must be between 1 and 2147483647, inclusive",
        ),
        ("hostname: a.b", "spec.hostname: must not contain dots"),
        ("nodeName: A", "spec.nodeName: a lowercase RFC 1123 subdomain"),
        (
            "ephemeralContainers: [{name: e}]",
            "spec.ephemeralContainers: Forbidden: cannot be set on create",
        ),
    ],
)
def test_a_wrong_spec_is_told(line, begin):
    (problem,) = told(problems_of(f"{HEAD}{MAIN}  {line}\n"))
    assert problem.startswith(begin)


@pytest.mark.parametrize("containers", ["containers: []", "containers:", "hostname: a"])
def test_a_pod_has_containers(containers):
    text = HEAD.replace("containers:", containers)
    assert told(problems_of(text)) == ["spec.containers: Required value"]


@pytest.mark.parametrize(
    ("fields", "begin"),
    [
        ("image: x", "spec.containers[0].name: Required value"),
        ("name: '', image: x", "spec.containers[0].name: Required value"),
        ("name: A, image: x", "spec.containers[0].name: a lowercase RFC 1123 label"),
        ("name: a.b, image: x", "spec.containers[0].name: must not contain dots"),
        ("name: a", "spec.containers[0].image: Required value"),
        ("name: a, args: [x]", "spec.containers[0].image: Required value"),
        (
            "name: a, image: ' x'",
            "spec.containers[0].image: must not have leading or trailing whitespace",
        ),
        (
            "name: a, image: x, imagePullPolicy: no",
            "spec.containers[0].imagePullPolicy: must be a string, not the boolean false",
        ),
        (
            "name: a, image: x, imagePullPolicy: Maybe",
            'spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: ',
        ),
        (
            "name: a, image: x, env: [{value: x}]",
            "spec.containers[0].env[0].name: Required value",
        ),
        (
            "name: a, image: x, env: [{name: ''}]",
            "spec.containers[0].env[0].name: Required value",
        ),
        (
            "name: a, image: x, env: [{name: a=b}]",
            "spec.containers[0].env[0].name: a valid environment variable name must consist only",
        ),
        (
            "name: a, image: x, env: [{name: a, value: b, valueFrom: {fieldRef: {fieldPath: c}}}]",
            "spec.containers[0].env[0].valueFrom: may not be specified when `value` is not empty",
        ),
        (
            "name: a, image: x, ports: [{containerPort: 0}]",
            "spec.containers[0].ports[0].containerPort: must be between 1 and 65535, inclusive",
        ),
        (
            "name: a, image: x, ports: [{containerPort: 1, hostPort: 65536}]",
            "spec.containers[0].ports[0].hostPort: must be between 1 and 65535, inclusive",
        ),
        (
            "name: a, image: x, ports: [{containerPort: 1, protocol: tcp}]",
            (
                'spec.containers[0].ports[0].protocol: Unsupported value: "tcp": '
                'supported values: "SCTP", "TCP", "UDP"'
            ),
        ),
        (
            "name: a, image: x, ports: [{containerPort: 1, name: '80'}]",
            "spec.containers[0].ports[0].name: must contain at least one letter (a-z)",
        ),
        (
            "name: a, image: x, ports: [{name: p, containerPort: 1}, {name: p, containerPort: 2}]",
            'spec.containers[0].ports[1].name: Duplicate value: "p"',
        ),
        (
            (
                "name: a, image: x, ports: [{containerPort: 1, hostPort: 9}, "
                "{containerPort: 2, hostPort: 9}]"
            ),
            (
                'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//9": container "a" '
                "wants this port of the machine twice: give one of the two another hostPort"
            ),
        ),
    ],
)
def test_a_wrong_container_is_told(fields, begin):
    (problem,) = of_container(fields)
    assert problem.startswith(begin)


def test_names_are_unique_among_containers_and_init_containers():
    text = HEAD + MAIN + "  initContainers:\n" + MAIN
    assert told(problems_of(text)) == ['spec.containers[0].name: Duplicate value: "main"']


def test_a_port_s_name_may_stand_in_two_containers():
    ports = "image: x, ports: [{name: http, containerPort: %d}]"
    pod_of(f"{HEAD}  - {{name: a, {ports % 80}}}\n  - {{name: b, {ports % 81}}}\n")


def test_a_host_port_may_be_used_by_both_protocols():
    ports = "[{containerPort: 1, hostPort: 9}, {containerPort: 1, hostPort: 9, protocol: UDP}]"
    assert len(read(f"{HEAD}  - {{name: a, image: x, ports: {ports}}}\n").objects) == 1


def test_a_wrong_type_is_told_once_and_hides_no_other_problem():
    assert of_container("name: [a], ports: [{containerPort: x}, {containerPort: 0}]") == [
        "spec.containers[0].image: Required value",
        "spec.containers[0].name: must be a string, not a list",
        'spec.containers[0].ports[0].containerPort: must be an integer, not the text "x"',
        "spec.containers[0].ports[1].containerPort: must be between 1 and 65535, inclusive",
    ]


def test_what_a_field_of_a_wrong_type_should_hold_is_not_asked_for():
    assert told(problems_of("apiVersion: v1\nkind: Pod\nmetadata: a\nspec: 3\n")) == [
        'metadata: must be a mapping, not the text "a"',
        "spec: must be a mapping, not the number 3",
    ]


def test_a_container_without_image_runs_its_command_and_gets_one_warning():
    assert read(f"{HEAD}  - {{name: a, command: [sleep, '1']}}\n").warnings == (
        (
            "pod.yaml:6:5: spec.containers[0]: no image: minipod runs the command, "
            "a cluster will want an image"
        ),
    )


def test_several_containers_without_image_get_one_warning_together():
    containers = "".join(f"  - {{name: {name}, command: [sleep, '1']}}\n" for name in "abc")
    assert told(read(HEAD + containers).warnings) == [
        (
            "spec.containers[0]: no image: minipod runs the command, "
            "a cluster will want an image (also b, c)"
        )
    ]


def of_ports(*containers):
    """Return the warnings for containers a, b, c with these ports."""
    lines = (
        f"  - {{name: {name}, image: x, ports: [{ports}]}}\n"
        for name, ports in zip("abc", containers, strict=False)
    )
    return told(read(HEAD + "".join(lines)).warnings)


def test_a_port_that_two_containers_declare_is_a_warning_with_both_names():
    same = "{containerPort: 80}, {containerPort: 80, protocol: UDP}"
    begin, end = "duplicate port definition with spec.containers[0]", "both declare 80/"
    assert of_ports(same, same, "{containerPort: 80}") == [
        f'spec.containers[1].ports[0]: {begin}.ports[0]: containers "a" and "b" {end}TCP',
        f'spec.containers[1].ports[1]: {begin}.ports[1]: containers "a" and "b" {end}UDP',
        f'spec.containers[2].ports[0]: {begin}.ports[0]: containers "a" and "c" {end}TCP',
    ]


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("", "", "duplicate"),
        ("hostPort: 8080", "", "overlapping"),
        ("hostPort: 8080", "hostPort: 8080, hostIP: 127.0.0.1", "dangerously ambiguous"),
        ("hostPort: 8080", "hostPort: 8081", None),
        (
            "hostPort: 8080, hostIP: 10.0.0.1",
            "hostPort: 8080, hostIP: 127.0.0.1",
            None,
        ),
    ],
)
def test_a_container_may_declare_a_port_twice_for_two_host_ports(one, other, words):
    """The words are those of Kubernetes."""
    ports = ", ".join(f"{{containerPort: 80, {each}}}" for each in (one, other))
    end = 'port definition with spec.containers[0].ports[0]: container "a" declares 80/TCP twice'
    wanted = [f"spec.containers[0].ports[1]: {words} {end}"] if words else []
    assert of_ports(ports) == wanted


def test_two_host_ports_make_no_room_for_two_containers_on_one_port():
    (warning,) = of_ports(
        "{containerPort: 80, hostPort: 8080}", "{containerPort: 80, hostPort: 8081}"
    )
    assert warning.endswith('containers "a" and "b" both declare 80/TCP')


@pytest.mark.parametrize(
    ("port", "warning"),
    [
        ("hostPort: 8080", None),
        ("hostPort: 8080, hostIP: 127.0.0.1", None),
        (
            "hostPort: 8080, protocol: SCTP",
            "hostPort: minipod opens host ports for TCP and UDP: this one opens nothing",
        ),
        (
            "hostPort: 8080, hostIP: '::1'",
            "hostIP: ::1 is not an IPv4 address, which alone pods have: it opens nothing",
        ),
        (
            "hostPort: 8080, hostIP: here",
            "hostIP: here is not an IPv4 address, which alone pods have: it opens nothing",
        ),
        ("hostIP: 127.0.0.1", "hostIP: hostIP set without hostPort: it opens nothing"),
    ],
)
def test_a_host_port_that_opens_nothing_is_a_warning(port, warning):
    wanted = [f"spec.containers[0].ports[0].{warning}"] if warning else []
    assert of_ports(f"{{containerPort: 80, {port}}}") == wanted


def test_a_host_port_may_stand_once_on_an_address():
    """As Kubernetes has it: whether addresses overlap is not looked at within a pod."""
    ports = "{containerPort: 80, hostPort: 8080, hostIP: %s}"
    first, second = ports % "127.0.0.1", ports % "127.0.0.1"
    assert of_container(f"name: a, image: x, ports: [{first}, {second}]") == [
        (
            'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP/127.0.0.1/8080": '
            'container "a" wants this port of the machine twice: '
            "give one of the two another hostPort"
        )
    ]
    both = f"{{containerPort: 80, hostPort: 8080}}, {ports % '127.0.0.1'}"
    assert len(of_ports(both)) == 1


def test_two_ports_of_containers_on_one_of_the_machine_are_a_warning_with_both_names():
    """An address that is one of all: Kubernetes says nothing."""
    one, other = "{containerPort: 80, hostPort: 8080}", "{containerPort: 81, hostPort: 8080, %s}"
    assert of_ports(one, other % "hostIP: 127.0.0.1") == [
        (
            "spec.containers[1].ports[0].hostPort: hostPort TCP/127.0.0.1/8080 overlaps "
            'TCP/0.0.0.0/8080 of spec.containers[0].ports[0]: containers "a" and "b" '
            "both want port 8080 of the machine"
        )
    ]
    assert len(of_ports(one, other % "hostIP: 0.0.0.0")) == 1
    assert of_ports(one, other % "protocol: UDP") == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("8080:80/TCP,127.0.0.1:5353:53/UDP", None),
        ("", None),
        ("8080", '"8080" is not [IP:]HOST:POD[/udp]'),
        ("8080:80/SCTP", '"8080:80/SCTP": the protocol is tcp or udp, not SCTP'),
        ("8080:80,127.0.0.1:8080:81", 'Duplicate value: "TCP/127.0.0.1/8080"'),
        ("127.0.0.1:7070:80", 'Duplicate value: "TCP/127.0.0.1/7070"'),
    ],
)
def test_the_annotation_lists_host_ports(value, words):
    text = KUBIA_MANUAL.replace(
        "{name: kubia-manual", f"{{name: a, annotations: {{minipod.dev/host-ports: '{value}'}}"
    ).replace("{containerPort: 8080", "{hostPort: 7070, containerPort: 8080")
    if words is None:
        pod_of(text)
    else:
        assert told(problems_of(text)) == [f"metadata.annotations[minipod.dev/host-ports]: {words}"]


def test_a_variable_that_hides_another_is_a_warning_unless_it_builds_on_it():
    env = "[{name: A, value: x}, {name: A, value: $(A)y}, {name: A, value: z}]"
    assert told(read(f"{HEAD}  - {{name: a, image: x, env: {env}}}\n").warnings) == [
        (
            'spec.containers[0].env[2]: hides previous definition of "A", '
            "which may be dropped when using apply"
        )
    ]


def test_two_containers_that_want_one_port_of_the_machine_are_named():
    first = "  - {name: a, image: x, ports: [{containerPort: 1, hostPort: 9}]}\n"
    second = "  - {name: b, image: x, ports: [{containerPort: 2, hostPort: 9}]}\n"
    (problem,) = problems_of(HEAD + first + second)
    assert problem.endswith(
        'Duplicate value: "TCP//9": containers "a" and "b" both want this port of the machine: '
        "give one of the two another hostPort"
    )
