# SPDX-License-Identifier: Apache-2.0
"""Analytics Engine: points that Workers write, and questions to them."""

import json
import uuid

import pytest

from wfptest.api import LOCATION, Api
from wfptest.process import kill_now
from wfptest.uploads import Scripts, error
from wfptest.wait import until

SCRIPT = """return { fetch = function(request, env)
    local out = {}
    for i, point in ipairs(request:json()) do
        local ok, err = pcall(env.POINTS.writeDataPoint, env.POINTS, point)
        out[i] = ok and "fine" or tostring(err)
    end
    return Response.json(json.array(out))
end }
"""


@pytest.fixture(autouse=True)
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


class Dataset:
    """A dataset, and a Worker that writes what a test says."""

    def __init__(self, api, tenant, **where):
        self.api, self.tenant = api, tenant
        self.name = "d" + uuid.uuid4().hex
        self.worker = self.writer(**where)

    def writer(self, **where):
        return self.tenant.deploy(
            SCRIPT, "--binding", f"analytics_engine:POINTS={self.name}",
            **where)

    def write(self, *points, worker=None):
        answer = (worker or self.worker).post(json.dumps(points).encode())
        assert answer.status == 200, answer
        return answer.json

    @property
    def path(self):
        base = f"{self.api.account}/analytics_engine/datasets"
        return f"{base}/{self.name}/query"

    def ask(self, *select, **more):
        return self.api.ok("POST", self.path,
                           {"select": select or ["count"], **more})

    def count(self):
        rows = self.ask("count")
        return rows[0]["count"] if rows else 0

    def wait(self, n):
        until(lambda: self.count() >= n, f"{n} points in the store")
        assert self.count() == n


@pytest.fixture
def dataset(api, tenant):
    return Dataset(api, tenant)


def point(customer, path, *numbers):
    return {"indexes": [customer], "blobs": [path], "doubles": list(numbers)}


