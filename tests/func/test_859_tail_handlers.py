# SPDX-License-Identifier: Apache-2.0
"""`tail` handlers of Workers: who is given which records, what is in them, and
what a handler that is slow, broken or hostile does to others: nothing."""

import json
import threading

import pytest

from wfptest import prometheus
from wfptest.api import LOCATION, Api
from wfptest.assets import Site
from wfptest.lua import says, worker
from wfptest.records import Records
from wfptest.tailing import LISTENER, Listener, path_of, tail
from wfptest.uploads import Scripts
from wfptest.wait import until

FRONTS = ["one", "each", "many", "round", "queue"]
DISPATCHER = worker("""
    local name = URL.new(request.url).pathname:match("^/[^/]+/([^/]+)")
    console.log("for", name)
    return env.USERS:get(name):fetch(request)""")


def front(tenant, where, ns, text=DISPATCHER, *options):
    """A dispatcher into ns, below /WHERE/."""
    assert where in FRONTS
    return tenant.deploy(text, "--binding", f"dispatch_namespace:USERS={ns}",
                         *options, ns=None, name=f"front-859-{where}")


def names(events):
    return [e["scriptName"] for e in events]


def url(event):
    return event["event"]["request"]["url"]


@pytest.fixture
def api(httpd, client):
    """(Of a server that is configured once for all tests.)"""
    conf = [*LOCATION, Records.LINE, '<Location "/metrics">',
            "SetHandler wfp-metrics", "</Location>",
            f"WfpEgressAllow 127.0.0.1/32:{httpd.port}"]
    for where in FRONTS:
        conf += [f"<Location /{where}>", f"WfpDispatcher front-859-{where}",
                 "</Location>"]
    httpd.configure(conf)
    return Api(httpd, client)


WFP_CDN_LOOP_MAX = 16  # core/cdn_loop.h


