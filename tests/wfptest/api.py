# SPDX-License-Identifier: Apache-2.0
"""A client of the REST API that checks every answer's form."""

import json

from .openapi import assert_described

# (all tests of a run share the rate)
LOCATION = ("WfpApiRate 100000 1min", '<Location "/client/v4">',
            "    SetHandler wfp-api", "</Location>")
BASE = "/client/v4"


def check(answer):
    """The envelope's rules, which hold for every answer with a JSON body."""
    assert answer.get("Cache-Control") == "no-store"
    assert answer.get("Access-Control-Allow-Origin") is None
    assert answer.get("Content-Type") == "application/json"
    doc = answer.json
    assert set(doc) - {"result_info"} == {"result", "success", "errors",
                                          "messages"}
    assert doc["success"] is (answer.status < 400)
    assert bool(doc["errors"]) is (answer.status >= 400)
    for error in doc["errors"]:
        assert isinstance(error["code"], int) and error["message"]
    return answer


def by_httpd(answer):
    """Did httpd refuse it before the API could?"""
    return (answer.get("Content-Type") or "").startswith("text/html")


class Api:
    """Calls with one token, whose answers are as openapi.json says. token None: none is sent."""

    def __init__(self, httpd, client, token="", base=BASE):
        self.httpd, self.client, self.base = httpd, client, base
        self.token = first_token(httpd) if token == "" else token

    @property
    def account(self):
        """Path of the account."""
        return f"/accounts/{account_id(self.httpd)}"

    @property
    def namespaces(self):
        return f"{self.account}/workers/dispatch/namespaces"

    def call(self, method, path, body=None, *, headers=(), raw=False):
        """One call. body: bytes, or what becomes JSON. raw: the answer is no
        envelope."""
        pairs = [*headers]
        if self.token:
            pairs.append(("Authorization", f"Bearer {self.token}"))
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            pairs.append(("Content-Type", "application/json"))
        answer = self.client.request(method, self.base + path, body=body,
                                     headers=pairs)
        if not raw:
            check(answer)
        if method != "HEAD" and not by_httpd(answer):
            assert_described(method, path, answer)
        return answer

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def ok(self, method, path, body=None, **options):
        """`result` of a call that must go well."""
        answer = self.call(method, path, body, **options)
        assert answer.status == 200, answer
        return answer.json["result"]

    def refused(self, method, path, body=None, **options):
        """(status, code of the first error) of a call that must not."""
        answer = self.call(method, path, body, **options)
        assert answer.status >= 400, answer
        return answer.status, answer.json["errors"][0]["code"]

    def with_token(self, *options):
        """The same API with a new token, made by wfpctl with these options."""
        made = json.loads(self.httpd.wfpctl("--json", "token", "create",
                                            *options).stdout)
        return Api(self.httpd, self.client, made["token"], self.base), made


def first_token(httpd):
    """The secret that wfpctl init showed."""
    return shown(httpd, "token")


def account_id(httpd):
    """The account's id, which it showed, too."""
    return shown(httpd, "account")


def shown(httpd, word):
    httpd.need_store()
    return next(line.split()[1] for line in httpd.token.splitlines()
                if line.startswith(word))
