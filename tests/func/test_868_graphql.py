# SPDX-License-Identifier: Apache-2.0
"""What Workers did, asked in GraphQL as Cloudflare's dashboards and exporters
ask it: workersInvocationsAdaptive."""

import time

import pytest

from wfptest.api import LOCATION, Api, account_id
from wfptest.lua import DISPATCHER, says, worker
from wfptest.wait import until

# the question of Cloudflare's tutorial
TUTORIAL = """query GetWorkersAnalytics($accountTag: string, $datetimeStart: string,
    $datetimeEnd: string, $scriptName: string) {
  viewer { accounts(filter: {accountTag: $accountTag}) {
    workersInvocationsAdaptive(limit: 100, filter: { scriptName: $scriptName,
      datetime_geq: $datetimeStart, datetime_leq: $datetimeEnd }) {
        sum { subrequests requests errors }
        quantiles { cpuTimeP50 cpuTimeP99 }
        dimensions{ datetime scriptName status } } } } }"""
# of an exporter: the filter is one variable
BILLING = """query getBillingMetrics($id: String!,
    $filter: AccountWorkersInvocationsAdaptiveFilter_InputObject) {
  viewer { accounts(filter: {accountTag: $id}) {
    workersInvocationsAdaptive(limit: 10000, filter: $filter) {
      sum { requests } } } } }"""


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


class Graphql:
    def __init__(self, api, tag):
        self.api, self.tag = api, tag

    def post(self, query, variables=None):
        return self.api.call("POST", "/graphql",
                             {"query": query, "variables": variables}, raw=True)

    def data(self, query, **variables):
        answer = self.post(query, variables)
        assert answer.status == 200 and answer.json["errors"] is None, answer
        account, = answer.json["data"]["viewer"]["accounts"]
        return account

    def groups(self, filter_, selection, more=""):
        """Of today, with a filter in GraphQL's own words."""
        return self.data(
            'query($tag: string!, $since: Time!) { viewer { accounts(filter: '
            '{accountTag: $tag}) { workersInvocationsAdaptive(filter: {'
            f'datetime_geq: $since {filter_}}} {more}) {{ {selection} }} }} }} }}',
            tag=self.tag, since=stamp(time.time() - 3600)
        )["workersInvocationsAdaptive"]

    def requests(self, made):
        """How many are counted by now."""
        found = self.groups(f'scriptName: "{made.name}"', "sum { requests }")
        return found[0]["sum"]["requests"] if found else 0

    def refusal(self, query, variables=None):
        answer = self.post(query, variables)
        assert answer.status == 200 and answer.json["data"] is None
        error, = answer.json["errors"]
        return error["message"]


@pytest.fixture
def graphql(httpd, client):
    httpd.configure(LOCATION)
    return Graphql(Api(httpd, client), account_id(httpd))


@pytest.fixture
def mixed(graphql, tenant):
    """Three runs that went well, two errors, and one beyond its CPU time."""
    made = tenant.deploy(worker("""
        if request.url:find("/error") then error("no") end
        if request.url:find("/spin") then while true do end end
        pcall(fetch, "http://nowhere.invalid/")
        return Response.new("ok")"""), "--limit", "cpu_ms=30",
        ns=tenant.namespace())
    for path in ("/a", "/b", "/c", "/error", "/error", "/spin"):
        made.get(path)
    until(lambda: graphql.requests(made) == 6, "the numbers")
    return made


def by_status(groups):
    """{status: sum} over all times."""
    found = {}
    for group in groups:
        sums = found.setdefault(group["dimensions"]["status"], {})
        for name, n in group["sum"].items():
            sums[name] = sums.get(name, 0) + (n or 0)
    return found


