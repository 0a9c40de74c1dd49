"""Both stores keep the promises of minipod.store.protocol.Store."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from minipod.errors import AlreadyExists, Conflict, Expired, HostError, NotFound
from minipod.store import base
from minipod.store.memory import MemoryStore
from minipod.store.protocol import Change, Key
from minipod.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from minipod.store.protocol import Revision, Store

WEB = Key("Pod", "default", "web")


def pod(name: str = "web", namespace: str = "default", **spec: Any) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(str(tmp_path / "state.db"))
    yield made
    made.close()


def read(store: Store, count: int, after: int, **scope: Any) -> list[Revision]:
    """Return the first revisions that a watch yields, within a second."""

    async def collect() -> list[Revision]:
        reader = store.watch(scope.get("kind", "Pod"), scope.get("namespace"), after)
        async with asyncio.timeout(1):
            return [await anext(reader) for _ in range(count)]

    return asyncio.run(collect())


def test_an_empty_store_is_at_version_0(store):
    assert store.version == 0
    assert store.get(WEB) is None
    assert store.list("Pod") == []


def test_create_sets_the_resource_version_and_stores(store):
    made = store.create(pod())
    assert made["metadata"]["resourceVersion"] == "1"
    assert store.get(WEB) == made
    assert store.version == 1


def test_a_name_is_taken_once_in_its_kind_and_namespace(store):
    store.create(pod())
    with pytest.raises(AlreadyExists, match=r'^pods "web" already exists$'):
        store.create(pod())
    store.create(pod(namespace="other"))
    store.create({"kind": "Node", "metadata": {"name": "web"}})
    assert store.version == 3


def test_list_is_sorted_by_namespace_and_name_whatever_the_order_of_birth(store):
    for namespace, name in (("b", "a"), ("a", "z"), ("a", "b")):
        store.create(pod(name, namespace))
    names = [(obj["metadata"]["namespace"], obj["metadata"]["name"]) for obj in store.list("Pod")]
    assert names == [("a", "b"), ("a", "z"), ("b", "a")]
    assert [obj["metadata"]["name"] for obj in store.list("Pod", "b")] == ["a"]


def test_objects_are_copied_in_and_out(store):
    given = pod()
    made = store.create(given)
    made["spec"]["changed"] = given["spec"]["changed"] = True
    found = store.get(WEB)
    found["spec"]["changed"] = True
    assert store.get(WEB)["spec"] == {}
    assert "resourceVersion" not in given["metadata"]


def test_update_replaces_whole_and_makes_a_revision(store):
    made = store.create(pod(a=1))
    made["spec"] = {"b": 2}
    changed = store.update(made)
    assert changed["spec"] == {"b": 2}
    assert changed["metadata"]["resourceVersion"] == "2"


def test_update_refuses_what_was_read_before_another_change(store):
    old = store.create(pod())
    store.update({**old, "spec": {"a": 1}})
    with pytest.raises(Conflict):
        store.update({**old, "spec": {"a": 2}})
    assert store.get(WEB)["spec"] == {"a": 1}


def test_update_without_a_resource_version_wins(store):
    store.create(pod())
    assert store.update(pod(a=1))["metadata"]["resourceVersion"] == "2"


def test_update_of_nothing_is_not_found(store):
    with pytest.raises(NotFound, match='pods "web" not found'):
        store.update(pod())


def test_update_that_changes_nothing_makes_no_revision(store):
    made = store.create(pod(a=1, b=2))
    assert store.update(pod(a=1, b=2)) == made
    assert store.update(pod(b=2, a=1)) == made, "the order of fields is no change"
    assert store.version == 1


def test_delete_returns_the_last_state_with_the_version_of_the_deletion(store):
    store.create(pod(a=1))
    gone = store.delete(WEB)
    assert gone["spec"] == {"a": 1}
    assert gone["metadata"]["resourceVersion"] == "2"
    assert store.get(WEB) is None
    with pytest.raises(NotFound):
        store.delete(WEB)


def test_watch_replays_every_change_in_order(store):
    store.update({**store.create(pod()), "spec": {"a": 1}})
    store.delete(WEB)
    seen = read(store, 3, after=0)
    assert [(each.version, each.change) for each in seen] == [
        (1, Change.ADDED),
        (2, Change.MODIFIED),
        (3, Change.DELETED),
    ]
    assert [each.obj["spec"] for each in seen] == [{}, {"a": 1}, {"a": 1}]
    assert [each.obj["metadata"]["resourceVersion"] for each in seen] == ["1", "2", "3"]


def test_watch_tells_the_state_before_each_change(store):
    store.update({**store.create(pod()), "spec": {"a": 1}})
    store.delete(WEB)
    before = [each.before and each.before["spec"] for each in read(store, 3, after=0)]
    assert before == [None, {}, {"a": 1}]


def test_watch_begins_after_a_version(store):
    store.create(pod("a"))
    store.create(pod("b"))
    assert [each.key.name for each in read(store, 1, after=1)] == ["b"]


def test_watch_is_of_one_kind_and_namespace(store):
    store.create({"kind": "Node", "metadata": {"name": "n"}})
    store.create(pod("a", "one"))
    store.create(pod("b", "two"))
    assert [each.key.name for each in read(store, 1, after=0, namespace="two")] == ["b"]
    assert [each.key.name for each in read(store, 1, after=0, kind="Node")] == ["n"]


def test_watch_waits_for_changes_to_come_and_wakes_every_reader(store):
    async def scenario() -> None:
        readers = [store.watch("Pod", None, 0) for _ in range(3)]
        waits = [asyncio.ensure_future(anext(reader)) for reader in readers]
        await asyncio.sleep(0)
        store.create(pod())
        async with asyncio.timeout(1):
            assert [each.version for each in await asyncio.gather(*waits)] == [1, 1, 1]

    asyncio.run(scenario())


def test_a_cancelled_wait_loses_nothing(store):
    async def scenario() -> None:
        reader = store.watch("Pod", None, 0)
        wait = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        wait.cancel()
        store.create(pod())
        async with asyncio.timeout(1):
            assert (await anext(reader)).version == 1

    asyncio.run(scenario())


def test_a_slow_reader_delays_nobody_and_misses_nothing(store, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 7)

    async def scenario() -> None:
        slow, quick = store.watch("Pod", None, 0), store.watch("Pod", None, 0)
        count = base.RECENT_REVISIONS + 200
        current = store.create(pod(count=0))
        for number in range(1, count):
            current = store.update({**current, "spec": {"count": number}})
            assert (await anext(quick)).version == number
        seen = [await anext(slow) for _ in range(count)]
        assert [each.version for each in seen] == list(range(1, count + 1))
        assert seen[1].before is not None
        assert seen[1].before["spec"] == {"count": 0}

    asyncio.run(scenario())


def test_watches_end_when_the_store_is_closed(store):
    async def scenario() -> None:
        reader = store.watch("Pod", None, 0)
        wait = asyncio.ensure_future(anext(reader, None))
        await asyncio.sleep(0)
        store.close()
        async with asyncio.timeout(1):
            assert await wait is None

    asyncio.run(scenario())


def test_a_watch_from_before_the_kept_revisions_is_expired(store, monkeypatch):
    monkeypatch.setattr(base, "KEPT_REVISIONS", 10)
    for number in range(20):
        store.create(pod(f"p{number}"))
    assert read(store, 1, after=10)[0].version == 11
    with pytest.raises(Expired):
        read(store, 1, after=9)


def test_a_watch_from_another_history_is_expired(store):
    store.create(pod())
    with pytest.raises(Expired):
        read(store, 1, after=2)


def test_records_are_kept_by_bucket_and_key(store):
    store.put_record("links", "a", {"peer": [1, None]})
    store.put_record("names", "a", "x")
    store.put_record("links", "b", 2)
    assert store.record("links", "a") == {"peer": [1, None]}
    assert store.records("links") == {"a": {"peer": [1, None]}, "b": 2}
    store.drop_record("links", "a")
    store.drop_record("links", "never there")
    assert store.record("links", "a") is None
    assert store.records("nothing") == {}
    assert store.version == 0, "records have no revisions"


def test_records_are_copied_out(store):
    store.put_record("links", "a", [1])
    store.record("links", "a").append(2)
    assert store.record("links", "a") == [1]


def test_a_transaction_is_seen_inside_at_once_and_kept_as_a_whole(store):
    with store.transaction():
        store.create(pod("a"))
        store.put_record("owners", "a", 1)
        assert store.get(Key("Pod", "default", "a")) is not None
    assert store.version == 1
    assert store.record("owners", "a") == 1


def test_a_transaction_that_fails_leaves_no_trace(store):
    first = store.create(pod("kept"))
    store.put_record("owners", "kept", 1)

    def change_everything() -> None:
        with store.transaction():
            store.create(pod("new"))
            store.update({**first, "spec": {"a": 1}})
            store.delete(Key("Pod", "default", "kept"))
            store.put_record("owners", "new", 1)
            store.drop_record("owners", "kept")
            raise LookupError

    with pytest.raises(LookupError):
        change_everything()
    assert store.list("Pod") == [first]
    assert store.records("owners") == {"kept": 1}
    assert store.version == 1
    assert store.create(pod("next"))["metadata"]["resourceVersion"] == "2"
    assert [each.key.name for each in read(store, 2, after=0)] == ["kept", "next"]


def test_watchers_are_told_when_a_transaction_is_over_not_before(store):
    async def scenario() -> None:
        reader = store.watch("Pod", None, 0)
        with store.transaction():
            store.create(pod())
            assert store.entries_after(0) == []
        assert (await anext(reader)).version == 1

    asyncio.run(scenario())


class TestSurvival:
    """What the store on disk promises beyond."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> str:
        return str(tmp_path / "state.db")

    def test_everything_is_there_again(self, path):
        first = SqliteStore(path)
        made = first.create(pod())
        first.put_record("owners", "a", [1])
        first.close()
        again = SqliteStore(path)
        assert again.list("Pod") == [made]
        assert again.record("owners", "a") == [1]
        assert read(again, 1, after=0)[0].obj == made
        again.close()

    def test_the_version_never_goes_back(self, path):
        first = SqliteStore(path)
        first.create(pod())
        first.delete(WEB)
        first.close()
        again = SqliteStore(path)
        assert again.version == 2
        assert again.create(pod())["metadata"]["resourceVersion"] == "3"
        again.close()

    def test_what_was_written_survives_a_kill(self, path, tmp_path):
        store = SqliteStore(path)
        store.create(pod())
        copy = tmp_path / "copy.db"
        for suffix in ("", "-wal"):
            (tmp_path / f"copy.db{suffix}").write_bytes(
                (tmp_path / f"state.db{suffix}").read_bytes()
            )
        store.close()
        found = SqliteStore(str(copy))
        assert len(found.list("Pod")) == 1
        found.close()

    def test_the_disk_is_waited_for_seldom(self, path):
        """The file itself grows only where it is synced: not by the first thousand pages."""
        store = SqliteStore(path)
        store.put_record("blobs", "first", 0)
        before = os.path.getsize(path)
        with store.transaction():
            for number in range(2000):
                store.put_record("blobs", str(number), "x" * 4000)
        assert os.path.getsize(path) == before
        store.close()
        assert os.path.getsize(path) > before + 2000 * 4000

    def test_old_revisions_leave_the_file(self, path, monkeypatch):
        monkeypatch.setattr("minipod.store.sqlite.KEPT_REVISIONS", 10)
        monkeypatch.setattr("minipod.store.sqlite.TRIM_EVERY", 5)
        store = SqliteStore(path)
        for number in range(40):
            store.create(pod(f"p{number}"))
        store.close()
        (count,) = sqlite3.connect(path).execute("SELECT count(*) FROM revisions").fetchone()
        assert count == 10

    def test_a_state_that_was_lost_on_the_way_is_not_invented(self, path, monkeypatch):
        """`before` is None for a change whose predecessor is no longer kept."""
        monkeypatch.setattr("minipod.store.sqlite.KEPT_REVISIONS", 1)
        monkeypatch.setattr("minipod.store.sqlite.TRIM_EVERY", 1)
        store = SqliteStore(path)
        store.update({**store.create(pod()), "spec": {"a": 1}})
        store.close()
        again = SqliteStore(path)
        (seen,) = read(again, 1, after=1)
        assert (seen.change, seen.before) == (Change.MODIFIED, None)
        again.close()

    def test_a_file_that_is_no_database_is_refused_with_a_way_out(self, path, tmp_path):
        (tmp_path / "state.db").write_bytes(b"not a database, " * 100)
        with pytest.raises(HostError, match=r"cannot open the state .*state\.db") as caught:
            SqliteStore(path)
        assert "move" in caught.value.hint

    def test_a_damaged_database_is_refused(self, path, tmp_path):
        store = SqliteStore(path)
        for number in range(50):
            store.create(pod(f"p{number}", text="x" * 500))
        store.close()
        file = tmp_path / "state.db"
        content = bytearray(file.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        file.write_bytes(content)
        with pytest.raises(HostError, match="cannot read the state"):
            SqliteStore(path)

    def test_the_database_of_another_program_is_not_touched(self, path):
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE songs (title TEXT)")
        other.close()
        with pytest.raises(HostError, match="another program's"):
            SqliteStore(path)

    def test_the_database_of_a_newer_minipod_is_refused(self, path):
        SqliteStore(path).close()
        with sqlite3.connect(path) as newer:
            newer.execute("PRAGMA user_version = 99")
        newer.close()
        with pytest.raises(HostError, match="newer minipod"):
            SqliteStore(path)

    def test_two_servers_cannot_write_to_one_file(self, path, monkeypatch):
        monkeypatch.setattr("minipod.store.sqlite.LOCK_WAIT", 0.01)
        store = SqliteStore(path)
        with pytest.raises(HostError, match="locked"):
            SqliteStore(path)
        store.close()

    def test_a_change_that_cannot_be_written_did_not_happen(self, path):
        store = SqliteStore(path)
        store.create(pod())
        store._journal._db.execute("PRAGMA query_only = ON")
        with pytest.raises(HostError, match="cannot write the state"):
            store.create(pod("next"))
        assert [each["metadata"]["name"] for each in store.list("Pod")] == ["web"]
        assert store.version == 1
        store._journal._db.execute("PRAGMA query_only = OFF")
        assert store.create(pod("next"))["metadata"]["resourceVersion"] == "2"
        store.close()

    def test_a_full_disk_is_told_with_what_to_do(self, path, tmp_path):
        store = SqliteStore(path)
        store._journal._db.execute("PRAGMA max_page_count = 10")
        with pytest.raises(HostError, match="full") as caught:
            store.create(pod(text="x" * 100_000))
        assert f"df {tmp_path}" in caught.value.hint
        store.close()

    def test_only_its_owner_reads_the_file(self, path, tmp_path):
        """Pods carry secrets in their environment."""
        store = SqliteStore(path)
        store.create(pod())
        modes = {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
        assert modes == {0o600}
        store.close()

    def test_a_folder_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(HostError, match=r"cannot open the state .*: No such file"):
            SqliteStore(str(tmp_path / "none" / "state.db"))

    def test_a_long_path_works(self, tmp_path):
        folder = tmp_path.joinpath(*["d" * 60] * 5)
        folder.mkdir(parents=True)
        SqliteStore(str(folder / "state.db")).close()