@pytest.mark.one_mpm
class TestQuestions:
    def test_764_01_sums(self, dataset):
        assert dataset.write(point("a", "/x", 1, 10), point("a", "/y", 2, 20),
                             point("b", "/x", 4.5)) == ["fine"] * 3
        dataset.wait(3)
        assert dataset.ask("count", "sum:double1", "avg:double1", "min:double1",
                           "max:double1", "sum:double2", "sum:double20") == [
            {"count": 3, "sum:double1": 7.5, "avg:double1": 2.5,
             "min:double1": 1, "max:double1": 4.5, "sum:double2": 30,
             "sum:double20": 0}]

    def test_764_02_groups_and_conditions(self, dataset):
        dataset.write(point("a", "/x", 1), point("a", "/y", 2),
                      point("b", "/x", 4))
        dataset.wait(3)
        rows = dataset.ask("count", "sum:double1", group_by=["index1"])
        assert sorted(rows, key=str) == [
            {"index1": "a", "count": 2, "sum:double1": 3},
            {"index1": "b", "count": 1, "sum:double1": 4}]
        assert dataset.ask("count", where={"blob1": "/x", "index1": "a"}) == [
            {"count": 1}]
        rows = dataset.ask("count", group_by=["namespace", "worker", "day"])
        assert len(rows) == 1 and rows[0]["namespace"] == "demo"
        assert rows[0]["worker"] == dataset.worker.name
        assert dataset.ask("count", until="2020-01-01T00:00:00Z") == []

    def test_764_03_datasets(self, api, dataset):
        dataset.write(point("a", "/x", 1))
        dataset.wait(1)
        rows = api.ok("GET", f"{api.account}/analytics_engine/datasets")
        mine = [row for row in rows if row["name"] == dataset.name]
        assert mine and mine[0]["points"] == 1

    @pytest.mark.parametrize("body", [
        {}, {"select": []}, {"select": ["sum:double21"]}, {"select": ["blob1"]},
        {"select": ["sum:double0"]}, {"select": "count"},
        {"select": ["count"], "group_by": ["blob21"]},
        {"select": ["count"], "group_by": ["x'; DROP TABLE data_points"]},
        {"select": ["count"], "where": {"x": "y"}},
        {"select": ["count"], "where": {"blob1": 7}},
        {"select": ["count"], "since": "yesterday"},
        {"select": ["count"], "sql": "SELECT 1"}])
    def test_764_04_wrong_questions(self, api, dataset, body):
        assert api.refused("POST", dataset.path, body)[0] == 400

    def test_764_05_tokens_of_a_namespace_see_their_own(self, api, tenant):
        """Points of others in the same dataset are not seen, by no question."""
        dataset = Dataset(api, tenant, ns=tenant.namespace())
        theirs = dataset.writer(ns=tenant.namespace())
        dataset.write({"indexes": ["a"], "doubles": [1]})
        dataset.write({"indexes": ["b"], "doubles": [5]},
                      {"indexes": ["b"], "doubles": [7]}, worker=theirs)
        account = dataset.writer(ns=None)
        assert account.name  # who writes in no namespace is nobody's of them
        dataset.wait(3)
        datasets = f"{api.account}/analytics_engine/datasets"
        for names, count, total in (
                ([dataset.worker.ns], 1, 1), ([theirs.ns], 2, 12),
                ([dataset.worker.ns, theirs.ns], 3, 13), (["demo"], 0, 0)):
            made = api.ok("POST", f"{api.account}/tokens", {
                "name": "t", "role": "read", "namespaces": names})
            mine = Api(api.httpd, api.client, made["value"])
            rows = mine.ok("POST", dataset.path,
                           {"select": ["count", "sum:double1"]})
            assert rows == ([{"count": count, "sum:double1": total}]
                            if count else [])
            seen = mine.ok("POST", dataset.path, {
                "select": ["count"], "group_by": ["namespace", "index1"]})
            assert {row["namespace"] for row in seen} <= set(names)
            assert mine.ok("POST", dataset.path, {
                "select": ["count"],
                "where": {"namespace": "nobody-has-this"}}) == []
            listed = [row for row in mine.ok("GET", datasets)
                      if row["name"] == dataset.name]
            assert [row["points"] for row in listed] == (
                [count] if count else [])
            api.ok("DELETE", f"{api.account}/tokens/{made['id']}")

    def test_764_07_names_of_namespaces_come_again(self, api, tenant):
        """Points stay with the namespace that they were written in, not with
        its name."""
        first = tenant.namespace()
        dataset = Dataset(api, tenant, ns=first)
        dataset.write({"indexes": ["a"], "doubles": [1]})
        dataset.wait(1)

        def seen(*names):
            made = api.ok("POST", f"{api.account}/tokens", {
                "name": "t", "role": "read", "namespaces": [*names]})
            rows = Api(api.httpd, api.client, made["value"]).ok(
                "POST", dataset.path, {"select": ["count"]})
            api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
            return rows[0]["count"] if rows else 0
        assert seen(first) == 1
        assert api.refused("POST", api.namespaces, {"name": first})[0] == 400
        assert seen(first) == 1
        second = first + "b"
        api.ok("PATCH", f"{api.namespaces}/{first}", {"name": second})
        api.ok("POST", api.namespaces, {"name": first})
        assert (seen(first), seen(second)) == (0, 1)
        api.ok("DELETE", f"{api.namespaces}/{second}/scripts/"
               f"{dataset.worker.name}?force=true")
        api.ok("DELETE", f"{api.namespaces}/{second}")
        api.ok("PATCH", f"{api.namespaces}/{first}", {"name": second})
        assert seen(second) == 0
        everything = api.ok("POST", dataset.path, {"select": ["count"]})
        assert everything == [{"count": 1}]

    def test_764_06_tokens_of_a_bucket_see_nothing(self, api, dataset):
        dataset.write({"doubles": [1]})
        dataset.wait(1)
        api.ok("POST", f"{api.account}/r2/buckets", {"name": "b764"})
        made = api.ok("POST", f"{api.account}/tokens", {
            "name": "t", "role": "read", "s3": True, "buckets": ["b764"]})
        mine = Api(api.httpd, api.client, made["value"])
        assert mine.ok("GET", f"{api.account}/analytics_engine/datasets") == []
        assert mine.ok("POST", dataset.path, {"select": ["count"]}) == []
        api.ok("DELETE", f"{api.account}/tokens/{made['id']}")
        api.ok("DELETE", f"{api.account}/r2/buckets/b764")