class TestWhatIsAsked:
    def test_868_01_the_tutorial(self, graphql, mixed, tenant):
        def ask(made):
            now = time.time()
            return graphql.data(
                TUTORIAL, accountTag=graphql.tag, scriptName=made.name,
                datetimeStart=stamp(now - 3600), datetimeEnd=stamp(now + 60)
            )["workersInvocationsAdaptive"]

        groups = ask(mixed)
        assert all(set(group) == {"sum", "quantiles", "dimensions"}
                   and group["dimensions"]["scriptName"] == mixed.name
                   for group in groups)
        told = by_status(groups)
        assert {status: (sums["requests"], sums["errors"])
                for status, sums in told.items()} == {
            "success": (3, 0), "scriptThrewException": (2, 2),
            "exceededResources": (1, 1)}
        good = tenant.deploy(says('"ok"'))
        good.get()
        until(lambda: graphql.requests(good) == 1, "the number")
        group, = ask(good)
        assert group["sum"] == {"requests": 1, "errors": 0, "subrequests": 0}
        assert 0 < group["quantiles"]["cpuTimeP50"] \
            <= group["quantiles"]["cpuTimeP99"]
        assert group["dimensions"]["datetime"].endswith(":00Z")

    def test_868_02_what_is_not_known_by_status_is_null(self, graphql, mixed):
        """How a run ended is counted; what it used only for all together."""
        which = f'scriptName: "{mixed.name}"'
        figures = ("sum { requests subrequests cpuTimeUs wallTime "
                   "responseBodySize } quantiles { cpuTimeP50 cpuTimeP999 }")
        whole, = graphql.groups(which, figures)
        assert whole["sum"]["requests"] == 6
        assert whole["sum"]["subrequests"] == 3
        assert whole["sum"]["cpuTimeUs"] > 0 and whole["sum"]["wallTime"] > 0
        assert 0 < whole["quantiles"]["cpuTimeP50"] \
            <= whole["quantiles"]["cpuTimeP999"]
        parts = graphql.groups(which, figures + " dimensions { status }")
        assert [part["dimensions"]["status"] for part in parts] == [
            "success", "scriptThrewException", "exceededResources"]
        assert [part["sum"].pop("requests") for part in parts] == [3, 2, 1]
        for part in parts:
            assert {*part["sum"].values(), *part["quantiles"].values()} == {
                None}

    def test_868_03_an_exporter_that_sums(self, graphql, mixed):
        found, = graphql.data(BILLING, id=graphql.tag, filter={
            "date_geq": time.strftime("%Y-%m-%d", time.gmtime(
                time.time() - 86400)),
            "dispatchNamespaceName": mixed.ns})["workersInvocationsAdaptive"]
        assert found == {"sum": {"requests": 6}}
        assert graphql.groups(
            f'scriptName: "{mixed.name}" status: "scriptThrewException"',
            "sum { requests errors }") == [
                {"sum": {"requests": 2, "errors": 2}}]
        assert not graphql.groups(
            f'scriptName: "{mixed.name}" status: "clientDisconnected"',
            "sum { requests clientDisconnects }")

    def test_868_04_namespaces_and_account_workers(self, graphql, tenant,
                                                   client, httpd):
        """A dispatcher's runs are of no namespace, and count for themselves."""
        made = tenant.deploy(says('"user"'), ns=tenant.namespace())
        entry = tenant.deploy(
            DISPATCHER, "--binding", f"dispatch_namespace:DISPATCHER={made.ns}",
            ns=None)
        httpd.configure([*LOCATION, '<Location "/entry/">',
                         f"WfpDispatcher {entry.name}", "</Location>"])
        for _ in range(2):
            assert client.get("/entry/", host=f"{made.name}.test"
                              ).text == "user"
        until(lambda: graphql.requests(made) == 2
              and graphql.requests(entry) == 2, "the numbers")
        select = ("sum { requests } "
                  "dimensions { dispatchNamespaceName scriptName }")
        for which, ns in ((made, made.ns), (entry, "")):
            assert graphql.groups(f'scriptName: "{which.name}"', select) == [
                {"sum": {"requests": 2}, "dimensions": {
                    "dispatchNamespaceName": ns, "scriptName": which.name}}]
            assert graphql.groups(
                f'dispatchNamespaceName: "{ns}", scriptName: "{which.name}"',
                "sum { requests }") == [{"sum": {"requests": 2}}]
        assert not graphql.groups('dispatchNamespaceName: "nowhere"', select)

    def test_868_05_names_of_their_own_and_order(self, graphql, tenant):
        ns = tenant.namespace()
        made = [tenant.deploy(says('"ok"'), ns=ns) for _ in range(3)]
        for i, each in enumerate(made):
            for _ in range((2, 3, 1)[i]):
                each.get()
        which = f'dispatchNamespaceName: "{ns}"'
        until(lambda: graphql.groups(which, "sum { requests }")
              == [{"sum": {"requests": 6}}], "the numbers")

        def names(more):
            found = graphql.groups(
                which, "__typename all: sum { n: requests __typename } "
                "avg { sampleInterval } by: dimensions { who: scriptName }", more)
            for group in found:
                assert group["__typename"] == "AccountWorkersInvocationsAdaptive"
                assert group["all"].pop("__typename") == (
                    "AccountWorkersInvocationsAdaptiveSum")
                assert group["avg"] == {"sampleInterval": 1}
            return [(group["by"]["who"], group["all"]["n"]) for group in found]

        told = list(zip([each.name for each in made], (2, 3, 1)))
        assert sorted(names("")) == sorted(told)
        most = [told[1], told[0], told[2]]
        assert names("orderBy: [sum_requests_DESC]") == most
        assert names("limit: 2 orderBy: sum_requests_DESC") == most[:2]
        assert names("orderBy: [sum_errors_ASC, sum_requests_ASC]") == most[::-1]
        assert names("orderBy: scriptName_DESC") == sorted(told, reverse=True)
        assert len(names("limit: 1")) == 1

    def test_868_06_times(self, graphql, mixed):
        """Windows that follow each other have each minute once."""
        which = f'scriptName: "{mixed.name}"'
        select = ("sum { requests } dimensions { datetime datetimeMinute "
                  "datetimeFiveMinutes datetimeFifteenMinutes datetimeHour date }")
        found = graphql.groups(which, select, "orderBy: [datetime_ASC]")
        assert sum(group["sum"]["requests"] for group in found) == 6
        for group in found:
            times = group["dimensions"]
            assert times["datetime"] == times["datetimeMinute"]
            assert times["datetimeHour"] == times["datetime"][:14] + "00:00Z"
            assert times["date"] == times["datetime"][:10]
            assert times["datetimeFifteenMinutes"] <= times["datetimeFiveMinutes"]
        first = found[0]["dimensions"]["datetime"]
        for window, is_in in ((f'datetime_gt: "{first}"', False),
                              (f'datetime_lt: "{first}"', False),
                              (f'datetime_leq: "{first}"', True),
                              (f'datetime: "{first}"', True),
                              (f'date: "{first[:10]}"', True),
                              (f'datetimeHour: "{first[:13]}:00:00Z"', True),
                              (f'datetimeHour_lt: "{first[:13]}:00:00Z"', False),
                              (f'datetime_leq: "{first[:-1]}.999+00:00"', True)):
            some = graphql.groups(f"{which} {window}", select)
            assert (first in [group["dimensions"]["datetime"]
                              for group in some]) is is_in, window

    def test_868_07_the_same_as_usage_says(self, graphql, mixed):
        usage = graphql.api.ok(
            "GET", f"{graphql.api.namespaces}/{mixed.ns}/scripts/{mixed.name}"
            "/usage?bucket=day")["buckets"]
        told, = graphql.groups(f'scriptName: "{mixed.name}"', "sum { requests "
                               "errors subrequests responseBodySize cpuTimeUs }")
        assert told["sum"]["requests"] == sum(b["requests"] for b in usage)
        assert told["sum"]["errors"] == sum(
            sum(b["errors"].values()) for b in usage)
        assert told["sum"]["subrequests"] == sum(
            b["subrequests"] for b in usage)
        assert told["sum"]["cpuTimeUs"] / 1000 == pytest.approx(
            sum(b["cpu_ms"]["total"] for b in usage))


