# SPDX-License-Identifier: Apache-2.0
"""Signing in to the admin page: sessions, who may use them, how they end."""

import datetime
import json

import pytest

from wfptest.api import Api, account_id, check, first_token
from wfptest.session import PAGE, Session, cookie_of
from wfptest.store import dump
from wfptest.wait import until

pytestmark = pytest.mark.one_mpm

NOBODY, FORBIDDEN = (401, 10000), (403, 10000)
WRONG = "x" * 40


@pytest.fixture
def api(httpd, client):
    """The REST API and the page: one configuration for all that is asked."""
    httpd.configure(PAGE)
    return Api(httpd, client)


@pytest.fixture
def session(httpd, client, api):
    return Session(httpd, client)


@pytest.fixture
def signed_in(session):
    assert session.sign_in().status == 200
    return session


@pytest.fixture
def made(api):
    """(secret, record) of a new token; made(role, ...)"""
    def make(role="admin", **more):
        record = api.ok("POST", f"{api.account}/tokens",
                        {"name": "page", "role": role, **more})
        return record["value"], record
    return make


def code_of(answer):
    return answer.status, answer.json["errors"][0]["code"]


class TestSignIn:
    """A token becomes a cookie."""

    def test_950_01_cookie_and_answer(self, httpd, session):
        assert session.who() is None
        answer = session.sign_in()
        value, attributes = cookie_of(answer)
        assert len(value) == 40
        assert attributes == ["Path=/admin/", "Max-Age=43200", "HttpOnly",
                              "SameSite=Strict"]
        result = answer.json["result"]
        assert result["api"] == "/admin/client/v4"
        assert result["account"] == account_id(httpd)
        assert result["token"]["role"] == "admin"
        assert session.who() == result
        # neither the secret nor its proof is in the store
        text = str(dump(httpd))
        assert value not in text and result["csrf"] not in text

    def test_950_02_secure_where_tls_is(self, httpd, client):
        httpd.configure([*PAGE, f"ServerName https://127.0.0.1:{httpd.port}"])
        answer = Session(httpd, client).sign_in()
        assert "Secure" in cookie_of(answer)[1]

    @pytest.mark.parametrize("body", [
        b"", b"null", b"[]", b"{}", b'{"token":null}', b'{"token":""}',
        b'{"token":7}', b'{"token":', b'{"token":"%s"}' % (b"x" * 600),
        b'{"token":"%s"}' % (b"x" * 6000), b'{"token":"x","more":1}'])
    def test_950_03_what_is_no_token(self, session, body):
        answer = session.call("POST", "/session", body, headers=[
            ("Content-Type", "application/json")])
        assert answer.status in (400, 413)
        assert answer.get("Set-Cookie") is None

    def test_950_04_wrong_token(self, session):
        answer = session.sign_in(WRONG)
        assert code_of(answer) == (401, 1000)
        assert answer.get("Set-Cookie") is None

    def test_950_05_methods(self, signed_in):
        for method in ("PUT", "PATCH"):
            answer = signed_in.call(method, "/session", {})
            assert code_of(answer) == (405, 10405)
            assert answer.get("Allow") == "GET, HEAD, POST, DELETE"

    def test_950_06_headers_let_nothing_run(self, signed_in):
        for path in ("/session", "/client/v4/accounts", "/client/v4/nothing"):
            answer = signed_in.call("GET", path)
            assert answer.get("Content-Security-Policy").startswith("sandbox;")
            assert answer.get("X-Frame-Options") == "DENY"
            assert answer.get("X-Content-Type-Options") == "nosniff"
            assert answer.get("Cross-Origin-Resource-Policy") == "same-origin"


