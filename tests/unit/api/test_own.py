"""minipod's own routes: images, ports, the server."""

from __future__ import annotations

import pytest

from minipod.model.sockets import Mark, PortRow

from .conftest import OWN


def test_images_are_mapped_listed_and_unmapped(api):
    body = {"pattern": "a/b:*", "command": ["sleep", "1"]}
    assert api.ask("PUT", f"{OWN}/images", json=body).code == 200
    assert api.get(f"{OWN}/images").json == {"images": {"a/b:*": ["sleep", "1"]}}
    assert api.ask("DELETE", f"{OWN}/images", params={"pattern": "a/b:*"}).code == 200
    assert api.get(f"{OWN}/images").json == {"images": {}}


def test_an_image_that_is_not_mapped_is_not_found(api):
    answer = api.ask("DELETE", f"{OWN}/images?pattern=x")
    assert (answer.code, answer.json["message"]) == (404, 'image "x" is not mapped')
    assert api.ask("DELETE", f"{OWN}/images").code == 400


@pytest.mark.parametrize("body", [{}, {"pattern": "x"}, {"pattern": "x", "command": "sleep 1"}])
def test_a_mapping_that_is_none_is_refused(api, body):
    assert api.ask("PUT", f"{OWN}/images", json=body).code == 400


def test_ports_of_all_of_a_namespace_and_of_one_pod(api):
    web = PortRow(
        "default", "web", "main", "TCP", "0.0.0.0", 80, 7, "httpd", True, (Mark.DECLARED,), None
    )
    db = PortRow("other", "db", None, "UDP", "::", 53, None, None, False, (Mark.UNDECLARED,), "x")
    api.engine.rows = [web, db]
    api.engine.add("web")
    assert [row["pod"] for row in api.get(f"{OWN}/ports").json["items"]] == ["web", "db"]
    assert [row["pod"] for row in api.get(f"{OWN}/ports?namespace=other").json["items"]] == ["db"]
    (row,) = api.get(f"{OWN}/ports?namespace=default&pod=web").json["items"]
    assert row == {
        "namespace": "default",
        "pod": "web",
        "container": "main",
        "protocol": "TCP",
        "address": "0.0.0.0",
        "port": 80,
        "pid": 7,
        "command": "httpd",
        "declared": True,
        "marks": ["Declared"],
        "note": None,
    }
    assert api.get(f"{OWN}/ports?namespace=default&pod=nope").code == 404
    assert api.get(f"{OWN}/ports?pod=web").code == 400


def test_the_doctor_reports_and_measures_when_asked(api):
    report = api.get(f"{OWN}/doctor").json
    assert report["watcher"] == {
        "mechanism": "tracepoint",
        "pid": 7,
        "reasons": {"fexit": "no"},
        "missing": ["x"],
        "trouble": None,
        "lost": 3,
        "cost": {
            "bindNanoseconds": 2000.5,
            "bindRatio": 1.25,
            "otherNanoseconds": 60,
            "otherRatio": 1.1,
        },
    }
    assert api.get(f"{OWN}/doctor?measure=true").code == 200
    assert api.engine.doctor.asked == [False, True]


def test_the_server_says_who_it_is(api):
    root = api.engine.info.root
    assert api.get(f"{OWN}/server").json == {
        "pid": 4711,
        "socket": f"{root}/server.sock",
        "root": root,
        "version": "0.0.test",
    }


def test_stop_and_purge_are_passed_on(api):
    assert api.ask("POST", f"{OWN}/server/stop").json["status"] == "Success"
    assert api.engine.stopped
    assert api.ask("POST", f"{OWN}/purge").json["status"] == "Success"
    assert api.engine.purged


def test_a_network_is_wanted_and_the_answer_is_the_one_there_is(api):
    for wanted in ("10.9.0.0/16", "10.8.0.0/16"):
        answer = api.ask("PUT", f"{OWN}/network", json={"clusterCIDR": wanted})
        assert answer.json == {"clusterCIDR": "10.9.0.0/16"}
    answer = api.ask("PUT", f"{OWN}/network", json={"clusterCIDR": "10.8.0.0/30"})
    assert answer.code == 400
    assert "/30 is no size" in answer.json["message"]