@pytest.mark.one_mpm
class TestWho:
    """Nobody sees what is not meant for him."""

    def test_859_01_a_dispatchers_consumer(self, httpd, api, tenant, client):
        """Two events a request: the dispatcher's, then the user Worker's,
        which need not name anybody and may come later."""
        ns = tenant.namespace()
        listener = Listener(httpd, tenant)
        dispatcher = front(tenant, "one", ns)
        tail(api, dispatcher, listener.name)
        made = tenant.deploy(worker(
            'console.log("in it") return Response.new("ok")'), ns=ns)
        assert client.get(f"/one/{made.name}/a").text == "ok"
        listener.events()
        first, second = listener.batches()[0]
        assert names([first, second]) == [dispatcher.name, made.name]
        assert "dispatchNamespace" not in first
        assert second["dispatchNamespace"] == ns
        assert first["logs"][0]["message"] == [f"for {made.name}"]
        assert second["logs"][0]["message"] == ["in it"]
        assert url(first).endswith(f"/{made.name}/a")

    def test_859_02_a_user_workers_own(self, httpd, api, tenant):
        ns = tenant.namespace()
        listener = Listener(httpd, tenant)
        made = tenant.deploy(says('"ok"'), ns=ns)
        other = tenant.deploy(says('"ok"'), ns=ns)
        tail(api, made, listener.name)
        for n in range(3):
            assert other.get(f"/{n}").text == "ok"
            assert made.get(f"/{n}").text == "ok"
        assert names(listener.events(3)) == [made.name] * 3
        tail(api, made)
        made.get("/4")
        other.get("/4")
        tail(api, made, listener.name)
        made.get("/5")
        last = listener.events(4)[-1]
        assert url(last).endswith("/5") and len(listener.events(4)) == 4

    def test_859_03_a_namespaces(self, httpd, api, tenant):
        """Of all its Workers, and of no other namespace's."""
        one, two = tenant.namespace(), tenant.namespace()
        listener = Listener(httpd, tenant)
        got = api.ok("PATCH", f"{api.namespaces}/{one}", {
            "tail_consumers": [{"service": listener.name}]})
        assert got["tail_consumers"] == [{"service": listener.name}]
        assert api.ok("GET", f"{api.namespaces}/{one}")["tail_consumers"] == \
            got["tail_consumers"]
        first = tenant.deploy(says('"ok"'), ns=one)
        foreign = tenant.deploy(says('"ok"'), ns=two)
        foreign.get("/x")
        first.get("/x")
        later = tenant.deploy(says('"ok"'), ns=one)
        foreign.get("/x")
        later.get("/x")
        assert names(listener.events(2)) == [first.name, later.name]
        # other settings leave it alone
        api.ok("PATCH", f"{api.namespaces}/{one}", {"limits": {"cpu_ms": 40}})
        first.get("/y")
        assert names(listener.events(3))[2] == first.name
        api.ok("PATCH", f"{api.namespaces}/{one}", {"tail_consumers": []})
        first.get("/z")
        foreign.get("/z")
        tail(api, foreign, listener.name)
        foreign.get("/last")
        assert names(listener.events(4)) == [first.name, later.name,
                                             first.name, foreign.name]

    def test_859_04_one_of_the_namespace(self, httpd, api, tenant):
        ns = tenant.namespace()
        listener = Listener(httpd, tenant, ns=ns)
        made = tenant.deploy(says('"ok"'), ns=ns)
        tail(api, made, listener.called)
        made.get("/a")
        assert names(listener.events()) == [made.name]
        to = ns + "r"
        api.ok("PATCH", f"{api.namespaces}/{ns}", {"name": to})
        settings = api.ok("GET", f"{path_of(api, to, made.name)}/settings")
        assert settings["tail_consumers"] == [
            {"service": listener.name, "namespace": to}]
        until(lambda: type(made)(made.client, to, made.name).get("/b").text
              == "ok", "the new name")
        listener.events(2)

    def test_859_05_each_once(self, httpd, api, tenant, client):
        """Whoever is named thrice is given a record once, and all of a request
        together."""
        ns = tenant.namespace()
        listener, other = Listener(httpd, tenant), Listener(httpd, tenant)
        dispatcher = front(tenant, "each", ns)
        made = tenant.deploy(says('"ok"'), ns=ns)
        tail(api, dispatcher, listener.name)
        tail(api, made, other.name, listener.name)
        api.ok("PATCH", f"{api.namespaces}/{ns}", {
            "tail_consumers": [{"service": listener.name}] * 2})
        client.get(f"/each/{made.name}")
        assert names(other.events()) == [made.name]
        assert names(listener.events(2)) == [dispatcher.name, made.name]
        assert len(listener.runs()) == 1

    def test_859_06_parallel_and_services(self, httpd, api, tenant, client):
        """What a dispatcher begins on other threads is the request's; what
        its service does is the service's own affair."""
        ns = tenant.namespace()
        listener = Listener(httpd, tenant)
        service = tenant.deploy(says('"ok"'), ns=None)
        made = [tenant.deploy(says('"ok"'), ns=ns) for _ in range(3)]
        dispatcher = front(tenant, "many", ns, worker("""
            local function ask(name)
                return function()
                    return env.USERS:get(name):fetch(request.url):text()
                end
            end
            env.SVC:fetch(request.url)
            parallel(%s)
            return Response.new("ok")""" % ", ".join(
                f'ask("{one.name}")' for one in made)),
            "--binding", f"service:SVC={service.name}")
        tail(api, dispatcher, listener.name)
        assert client.get("/many").text == "ok"
        events = listener.events(4)
        assert names(events)[0] == dispatcher.name
        assert sorted(names(events)[1:]) == sorted(m.name for m in made)

    @pytest.mark.parametrize("consumers,code", [
        ([{"service": "nobody-there"}], 10144),
        ([{"service": "no name"}], 10021), ([{"service": 1}], 10021),
        ([{}], 10021), ([1], 10021), ({"service": "x"}, 10021), ("x", 10021),
        ([{"service": "x", "namespace": "other"}], 10021),
        ([{"service": "x", "namespace": 1}], 10021),
        ([{"service": "x", "environment": []}], 10021),
        ([{"service": f"x{n}"} for n in range(11)], 10021)])
    def test_859_07_refused(self, api, tenant, consumers, code):
        ns = tenant.namespace()
        made = tenant.deploy(says('"ok"'), ns=ns)
        account = tenant.deploy(says('"ok"'), ns=None)
        for one in (made, account):
            path = path_of(api, one.ns, one.name)
            before = api.ok("GET", f"{path}/versions")
            for route in ("script-settings", "settings"):
                assert api.refused("PATCH", f"{path}/{route}", {
                    "tail_consumers": consumers}) == (400, code)
            assert api.ok("GET", f"{path}/versions") == before
        up = Scripts(api, ns)
        assert up.put("new-one", tail_consumers=consumers).json[
            "errors"][0]["code"] == code
        assert api.refused("GET", path_of(api, ns, "new-one"))[0] == 404
        assert api.refused("PATCH", f"{api.namespaces}/{ns}", {
            "tail_consumers": consumers}) == (
                400, 10144 if code == 10144 else 10012)
        assert api.ok("GET", f"{api.namespaces}/{ns}")["tail_consumers"] == []

    def test_859_08_itself_and_others(self, api, tenant):
        """Nor its own, nor those of a namespace for an account Worker."""
        ns, other = tenant.namespace(), tenant.namespace()
        made = tenant.deploy(says('"ok"'), ns=ns)
        account = tenant.deploy(says('"ok"'), ns=None)
        foreign = tenant.deploy(says('"ok"'), ns=other)
        for one, consumers in (
                (made, [{"service": made.name, "namespace": ns}]),
                (account, [{"service": account.name}]),
                (account, [{"service": made.name, "namespace": ns}]),
                (made, [{"service": foreign.name, "namespace": other}])):
            assert api.refused(
                "PATCH", f"{path_of(api, one.ns, one.name)}/script-settings",
                {"tail_consumers": consumers}) == (400, 10021)
        assert api.refused("PATCH", f"{api.namespaces}/{ns}", {
            "tail_consumers": [{"service": foreign.name,
                                "namespace": other}]}) == (400, 10012)

    def test_859_09_limited_tokens(self, api, tenant):
        """Whose token is a namespace's names Workers of its own only, and
        leaves alone who watches the namespace."""
        ns = tenant.namespace()
        made = tenant.deploy(says('"ok"'), ns=ns)
        own = tenant.deploy(says('"ok"'), ns=ns)
        account = tenant.deploy(says('"ok"'), ns=None)
        limited, _ = api.with_token("--role", "deploy", "--namespace", ns)
        path = f"{path_of(api, ns, made.name)}/script-settings"
        assert limited.refused("PATCH", path, {
            "tail_consumers": [{"service": account.name}]}) == (403, 10000)
        tail(limited, made, f"{ns}/{own.name}")
        up = Scripts(limited, ns)
        assert up.put("of-limited", tail_consumers=[
            {"service": account.name}]).status == 403
        for consumers in ([{"service": account.name}],
                          [{"service": own.name, "namespace": ns}]):
            assert limited.refused("PATCH", f"{api.namespaces}/{ns}", {
                "tail_consumers": consumers})[0] == 403
        api.ok("PATCH", f"{api.namespaces}/{ns}", {
            "tail_consumers": [{"service": account.name}]})
        assert limited.refused("PATCH", f"{api.namespaces}/{ns}", {
            "tail_consumers": []})[0] == 403

    def test_859_10_by_consumer(self, api, tenant):
        ns = tenant.namespace()
        consumer = tenant.deploy(says('"ok"'), ns=None)
        path = f"{api.account}/workers/tails/by-consumer/{consumer.name}"
        assert api.ok("GET", path) == []
        made = tenant.deploy(says('"ok"'), ns=ns)
        account = tenant.deploy(says('"ok"'), ns=None)
        tail(api, made, consumer.name)
        tail(api, account, consumer.name)
        api.ok("PATCH", f"{api.namespaces}/{ns}", {
            "tail_consumers": [{"service": consumer.name}]})
        got = api.ok("GET", path)
        assert sorted(one["producer"]["service"] for one in got) == sorted(
            [account.name, f"{ns}/{made.name}", ns])
        assert {one["consumer"]["service"] for one in got} == {consumer.name}
        # one of the namespace that is called the same is another one
        twin = tenant.deploy(says('"ok"'), ns=ns, name=consumer.name)
        tail(api, made, f"{ns}/{twin.name}")
        tail(api, account)
        api.ok("PATCH", f"{api.namespaces}/{ns}", {"tail_consumers": []})
        assert api.ok("GET", path) == []