class TestApi:
    """The REST API takes a session below the page, and nowhere else."""

    def test_950_10_as_its_token(self, api, session, made):
        secret, record = made("read", namespaces=["demo"])
        assert session.sign_in(secret).status == 200
        answer = session.api("GET", "/user/tokens/verify")
        assert answer.json["result"]["id"] == record["id"]
        names = session.api("GET", api.namespaces).json["result"]
        assert [n["namespace_name"] for n in names] == ["demo"]
        assert code_of(session.api("DELETE", f"{api.namespaces}/demo")) == \
            FORBIDDEN
        assert code_of(session.api("GET", f"{api.account}/audit")) == FORBIDDEN

    def test_950_11_no_cookie_and_no_other_way(self, httpd, api, session):
        assert code_of(session.api("GET", api.account)) == NOBODY
        # a program's header is worth nothing here
        answer = session.api("GET", api.account, headers=[
            ("Authorization", f"Bearer {first_token(httpd)}")])
        assert code_of(answer) == NOBODY

    def test_950_12_cookie_is_nothing_at_the_api(self, client, api, signed_in):
        answer = check(client.get(f"{api.base}{api.account}", headers=[
            ("Cookie", f"wfp_session={signed_in.cookie}"),
            ("X-Wfp-CSRF", signed_in.proof)]))
        assert code_of(answer) == (400, 9106)

    @pytest.mark.parametrize("proof", [None, "x", "0" * 64])
    def test_950_13_cookie_alone_changes_nothing(self, httpd, api, signed_in,
                                                 proof):
        path = f"{api.account}/storage/kv/namespaces"
        before = dump(httpd)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for headers in ((), [("Content-Type", "text/plain")],
                            [("X-HTTP-Method-Override", "GET")]):
                answer = signed_in.api(method, path, {"title": "csrf"},
                                       proof=proof, headers=headers)
                assert code_of(answer) in (FORBIDDEN, (405, 10405))
        assert code_of(signed_in.call("DELETE", "/session",
                                      proof=proof)) == FORBIDDEN
        assert dump(httpd) == before
        assert signed_in.who()

    def test_950_14_proof_of_another_session(self, httpd, client, api,
                                             signed_in):
        other = Session(httpd, client)
        other.sign_in()
        assert other.proof != signed_in.proof
        answer = signed_in.api("POST", f"{api.account}/storage/kv/namespaces",
                               {"title": "csrf"}, proof=other.proof)
        assert code_of(answer) == FORBIDDEN

    @pytest.mark.parametrize("name, value", [
        ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
        ("Origin", "null"), ("Origin", "http://evil.example"),
        ("Origin", "http://127.0.0.1:1"), ("Origin", ""),
        ("Origin", "http://127.0.0.1.evil.example")])
    def test_950_15_pages_of_elsewhere(self, httpd, api, signed_in, name,
                                       value):
        before = dump(httpd)
        headers = [(name, value)]
        for answer in (
                signed_in.api("GET", api.account, headers=headers),
                signed_in.api("POST", f"{api.account}/storage/kv/namespaces",
                              {"title": "csrf"}, headers=headers),
                signed_in.call("GET", "/session", headers=headers),
                signed_in.call("DELETE", "/session", headers=headers),
                Session(httpd, signed_in.client).sign_in(headers=headers)):
            assert code_of(answer) == FORBIDDEN, answer
            assert answer.get("Set-Cookie") is None
        assert dump(httpd) == before

    def test_950_16_own_page(self, api, signed_in):
        headers = [("Origin", signed_in.origin),
                   ("Sec-Fetch-Site", "same-origin")]
        made = signed_in.api("POST", f"{api.account}/storage/kv/namespaces",
                             {"title": "by the page"}, headers=headers)
        assert made.status == 200
        path = f"{api.account}/storage/kv/namespaces/" \
            f"{made.json['result']['id']}"
        # who types the address of something to read is no other site
        assert signed_in.api("GET", path, headers=[
            ("Sec-Fetch-Site", "none")]).status == 200
        assert code_of(signed_in.api("DELETE", path, headers=[
            ("Sec-Fetch-Site", "none")])) == FORBIDDEN
        assert signed_in.api("DELETE", path, headers=headers).status == 200

    def test_950_17_form_of_another_site(self, session):
        body = json.dumps({"token": first_token(session.httpd)}).encode()
        for type_ in (None, "text/plain", "application/x-www-form-urlencoded",
                      "multipart/form-data; boundary=x"):
            answer = session.call("POST", "/session", body, headers=[
                ("Content-Type", type_)] if type_ else [])
            assert code_of(answer) == (415, 10001)
            assert answer.get("Set-Cookie") is None

    def test_950_18_audit_says_who_and_how(self, api, session, made):
        secret, record = made("deploy")
        session.sign_in(secret)
        kv = session.api("POST", f"{api.account}/storage/kv/namespaces",
                         {"title": "audited"}).json["result"]["id"]
        session.api("DELETE", f"{api.account}/storage/kv/namespaces/{kv}")
        session.call("DELETE", "/session")
        rows = api.ok("GET", f"{api.account}/audit?limit=4")
        assert [row["action"] for row in rows] == [
            "sign_out", "delete", "create", "sign_in"]
        for row in rows:
            assert row["actor"]["id"] == record["id"]
            assert row["actor"]["source"] == "dash"

    def test_950_19_streams_and_encoded_names(self, api, signed_in):
        kv = api.ok("POST", f"{api.account}/storage/kv/namespaces",
                    {"title": "names"})["id"]
        path = f"{api.account}/storage/kv/namespaces/{kv}/values/"
        for key in ("a%2Fb", "..%2F..", "%3Cscript%3E", "a//b"):
            assert signed_in.api("PUT", path + key, b"<script>").status == 200
            answer = signed_in.api("GET", path + key, raw=True)
            assert answer.body == b"<script>"
            assert answer.get("Content-Security-Policy").startswith("sandbox;")
        api.ok("DELETE", f"{api.account}/storage/kv/namespaces/{kv}")

    def test_950_20_rate_is_the_tokens(self, httpd, client, api, made):
        secret, _ = made("read")
        httpd.configure([*PAGE, "WfpApiRate 5 60min"])
        session = Session(httpd, client)
        assert session.sign_in(secret).status == 200
        # a window may end in between, not two
        answers = [session.api("GET", "/user/tokens/verify")
                   for _ in range(12)]
        assert (429, 971) in [code_of(a) for a in answers if a.status != 200]


