# SPDX-License-Identifier: Apache-2.0
"""Where a user Worker's calls may go, by its namespace and by itself."""

import pytest

from wfptest.lua import says, worker

ORDER = ["none", "outbound", "direct"]


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure([])


@pytest.fixture
def door(tenant):
    """Answers in place of the origin: the outbound Worker of these tests."""
    return tenant.deploy(says('"door"'), ns=None)


def asks(origin):
    """A Worker that says what came of its fetch."""
    return worker(f"""
        local ok, got = pcall(fetch, "{origin.url}/echo")
        return Response.new(not ok and got.code or got.status == 200
            and (got:text() == "door" and "door" or "origin") or "?")""")


class TestWorkersOwn:
    """`egress` of a Worker narrows its namespace's."""

    @pytest.mark.parametrize("own", ORDER)
    @pytest.mark.parametrize("theirs", ORDER)
    def test_515_01_narrower_of_both(self, tenant, origin, door, theirs, own):
        ns = tenant.namespace("--outbound", door.name, "--egress", theirs)
        made = tenant.deploy(asks(origin), "--egress", own, ns=ns)
        origin.requests.clear()
        wanted = min(theirs, own, key=ORDER.index)
        # with an outbound Worker nothing goes by it, "direct" or not
        assert made.get().text == (
            "egress_blocked" if wanted == "none" else "door")
        assert origin.requests == []

    @pytest.mark.parametrize("own,told", [
        ("none", "egress_blocked"), ("outbound", "egress_blocked"),
        ("direct", "origin")])
    def test_515_02_without_an_outbound_worker(self, tenant, origin, own,
                                               told):
        ns = tenant.namespace("--egress", "direct")
        origin.requests.clear()
        made = tenant.deploy(asks(origin), "--egress", own, ns=ns)
        assert made.get().text == told
        assert len(origin.requests) == (told == "origin")
        assert tenant.deploy(asks(origin), ns=ns).get().text == "origin"

    def test_515_03_holds_in_a_service_it_calls(self, tenant, origin):
        service = tenant.deploy(asks(origin), ns=None)
        binding = "--binding", f"service:SVC={service.name}"
        body = worker("return env.SVC:fetch(request)")
        assert tenant.deploy(body, *binding).get().text == "origin"
        assert tenant.deploy(body, *binding, "--egress", "none"
                             ).get().text == "egress_blocked"

    def test_515_04_services_own(self, tenant, origin):
        service = tenant.deploy(asks(origin), "--egress", "none", ns=None)
        made = tenant.deploy(worker("return env.SVC:fetch(request)"),
                             "--binding", f"service:SVC={service.name}")
        assert made.get().text == "egress_blocked"

    def test_515_05_of_a_version(self, tenant, origin, httpd):
        made = tenant.deploy(asks(origin), "--egress", "none")
        full = f"{made.ns}/{made.name}"
        assert '"egress":"none"' in httpd.wfpctl(
            "--json", "get", full).stdout.replace(" ", "")
        # a secret makes a version that is the last one otherwise
        httpd.wfpctl("secret", "put", full, "KEY", stdin="value")
        assert made.get().text == "egress_blocked"

    def test_515_06_no_such_word(self, tenant, origin):
        done = tenant.deploy(asks(origin), "--egress", "some", check=False)
        assert done.returncode == 2
        assert "--egress: use none, outbound or direct" in done.stderr