WRONG = {
    "two indexes": {"indexes": ["a", "b"]},
    "a long index": {"indexes": ["x" * 97]},
    "21 blobs": {"blobs": ["x"] * 21},
    "large blobs": {"blobs": ["x" * 9000] * 2},
    "a table as blob": {"blobs": [{"a": 1}]},
    "a NUL": {"blobs": ["\0"]},
    "21 doubles": {"doubles": [1] * 21},
    "a text as double": {"doubles": ["x"]},
    "no list": {"blobs": "x"},
}


@pytest.mark.one_mpm
class TestPoints:
    @pytest.mark.parametrize("what", WRONG)
    def test_764_20_wrong_points(self, dataset, what):
        told = dataset.write(WRONG[what])[0]
        assert told.startswith("TypeError: "), told

    def test_764_21_the_largest(self, dataset):
        largest = {"indexes": ["x" * 96], "blobs": ["é" * 400] * 20,
                   "doubles": [1.5] * 20}
        assert dataset.write(largest, {}) == ["fine"] * 2
        dataset.wait(2)
        assert dataset.ask("sum:double20")[0]["sum:double20"] == 1.5
        assert len(dataset.ask("count", group_by=["blob20"])) == 2

    def test_764_22_25_an_invocation(self, dataset):
        told = dataset.write(*[{"doubles": [1]}] * 27)
        assert told[:25] == ["fine"] * 25
        assert all("Maximum of 25 data points" in each for each in told[25:])
        dataset.wait(25)

    def test_764_23_who_wrote_is_the_servers_word(self, dataset):
        other = dataset.writer(ns=dataset.tenant.namespace())
        dataset.write(point("a", "/x", 1))
        dataset.write(point("a", "/x", 1), worker=other)
        dataset.wait(2)
        rows = dataset.ask("count", group_by=["namespace", "worker"])
        assert {(row["namespace"], row["worker"]) for row in rows} == {
            ("demo", dataset.worker.name), (other.ns, other.name)}

    def test_764_24_uploads(self, api):
        binding = {"type": "analytics_engine", "name": "POINTS",
                   "dataset": "my_data-1"}
        scripts = Scripts(api, "demo")
        name = scripts.made(bindings=[binding])
        assert scripts.get(name, "/bindings") == [binding]
        name = scripts.made(bindings=[{"type": "analytics_engine",
                                       "name": "POINTS"}])
        assert scripts.get(name, "/bindings")[0]["dataset"] == "POINTS"
        for dataset in ("", "a b", "x" * 101, 7):
            status, code, text = error(scripts.put(
                scripts.name(), bindings=[{**binding, "dataset": dataset}]))
            assert (status, code) == (400, 10021)
            assert text.startswith('binding "POINTS": "dataset" is not'), text


class TestProcesses:
    def test_764_40_a_graceful_restart_keeps(self, httpd, dataset):
        for _ in range(4):
            dataset.write(*[{"doubles": [1]}] * 25)
        httpd.graceful()
        dataset.write({"doubles": [1]})
        dataset.wait(101)

    def test_764_41_killed_children_lose_nothing(self, httpd, dataset):
        httpd.log.expect("AH00052")
        for n in range(3):
            for _ in range(4):
                dataset.write(*[{"doubles": [1]}] * 25)
            before = httpd.children()
            for pid in before:
                kill_now(pid)
            until(lambda: set(httpd.children()) - set(before), "children")

            def answers():
                try:
                    return dataset.write() == []
                except (OSError, AssertionError):
                    return False
            until(answers, "an answer")
        dataset.wait(300)