class TestEnd:
    """A session ends on the server, and at once everywhere."""

    def test_950_30_sign_out(self, api, signed_in):
        answer = signed_in.call("DELETE", "/session")
        assert answer.status == 200
        assert cookie_of(answer) == ("", ["Path=/admin/", "Max-Age=0",
                                          "HttpOnly", "SameSite=Strict"])
        # a browser that kept the cookie has nothing
        assert code_of(signed_in.api("GET", api.account)) == NOBODY
        answer = signed_in.call("GET", "/session")
        assert answer.json["result"] is None
        assert cookie_of(answer)[0] == ""
        assert code_of(signed_in.call("DELETE", "/session")) == NOBODY

    def test_950_31_signing_in_again_ends_the_one_before(self, httpd, client,
                                                         signed_in):
        old = Session(httpd, client)
        old.cookie = signed_in.cookie
        assert signed_in.sign_in().status == 200
        assert signed_in.cookie != old.cookie
        assert signed_in.who() and old.who() is None

    def test_950_32_revoked_token(self, api, session, made):
        secret, record = made("admin")
        session.sign_in(secret)
        assert session.api("GET", api.account).status == 200
        api.ok("DELETE", f"{api.account}/tokens/{record['id']}")
        for _ in range(20):  # whichever child answers
            assert code_of(session.api("GET", api.account)) == NOBODY
        assert session.who() is None

    def test_950_33_never_longer_than_the_token(self, session, made):
        end = datetime.datetime.now(datetime.timezone.utc) \
            + datetime.timedelta(minutes=90)
        secret, record = made("read",
                              expires_on=end.strftime("%Y-%m-%dT%H:%M:%SZ"))
        value = cookie_of(session.sign_in(secret))[1]
        assert session.who()["expires_on"] == record["expires_on"]
        assert int(value[1].removeprefix("Max-Age=")) <= 90 * 60

    def test_950_34_restarts_keep_it(self, httpd, api, signed_in):
        httpd.graceful()
        assert signed_in.api("GET", api.account).status == 200
        httpd.stop()
        httpd.configure(PAGE)
        assert signed_in.api("GET", api.account).status == 200

    def test_950_35_a_token_has_only_so_many(self, httpd, client, session,
                                             made):
        secret, _ = made("read")
        session.sign_in(secret)
        for _ in range(100):
            last = Session(httpd, client)
            assert last.sign_in(secret).status == 200
        assert session.who() is None
        assert last.who()

    @pytest.mark.parametrize("cookie", [
        "", "x", "x" * 40, "x" * 4000, "a b", '"quoted"', "%00", "'; --"])
    def test_950_36_cookies_of_others(self, api, session, cookie):
        session.cookie = cookie
        assert session.who() is None
        assert code_of(session.api("GET", api.account)) == NOBODY
        assert code_of(session.api("DELETE", f"{api.namespaces}/demo",
                                   proof="x")) == NOBODY

    def test_950_37_among_other_cookies(self, client, api, signed_in):
        path = f"/admin/client/v4{api.account}"
        mine = f"wfp_session={signed_in.cookie}"
        for value in (f"a=b; {mine}", f"{mine}; a=b", f"a=b;{mine};c",
                      f"a; ; {mine}"):
            assert client.get(path, headers=[("Cookie", value)]).status == 200
        for value in (f"x{mine}", f"a={mine}", f"WFP_SESSION={mine[12:]}"):
            answer = client.get(path, headers=[("Cookie", value)])
            assert code_of(check(answer)) == NOBODY


class TestLockout:
    """Who shows wrong tokens waits."""

    def test_950_40_waits_and_may_again(self, httpd, client):
        httpd.stop()  # a new process: nobody is known
        httpd.configure(PAGE)
        session = Session(httpd, client)
        answers = [session.sign_in(WRONG) for _ in range(20)]
        kinds = {code_of(a) for a in answers}
        assert kinds == {(401, 1000), (429, 971)}
        assert code_of(answers[0]) == (401, 1000)
        refused = [a for a in answers if a.status == 429]
        assert all(int(a.get("Retry-After")) >= 1 for a in refused)
        # nobody is told whether a token is right meanwhile
        until(lambda: session.sign_in(WRONG).status == 429, "to be locked out")
        # it does not outlive the process; a graceful restart keeps it
        until(lambda: session.sign_in(WRONG).status == 401, "to try again")
        httpd.graceful()
        first = session.sign_in()
        if first.status == 429:
            assert int(first.get("Retry-After")) > 0
        until(lambda: session.sign_in().status == 200, "to be let in", 120)
        httpd.stop()  # others are not to wait for it