@pytest.mark.one_mpm
class TestWhat:
    def test_859_20_a_trace_item(self, httpd, api, tenant):
        listener = Listener(httpd, tenant)
        made = tenant.deploy(worker("""
            console.warn("one", 2)
            console.error({ a = 1 })
            error("no")"""), "--tag", "plan-a", "--tag", "b")
        tail(api, made, listener.name)
        assert made.get("/p?q=1").status == 500
        event, = listener.events()
        assert event["scriptName"] == made.name
        assert event["dispatchNamespace"] == "demo"
        assert event["scriptTags"] == ["plan-a", "b"]
        assert len(event["scriptVersion"]["id"]) == 36
        assert event["outcome"] == "exception"
        assert event["executionModel"] == "stateless"
        assert event["truncated"] is False
        assert "entrypoint" not in event  # nil
        assert event["diagnosticsChannelEvents"] == []
        assert [log["level"] for log in event["logs"]] == ["warn", "error"]
        assert all(log["timestamp"] >= event["eventTimestamp"]
                   for log in event["logs"])
        error, = event["exceptions"]
        assert error["message"].endswith("no") and error["name"]
        assert "worker.lua:" in error["message"]
        assert event["event"]["request"]["method"] == "GET"
        assert url(event).endswith("/p?q=1")
        assert isinstance(event["cpuTime"], int)
        assert isinstance(event["wallTime"], int)

    def test_859_21_redacted(self, httpd, api, tenant):
        """What is secret by its name, and what looks like an id."""
        listener = Listener(httpd, tenant)
        made = tenant.deploy(says('"ok"'))
        tail(api, made, listener.name)
        digest = "0123456789abcdef" * 2
        made.get(f"/u/{digest}?s=AbcDefGhi012JklMno345x", headers=[
            ("Cookie", "c=1"), ("Authorization", "Bearer b"),
            ("X-Api-Key", "k"), ("X-Plain", "p")])
        event, = listener.events()
        headers = event["event"]["request"]["headers"]
        assert headers["x-plain"] == "p"
        assert {headers[n] for n in ("cookie", "authorization",
                                     "x-api-key")} == {"REDACTED"}
        assert digest not in json.dumps(event)
        assert "AbcDefGhi012JklMno345x" not in json.dumps(event)

    def test_859_27_files_of_its_own(self, httpd, api, tenant, client):
        """Answers that no code was asked for are told to whom the Worker names, and
        from the next change on to whom it names then."""
        ns = tenant.namespace()
        one, two = Listener(httpd, tenant), Listener(httpd, tenant)
        site = Site(api, ns).deploy({"/a.txt": "file a"})
        made = type(tenant.deploy(says('"x"'), ns=ns))(client, ns, site.name)
        for turn, (listener, other) in enumerate([(one, two), (two, one)]):
            tail(api, made, listener.name)
            before = len(other.runs())
            for n in range(3):
                assert site.told(f"/a.txt?{turn}{n}") == (200, "file a")
            assert sorted(url(e)[-2:] for e in listener.events(3)) == [
                f"{turn}{n}" for n in range(3)]
            assert len(other.runs()) == before

    def test_859_26_unredacted(self, httpd, api, tenant, client):
        """For those who ask, as it came; what they keep or pass on of an event
        is redacted all the same, and so is what all others are told."""
        listener = Listener(httpd, tenant, """
            local open = {}
            for i, e in ipairs(events) do
                local request = e.event.request
                assert(e.unredacted == nil)
                assert(getmetatable(request) == false)
                open[i] = request:getUnredacted()
                e.event.request.url = "mine"
            end
            console.log(json.encode(open))
            local copy = json.encode(events)
            assert(not copy:find("getUnredacted") and not copy:find("c=1"))""")
        made = tenant.deploy(says('"ok"'))
        tail(api, made, listener.name)
        digest = "0123456789abcdef" * 2
        made.get(f"/u/{digest}", headers=[
            ("Cookie", "c=1"), ("X-Api-Key", "k"), ("X-Api-Key", "l"),
            ("X-Plain", "p")])
        made.get("/plain")
        first, second = listener.events(2)
        assert first["url"].endswith(f"/u/{digest}")
        assert first["headers"]["cookie"] == "c=1"
        assert first["headers"]["x-api-key"] == "k, l"
        assert first["headers"]["x-plain"] == "p"
        assert first["method"] == "GET" and first["cf"] == {}
        # nothing to hide: it is the request itself
        assert second["url"] == "mine"
        assert [run["outcome"] for run in listener.runs()] == \
            ["ok"] * len(listener.runs())
        for record in listener.records.all():
            if record["scriptName"] == made.name:
                assert "unredacted" not in record
                assert digest not in json.dumps(record)

    def test_859_22_when_all_is_over(self, httpd, api, tenant):
        """A 200 whose waitUntil is ended by a limit is told as that."""
        listener = Listener(httpd, tenant)
        made = tenant.deploy(worker("""
            ctx:waitUntil(function()
                console.log("afterwards")
                while true do end
            end)
            return Response.new("ok")"""), "--limit", "cpu_ms=20")
        tail(api, made, listener.name)
        assert made.get().text == "ok"
        event, = listener.events()
        assert event["outcome"] == "exceededCpu"
        assert event["event"]["response"]["status"] == 200
        assert event["logs"][0]["message"] == ["afterwards"]

    def test_859_23_hostile_texts(self, httpd, api, tenant):
        """What a tenant says is a text in its own event."""
        listener = Listener(httpd, tenant)
        made = tenant.deploy(worker(r"""
            console.log('"}]},{"scriptName":"other","logs":[')
            console.log("\0\n\27[2J\xff\u{2028}")
            error('"],"outcome":"ok', 0)"""))
        tail(api, made, listener.name)
        made.get('/"}],%22%0a%00')
        event, = listener.events()
        assert event["scriptName"] == made.name
        assert event["outcome"] == "exception"
        assert event["logs"][0]["message"] == [
            '"}]},{"scriptName":"other","logs":[']

    def test_859_24_large_records(self, httpd, api, tenant):
        """More than a handler can be given at once is given in parts."""
        listener = Listener(httpd, tenant, """
            local n = 0
            for _, event in ipairs(events) do n = n + #event.logs end
            console.log(json.encode({ { lines = n } }))""")
        made = tenant.deploy(worker("""
            for i = 1, 200 do console.log(("x"):rep(1000)) end
            return Response.new("ok")"""))
        tail(api, made, listener.name)
        for _ in range(6):
            made.get()
        until(lambda: sum(e["lines"] for b in listener.batches() for e in b)
              == 1200, "all of them")

    def test_859_25_who_it_was(self, httpd, api, tenant):
        """The handler's own record names whose records it had."""
        listener = Listener(httpd, tenant)
        made = tenant.deploy(says('"ok"'))
        tail(api, made, listener.name)
        made.get()
        run = listener.run()
        assert run["event"]["consumedEvents"] == [{"scriptName": made.name}]
        assert run["outcome"] == "ok"