SINCE = 'filter: {datetime_geq: "2026-01-01T00:00:00Z"}'


@pytest.mark.one_mpm
class TestWhatIsNot:
    @pytest.mark.parametrize("of_set, message", [
        (f"({SINCE}) {{ sum {{ duration }} }}", "sum.duration: not known here"),
        (f"({SINCE}) {{ quantiles {{ wallTimeP50 }} }}",
         "quantiles.wallTimeP50: not known here"),
        (f"({SINCE}) {{ dimensions {{ coloCode }} }}",
         "dimensions.coloCode: not known here"),
        (f"({SINCE}) {{ sum {{ requests {{ x }} }} }}",
         "sum.requests: not known here"),
        (f"({SINCE}) {{ max {{ cpuTime }} }}", "max: sum, quantiles"),
        (f"({SINCE}) {{ sum }}", "sum: sum, quantiles"),
        (f"({SINCE})", "its fields are needed"),
        ("{ sum { requests } }", "filter: datetime_geq, or another"),
        ('(filter: {datetime_leq: "2026-01-01"}) { sum { requests } }',
         "filter: datetime_geq, or another"),
        ('(filter: {datetime_geq: "yesterday"}) { sum { requests } }',
         "datetime_geq: filter: a time like"),
        ('(filter: {datetime_geq: 7}) { sum { requests } }',
         "datetime_geq: filter: a text"),
        ('(filter: {datetime_like: "2026-01-01"}) { sum { requests } }',
         "like: filter: what a time can have"),
        (f'({SINCE[:-1]} scriptName_in: ["a"]}}) {{ sum {{ requests }} }}',
         "scriptName_in: filter: a text"),
        (f'({SINCE[:-1]} scriptName_neq: "a"}}) {{ sum {{ requests }} }}',
         "scriptName_neq: filter: not known here"),
        (f'({SINCE[:-1]} status: "fine"}}) {{ sum {{ requests }} }}',
         "fine: filter: no status"),
        (f"(filter: 7) {{ sum {{ requests }} }}", "filter: an object"),
        (f"({SINCE} limit: 0) {{ sum {{ requests }} }}", "limit: 1 to 10000"),
        (f"({SINCE} limit: 10001) {{ sum {{ requests }} }}",
         "limit: 1 to 10000"),
        (f"({SINCE} offset: 1) {{ sum {{ requests }} }}", "offset: limit, filter"),
        (f"({SINCE} orderBy: requests) {{ sum {{ requests }} }}",
         "requests: orderBy: a dimension"),
        (f"({SINCE} orderBy: [7]) {{ sum {{ requests }} }}",
         "orderBy: orderBy: a dimension"),
        (f"({SINCE} orderBy: datetime_ASC) {{ sum {{ requests }} }}",
         "datetime: orderBy: not among the dimensions"),
    ])
    def test_868_20_it_is_said_what(self, graphql, of_set, message):
        assert message in graphql.refusal(
            f'{{ viewer {{ accounts(filter: {{accountTag: "{graphql.tag}"}}) '
            f'{{ workersInvocationsAdaptive{of_set} }} }} }}')

    @pytest.mark.parametrize("query, message", [
        ("{ viewer { zones { x } } }", "zones: not supported"),
        ("{ viewer { accounts } }", "accounts: not supported"),
        ("{ viewer }", "viewer: viewer { accounts"),
        ("{ __schema { types { name } } }", "__schema: viewer { accounts"),
        ("{ viewer { a: accounts { x } b: accounts { x } } }",
         "viewer: viewer { accounts"),
        ("{ viewer { accounts { x } } }", "accountTag has to be"),
        ('{ viewer { accounts(filter: {accountTag: "0"}) { x } } }',
         "accountTag has to be"),
        ("query { viewer { accounts", "line 1: a field expected"),
        ("query($a: string!) {\n viewer { x } }",
         "line 1: variable $a needs a value"),
        ("mutation { x }", "line 1: mutation is not supported"),
    ])
    def test_868_21_questions_that_are_none(self, graphql, query, message):
        assert message in graphql.refusal(query)

    def test_868_22_sets(self, graphql):
        def of_account(fields):
            return (f'{{ viewer {{ accounts(filter: {{accountTag: '
                    f'"{graphql.tag}"}}) {{ {fields} }} }} }}')

        one = (f"workersInvocationsAdaptive({SINCE}) {{ sum {{ requests }} }}")
        assert "d1AnalyticsAdaptiveGroups: not supported" in graphql.refusal(
            of_account(f"{one} d1AnalyticsAdaptiveGroups {{ x }}"))
        found = graphql.data(of_account(" ".join(
            f"a{i}: {one}" for i in range(5))))
        assert sorted(found) == [f"a{i}" for i in range(5)]
        assert "at most 5 data sets" in graphql.refusal(of_account(" ".join(
            f"a{i}: {one}" for i in range(6))))

    def test_868_23_bodies(self, graphql):
        api = graphql.api
        assert api.refused("POST", "/graphql", {"query": 7}) == (400, 10012)
        assert api.refused("POST", "/graphql", {"query": "{ x }",
                                                "variables": 7}) == (400, 10012)
        assert api.refused("POST", "/graphql", b"{ viewer }")[0] == 400

    def test_868_24_who_may_ask(self, graphql):
        query = (f'{{ viewer {{ accounts(filter: {{accountTag: "{graphql.tag}"'
                 f'}}) {{ workersInvocationsAdaptive({SINCE}) '
                 '{ sum { requests } } } } }')
        reader, _ = graphql.api.with_token("--role", "read")
        assert Graphql(reader, graphql.tag).data(query)
        limited, _ = graphql.api.with_token("--role", "admin", "--namespace",
                                            "demo")
        assert limited.refused("POST", "/graphql", {"query": query})[0] == 403
        nobody = Api(graphql.api.httpd, graphql.api.client, "wrong")
        assert nobody.refused("POST", "/graphql", {"query": query})[0] == 401
