# SPDX-License-Identifier: Apache-2.0
"""What the contract says of single answers, word for word."""

import pytest

from wfptest.api import LOCATION, Api
from wfptest.uploads import Scripts

pytestmark = pytest.mark.one_mpm

NO_WORKER = [{"code": 10007,
              "message": "This Worker does not exist on your account."}]
NO_NAMESPACE = [{"code": 100119, "message": "The specified dispatch namespace "
                                            "does not exist on this account."}]


@pytest.fixture
def api(httpd, client):
    httpd.configure(LOCATION)
    return Api(httpd, client)


class TestAnswers:
    def test_658_01_a_token_is_verified(self, api):
        for path in ("/user/tokens/verify", f"{api.account}/tokens/verify"):
            assert api.get(path).json["messages"] == [
                {"code": 10000, "message": "This API Token is valid and active",
                 "type": None}]

    def test_658_02_a_missing_worker(self, api, tenant):
        ns = f"{api.namespaces}/{tenant.namespace()}/scripts/none"
        own = f"{api.account}/workers/scripts/none"
        for at in (ns, own):
            for path in ("settings", "content", "bindings", "secrets", "tags",
                         "versions", "deployments", "schedules"):
                answer = api.get(f"{at}/{path}")
                assert (answer.status, answer.json["errors"]) == \
                    (404, NO_WORKER), path
            answer = api.call("DELETE", at)
            assert (answer.status, answer.json["errors"]) == (404, NO_WORKER)

    def test_658_03_a_missing_namespace(self, api):
        at = f"{api.namespaces}/none/scripts"
        for path in ("", "/one", "/one/settings", "/one/content",
                     "/one/bindings", "/one/secrets", "/one/tags",
                     "/one/versions", "/one/deployments", "/one/schedules"):
            answer = api.get(at + path)
            assert (answer.status, answer.json["errors"]) == \
                (404, NO_NAMESPACE), path

    def test_658_04_new_content_is_answered_as_an_upload(self, api, tenant):
        scripts = Scripts(api, tenant.namespace())
        name = scripts.made()
        path = f"{scripts.path}/{name}"
        now = api.ok("PUT", f"{path}/content",
                     b"return { fetch = function() return 'new' end }",
                     headers=[("Content-Type", "application/javascript"),
                              ("CF-WORKER-MAIN-MODULE-PART", "worker.lua")])
        assert {"id", "etag", "startup_time_ms", "created_on", "modified_on",
                "tags", "entry_point"} <= set(now)
        assert now["etag"] == api.ok("GET", path)["etag"]

    def test_658_05_no_subdomain_of_workers_dev(self, api):
        assert api.refused("GET", f"{api.account}/workers/subdomain") == \
            (400, 10063)

    def test_658_06_nothing_is_passed_over_in_silence(self, api):
        made = api.ok("POST", f"{api.account}/d1/database", {"name": "contract"})
        path = f"{api.account}/d1/database/{made['uuid']}"
        told = api.call("PATCH", path, {"name": "another"}).json["messages"]
        assert [each["code"] for each in told] == [10012]
        assert "name" in told[0]["message"]
        api.ok("DELETE", path)

    def test_658_07_blobs_go_in_as_they_come_out(self, api):
        made = api.ok("POST", f"{api.account}/d1/database", {"name": "blobs"})
        path = f"{api.account}/d1/database/{made['uuid']}"

        def echo(value):
            return api.ok("POST", f"{path}/raw", {
                "sql": "SELECT ?, typeof(?1)", "params": [value]}
                )[0]["results"]["rows"][0]
        large = [n % 256 for n in range(300000)]
        for blob in ([], [0, 255], large):
            assert echo(blob) == [blob, "blob"]
        for wrong in ([256], [-1], [1.5], ["1"], [None], [[1]], [True], {}):
            assert api.refused("POST", f"{path}/raw", {
                "sql": "SELECT ?", "params": [wrong]}) == (400, 7400), wrong
        # what is far too many, or far too large
        many = b'{"sql": "SELECT 1", "params": [%s]}'
        for body, error in ((many % (b"1," * 2000000 + b"1"), (400, 7400)),
                            (many % (b"[" + b"1," * 3000000 + b"1]"),
                             (400, 7500)),
                            (many % (b"1," * 4200000 + b"1"), (413, 10413))):
            assert api.refused("POST", f"{path}/raw", body) == error
        api.ok("DELETE", path)