class TestHow:
    """The handler runs beside: whatever becomes of it nobody waits."""

    def metric(self, client):
        return prometheus.read(client.get("/metrics")).get(
            ("wfp_tail_events_dropped_total",), 0)

    @pytest.mark.parametrize("body,outcome,code", [
        ('error("broken")', "exception", "exception"),
        ("while true do end", "exceededCpu", "instruction_limit"),
        ("local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t end",
         "exceededMemory", "memory_limit"),
        ("ctx:waitUntil(function() error('later') end)", "exception",
         "exception")])
    def test_859_30_errors(self, httpd, api, tenant, body, outcome, code):
        # the one limit it is to meet, however slow the machine is
        listener = Listener(httpd, tenant, body, None, "--limit",
                            "memory_mb=4", "--limit", "cpu_ms=10000")
        made = tenant.deploy(says('"ok"'))
        tail(api, made, listener.name)
        assert made.get().text == "ok"
        run = listener.run()
        assert run["outcome"] == outcome
        assert run["exceptions"][0]["code"] == code
        # it is not given up
        before = len(listener.runs())
        made.get()
        until(lambda: len(listener.runs()) > before, "another run")

    def test_859_31_no_handler(self, httpd, api, tenant):
        consumer = tenant.deploy(says('"x"'), ns=None)
        records = Records(httpd)
        made = tenant.deploy(says('"ok"'))
        tail(api, made, consumer.name)
        made.get()
        record = records.of(consumer.name)
        assert record["exceptions"][0]["message"].endswith(
            "Handler does not export a tail() function.")

    def test_859_32_one_that_is_gone(self, httpd, api, tenant):
        """Deleted in spite of who refers to it: others hear nothing of it."""
        listener, other = Listener(httpd, tenant), Listener(httpd, tenant)
        made = tenant.deploy(says('"ok"'))
        tail(api, made, listener.name, other.name)
        httpd.wfpctl("delete", listener.name, "--force")
        assert made.get().text == "ok"
        assert names(other.events()) == [made.name]
        until(lambda: any(
            r["scriptName"] == listener.name
            and r["outcome"] == "scriptNotFound"
            for r in listener.records.all()), "what became of it")

    def test_859_33_of_a_tail_nothing(self, httpd, api, tenant):
        """A handler that has a consumer itself, which has the first: neither
        is told of runs, nor of what they call."""
        second = Listener(httpd, tenant)
        service = tenant.deploy(says('"x"'), ns=None)
        first = Listener(httpd, tenant, """
            env.SVC:fetch("http://x/")
            console.log(json.encode(events))""", None, "--binding",
                         f"service:SVC={service.name}")
        made = tenant.deploy(says('"ok"'))
        tail(api, made, first.name)
        tail(api, first.worker, second.name)
        tail(api, second.worker, first.name)
        tail(api, service, first.name, second.name)
        made.get("/1")
        first.events()
        made.get("/2")
        assert names(first.events(2)) == [made.name] * 2
        assert len(first.runs()) == 2 and second.runs() == []

    def test_859_34_round_by_http(self, httpd, api, tenant, client):
        """One that calls what it follows ends by CDN-Loop."""
        ns = tenant.namespace()
        listener = Listener(
            httpd, tenant,
            f'fetch("http://127.0.0.1:{httpd.port}/round/x"):text()')
        made = tenant.deploy(says('"ok"'), ns=ns)
        dispatcher = front(
            tenant, "round", ns,
            worker(f'return env.USERS:get("{made.name}"):fetch(request)'))
        tail(api, dispatcher, listener.name)
        assert client.get("/round/x").text == "ok"
        # the last one's call is refused before a Worker is asked
        runs = until(lambda: len(listener.runs()) >= WFP_CDN_LOOP_MAX + 1
                     and listener.runs(), "the end of it")
        assert len(runs) == WFP_CDN_LOOP_MAX + 1

    def test_859_35_slow_ones_lose(self, httpd, api, tenant, client, origin):
        """What does not fit is dropped and counted; requests wait for
        nothing, another's handler neither."""
        slow = Listener(httpd, tenant, f"""
            fetch("{origin.url}/slow/1500"):text()
            console.log(json.encode(events))""")
        quick = Listener(httpd, tenant)
        made = tenant.deploy(worker("""
            console.log(("x"):rep(150000))
            return Response.new("ok")"""))
        other = tenant.deploy(says('"ok"'))
        tail(api, made, slow.name)
        tail(api, other, quick.name)
        before, over = self.metric(client), threading.Event()

        def ask():
            while not over.is_set():
                assert made.get().text == "ok"
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: self.metric(client) > before, "too many")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert other.get().text == "ok"
        assert names(quick.events()) == [other.name]
        # it is told how many
        until(lambda: any(r["event"].get("dropped", 0) > 0
                          for r in slow.runs()), "to be told")

    def test_859_38_one_namespace_fills_it(self, httpd, api, tenant, client,
                                           origin):
        """However many slow handlers a namespace has, another's records find
        room."""
        ns = tenant.namespace()
        made = tenant.deploy(worker('return Response.new("ok")'), ns=ns)
        slow = [tenant.deploy(LISTENER % f"""
            fetch("{origin.url}/slow/4000"):text()""", ns=ns)
                for _ in range(10)]
        tail(api, made, *(f"{ns}/{one.name}" for one in slow))
        quick = Listener(httpd, tenant)
        other = tenant.deploy(says('"ok"'))
        tail(api, other, quick.name)
        before, over = self.metric(client), threading.Event()

        def ask():
            while not over.is_set():
                assert made.get().text == "ok"
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            # full in whichever child a request comes to
            until(lambda: self.metric(client) > before + 4000, "too many")
            for n in range(20):
                assert other.get(f"/{n}").text == "ok"
            assert names(quick.events(20)) == [other.name] * 20
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def test_859_36_handed_over_before_a_restart(self, httpd, api, tenant):
        listener = Listener(httpd, tenant)
        made = tenant.deploy(says('"ok"'))
        tail(api, made, listener.name)
        for n in range(20):
            made.get(f"/{n}")
        httpd.graceful()
        listener.events(20)

    def test_859_37_other_handlers(self, httpd, api, tenant):
        """A queue's consumer has records, too."""
        listener = Listener(httpd, tenant)
        name = f"q{listener.name}"
        queue = api.ok("POST", f"{api.account}/queues", {"queue_name": name})
        made = tenant.deploy("""return {
            fetch = function(request, env)
                env.Q:send("hello") return Response.new("ok")
            end,
            queue = function(batch) console.log("a batch") end }""",
                             "--binding", f"queue:Q={name}", ns=None,
                             name="front-859-queue")
        api.ok("POST", f"{api.account}/queues/{queue['queue_id']}/consumers",
               {"type": "worker", "script_name": made.name,
                "settings": {"max_wait_time_ms": 0}})
        tail(api, made, listener.name)
        assert api.client.get("/queue").text == "ok"
        events = listener.events(2)
        batch = next(e for e in events if "queue" in e["event"])
        assert batch["event"]["queue"] == name
        assert batch["event"]["batchSize"] == 1
        assert batch["logs"][0]["message"] == ["a batch"]
