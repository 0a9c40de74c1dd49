"""The files hold Kubernetes' whole Pod and what is ours; the policy names fields that exist."""

from __future__ import annotations

import msgspec
import pytest

from minipod.model.conflicts import KIND, Conflict, Holding, Wanted
from minipod.schema import structure
from minipod.schema.policy import ACTED_ON, CLUSTER_ADDS, DEFAULTS, ENUMS, SERVER_OWNED
from minipod.schema.structure import ListOf, MapOf, Object, Scalar


@pytest.mark.parametrize(
    "path",
    [
        "metadata.generateName",
        "metadata.ownerReferences.controller",
        "spec.activeDeadlineSeconds",
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        "spec.containers.env.valueFrom.secretKeyRef.key",
        "spec.containers.envFrom.configMapRef.name",
        "spec.containers.lifecycle.preStop.exec.command",
        "spec.containers.livenessProbe.grpc.port",
        "spec.containers.ports.hostIP",
        "spec.containers.resources.limits",
        "spec.containers.securityContext.capabilities.add",
        "spec.containers.volumeMounts.subPathExpr",
        "spec.dnsConfig.options.name",
        "spec.ephemeralContainers.targetContainerName",
        "spec.hostAliases.hostnames",
        "spec.initContainers.restartPolicy",
        "spec.shareProcessNamespace",
        "spec.tolerations.tolerationSeconds",
        "spec.topologySpreadConstraints.maxSkew",
        "spec.volumes.projected.sources.serviceAccountToken.audience",
        "status.containerStatuses.state.terminated.exitCode",
    ],
)
def test_a_field_of_kubernetes_is_known(path):
    shape = structure.pod()
    for name in path.split("."):
        while isinstance(shape, ListOf | MapOf):
            shape = shape.item
        assert isinstance(shape, Object)
        shape = shape.fields[name]


def test_types_and_required_fields_are_those_of_kubernetes():
    types = structure.types()
    port = types["ContainerPort"]
    assert port.fields["containerPort"] is Scalar.INTEGER
    assert port.required == {"containerPort"}
    assert types["Container"].required == {"name"}
    assert types["PodSpec"].required == {"containers"}
    assert types["HTTPGetAction"].fields["port"] is Scalar.INT_OR_STRING
    limits = types["ResourceRequirements"].fields["limits"]
    assert isinstance(limits, MapOf)
    assert limits.item is Scalar.QUANTITY


@pytest.mark.parametrize(
    ("name", "model"), [(KIND, Conflict), ("PortHolder", Holding), ("PortWanted", Wanted)]
)
def test_the_types_of_port_conflicts_are_what_is_kept_of_them(name, model):
    of_every_object = {"apiVersion", "kind", "metadata"} if name == KIND else set()
    fields = {field.name for field in msgspec.structs.fields(model)}
    assert set(structure.types()[name].fields) == fields | of_every_object


@pytest.mark.parametrize("table", [ACTED_ON, DEFAULTS, ENUMS, CLUSTER_ADDS])
def test_the_policy_names_only_fields_that_exist(table):
    types = structure.types()
    assert {
        f"{name}.{field}"
        for name, fields in table.items()
        for field in fields
        if field not in types[name].fields
    } == set()


def test_every_field_that_the_server_owns_exists():
    assert set(structure.types()["ObjectMeta"].fields) >= SERVER_OWNED
